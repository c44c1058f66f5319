"""What comes out of the rules: values that the broker saves, publishes and sends, in this order of things."""

from typing import NamedTuple

from zchat_broker.rules.state import AuditEntry, Record
from zchat_common.errors import Code
from zchat_common.messages import Answer, Downstream, Kept, Refusal, RosterEntry


class Answered(NamedTuple):
    """The answer to a command of ``user``: kept with the turn, then sent to the session."""

    session: str
    user: str
    answer: Answer | Refusal


class Sent(NamedTuple):
    """A message for one session that nobody needs to keep."""

    session: str
    message: Downstream


class Posted(NamedTuple):
    """A message of a topic: kept in its history, then published."""

    topic: str
    message: Kept


class PresenceChanged(NamedTuple):
    """The roster changed, and stands at ``version`` now."""

    version: int
    entry: RosterEntry


class KeyChanged(NamedTuple):
    """What follows on this topic, after message ``after``, is for ``readers`` (folded names) only: under a new key."""

    topic: str
    readers: tuple[str, ...]
    after: int


class SessionOpened(NamedTuple):
    """A registration succeeded."""

    session: str
    user: str


class SessionEnded(NamedTuple):
    """A session is over. With a ``reason`` the client is told; ``text`` says more."""

    session: str
    user: str
    reason: str
    text: str = ""


class RegistrationRefused(NamedTuple):
    """A registration failed. ``wants`` says what would help, as in messages.Rejected."""

    session: str
    code: Code
    text: str
    wants: str = ""


class Saved(NamedTuple):
    """This record is new or has changed."""

    record: Record


class Removed(NamedTuple):
    """This record is gone."""

    record: Record


class Audited(NamedTuple):
    """Something was done that is to be accounted for."""

    entry: AuditEntry


class NumberingRemoved(NamedTuple):
    """The numbering and its answers are gone."""

    user: str
    instance: int


class TopicDropped(NamedTuple):
    """The topic is gone, its history and its key with it."""

    topic: str


Effect = (
    Answered
    | Sent
    | Posted
    | PresenceChanged
    | KeyChanged
    | SessionOpened
    | SessionEnded
    | RegistrationRefused
    | Saved
    | Removed
    | Audited
    | NumberingRemoved
    | TopicDropped
)
