"""Who holds which key, and what was sealed with it: nobody may hold a key that opens what is not his.

The judge sees every payload and every frame that the broker gives out, also those that a fault then drops: who listens
on the wire has them all.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.simulation.record import Record, Text, Wrong
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.sealing import OpeningKey, take_apart
from zchat_common.topics import user_of

_KEPT = (m.Say, m.Whisper, m.Delivered, m.Invited, m.PartyChanged, m.Announcement, m.Moderated)


@dataclass(slots=True)
class _Key:
    topic: str
    key: bytes
    opening: OpeningKey
    counter: int = 0
    holders: dict[str, None] = field(default_factory=dict)
    sealed: list[int] = field(default_factory=list)
    handed_on: list[int] = field(default_factory=list)


class Custody:
    """All keys of a run."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._keys: dict[int, _Key] = {}
        # Frames under keys that nobody was given yet.
        self._closed: dict[int, list[bytes]] = {}
        # How often each user has gone offline, by name.
        self.gone_offline: dict[str, int] = {}

    def granted(self, user: str, key: m.TopicKey) -> None:
        """The broker gave a key to this user, who may have recorded what was sealed with it before."""
        self._known(key).holders[user] = None
        for frame in self._closed.pop(key.number, []):
            self.published(frame)

    def published(self, frame: bytes) -> tuple[str, list[m.Published], list[Text]]:
        """Opens a frame as a holder of its key could: its topic, all its messages, and the texts adopted by it."""
        parts = take_apart(frame)
        key = self._keys.get(parts.number)
        if key is None:
            self._closed.setdefault(parts.number, []).append(frame)
            return parts.topic, [], []
        if key.topic != parts.topic:
            raise Wrong(f"a frame of {parts.topic} under a key of {key.topic}")
        plain, missed = key.opening.open(parts)
        key.counter = parts.counter
        if missed:
            raise Wrong(f"{parts.topic}: {missed} counters were left out")
        messages = [message for message, _ in wire.decode_frame(plain)]
        adopted: list[Text] = []
        for message in messages:
            if isinstance(message, _KEPT):
                adopted += self._kept(parts.topic, message)
                key.sealed.append(message.seq)
            elif isinstance(message, m.NewKey):
                self._handed_on(parts.topic, message.key)
                self._keys[message.key.number].holders.update({user_of(parts.topic) or "": None})
                key.handed_on.append(message.key.number)
            elif isinstance(message, m.Presence):
                self.presence(message.changes)
        return parts.topic, messages, adopted

    def presence(self, changes: Iterable[m.RosterEntry]) -> None:
        """This is so: it was told, or a roster will say it."""
        for entry in changes:
            if entry.status == "offline":
                self.gone_offline[entry.name] = self.gone_offline.get(entry.name, 0) + 1

    def holders(self, topic: str, seq: int) -> list[str]:
        """Who was given the keys that a message was sealed with, sorted."""
        found = [key.holders for key in self._keys.values() if key.topic == topic and seq in key.sealed]
        return sorted({user for holders in found for user in holders})

    def shared(self, topic: str, victim: str) -> tuple[m.TopicKey, int] | None:
        """The topic's latest key that both the victim and somebody else hold, and the counter used last."""
        for number, key in reversed(self._keys.items()):
            if key.topic == topic and victim in key.holders and len(key.holders) > 1:
                return m.TopicKey(topic, number, key.key), key.counter
        return None

    def check(self) -> None:
        """Nobody holds, or could have learned, a key under which a message was sealed that is not for him."""
        for key in self._keys.values():
            for number in key.handed_on:
                self._keys[number].holders.update(key.holders)
        for key in self._keys.values():
            self._check(key)

    def _check(self, key: _Key) -> None:
        facts = [self._record.fact(key.topic, seq) for seq in key.sealed]
        for fact in facts:
            strangers = [user for user in key.holders if fact is None or not fact.is_for(user)]
            if strangers:
                raise Wrong(f"{strangers} hold the key of {key.topic} that opens {fact}")
        if len({fact.readers for fact in facts if fact is not None}) > 1:
            raise Wrong(f"{key.topic}: one key for what is not for the same readers")

    def _known(self, key: m.TopicKey) -> _Key:
        known = self._keys.setdefault(key.number, _Key(key.topic, key.key, OpeningKey(key)))
        if (known.topic, known.key) != (key.topic, key.key):
            raise Wrong(f"two keys with the number {key.number}")
        return known

    def _kept(self, topic: str, message: m.Kept) -> list[Text]:
        fact = self._record.fact(topic, message.seq)
        if fact is None:
            return list(self._record.adopt(topic, message))
        if fact.message != message:
            raise Wrong(f"{topic}: {message} was published, but {fact.message} kept")
        return []

    def _handed_on(self, topic: str, key: m.TopicKey) -> None:
        if user_of(topic) is None:
            raise Wrong(f"a key was published on {topic}")
        self._known(key)
