"""What the broker keeps, as its store was told: the truth that everything shown is held against."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

from tests.people import text_in
from zchat_broker.store import Changes, KeptMessage
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.names import fold
from zchat_common.topics import PUBLIC, party_of, user_of


class Wrong(AssertionError):
    """A promise is broken."""


class Fact(NamedTuple):
    """A kept message, and who may read it (folded names); None: everybody."""

    message: m.Kept
    readers: tuple[str, ...] | None

    def is_for(self, user: str) -> bool:
        """Whether the user may read it."""
        return self.readers is None or user in self.readers


@dataclass(frozen=True, slots=True)
class Text:
    """A text that a user said, with its place; ``label`` names the wish that it comes from."""

    topic: str
    seq: int
    label: str


class Record:
    """Every message that was ever kept, by topic; the seq of the first is 1."""

    def __init__(self) -> None:
        self.topics: dict[str, list[Fact]] = {}
        self.dropped: dict[str, None] = {}
        # Of each message that was kept: its bytes, and the digest before it.
        self.chains: dict[str, list[tuple[bytes, bytes]]] = {}
        # Users on whose path somebody forged, by folded name.
        self.forged: dict[str, None] = {}

    def committed(self, changes: Changes) -> Iterator[Text]:
        """Takes a commit in, and gives the texts in it, in order."""
        for topic in changes.topics_dropped:
            if party_of(topic) is None:
                raise Wrong(f"{topic} was dropped, whose owner was here all the time")
            self.dropped[topic] = None
        for kept in changes.messages:
            message = wire.decode_kept(kept.body)
            if isinstance(message, m.Unknown):
                raise Wrong(f"{kept.topic} got a message of an unknown type")
            if message.seq != kept.seq or kept.topic in self.dropped:
                raise Wrong(f"{kept.topic}: {message} does not belong there")
            self._chain(kept)
            yield from self._append(kept.topic, message)

    def digests(self, topic: str, seq: int) -> tuple[bytes, bytes]:
        """The digest before a kept message and the one that follows from it."""
        body, before = self.chains[topic][seq - 1]
        return before, sha256(before + body).digest()

    def _chain(self, kept: KeptMessage) -> None:
        """A digest follows from the one before it; only that of a party may begin anew."""
        chain = self.chains.setdefault(kept.topic, [])
        if chain and party_of(kept.topic) is None and self.digests(kept.topic, kept.seq - 1)[1] != kept.digest:
            raise Wrong(f"{kept.topic}: the digest before {kept.seq} does not follow")
        chain.append((kept.body, kept.digest))

    def adopt(self, topic: str, message: m.Kept) -> Iterator[Text]:
        """Takes in what was published of a topic that was dropped in the same turn, so that it was never kept."""
        if topic not in self.dropped:
            raise Wrong(f"{topic}: {message} was published but not kept")
        yield from self._append(topic, message)

    def fact(self, topic: str, seq: int) -> Fact | None:
        """The message at a place, if there is one."""
        facts = self.topics.get(topic, [])
        return facts[seq - 1] if 0 < seq <= len(facts) else None

    def last(self, topic: str) -> int:
        """How far the topic has come."""
        return len(self.topics.get(topic, ()))

    def _append(self, topic: str, message: m.Kept) -> Iterator[Text]:
        facts = self.topics.setdefault(topic, [])
        if message.seq != len(facts) + 1:
            raise Wrong(f"{topic} goes from {len(facts)} to {message.seq}")
        facts.append(Fact(message, _readers(topic, message, facts)))
        if isinstance(message, m.Say):
            yield Text(topic, message.seq, label_of(message.text))
        elif isinstance(message, m.Whisper):
            yield Text(topic, message.seq, label_of(text_in(message)))


def label_of(text: str) -> str:
    """The label that a text begins with."""
    return text.partition(" ")[0]


def _readers(topic: str, message: m.Kept, before: list[Fact]) -> tuple[str, ...] | None:
    if topic == PUBLIC:
        return None
    owner = user_of(topic)
    if owner is not None:
        return (owner,)
    if isinstance(message, m.PartyChanged):
        return tuple([fold(name) for name in message.members])
    return before[-1].readers
