"""What goes into the rules: ordered entries, with everything that is not deterministic already in them.

``at`` is the submitter's clock in milliseconds; the rules take the larger of it and the last entry's. A timeout is an
entry like any other, and harmless when it comes twice or too late.
"""

from typing import NamedTuple

from zchat_broker.rules.state import Settings
from zchat_common.messages import Scalar


class Started(NamedTuple):
    """A broker starts (again): its settings, and a fresh start for every running deadline."""

    at: int
    settings: Settings


class Registering(NamedTuple):
    """Somebody who proved to hold ``key`` asks for a session under ``name``. ``session`` is a fresh random id.

    ``listed``: the key stands in the broker's file of keys; ``invite`` is the digest of an invitation code, or empty.
    """

    at: int
    session: str
    name: str
    key: bytes
    run: int
    takeover: bool
    address: str
    listed: bool = False
    invite: bytes = b""


class Command(NamedTuple):
    """Command ``n`` of the numbering ``instance``. ``fresh_id`` is a random id for what the command may create."""

    at: int
    session: str
    instance: int
    n: int
    op: str
    args: tuple[Scalar, ...]
    fresh_id: str


class SessionExpired(NamedTuple):
    """Nothing was heard of the session for too long, or its route is gone."""

    at: int
    session: str


class SeatExpired(NamedTuple):
    """The grace of an absent party member, which ran until ``until``, is over."""

    at: int
    user: str
    until: int


class InvitationExpired(NamedTuple):
    """The invitation, which ran until ``expires``, is over."""

    at: int
    party: str
    invitee: str
    expires: int


class CodeIssued(NamedTuple):
    """Whoever runs the broker made an invitation code with this digest."""

    at: int
    digest: bytes
    expires: int
    note: str


class Withdrawn(NamedTuple):
    """Whoever runs the broker takes an invitation back: the code with this digest, or that of the guest with this key.

    One of them is empty.
    """

    at: int
    digest: bytes
    key: bytes


class Pruned(NamedTuple):
    """Names that nobody used for ``name_days`` are free again; what has ended by time is forgotten."""

    at: int


Entry = (
    Started | Registering | Command | SessionExpired | SeatExpired | InvitationExpired | CodeIssued | Withdrawn | Pruned
)
