"""What the rules know. Records are values that the store keeps; users are named by their folded name throughout."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from zchat_common.limits import ANSWERS_KEPT
from zchat_common.messages import Answer, Refusal
from zchat_common.names import skeleton


class Settings(NamedTuple):
    """The settings that decide outcomes; they reach the rules in an entry. ``admins`` are folded names."""

    grace_s: float = 120.0
    name_days: float = 30.0
    invited_only: bool = False
    admins: tuple[str, ...] = ()


class User(NamedTuple):
    """A name and the key that owns it."""

    folded: str
    name: str
    key: bytes
    last_seen: int

    @property
    def looks(self) -> tuple[str, ...]:
        """What the name looks like, folded and as shown: no other name may look like either (ADR 6)."""
        return tuple(dict.fromkeys((skeleton(self.folded), skeleton(self.name))))


class Session(NamedTuple):
    """A user who is online. ``id`` is random; the secret token that proves it never enters the rules."""

    user: str
    id: str
    run: int
    since: int
    address: str
    away_since: int | None
    away_text: str


class Seat(NamedTuple):
    """A member's place in a party: may read from ``joined_seq`` on; ``absent_until`` while he has no session."""

    user: str
    joined_seq: int
    absent_until: int | None


class Party(NamedTuple):
    """A temporary group. ``seats`` stand in the order of joining."""

    id: str
    leader: str
    seats: tuple[Seat, ...]

    def seat(self, user: str) -> Seat | None:
        """The seat of a member, or None."""
        return next((seat for seat in self.seats if seat.user == user), None)

    @property
    def users(self) -> tuple[str, ...]:
        """The members, longest member first."""
        return tuple([seat.user for seat in self.seats])


class Invitation(NamedTuple):
    """An open invitation; it outlives its inviter's membership, but not the party."""

    party: str
    invitee: str
    inviter: str
    expires: int


class Waiting(NamedTuple):
    """A whisper kept for a user who was away: its seq on his topic, and on the sender's."""

    user: str
    seq: int
    sender: str
    sender_seq: int


class Tail(NamedTuple):
    """What a former member may still read of a party's topic: from ``start`` to ``end``, both included.

    It is kept until he has been shown the end of his membership, message ``told_seq`` of his own topic.
    """

    user: str
    party: str
    start: int
    end: int
    told_seq: int
    left_at: int


class Ban(NamedTuple):
    """Keeps a key out until ``until`` (None: for good), and whoever comes from ``address`` if that is not empty.

    ``name`` is what the banned was called then; by it the ban is found again.
    """

    key: bytes
    name: str
    by: str
    since: int
    until: int | None
    address: str
    reason: str


class Mute(NamedTuple):
    """Lets a key read but not speak, until ``until`` (None: for good)."""

    key: bytes
    name: str
    by: str
    since: int
    until: int | None
    reason: str


class AccessCode(NamedTuple):
    """An invitation code, known by its digest only. A used one is kept until it expires, so that it stays used."""

    digest: bytes
    expires: int
    note: str
    used_at: int | None


class Guest(NamedTuple):
    """A key that was let in by a code; ``note`` is what was noted with that."""

    key: bytes
    since: int
    note: str


Record = User | Session | Party | Invitation | Waiting | Tail | Ban | Mute | AccessCode | Guest


class AuditEntry(NamedTuple):
    """What an admin, or whoever runs the broker, did to whom. Kept for ever, and nothing is decided by it."""

    at: int
    by: str
    act: str
    name: str
    until: int | None
    address: str
    reason: str


@dataclass(slots=True)
class Numbering:
    """The commands of one instance that were applied: the last number, and the answers that may be asked again."""

    last_n: int = 0
    used_at: int = 0
    answers: deque[Answer | Refusal] = field(default_factory=lambda: deque(maxlen=ANSWERS_KEPT))

    def answer(self, n: int) -> Answer | Refusal | None:
        """The answer that command ``n`` got; None if it is older than what is kept."""
        index = n - (self.last_n - len(self.answers)) - 1
        return self.answers[index] if 0 <= index < len(self.answers) else None


