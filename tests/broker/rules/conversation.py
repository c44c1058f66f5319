"""A chat without a broker: users with short names, commands with their numbers, and time that a test moves."""

from collections.abc import Sequence
from typing import TypeVar

from tests.broker.rules.witness import Witness, facts
from zchat_broker.rules import Rules, Settings, State
from zchat_broker.rules.effects import Answered, Effect, Posted, SessionOpened
from zchat_broker.rules.entries import Command, Entry, Pruned, Registering, SessionExpired, Started
from zchat_broker.rules.state import Party
from zchat_broker.rules.upkeep import due
from zchat_common.messages import Answer, Kept, PartyChanged, Refusal, Scalar
from zchat_common.names import fold
from zchat_common.topics import party_topic, user_topic

START = 1_700_000_000_000
SECOND = 1_000
MINUTE = 60 * SECOND
DAY = 24 * 60 * MINUTE

GRACE_S = 120.0
NAME_DAYS = 30.0
SETTINGS = Settings(GRACE_S, NAME_DAYS)

T = TypeVar("T")


def key_of(name: str) -> bytes:
    """A key of this user's own."""
    return fold(name).encode().ljust(32, b"\0")


def of(kind: type[T], effects: Sequence[object]) -> list[T]:
    """The effects of one kind."""
    return [effect for effect in effects if isinstance(effect, kind)]


def one(kind: type[T], effects: Sequence[object]) -> T:
    """The only effect of its kind."""
    (found,) = of(kind, effects)
    return found


def posted(effects: Sequence[Effect], topic: str) -> list[Kept]:
    """The messages that a topic got."""
    return [effect.message for effect in of(Posted, effects) if effect.topic == topic]


def news(effects: Sequence[Effect], topic: str) -> list[str]:
    """What the party changes on a topic say: ``"joined bob"``."""
    changes = of(PartyChanged, posted(effects, topic))
    return [f"{message.change} {message.name}" for message in changes]


def told(effects: Sequence[Effect], name: str) -> list[str]:
    """What a user's own topic says of parties."""
    return news(effects, user_topic(fold(name)))


class Chat:
    """Rules under a witness, who checks every entry."""

    def __init__(self, *names: str, settings: Settings = SETTINGS) -> None:
        """Starts a broker and lets these users in."""
        self.rules = Rules(State())
        self.witness = Witness()
        self.at = START
        self.sessions: dict[str, str] = {}
        self._numbers: dict[str, int] = {}
        self._drawn = 0
        self.apply(Started(self.at, settings))
        for name in names:
            self.join(name)

    @property
    def state(self) -> State:
        """What the rules know."""
        return self.rules.state

    def apply(self, entry: Entry) -> list[Effect]:
        """The effects of an entry, checked by the witness."""
        effects = self.rules.apply(entry)
        self.witness.see(entry, effects, self.state)
        return effects

    def draw(self, what: str) -> str:
        """An id that nobody had before."""
        self._drawn += 1
        return f"{what}-{self._drawn}"

    def join(
        self, name: str, *, key: bytes | None = None, run: int = 1, takeover: bool = False, address: str = "192.0.2.1"
    ) -> list[Effect]:
        """Registers a user; by default with his own key and in his first run."""
        session = self.draw("session")
        entry = Registering(self.at, session, name, key_of(name) if key is None else key, run, takeover, address)
        effects = self.apply(entry)
        for opened in of(SessionOpened, effects):
            self.sessions[opened.user] = session
        return effects

    def command(self, name: str, n: int, op: str, *args: Scalar, instance: int = 1) -> list[Effect]:
        """Gives a command with a number of the test's own."""
        session = self.sessions[fold(name)]
        return self.apply(Command(self.at, session, instance, n, op, args, self.draw("party")))

    def do(self, name: str, op: str, *args: Scalar) -> list[Effect]:
        """Gives the user's next command."""
        n = self._numbers.get(fold(name), 0) + 1
        effects = self.command(name, n, op, *args)
        self._numbers[fold(name)] = n
        return effects

    def ask(self, name: str, op: str, *args: Scalar) -> Answer | Refusal:
        """The answer to the user's next command."""
        return one(Answered, self.do(name, op, *args)).answer

    def ok(self, name: str, op: str, *args: Scalar) -> list[Effect]:
        """Gives the user's next command, which must not be refused."""
        effects = self.do(name, op, *args)
        assert isinstance(one(Answered, effects).answer, Answer), effects
        return effects

    def refused(self, name: str, op: str, *args: Scalar) -> str:
        """The code of a refusal that changed nothing."""
        before = facts(self.state)
        effects = self.do(name, op, *args)
        refusal = one(Answered, effects).answer
        assert isinstance(refusal, Refusal), effects
        assert refusal.text
        assert len(effects) == 1
        assert facts(self.state) == before
        return refusal.code

    def lose(self, name: str) -> list[Effect]:
        """The user's connection is gone for too long."""
        return self.apply(SessionExpired(self.at, self.sessions[fold(name)]))

    def wait(self, ms: int) -> list[Effect]:
        """Lets time pass and carries out what is due."""
        self.at += ms
        effects: list[Effect] = []
        for entry in due(self.state, self.at):
            effects += self.apply(entry)
        return effects

    def prune(self) -> list[Effect]:
        """The regular tidying up."""
        return self.apply(Pruned(self.at))

    def party(self, *names: str) -> str:
        """Makes a party, led by the first, joined by the others in this order; returns its topic."""
        leader, *others = names
        for other in others:
            self.ok(leader, "party_invite", other)
            self.ok(other, "party_accept", self.party_of(leader).id)
        return party_topic(self.party_of(leader).id)

    def invite(self, inviter: str, invitee: str) -> str:
        """Invites; returns the id of the party."""
        self.ok(inviter, "party_invite", invitee)
        return self.party_of(inviter).id

    def party_of(self, name: str) -> Party:
        """The party that the user is in."""
        found = self.state.party_of(fold(name))
        assert found is not None, f"{name} is in no party"
        return found

    def members(self, name: str) -> tuple[str, ...]:
        """Who is in the user's party, longest member first."""
        return self.party_of(name).users
