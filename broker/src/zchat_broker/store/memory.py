"""The store for tests and simulations: keeps everything in memory, and outlives the brokers that use it."""

from collections import deque
from dataclasses import dataclass, field
from itertools import takewhile

from zchat_broker.rules.state import AuditEntry, Numbering, Record, State
from zchat_broker.store import Changes, KeptAnswer, KeptMessage, Loaded, RecordKey, Stored
from zchat_common import wire
from zchat_common.limits import ANSWERS_KEPT


@dataclass(slots=True)
class _Topic:
    last_seq: int = 0
    digest: bytes = b""
    messages: list[KeptMessage] = field(default_factory=list)


class MemoryStore:
    """A :class:`zchat_broker.store.Store` that another broker may load after the first is gone."""

    def __init__(self) -> None:
        self._meta = (0, 0, 0)
        self._records: dict[RecordKey, Record] = {}
        self._topics: dict[str, _Topic] = {}
        self._answers: dict[tuple[str, int], deque[KeptAnswer]] = {}
        self._audit: list[AuditEntry] = []

    def load(self) -> Loaded:
        """All that is kept but the messages, in a state that shares nothing with the store."""
        position, at, roster_version = self._meta
        state = State(at=at, roster_version=roster_version)
        for record in self._records.values():
            state.put(record)
        for (user, instance), answers in self._answers.items():
            state.numberings.setdefault(user, {})[instance] = _numbering(answers)
        state.last_seq = {name: topic.last_seq for name, topic in self._topics.items()}
        digests = {name: topic.digest for name, topic in self._topics.items() if topic.digest}
        return Loaded(state, position, digests)

    def commit(self, changes: Changes) -> None:
        """Keeps a turn."""
        for topic in changes.topics_dropped:
            self._topics.pop(topic, None)
        for numbering in changes.numberings_removed:
            self._answers.pop(numbering, None)
        for key, record in changes.records.items():
            if record is None:
                self._records.pop(key, None)
        for key, record in changes.records.items():
            if record is not None:
                self._records[key] = record
        for message in changes.messages:
            kept = self._topics.setdefault(message.topic, _Topic())
            kept.last_seq = message.seq
            kept.messages.append(message)
        for topic, digest in changes.digests.items():
            if topic in self._topics:
                self._topics[topic].digest = digest
        for answer in changes.answers:
            ring = self._answers.setdefault((answer.user, answer.instance), deque(maxlen=ANSWERS_KEPT))
            ring.append(answer)
        self._audit += changes.audited
        self._meta = (changes.position, changes.at, changes.roster_version)

    def probe(self) -> None:
        """Does nothing: memory can be written to."""

    def page(self, topic: str, after: int | None, before: int | None, limit: int) -> list[Stored]:
        """At most ``limit`` messages of the topic, ascending; see the interface."""
        messages = self._topics.get(topic, _Topic()).messages
        low = 0 if after is None else after
        found = [kept for kept in messages if low < kept.seq and (before is None or kept.seq < before)]
        page = found[max(0, len(found) - limit) :] if after is None else found[:limit]
        return [Stored(kept.body, kept.digest) for kept in page]

    def first_seq(self, topic: str) -> int:
        """The seq of the oldest message still kept; the last seq plus one if there is none."""
        kept = self._topics.get(topic, _Topic())
        return kept.messages[0].seq if kept.messages else kept.last_seq + 1

    def prune(self, before_at: int, limit: int) -> bool:
        """Deletes at most ``limit`` messages older than ``before_at``; True if more may be left to delete."""
        for topic in self._topics.values():
            old = len(list(takewhile(lambda kept: kept.at < before_at, topic.messages)))
            if old > limit:
                del topic.messages[:limit]
                return True
            del topic.messages[:old]
            limit -= old
        return False

    def audit(self) -> list[AuditEntry]:
        """All that was ever noted of what admins did, the oldest first."""
        return list(self._audit)

    def close(self) -> None:
        """Does nothing: the next broker may come."""


def _numbering(answers: deque[KeptAnswer]) -> Numbering:
    decoded = wire.decode_kept_answers(b"".join([kept.body for kept in answers]))
    return Numbering(answers[-1].n, answers[-1].at, deque(decoded, maxlen=ANSWERS_KEPT))
