"""From a message of a topic to the event that a user is shown."""

from zchat_client.events import Delivered, Event, Invited, Message, Party, Whisper
from zchat_common import messages as m
from zchat_common.text import clean_text
from zchat_common.topics import PUBLIC

PLAIN_BODY = "text"


def event_of(topic: str, message: m.Kept, replayed: bool) -> Event:
    """The event of a kept message."""
    match message:
        case m.Say():
            shown_topic = "public" if topic == PUBLIC else "party"
            return Message(
                at=message.at,
                topic=shown_topic,
                seq=message.seq,
                sender=message.sender,
                text=message.text,
                action=message.action,
                replayed=replayed,
            )
        case m.Whisper():
            return Whisper(
                at=message.at,
                seq=message.seq,
                sender=message.sender,
                recipient=message.recipient,
                text=read_body(message.kind, message.body),
                replayed=replayed,
                stored=message.delivery == "stored",
            )
        case m.Delivered():
            return Delivered(at=message.at, recipient=message.recipient, seq=message.whisper_seq)
        case m.Invited():
            return Invited(at=message.at, inviter=message.inviter, members=message.members)
        case m.PartyChanged():
            return Party(
                at=message.at,
                change=message.change,
                name=message.name,
                leader=message.leader,
                members=message.members,
                reason=clean_text(message.reason) if message.reason else None,
            )


def read_body(kind: str, body: bytes) -> str:
    """A whisper's text. The broker does not look into bodies, so what comes out is cleaned for display here."""
    if kind != PLAIN_BODY:
        return f"(a whisper of a kind that this client cannot read: {clean_text(kind)})"
    return clean_text(body.decode("utf-8", "replace"))
