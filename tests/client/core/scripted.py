"""The broker's end of a session core, played by the test line by line: no socket, no clock, no broker."""

from itertools import count
from typing import TypeVar

from tests.people import identity_of, key_of, sealed
from zchat_client.core.outputs import Output, Over, Pin, Rebuild, Send, Settled, Show, Subscribe, Unsubscribe
from zchat_client.core.session import Session
from zchat_client.events import Event
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.clock import Now
from zchat_common.limits import PROTOCOL_VERSION
from zchat_common.sealing import SealingKey
from zchat_common.topics import PUBLIC, party_of

START = 1_700_000_000_000
OWN = "user.alice"
PARTY = m.PartyState("p1", "Bob", ("Bob", "Alice"))
KEPT = (m.Say, m.Whisper, m.Delivered, m.Invited, m.PartyChanged, m.Announcement, m.Moderated)

T = TypeVar("T")


def say(seq: int, text: str = "", sender: str = "Bob") -> m.Say:
    return m.Say(seq, START + seq, sender, text or f"text {seq}", False)


def whisper(seq: int, delivery: str = "online", sender: str = "Bob", recipient: str = "Alice") -> m.Whisper:
    body = sealed(f"psst {seq}", sender, recipient, n=seq)
    return m.Whisper(seq, START + seq, sender, recipient, m.SEALED, body, delivery)


def changed(
    seq: int, change: str, name: str, *members: str, party: str = "p1", part: tuple[int, int] = (0, 0)
) -> m.PartyChanged:
    # Later than every registration in these tests.
    leader = members[0] if members else ""
    return m.PartyChanged(seq, START + 3_600_000 + seq, party, change, name, leader, members, "", *part)


def invited(seq: int, party: str = "p1") -> m.Invited:
    return m.Invited(seq, START + seq, party, "Bob", ("Bob",), START + 600_000)


