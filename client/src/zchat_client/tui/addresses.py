"""Where a text goes: to the open conversation, or to whom it names."""

from zchat_client import typed as t
from zchat_client.tui.conversation import PUBLIC, Conversation
from zchat_common.errors import ZchatError


def named_in(text: str) -> t.WhisperTo | t.PartySay | None:
    """What a text that is being typed says elsewhere than in the open conversation, once it names where."""
    if not text.lstrip().startswith("/"):
        return None
    try:
        # What follows is still to come; a name may go on as long as it has no end.
        said = t.parse(f"{text}.")
    except ZchatError:
        return None
    return said if isinstance(said, (t.WhisperTo, t.PartySay)) else None


def addressed(text: str, typed: t.Typed | None, conversation: Conversation) -> str:
    """The line for what was typed there: what is said goes to the open conversation, a reply to whom it was begun for,
    and every other command where it says.

    Nothing that is said leaves any other conversation than public as it was typed.
    """
    if isinstance(typed, t.WhisperTo) and typed.recipient is None and conversation.writing.replies_to:
        return f"/w {conversation.writing.replies_to} {typed.text}"
    if conversation.key == PUBLIC or not isinstance(typed, t.Say):
        return text
    body = f"/me {typed.text}" if typed.action else typed.text
    if not typed.action and body.partition(" ")[0].lower() == "/me":
        # There it would be an action again: it keeps both slashes.
        body = f"/{body}"
    return f"/w {conversation.partner} {body}" if conversation.partner is not None else f"/p {body}"