@dataclass(slots=True)
class State:
    """Everything the rules decide by. Equal logs make equal states."""

    at: int = 0
    settings: Settings = field(default_factory=Settings)
    roster_version: int = 0
    users: dict[str, User] = field(default_factory=dict)
    looks: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    session_users: dict[str, str] = field(default_factory=dict)
    parties: dict[str, Party] = field(default_factory=dict)
    seats: dict[str, str] = field(default_factory=dict)
    invitations: dict[str, dict[str, Invitation]] = field(default_factory=dict)
    waiting: dict[str, dict[int, Waiting]] = field(default_factory=dict)
    tails: dict[str, dict[int, Tail]] = field(default_factory=dict)
    # How many tails there are of each party: while there are any, the topic of a dissolved party is kept.
    tails_of: dict[str, int] = field(default_factory=dict)
    bans: dict[bytes, Ban] = field(default_factory=dict)
    mutes: dict[bytes, Mute] = field(default_factory=dict)
    codes: dict[bytes, AccessCode] = field(default_factory=dict)
    guests: dict[bytes, Guest] = field(default_factory=dict)
    numberings: dict[str, dict[int, Numbering]] = field(default_factory=dict)
    last_seq: dict[str, int] = field(default_factory=dict)

    def put(self, record: Record) -> None:
        """Takes a record in, new or changed, with every index over it."""
        match record:
            case User():
                self.users[record.folded] = record
                for look in record.looks:
                    self.looks[look] = record.folded
            case Session():
                self.sessions[record.user] = record
                self.session_users[record.id] = record.user
            case Party():
                self.parties[record.id] = record
                self.invitations.setdefault(record.id, {})
                for seat in record.seats:
                    self.seats[seat.user] = record.id
            case Invitation():
                self.invitations.setdefault(record.party, {})[record.invitee] = record
            case Waiting():
                self.waiting.setdefault(record.user, {})[record.seq] = record
            case Tail():
                self.tails.setdefault(record.user, {})[record.told_seq] = record
                self.tails_of[record.party] = self.tails_of.get(record.party, 0) + 1
            case Ban():
                self.bans[record.key] = record
            case Mute():
                self.mutes[record.key] = record
            case AccessCode():
                self.codes[record.digest] = record
            case Guest():
                self.guests[record.key] = record

    def drop(self, record: Record) -> None:
        """Takes a record out, with every index over it."""
        match record:
            case User():
                del self.users[record.folded]
                for look in record.looks:
                    # Newer Unicode data may have made two old names alike: the other one keeps its entry.
                    if self.looks.get(look) == record.folded:
                        del self.looks[look]
            case Session():
                del self.sessions[record.user]
                del self.session_users[record.id]
            case Party():
                del self.parties[record.id]
                del self.invitations[record.id]
            case Invitation():
                del self.invitations[record.party][record.invitee]
            case Waiting():
                waiting = self.waiting[record.user]
                del waiting[record.seq]
                if not waiting:
                    del self.waiting[record.user]
            case Tail():
                tails = self.tails[record.user]
                del tails[record.told_seq]
                if not tails:
                    del self.tails[record.user]
                self.tails_of[record.party] -= 1
                if not self.tails_of[record.party]:
                    del self.tails_of[record.party]
            case Ban():
                del self.bans[record.key]
            case Mute():
                del self.mutes[record.key]
            case AccessCode():
                del self.codes[record.digest]
            case Guest():
                del self.guests[record.key]

    def session(self, session_id: str) -> Session | None:
        """The session with this id, if it is alive."""
        user = self.session_users.get(session_id)
        return None if user is None else self.sessions[user]

    def party_of(self, user: str) -> Party | None:
        """The party that the user is a member of."""
        party_id = self.seats.get(user)
        return None if party_id is None else self.parties[party_id]

    def name_of(self, user: str) -> str:
        """A user's name as it is shown."""
        known = self.users.get(user)
        return user if known is None else known.name

    def names_of(self, users: tuple[str, ...]) -> tuple[str, ...]:
        """Several users' names as they are shown."""
        return tuple([self.name_of(user) for user in users])

    def invitations_for(self, user: str) -> Iterator[Invitation]:
        """The open invitations of a user, by party."""
        for open_invitations in self.invitations.values():
            if user in open_invitations:
                yield open_invitations[user]
