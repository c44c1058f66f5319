"""What it means for this client that the broker turned it away or ended its session."""

from zchat_client.core.outputs import Over, Rebuild, Show
from zchat_client.events import Error
from zchat_common.errors import Code
from zchat_common.messages import Ended, Rejected
from zchat_common.text import clean_text

# A registration that is refused for one of these is not refused for good.
_COMES_AGAIN = (Code.STORAGE_FAILED, Code.RATE_LIMITED)


def on_rejected(rejected: Rejected, at: int, *, registering: bool, was_connected: bool) -> Over | Rebuild | Show:
    """What to do about a rejection: begin anew, give up, or just say so if it is of something else than a place."""
    code, text = _code(rejected.code), clean_text(rejected.text)
    if code is Code.NO_SESSION or (code in _COMES_AGAIN and registering):
        return Rebuild(text)
    if code is Code.NAME_IN_USE and was_connected:
        # While we were away another client with our key took our place.
        return Over("taken over", None, text)
    if registering:
        return Over("refused", code, text, rejected.wants == "invite")
    return Show(Error(at=at, code=code, text=text))


def on_ended(ended: Ended) -> Over:
    """How to leave after the broker has ended the session."""
    if ended.reason == "kicked":
        return Over("kicked", Code.ACCESS_DENIED, clean_text(ended.text) or "You were kicked.")
    if ended.reason == "taken over":
        return Over("taken over", None, "This session was ended: taken over.")
    # Front ends know no other reasons (and a broker might say anything).
    return Over("refused", Code.ACCESS_DENIED, f"The broker ended this session: {clean_text(ended.reason)}.")


def _code(value: str) -> Code:
    try:
        return Code(value)
    except ValueError:
        return Code.ACCESS_DENIED
