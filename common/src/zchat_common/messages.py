"""Every message of the protocol, as a value.

A message is a named tuple because it is a positional list on the wire: the fields here, in this order, follow the
message's tag there. :mod:`zchat_common.wire` turns one into the other; ``docs/protocol.md`` says what each is for.
Times are milliseconds since the epoch, UTC. Names are as their owner first typed them unless a field says ``folded``.
"""

from typing import Literal, NamedTuple

Delivery = Literal["online", "stored"]
Status = Literal["online", "away", "offline"]
# How the body of a whisper is to be read; there is no other way (zchat_common.whispers).
SEALED = "sealed"
Scalar = str | int | bytes | bool | None

# -- parts ----------------------------------------------------------------------------------------------------------


class TopicKey(NamedTuple):
    """The key that frames of a topic are sealed with from now on."""

    topic: str
    number: int
    key: bytes


class TopicState(NamedTuple):
    """Where a topic stands: its last sequence number, and the first one that the reader may see.

    Of a party that he has left he may read up to ``last``; ``told_seq`` is the message of his own topic that tells of
    the end. It is 0 while more may come. ``digest`` is the running digest after ``last``; empty where none is told.
    """

    topic: str
    last: int
    start: int
    told_seq: int = 0
    digest: bytes = b""


class RosterEntry(NamedTuple):
    """One user as others see him. ``since`` is when the status began, ``text`` what he said with ``/away``."""

    name: str
    status: str
    since: int
    text: str


class PartyState(NamedTuple):
    """A party as its members see it; ``members`` in the order of joining."""

    party: str
    leader: str
    members: tuple[str, ...]


class OpenInvitation(NamedTuple):
    """An invitation that can still be accepted, until ``expires``."""

    party: str
    inviter: str
    members: tuple[str, ...]
    expires: int


class Restraint(NamedTuple):
    """A ``ban`` or a ``mute``, which holds until ``until``, for good if that is None.

    ``address`` is what a ban by address keeps out as well; else empty.
    """

    kind: str
    name: str
    by: str
    since: int
    until: int | None
    address: str
    reason: str


# -- client to broker, on the commands link -------------------------------------------------------------------------


class Register(NamedTuple):
    """Asks for a session under ``name``. ``run`` is random, drawn once at each start of a client.

    ``invite`` is an invitation code, for a broker that lets in invited users only; else empty.
    """

    version: int
    name: str
    run: int
    takeover: bool
    invite: str = ""


class Ping(NamedTuple):
    """Asks for a pong on ``topic``: proves both links, and that the subscription to the topic has taken effect."""

    token: bytes
    number: int
    topic: str


class Do(NamedTuple):
    """Command ``n`` of the numbering ``instance``. Applied only when ``n`` is the last one applied plus one."""

    token: bytes
    instance: int
    n: int
    op: str
    args: tuple[Scalar, ...]


class AskRoster(NamedTuple):
    """Asks who is online."""

    token: bytes
    ask: int


class AskParty(NamedTuple):
    """Asks for one's own party."""

    token: bytes
    ask: int


class AskHistory(NamedTuple):
    """Asks for stored messages with ``after`` < seq < ``before``, in order.

    With ``after`` the oldest ``limit`` of them, without it (None) the newest; ``before`` None means no upper end.
    """

    token: bytes
    ask: int
    topic: str
    after: int | None
    before: int | None
    limit: int


class AskKeys(NamedTuple):
    """Asks for the keys of every topic that this session may read."""

    token: bytes
    ask: int


class AskBans(NamedTuple):
    """Asks who is banned or muted; for admins."""

    token: bytes
    ask: int


class AskUser(NamedTuple):
    """Asks for the key that owns a name, in any case."""

    token: bytes
    ask: int
    name: str


Upstream = Register | Ping | Do | AskRoster | AskParty | AskHistory | AskKeys | AskBans | AskUser

# -- broker to client, on the commands link -------------------------------------------------------------------------


class Registered(NamedTuple):
    """The session is open. ``rate`` is commands per 1,000 seconds (0: no limit), ``burst`` commands at once.

    ``waiting`` is the seq of the last message of the user's own topic whose receipt is due; 0 if there is none.
    ``admins`` are the names of those who keep order, online or not.
    """

    version: int
    commands_port: int
    topics_port: int
    token: bytes
    name: str
    title: str
    at: int
    rate: int
    burst: int
    roster_version: int
    users: int
    keys: tuple[TopicKey, ...]
    topics: tuple[TopicState, ...]
    party: PartyState | None
    invitations: tuple[OpenInvitation, ...]
    waiting: int
    admins: tuple[str, ...] = ()


class Rejected(NamedTuple):
    """Something outside the numbering was refused: a registration, a dead session, a frame that is no message.

    ``wants`` is ``invite`` if an invitation code would help; else empty.
    """

    code: str
    text: str
    wants: str = ""


class Answer(NamedTuple):
    """Command ``n`` was applied and is kept. ``topic`` and ``seq`` name the message that it made, if any.

    ``detail`` is a whisper's delivery, a space and its recipient's name, or ``created`` or ``joined`` when the command
    opened a party topic.
    """

    instance: int
    n: int
    at: int
    topic: str
    seq: int
    detail: str


