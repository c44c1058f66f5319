"""What a client is told, one class for each event of the contract. The fields are those of ``--json``, but for the
``place`` of a party's change.
"""

from dataclasses import dataclass, field
from typing import NamedTuple


class Member(NamedTuple):
    """A user in a list: his name and ``online``, ``away`` or ``offline``."""

    name: str
    status: str


class Place(NamedTuple):
    """Where something stands: ``public``, ``party`` or ``user``, and its number there."""

    topic: str
    seq: int


@dataclass(frozen=True, slots=True)
class PartyMembers:
    """One's party: ``members`` in the order of joining."""

    leader: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What every event has: when it happened, in milliseconds since the epoch, UTC."""

    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected(Event):
    """The client has its place: comes once, before any message. ``admins`` are those of ``users`` who keep order."""

    name: str
    title: str
    fingerprint: str
    first_contact: bool
    users: tuple[Member, ...]
    party: PartyMembers | None
    admins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnected(Event):
    """The link is down; once for each outage. The client comes back by itself."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconnected(Event):
    """The client is back in its place; so many messages were shown before this as ``replayed``, one's own too."""

    replayed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Event):
    """A text to everyone (topic ``public``) or to one's party (topic ``party``), one's own too.

    ``announcement``: an admin says it as one, not as a user among others.
    """

    topic: str
    seq: int
    sender: str
    text: str
    action: bool
    replayed: bool
    announcement: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Whisper(Event):
    """A whisper received or sent. ``stored``: it was kept because its recipient was away.

    ``warning`` is ``contact_key_changed`` when the other one's key is not the one that this client knows him by.
    """

    seq: int
    sender: str
    recipient: str
    text: str
    replayed: bool
    stored: bool = False
    warning: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent(Event):
    """The broker has it for good. ``recipient`` and ``delivery`` (``online`` or ``stored``) for a whisper only."""

    topic: str
    seq: int
    typed: str
    id: int
    recipient: str | None = None
    delivery: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence(Event):
    """A user's status changed: ``online``, ``away`` (with his ``text``) or ``offline``, since ``since``."""

    name: str
    status: str
    since: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered(Event):
    """The stored whisper ``seq`` has reached its recipient."""

    recipient: str
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending(Event):
    """A typed line was taken and is not kept yet; ``sent`` or ``error`` will name the same ``id``. ``recipient`` for a
    whisper only.
    """

    typed: str
    id: int
    recipient: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited(Event):
    """Somebody invites this client to a party."""

    inviter: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Party(Event):
    """Something happened in or to a party; ``name`` is whom it is about. An error ``stream_forged`` may name its
    ``place`` later.
    """

    change: str
    name: str
    leader: str
    members: tuple[str, ...]
    reason: str | None = None
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moderated(Event):
    """An admin's act (``kick``, ``ban``, ``unban``, ``mute``, ``unmute``, ``release``) on ``name``: for admins, and
    for a user who was muted or unmuted. ``until`` None: for good, or nothing that lasts.
    """

    act: str
    name: str
    by: str
    until: int | None
    reason: str | None = None


class Restraint(NamedTuple):
    """A ``ban`` or ``mute`` that holds; ``until`` None: for good. ``address`` is empty but for a ban by address."""

    kind: str
    name: str
    by: str
    since: int
    until: int | None
    address: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bans(Event):
    """The bans and mutes that hold, the newest last."""

    bans: tuple[Restraint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored(Event):
    """The names that one ignores, sorted."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Who(Event):
    """Who is online, and the absent members of one's party, sorted by folded name; ``admins`` among them keep order."""

    users: tuple[Member, ...]
    admins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyWho(Event):
    """The members of one's party in the order of joining."""

    leader: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyCode(Event):
    """What oneself and ``name`` read to each other: the same ``code`` on both sides, if nobody is in between."""

    name: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted(Event):
    """The key that ``name`` has now is accepted; ``code`` is the safety code under it."""

    name: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class History(Event):
    """Messages of a topic (``public`` or ``party``), the oldest first; ``first`` is the oldest seq still kept.

    ``delivered`` of one's whispers: the seqs of the stored ones that are known to have reached their recipients.
    """

    topic: str
    messages: tuple[Event, ...]
    first: int
    delivered: tuple[int, ...] = ()


class HelpLine(NamedTuple):
    """One typed command: how it is typed, and what it does."""

    usage: str
    does: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Help(Event):
    """Every typed command."""

    commands: tuple[HelpLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lagged(Event):
    """The reader of this client was too slow: ``dropped`` events are gone."""

    dropped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Error(Event):
    """Something was refused or failed. ``typed`` and ``id`` when it was a typed line, ``topic`` and ``seq`` when it is
    about a line that was shown or is missing, ``sender`` and ``recipient`` when that is a whisper.
    """

    code: str
    text: str
    typed: str | None = None
    id: int | None = None
    retry_after_s: float | None = None
    topic: str | None = None
    seq: int | None = None
    sender: str | None = None
    recipient: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bye(Event):
    """The last event: ``exit``, ``end of input``, ``taken over``, ``kicked`` or ``refused``."""

    reason: str
