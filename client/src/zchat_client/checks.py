"""What a client refuses by itself: what no broker would take, and what would only cost the connection."""

from zchat_common.errors import Code, ZchatError
from zchat_common.names import BadName, fold
from zchat_common.text import BadText, check_text, clean_text


def checked(text: str) -> str:
    """A text as it is to be sent. Raises ZchatError."""
    try:
        return check_text(text)
    except BadText as error:
        raise ZchatError(error.code, str(error)) from None


def checked_or_empty(text: str) -> str:
    """The same, for what may be left out."""
    return checked(text) if text.strip() else ""


def known(name: str) -> str:
    """A name that somebody may have; what cannot be one is not sent at all. Raises ZchatError."""
    try:
        fold(name)
    except BadName:
        raise ZchatError(Code.NO_SUCH_USER, f"Nobody can be called {clean_text(name[:40])!r}.") from None
    return name
