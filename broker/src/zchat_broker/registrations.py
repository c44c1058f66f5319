"""Registrations under way: from the ``register`` that came in to the entry that the rules decide on."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from zchat_broker.allowances import Allowances
from zchat_broker.door import Door, digest_of
from zchat_broker.doubts import Doubt, Doubts
from zchat_broker.links import Links
from zchat_broker.order import Order
from zchat_broker.profile import Profile
from zchat_broker.rules.entries import CodeIssued, Registering, SessionExpired, Withdrawn
from zchat_broker.rules.state import Session, State
from zchat_common.clock import Now
from zchat_common.errors import Code
from zchat_common.limits import PROTOCOL_VERSION
from zchat_common.messages import Register, Rejected
from zchat_common.names import BadName, fold

_ID_BYTES = 8
# Whoever makes an invitation code waits for it to be taken in.
_CODES_EVERY_S = 0.25


class Peer(NamedTuple):
    """Who is at the other end of a connection: the CURVE key that it proved to hold, and its address."""

    key: bytes
    address: str


class Registrations:
    """Submits each to the order, once it is clear whether the session in its way is alive.

    ``routes`` are those of the submitted ones, by session; whoever answers one takes it out.
    """

    def __init__(
        self,
        profile: Profile,
        door: Door,
        order: Order,
        links: Links,
        allowances: Allowances,
        reachable: Callable[[bytes], bool],
        random_bytes: Callable[[int], bytes],
        state: Callable[[], State],
    ) -> None:
        """``reachable(route)`` tells whether a route still leads to anybody; ``state()`` is that of the rules now."""
        self.routes: dict[str, bytes] = {}
        self._profile = profile
        self._door = door
        self._order = order
        self._links = links
        self._allowances = allowances
        self._reachable = reachable
        self._random_bytes = random_bytes
        self._state = state
        self._doubts = Doubts()
        self._codes_s = float("-inf")

    def take(self, message: Register, route: bytes, peer_of: Callable[[], Peer], now: Now) -> Rejected | None:
        """Somebody wants to come in. Returns what to tell him if the rules need not be asked."""
        if message.version != PROTOCOL_VERSION:
            text = f"This broker speaks version {PROTOCOL_VERSION} of the protocol, not {message.version}."
            return Rejected(Code.VERSION, text)
        peer = peer_of()
        if not self._allowances.may_register(peer.key, peer.address, now.steady_s):
            return Rejected(Code.RATE_LIMITED, "Too many registrations from there; try again in a second.")
        other = self._other_session(message, peer)
        if other is not None:
            link = self._links.of_user(other.user)
            if link is None or not link.route or not self._reachable(link.route):
                # Nobody is there any more: the name is not blocked for its owner.
                self._order.submit(SessionExpired(now.at, other.id))
            elif not message.takeover:
                registration = partial(self._submit, message, route, peer)
                earlier = self._doubts.add(other.user, Doubt(other.id, now.steady_s, registration))
                if earlier is not None:
                    earlier.registration(now)
                return None
        self._submit(message, route, peer, now)
        return None

    def settle_doubts(self, now: Now) -> None:
        """Submits those whose doubt is over: the other session has answered, or not for too long."""
        for doubt, is_dead in self._doubts.settled(self._links.of_user, now.steady_s):
            if is_dead:
                self._order.submit(SessionExpired(now.at, doubt.session))
            doubt.registration(now)

    def forgive(self, pause_s: float) -> None:
        """This process stood still for so long: nobody was silent meanwhile."""
        self._doubts.forgive(pause_s)

    def look_for_codes(self, now: Now) -> None:
        """Takes in the invitation codes that wait, and what is taken back. Call it often: it looks four times a
        second.
        """
        if now.steady_s - self._codes_s >= _CODES_EVERY_S:
            self._take_codes(now)

    def _take_codes(self, now: Now) -> None:
        """Each code that waits is submitted until it is seen to be kept; only then its file goes."""
        self._codes_s = now.steady_s
        for issued in self._door.issued():
            if issued.digest in self._state().codes or issued.expires <= now.at:
                self._door.taken(issued)
            else:
                self._order.submit(CodeIssued(now.at, *issued))
        for digest, key in self._door.withdrawn():
            code = self._state().codes.get(digest)
            if key in self._state().guests or (code is not None and code.used_at is None):
                self._order.submit(Withdrawn(now.at, digest, key))
            else:
                self._door.took_back(digest, key)

    def _other_session(self, message: Register, peer: Peer) -> Session | None:
        """The session that the same owner has with another client."""
        try:
            user = fold(message.name)
        except BadName:
            return None
        owner = self._state().users.get(user)
        session = self._state().sessions.get(user)
        is_other = owner is not None and owner.key == peer.key and session is not None and session.run != message.run
        return session if is_other else None

    def _submit(self, message: Register, route: bytes, peer: Peer, now: Now) -> None:
        session = self._random_bytes(_ID_BYTES).hex()
        self.routes[session] = route
        if message.invite:
            # It may have been made a moment ago.
            self._take_codes(now)
        entry = Registering(
            now.at,
            session,
            message.name,
            peer.key,
            message.run,
            message.takeover,
            peer.address,
            self._profile.settings.invited_only and self._door.lists(peer.key),
            digest_of(message.invite),
        )
        self._order.submit(entry)
