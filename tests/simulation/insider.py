"""A registered user on the path of another one: he knows the keys of what both may read, and forges frames."""

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from tests.simulation.record import Record, Wrong
from zchat_client import events as e
from zchat_client.core.outputs import Show
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.sealing import subscription
from zchat_common.topics import PUBLIC, party_of, party_topic

if TYPE_CHECKING:
    from tests.simulation.clients import Run
    from tests.simulation.world import World

# Everything that he makes up begins with it.
MARK = "forged"


class Insider:
    """Forges on the topics link of a victim, never with a key that is the victim's alone."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._dice = world.dice
        self._forged = 0

    def strike(self, victim: "Run") -> None:
        """Slips a frame of one kind or another into the victim's topics link."""
        topics = [PUBLIC, *[topic for topic in _subscribed(victim) if party_of(topic) is not None]]
        topic = self._dice.choice(topics)
        seq = max(self._world.judge.readers[victim.label].last.get(topic, 0), 0)
        lines = self._dice.choice((1, 1, 1, 3, 20))
        first = seq + self._dice.choice((1, 1, 1, 1, 0, -1, 2, 5, 1_000, 10**9))
        messages: list[m.Published] = [self.line(topic, seq) for seq in range(max(first, 1), max(first, 1) + lines)]
        if self._dice.random() < 0.3:
            messages = [self._lie(topic, victim)]
        self.inject(victim, topic, *messages, ahead=self._dice.choice((1, 1, 1, 1, 2, 5, 2**40)))

    def inject(self, victim: "Run", topic: str, *messages: m.Published, ahead: int = 1) -> bool:
        """Seals these as the broker might, ``ahead`` of its counting; False if nobody but the victim has the key."""
        found = self._world.judge.custody.shared(topic, victim.user.folded)
        if found is None or victim.wires is None:
            return False
        key, counter = found
        prefix = subscription(topic) + key.number.to_bytes(8)
        nonce = (counter + ahead).to_bytes(8)
        plain = b"".join(wire.encode(message) for message in messages)
        self._world.judge.note("insider to", victim.label, topic, messages)
        self._world.judge.record.forged[victim.user.folded] = None
        self._world.harmless = False
        victim.wires.inject(prefix + nonce + ChaCha20Poly1305(key.key).encrypt(bytes(4) + nonce, plain, prefix))
        return True

    def line(self, topic: str, seq: int) -> m.Say | m.PartyChanged:
        """Something that nobody said or did."""
        self._forged += 1
        mark = f"{MARK}.{self._forged}"
        at = self._world.timeline.now().at
        party = party_of(topic)
        if party is not None and self._dice.random() < 0.4:
            change = self._dice.choice(("left", "joined", "kicked", "leader"))
            return m.PartyChanged(seq, at, party, change, mark, mark, (mark,), "", seq, self._dice.choice((0, seq)))
        return m.Say(seq, at, self._dice.choice(self._world.plan.names), mark, False)

    def _lie(self, topic: str, victim: "Run") -> m.Published:
        """What the client must not believe, whatever it says, since it has no place on such a topic."""
        self._forged += 1
        at, name = self._world.timeline.now().at, victim.user.name
        mark, own = f"{MARK}.{self._forged}", f"user.{victim.user.folded}"
        far = m.TopicState(self._dice.choice((topic, own, PUBLIC, party_topic(mark))), 10**6, 1, 0, bytes(32))
        return self._dice.choice(
            (
                m.Whisper(1, at, mark, name, "text", mark.encode(), "online"),
                m.Invited(1, at, mark, mark, (mark,), at),
                m.PartyChanged(1, at, mark, "joined", name, name, (name,), ""),
                m.NewKey(m.TopicKey(topic, 1, bytes(32)), 0, bytes(32)),
                m.Pong(name, 10**6, at, 0, 10**6, (far,)),
            )
        )


class Alarms:
    """The forged lines on the screen of one run: each has to be marked, and the true one shown in its place."""

    def __init__(self, user: str, record: Record) -> None:
        self._user = user
        self._record = record
        self._unmarked: dict[tuple[str, int], float] = {}
        # Where the true line is still to come, once there is one.
        self._untrue: dict[tuple[str, int], None] = {}
        self._expected: tuple[str, int] | None = None
        # How long each forged line stood unmarked.
        self.delays_s: list[float] = []

    def takes(self, show: Show, last: dict[str, int], now_s: float) -> bool:
        """Whether this is about a forged line; ``last`` is what was shown last of each topic."""
        event, topic = show.event, show.topic
        if isinstance(event, e.Error) and event.code == "stream_forged" and topic is not None:
            self._marked(topic, event, show.seq, last, now_s)
            return True
        if isinstance(event, e.Error) and event.code == "history_changed" and self._user in self._record.forged:
            # The broker was started anew, which may lose something: nobody is accused, but it is said.
            for place in [place for place in self._untrue if place[0] == topic and place[1] > show.seq]:
                del self._untrue[place]
                self._unmarked.pop(place, None)
            last[topic or ""] = show.seq
            return True
        if topic is None and isinstance(event, (e.Message, e.Party)):
            self._corrected(event)
            return True
        if topic is None or not _is_forged(event):
            return False
        if show.seq != last.get(topic, 0) + 1 or self._user not in self._record.forged:
            raise Wrong(f"{self._user} was shown the forged {event} after {topic} {last.get(topic)}")
        last[topic] = show.seq
        self._unmarked[topic, show.seq] = now_s
        self._untrue[topic, show.seq] = None
        return True

    @property
    def missing(self) -> str:
        """What the user still has to be told or shown."""
        untrue = [(topic, seq) for topic, seq in self._untrue if self._record.fact(topic, seq) is not None]
        return f"was not told of {list(self._unmarked)}, not shown {untrue}" if self._unmarked or untrue else ""

    def _marked(self, topic: str, event: e.Error, position: int, last: dict[str, int], now_s: float) -> None:
        if MARK not in event.text:
            raise Wrong(f"{self._user} was told that what the broker published is forged: {event}")
        shown_s = self._unmarked.pop((topic, event.seq or 0), None)
        if shown_s is not None:
            self.delays_s.append(now_s - shown_s)
        for seq in range(position + 1, last.get(topic, 0) + 1):
            # It goes back only over what was not true.
            if (topic, seq) not in self._untrue:
                raise Wrong(f"{self._user} goes back to {topic} {position} over {seq}, which was true")
            del self._untrue[topic, seq]
        last[topic] = position

    def _corrected(self, event: e.Message | e.Party) -> None:
        for topic, seq in self._untrue:
            fact = self._record.fact(topic, seq)
            said = None if fact is None else fact.message
            if said is not None and _tells(event, said):
                del self._untrue[topic, seq]
                return
        raise Wrong(f"{self._user} was shown {event} out of its place")


def _subscribed(run: "Run") -> list[str]:
    return [] if run.wires is None else run.wires.topics()


def _tells(event: e.Message | e.Party, said: m.Kept) -> bool:
    match event, said:
        case e.Message(), m.Say():
            return (event.seq, event.text) == (said.seq, said.text)
        case e.Party(), m.PartyChanged():
            return (event.change, event.name, event.members) == (said.change, said.name, said.members)
        case _:
            return False


def _is_forged(event: e.Event) -> bool:
    return isinstance(event, (e.Message, e.Party)) and MARK in (
        event.text if isinstance(event, e.Message) else event.name
    )
