"""What each one may have: commands, pings, answers, registrations, and refusals. ``--rate 0`` lifts all limits."""

from zchat_broker.guard import KIB, MIB, AddressRates
from zchat_broker.profile import Profile
from zchat_broker.rates import Rates
from zchat_common.limits import HISTORY_PAGE_MAX_BYTES

# A client pings every 3 s, and a few times a second while it proves a new subscription.
_PINGS_PER_S, _PINGS = 20.0, 100
# Bytes of answers. Who was away for a day asks page after page, and is not to notice: a hundred thousand short messages
# at once, and as many each second, which is as fast as a client shows them (measured: 12,000 in 0.12 s).
_ANSWERS_PER_S, _ANSWERS = 16.0 * MIB, 16 * MIB
# Each question costs time whatever its answer's size.
_QUESTION = 4 * KIB
# A client registers once for each connection, and waits before it tries again.
_REGISTRATIONS_PER_S, _REGISTRATIONS = 1.0, 60
# A class behind one router shares its address; so many of its people at a time may talk as fast as each may.
_TALKERS_PER_ADDRESS = 50
# Some refusals are part of an honest life: each of the 128 commands in flight may get one.
_REFUSALS_PER_S, _REFUSALS = 50.0, 2_000


class Allowances:
    """Says who may, and takes it off what he has. Times are seconds of the steady clock."""

    def __init__(self, profile: Profile) -> None:
        scale = 1.0 if profile.rate > 0 else 0.0
        self._commands = Rates(profile.rate, profile.burst)
        talk_at_once = _TALKERS_PER_ADDRESS * profile.burst if profile.rate > 0 else 0
        self._talk = AddressRates(talk_at_once, profile.burst / (profile.rate or 1.0))
        self._pings = Rates(scale * _PINGS_PER_S, _PINGS)
        self._answers = Rates(scale * _ANSWERS_PER_S, _ANSWERS)
        self._of_key = Rates(scale * _REGISTRATIONS_PER_S, _REGISTRATIONS)
        self._of_address = AddressRates(profile.address_connections if profile.rate > 0 else 0)
        self._refusals = Rates(scale * _REFUSALS_PER_S, _REFUSALS)

    def command_wait(self, key: bytes, address: str, now_s: float) -> float:
        """Takes one command of a key, under whatever name, and of its address: 0.0, or the seconds to wait."""
        if self._commands.rate <= 0:
            return 0.0
        return self._commands.take(key.hex(), now_s) or self._talk.take(address, now_s)

    def may_ping(self, user: str, now_s: float) -> bool:
        """Whether a ping is to be answered."""
        return self._pings.take(user, now_s) == 0.0

    def may_ask(self, user: str, now_s: float) -> bool:
        """Whether a question is to be answered. Then tell :meth:`answered` how large the answer was."""
        if self._answers.take(user, now_s) > 0.0:
            return False
        # For the largest answer, so that a thousand questions at once are not a thousand of those.
        self._answers.charge(user, HISTORY_PAGE_MAX_BYTES)
        return True

    def answered(self, user: str, size: int) -> None:
        """An answer of so many bytes was made: what it was not is given back."""
        self._answers.charge(user, size + _QUESTION - HISTORY_PAGE_MAX_BYTES)

    def may_register(self, key: bytes, address: str, now_s: float) -> bool:
        """Whether a registration is to be looked at."""
        return self._of_key.take(key.hex(), now_s) == 0.0 and self._of_address.take(address, now_s) == 0.0

    def may_be_refused(self, route: bytes, now_s: float) -> bool:
        """Whether one more refusal on this route is nothing to wonder at."""
        return self._refusals.take(route.hex(), now_s) == 0.0

    def tidy(self, now_s: float) -> None:
        """Forgets those who have all that they may have."""
        for rates in (self._commands, self._pings, self._answers, self._of_key, self._refusals):
            rates.tidy(now_s)
