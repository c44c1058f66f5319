"""What the session core asks of the shell that drives it."""

from typing import NamedTuple

from zchat_client.events import Event
from zchat_common.errors import Code
from zchat_common.messages import Answer, Bans, Denied, History, Keys, Party, Refusal, Roster


class Send(NamedTuple):
    """Send this payload up the commands link."""

    payload: bytes


class Subscribe(NamedTuple):
    """Subscribe to this topic on the topics link."""

    topic: str


class Unsubscribe(NamedTuple):
    """End the subscription to this topic."""

    topic: str


class Rebuild(NamedTuple):
    """Close both links and open new ones."""

    reason: str


class Show(NamedTuple):
    """An event for the user. Once he has seen it, ``topic`` and ``seq`` (if any) are the position to remember."""

    event: Event
    topic: str | None = None
    seq: int = 0


class Pin(NamedTuple):
    """Keep this key of a contact (his folded name) for good, and tell ``Session.pinned``: nothing is sealed for it
    before.
    """

    folded: str
    key: bytes


class Contact(NamedTuple):
    """What was asked about a contact: his name, and the safety code under his key."""

    name: str
    code: str


Reply = Roster | Party | History | Keys | Bans | Contact


class Settled(NamedTuple):
    """The final result of what was submitted or asked under this ticket."""

    ticket: int
    result: Answer | Refusal | Reply | Denied


class Over(NamedTuple):
    """The broker wants no more of this session, and coming back by itself is not the client's business.

    ``wants_code``: an invitation code would help.
    """

    reason: str
    code: Code | None
    text: str
    wants_code: bool = False


Output = Send | Subscribe | Unsubscribe | Rebuild | Show | Pin | Settled | Over
