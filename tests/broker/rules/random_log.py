"""A long, seeded and mostly sensible log, for what must hold of every log. Run as a program it prints a digest."""

import hashlib
import random
import sys
from collections.abc import Iterator

from tests.broker.rules.conversation import DAY, MINUTE, SECOND, START, key_of
from zchat_broker.rules import Rules, Settings, State
from zchat_broker.rules.entries import (
    CodeIssued,
    Command,
    Entry,
    Pruned,
    Registering,
    SessionExpired,
    Started,
    Withdrawn,
)
from zchat_broker.rules.upkeep import due
from zchat_common.messages import SEALED, Scalar

ADMINS = ("alice", "root")
NAMES = ("alice", "Bob", "b0b", "Carol", "dave", "ERIN", "frank", "Grüße", "имя", "zoe")
SILENCE_MS = (0, 1, SECOND, SECOND, 5 * SECOND, MINUTE)


class RandomLog:
    """Draws entries that suit the state of ``rules``, which must apply each before the next is drawn."""

    def __init__(self, rules: Rules, seed: int) -> None:
        self.rules = rules
        self.random = random.Random(seed)
        self.at = START
        self._drawn = 0

    def entries(self, count: int) -> Iterator[Entry]:
        """At least ``count`` entries."""
        yield Started(self.at, Settings(admins=ADMINS))
        for step in range(count):
            self.at += self.random.choice(SILENCE_MS)
            if step % 500 == 499:
                self.at = max(self.at, self.rules.state.at) + 8 * DAY
                yield Pruned(self.at)
            if step % 900 == 899:
                grace_s, invited_only = self.random.choice((0.0, 30.0, 120.0)), self.random.random() < 0.2
                yield Started(self.at, Settings(grace_s, 10.0, invited_only, self.random.choice((ADMINS, ADMINS, ()))))
                yield CodeIssued(self.at, b"code", self.at + DAY, "")
                yield Withdrawn(self.at, b"", min(self.rules.state.guests, default=b""))
            yield from due(self.rules.state, self.at)
            entry = self._entry()
            # Now and then a clock is behind.
            yield entry if self.random.random() < 0.95 else entry._replace(at=self.at - DAY)

    def _draw(self, what: str) -> str:
        self._drawn += 1
        return f"{what}-{self._drawn}"

    def _entry(self) -> Entry:
        sessions = sorted(self.rules.state.session_users)
        turn = self.random.random()
        if not sessions or turn < 0.12:
            return self._registering()
        session = self.random.choice(sessions)
        if turn < 0.15:
            return SessionExpired(self.at, session)
        return self._command(session)

    def _registering(self) -> Entry:
        name = self.random.choice(NAMES)
        owner = self.random.choice((name, name, name, "somebody"))
        run, takeover = self.random.randint(1, 2), self.random.random() < 0.3
        address, invite = f"192.0.2.{self.random.randint(1, 4)}", self.random.choice((b"", b"", b"code"))
        listed = self.random.random() < 0.8
        return Registering(self.at, self._draw("session"), name, key_of(owner), run, takeover, address, listed, invite)

    def _command(self, session: str) -> Entry:
        user = self.rules.state.session_users[session]
        instance = self.random.randint(1, 20) if self.random.random() < 0.1 else 1
        known = self.rules.state.numberings.get(user, {}).get(instance)
        n = (0 if known is None else known.last_n) + self.random.choice((1,) * 12 + (0, -3, 2))
        op, args = self._wish(user)
        return Command(self.at, session, instance, n, op, args, self._draw("party"))

    def _wish(self, user: str) -> tuple[str, tuple[Scalar, ...]]:
        state = self.rules.state
        other = self.random.choice(NAMES)
        parties = [invitation.party for invitation in state.invitations_for(user)] or sorted(state.parties)
        party = self.random.choice(parties or ["none"])
        own = state.party_of(user)
        fellow = self.random.choice(own.users if own is not None else NAMES)
        wishes: tuple[tuple[int, str, tuple[Scalar, ...]], ...] = (
            (3, "say", ("hi", False)),
            (3, "whisper", (other, key_of(other), SEALED, b"hi")),
            (3, "received", (self.random.randint(0, 9999),)),
            (2, "away", ("",)),
            (2, "back", ()),
            (1, "exit", ()),
            (2, "rubbish", (None, 1)),
            (20, "party_invite", (other,)),
            (20, "party_accept", (party,)),
            (3, "party_decline", (party,)),
            (3, "party_say", ("psst", True)),
            (2, "party_leave", ()),
            (4, "party_kick", (fellow,)),
            (2, "party_lead", (fellow,)),
            (2, "announce", ("hear",)),
            *((1 + 4 * (user in state.settings.admins), op, args) for op, args in self._orders(other)),
        )
        ((_, op, args),) = self.random.choices(wishes, [weight for weight, _, _ in wishes])
        return op, args

    def _orders(self, other: str) -> Iterator[tuple[str, tuple[Scalar, ...]]]:
        yield "kick", (other, "")
        yield "ban", (other, self.random.random() < 0.2, self.random.choice((0, 5, 60)), "spam")
        yield "unban", (other,)
        yield "mute", (other, self.random.choice((0, 5, 60)), "")
        yield "unmute", (other,)
        yield "release", (other,)


def digest(seed: int, count: int) -> str:
    """The digest of all effects and of the state at the end, as ``repr`` shows them."""
    rules = Rules(State())
    found = hashlib.sha256()
    for entry in RandomLog(rules, seed).entries(count):
        found.update(repr((entry, rules.apply(entry))).encode())
    found.update(repr(rules.state).encode())
    return found.hexdigest()


if __name__ == "__main__":
    print(digest(int(sys.argv[1]), int(sys.argv[2])))