class Refusal(NamedTuple):
    """Command ``n`` was refused. ``retry_after_ms`` only with ``rate_limited``, which does not use up ``n``."""

    instance: int
    n: int
    code: str
    text: str
    retry_after_ms: int | None


class Expected(NamedTuple):
    """A command came before its turn: go back to ``n``."""

    instance: int
    n: int


class Roster(NamedTuple):
    """Everybody online, sorted by folded name."""

    ask: int
    version: int
    entries: tuple[RosterEntry, ...]


class Party(NamedTuple):
    """One's own party, or None."""

    ask: int
    party: PartyState | None


class History(NamedTuple):
    """A page of stored messages, each as published; ``first`` and ``last`` bound what is kept and may be read.

    ``digest`` is the running digest before the first message of a page that was asked for by ``after``; else empty.
    """

    ask: int
    topic: str
    first: int
    last: int
    messages: tuple[bytes, ...]
    digest: bytes = b""


class Keys(NamedTuple):
    """The current key of every topic that the session may read."""

    ask: int
    keys: tuple[TopicKey, ...]


class Bans(NamedTuple):
    """The bans and mutes that hold, the newest last."""

    ask: int
    restraints: tuple[Restraint, ...]


class User(NamedTuple):
    """A known user: his name, and the public key that owns it."""

    ask: int
    name: str
    key: bytes


class Denied(NamedTuple):
    """A question was refused."""

    ask: int
    code: str
    text: str


class Ended(NamedTuple):
    """The broker ended this session: ``taken over`` or ``kicked``; ``text`` says more, if there is more to say.

    The client says why and does not come back by itself.
    """

    reason: str
    text: str = ""


class Probe(NamedTuple):
    """Nothing to do: the broker looks whether this route is still alive."""


Downstream = (
    Registered
    | Rejected
    | Answer
    | Refusal
    | Expected
    | Roster
    | Party
    | History
    | Keys
    | Bans
    | User
    | Denied
    | Ended
    | Probe
)

# -- published, with a sequence number: kept and replayed -----------------------------------------------------------


class Say(NamedTuple):
    """A text to everyone (topic public) or to a party."""

    seq: int
    at: int
    sender: str
    text: str
    action: bool


class Whisper(NamedTuple):
    """A whisper, on both users' topics, each with the seq of that topic. The broker does not read ``body``."""

    seq: int
    at: int
    sender: str
    recipient: str
    kind: str
    body: bytes
    delivery: str


class Delivered(NamedTuple):
    """The stored whisper ``whisper_seq`` of this topic has reached ``recipient``."""

    seq: int
    at: int
    recipient: str
    whisper_seq: int


class Invited(NamedTuple):
    """An invitation for the owner of this user topic."""

    seq: int
    at: int
    party: str
    inviter: str
    members: tuple[str, ...]
    expires: int


class PartyChanged(NamedTuple):
    """Something happened in or to a party; ``leader`` and ``members`` as they are after it.

    On the topic of the user whose membership it ends, ``start`` and ``end`` are the first and the last seq of the
    party's topic that he may read; else both are 0.
    """

    seq: int
    at: int
    party: str
    change: str
    name: str
    leader: str
    members: tuple[str, ...]
    reason: str
    start: int = 0
    end: int = 0


class Announcement(NamedTuple):
    """What an admin has to say to everyone, on ``public``."""

    seq: int
    at: int
    sender: str
    text: str


class Moderated(NamedTuple):
    """An admin's act, on the topics of all admins and of a user who was muted or unmuted.

    ``until`` is when a ban or mute ends, None if it does not.
    """

    seq: int
    at: int
    act: str
    name: str
    by: str
    until: int | None
    reason: str


class Unknown(NamedTuple):
    """A kept message of a type that this version does not know; never sent, only met."""

    seq: int
    at: int


Kept = Say | Whisper | Delivered | Invited | PartyChanged | Announcement | Moderated

# -- published, without a sequence number: for now only -------------------------------------------------------------


class Pong(NamedTuple):
    """The answer to ``name``'s ping: where each of his topics stands, and the roster version."""

    name: str
    number: int
    at: int
    roster_version: int
    users: int
    topics: tuple[TopicState, ...]


class Presence(NamedTuple):
    """The roster changes that lead, one after another, to ``version``."""

    version: int
    changes: tuple[RosterEntry, ...]


class NewKey(NamedTuple):
    """A topic's key from here on. Comes before the first frame that is sealed with it.

    The topic's running digest begins anew with it: after message ``after`` it is ``digest``. (Empty: it goes on.) Until
    then it was ``ended``; empty for who could not read message ``after``.
    """

    key: TopicKey
    after: int = 0
    digest: bytes = b""
    ended: bytes = b""


class Stopping(NamedTuple):
    """The broker stops."""

    reason: str


Passing = Pong | Presence | NewKey | Stopping
Published = Kept | Passing
Message = Upstream | Downstream | Published