class Desk:
    """A session core of Alice's with the test as its broker. Every step carries the core's outputs out."""

    def __init__(
        self,
        *,
        positions: dict[str, int] | None = None,
        pins: dict[str, bytes] | None = None,
        takeover: bool = False,
    ) -> None:
        self.pins = dict(pins or {})
        draw = count(1_000).__next__
        self.session = Session("Alice", "SHA256:abc", positions or {}, takeover, identity_of("Alice"), self.pins, draw)
        self.now_s = 100.0
        self.sent: list[m.Upstream] = []
        self.shown: list[Event] = []
        self.positions: dict[str, int] = {}
        self.subscriptions: list[str] = []
        self.rebuilds: list[str] = []
        self.settled: dict[int, object] = {}
        # Why no key can be kept, while that is so.
        self.disk_fault = ""
        self.over: Over | None = None
        self.keys: dict[str, SealingKey] = {}
        self.last = {PUBLIC: 0, OWN: 0}
        self.start: dict[str, int] = {}
        # Of parties that were left: the message of her own topic that tells of it.
        self.told: dict[str, int] = {}
        # The running digests that the broker tells of; it need not tell any.
        self.digests: dict[str, bytes] = {}
        self.roster: dict[str, m.RosterEntry] = {"alice": m.RosterEntry("Alice", "online", START, "")}
        self.roster_version = 1
        self._numbers = count(1)

    @property
    def now(self) -> Now:
        return Now(START + int(self.now_s * 1000), self.now_s)

    # -- what the shell does ----------------------------------------------------------------------------------------

    def carry(self) -> None:
        while outputs := self.session.outputs():
            for output in outputs:
                self._carry(output)

    def _carry(self, output: Output) -> None:
        match output:
            case Send():
                self.sent.append(wire.decode_upstream(output.payload))
            case Show():
                self.shown.append(output.event)
                if output.topic is not None:
                    self.positions[output.topic] = output.seq
            case Subscribe():
                self.subscriptions.append(f"+{output.topic}")
            case Unsubscribe():
                self.subscriptions.append(f"-{output.topic}")
            case Settled():
                self.settled[output.ticket] = output.result
            case Rebuild():
                self.rebuilds.append(output.reason)
            case Pin():
                if not self.disk_fault:
                    self.pins[output.folded] = output.key
                self.session.pinned([output], self.disk_fault, self.now)
            case Over():
                self.over = output

    def open(self) -> None:
        """Both links stand."""
        self.session.link_opened(self.now)
        self.carry()

    def close(self, reason: str = "the connection was lost") -> None:
        """Both links are gone."""
        self.session.link_closed(reason, self.now)
        self.carry()

    def wait(self, seconds: float = 0.0) -> None:
        """Time passes, and the core is told."""
        self.now_s += seconds
        self.session.tick(self.now)
        self.carry()

    def remember(self) -> None:
        """What was shown is written down."""
        self.session.remembered(self.positions.get(OWN, 0), self.now)
        self.carry()

    def submit(self, op: str, *args: m.Scalar, ticket: int = 1) -> None:
        self.session.submit(op, args, ticket, self.now)
        self.carry()

    # -- what the broker says ---------------------------------------------------------------------------------------

    def hear(self, *messages: m.Downstream) -> None:
        """Messages come down the commands link."""
        for message in messages:
            self.session.command_link(wire.encode(message), self.now)
            self.carry()

    def frame(self, topic: str, *messages: m.Published) -> bytes:
        """A frame of a topic, as the broker would seal it next."""
        for message in messages:
            if isinstance(message, KEPT):
                self.last[topic] = max(self.last.get(topic, 0), message.seq)
        return self._sealing(topic).seal(b"".join(wire.encode(message) for message in messages))

    def read(self, topic: str, *messages: m.Published) -> None:
        """A frame comes down the topics link."""
        self.deliver(self.frame(topic, *messages))

    def deliver(self, frame: bytes) -> None:
        self.session.topic_link(frame, self.now)
        self.carry()

    def key(self, topic: str) -> m.TopicKey:
        return self._sealing(topic).public_part

    def change_key(self, topic: str) -> m.TopicKey:
        del self.keys[topic]
        return self.key(topic)

    def _sealing(self, topic: str) -> SealingKey:
        if topic not in self.keys:
            number = next(self._numbers)
            self.keys[topic] = SealingKey(m.TopicKey(topic, number, bytes([number]) * 32))
        return self.keys[topic]

    def states(self) -> tuple[m.TopicState, ...]:
        return tuple(
            [
                m.TopicState(
                    topic, last, self.start.get(topic, 1), self.told.get(topic, 0), self.digests.get(topic, b"")
                )
                for topic, last in self.last.items()
            ]
        )

    def registered(
        self,
        *,
        token: bytes = b"token",
        rate: int = 0,
        party: m.PartyState | None = None,
        invitations: tuple[m.OpenInvitation, ...] = (),
        waiting: int = 0,
    ) -> m.Registered:
        return m.Registered(
            version=PROTOCOL_VERSION,
            commands_port=5555,
            topics_port=5556,
            token=token,
            name="Alice",
            title="Lab",
            at=self.now.at,
            rate=rate,
            burst=3,
            roster_version=self.roster_version,
            users=len(self.roster),
            keys=tuple([self.key(topic) for topic in self.last]),
            topics=self.states(),
            party=party,
            invitations=invitations,
            waiting=waiting,
        )

    def pong(self, topic: str = OWN, name: str = "Alice") -> None:
        """The answer to the last ping on a topic."""
        number = [ping.number for ping in self.of(m.Ping) if ping.topic == topic][-1]
        states = self.states() if topic == OWN else tuple([each for each in self.states() if each.topic == topic])
        self.read(topic, m.Pong(name, number, self.now.at, self.roster_version, len(self.roster), states))

    def give_roster(self) -> None:
        """The answer to the last question for the roster."""
        self.hear(m.Roster(self.of(m.AskRoster)[-1].ask, self.roster_version, tuple(self.roster.values())))

    def give_page(self, *messages: m.Kept, first: int = 1, digest: bytes = b"") -> None:
        """The answer to the last question for history."""
        self.answer_page(self.of(m.AskHistory)[-1], *messages, first=first, digest=digest)

    def answer_page(
        self,
        question: m.AskHistory,
        *messages: m.Kept,
        first: int = 1,
        last: int | None = None,
        digest: bytes = b"",
    ) -> None:
        """The answer to this question for history."""
        bodies = tuple([wire.encode(message) for message in messages])
        last = self.last.get(question.topic, 0) if last is None else last
        self.hear(m.History(question.ask, question.topic, first, last, bodies, digest))

    def name_key(self, name: str = "Bob", key: bytes | None = None) -> None:
        """The answer to the last question who somebody is."""
        self.hear(m.User(self.of(m.AskUser)[-1].ask, name, key or key_of(name)))

    def settle(self, n: int, topic: str = "", seq: int = 0, detail: str = "") -> None:
        """The answer to command n of the numbering that was used last."""
        self.hear(m.Answer(self.of(m.Do)[-1].instance, n, self.now.at + 1, topic, seq, detail))

    # -- several steps at once --------------------------------------------------------------------------------------

    def connect(self, party: m.PartyState | None = None, *, waiting: int = 0) -> None:
        """Everything up to ``connected``, with nothing missed."""
        self.open()
        self.hear(self.registered(party=party, waiting=waiting))
        self.wait()
        for topic in self.last:
            if party_of(topic) is not None:
                self.pong(topic)
        self.pong()
        if self.session.reading.roster.version != self.roster_version:
            self.give_roster()

    def reconnect(self, token: bytes = b"token 2", party: m.PartyState | None = None) -> None:
        """An outage of a second, up to the first pong after it."""
        self.close()
        self.now_s += 1.0
        self.open()
        self.hear(self.registered(token=token, party=party))
        self.wait()
        self.pong()

    # -- what the test looks at -------------------------------------------------------------------------------------

    def of(self, kind: type[T]) -> list[T]:
        """What the core has sent of this kind."""
        return [message for message in self.sent if isinstance(message, kind)]

    def seen(self, kind: type[T]) -> list[T]:
        """What the user was shown of this kind."""
        return [event for event in self.shown if isinstance(event, kind)]

    def names(self) -> list[str]:
        """The kinds of all that was shown, in order."""
        return [type(event).__name__ for event in self.shown]

    def texts(self) -> list[str]:
        """All texts shown, in order."""
        return [text for event in self.shown if isinstance(text := getattr(event, "text", None), str)]

    def forget(self) -> None:
        """What comes after this is what counts."""
        self.sent, self.shown, self.subscriptions, self.rebuilds = [], [], [], []


def online_in_party() -> Desk:
    """She is connected and in Bob's party, and was shown her joining."""
    desk = Desk()
    desk.last["party.p1"] = 3
    desk.start["party.p1"] = 3
    desk.connect(party=PARTY)
    desk.give_page(changed(3, "joined", "Alice", "Bob", "Alice"), first=3)
    desk.forget()
    return desk
