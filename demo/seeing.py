"""From an event of the client to a thing of the play."""

from demo.play import CALL, CAST, LEAD, Seen
from zchat_client import events as e


def is_call(event: e.Message) -> bool:
    """Whether the lead calls, now."""
    return event.topic == "public" and event.sender == LEAD and event.text == CALL and not event.replayed


def seen_in(event: e.Event) -> Seen | None:
    """What an event is in the play; None for what is no part of it, such as others who talk meanwhile."""
    match event:
        case e.Message() if event.sender in CAST:
            return Seen(event.topic, "action" if event.action else "message", event.sender, event.text)
        case e.Whisper() if event.sender in CAST:
            kind = "kept whisper" if event.stored else "whisper"
            return Seen("whisper", kind, f"{event.sender} to {event.recipient}", event.text)
        case e.Delivered():
            return Seen("whisper", "delivered", event.recipient, "")
        case e.Invited() if event.inviter in CAST:
            return Seen("party", "invitation", event.inviter, ", ".join(event.members))
        case e.Party() if event.name in CAST:
            return Seen("party", event.change, event.name, ", ".join(event.members))
        case e.Presence() if event.name in CAST:
            return Seen("presence", event.status, event.name, "")
        case _:
            return None
