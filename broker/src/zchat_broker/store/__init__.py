"""Where state and messages are kept: one small interface, with one commit for each turn of the broker.

The contract, which the same tests check for every store:

- ``commit`` keeps all of a turn or nothing of it. What it kept survives the death of the process.
- After ``commit`` returned, ``load`` gives a state equal to the one that the rules hold, without its settings.
- ``commit`` applies what was dropped and removed before what is new, since a name or topic may come back in one turn.
- A topic's last seq and a numbering's last n follow from what was posted and answered; pruning does not lower them.
- A topic's running digest is the one kept last, also where no message came with it.
- Nothing but ``load`` and the opening of a store may take time that grows with what is kept.
"""

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from zchat_broker.rules.state import (
    AccessCode,
    AuditEntry,
    Ban,
    Guest,
    Invitation,
    Mute,
    Party,
    Record,
    Session,
    State,
    Tail,
    User,
    Waiting,
)

RecordKey = tuple[type[Record], *tuple[str | int | bytes, ...]]


class StoreFailed(Exception):
    """The store could not do it (disk full, I/O error); nothing of the turn was kept."""


class MessagesDamaged(StoreFailed):
    """What was asked for is not what was written. It will not be the next time either."""


class StoreUnusable(Exception):
    """The store cannot be opened: damaged, of a later version, or not writable. The text says what to do."""


class StoreDamaged(StoreUnusable):
    """What is kept is not what was written. The text says what to do."""


class KeptMessage(NamedTuple):
    """A message as it is kept and published: ``body`` is what :func:`zchat_common.wire.encode` made of it.

    ``digest`` is the topic's running digest before it (:mod:`zchat_broker.digests`).
    """

    topic: str
    seq: int
    at: int
    body: bytes
    digest: bytes = b""


class Stored(NamedTuple):
    """A message of a page, and the digest before it; empty if it was kept before there were digests."""

    body: bytes
    digest: bytes


class KeptAnswer(NamedTuple):
    """The encoded answer to command ``n`` of a numbering, given at ``at``."""

    user: str
    instance: int
    n: int
    at: int
    body: bytes


class Loaded(NamedTuple):
    """What a store holds, the position in the order that brought it there, and the running digests by topic."""

    state: State
    position: int
    digests: dict[str, bytes]


@dataclass(slots=True)
class Changes:
    """All that one turn changes. ``position`` is that of the last entry that was applied in it."""

    position: int = 0
    at: int = 0
    roster_version: int = 0
    topics_dropped: list[str] = field(default_factory=list)
    numberings_removed: list[tuple[str, int]] = field(default_factory=list)
    messages: list[KeptMessage] = field(default_factory=list)
    # The running digests that changed, as they are after the turn.
    digests: dict[str, bytes] = field(default_factory=dict)
    answers: list[KeptAnswer] = field(default_factory=list)
    records: dict[RecordKey, Record | None] = field(default_factory=dict)
    audited: list[AuditEntry] = field(default_factory=list)

    def drop_topic(self, topic: str) -> None:
        """The topic is gone, with what this turn posted to it so far."""
        self.topics_dropped.append(topic)
        self.messages = [message for message in self.messages if message.topic != topic]
        self.digests.pop(topic, None)

    def remove_numbering(self, user: str, instance: int) -> None:
        """The numbering is gone, with what this turn answered in it so far."""
        self.numberings_removed.append((user, instance))
        self.answers = [kept for kept in self.answers if (kept.user, kept.instance) != (user, instance)]


class Store(Protocol):
    """See the module's contract. ``load`` raises StoreUnusable, everything else StoreFailed."""

    def load(self) -> Loaded:
        """All that is kept but the messages."""

    def commit(self, changes: Changes) -> None:
        """Keeps a turn, wholly or not at all."""

    def probe(self) -> None:
        """Writes a little that changes nothing, without waiting: raises StoreFailed if a commit would surely fail."""

    def page(self, topic: str, after: int | None, before: int | None, limit: int) -> list[Stored]:
        """At most ``limit`` messages with after < seq < before, ascending.

        With ``after`` the oldest of them, without it (None) the newest; ``before`` None means no upper end. Ends before
        what cannot be read; raises MessagesDamaged if that is the first of them.
        """

    def first_seq(self, topic: str) -> int:
        """The seq of the oldest message still kept; the last seq plus one if there is none."""

    def prune(self, before_at: int, limit: int) -> bool:
        """Deletes at most ``limit`` messages older than ``before_at``; True if more may be left to delete."""

    def audit(self) -> list[AuditEntry]:
        """All that was ever noted of what admins did, the oldest first."""

    def close(self) -> None:
        """Ends the use of the store. Nothing may follow."""


def record_key(record: Record) -> RecordKey:
    """What a record is kept under: its type and what is unique in it."""
    match record:
        case User():
            return (User, record.folded)
        case Session():
            return (Session, record.user)
        case Party():
            return (Party, record.id)
        case Invitation():
            return (Invitation, record.party, record.invitee)
        case Waiting():
            return (Waiting, record.user, record.seq)
        case Tail():
            return (Tail, record.user, record.told_seq)
        case Ban() | Mute() | Guest():
            return (type(record), record.key)
        case AccessCode():
            return (AccessCode, record.digest)
