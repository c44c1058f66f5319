"""From a message of a topic to the event that a user is shown.

Everything is cleaned for display here, whoever checked it before: a broker or a member may run another program.
"""

from collections.abc import Callable

from zchat_client.core.alarm import place_of
from zchat_client.core.contacts import Read
from zchat_client.events import Delivered, Error, Event, Invited, Message, Moderated, Party, Whisper
from zchat_common import messages as m
from zchat_common.errors import Code
from zchat_common.text import clean_text
from zchat_common.topics import PUBLIC
from zchat_common.whispers import CannotOpen


def event_of(topic: str, message: m.Kept, replayed: bool, open_whisper: Callable[[m.Whisper], Read]) -> Event:
    """The event of a kept message; a whisper that ``open_whisper`` cannot open (CannotOpen) is an error."""
    match message:
        case m.Say():
            shown_topic = "public" if topic == PUBLIC else "party"
            return Message(
                at=message.at,
                topic=shown_topic,
                seq=message.seq,
                sender=clean_text(message.sender),
                text=clean_text(message.text),
                action=message.action,
                replayed=replayed,
            )
        case m.Announcement():
            return Message(
                at=message.at,
                topic="public",
                seq=message.seq,
                sender=clean_text(message.sender),
                text=clean_text(message.text),
                action=False,
                replayed=replayed,
                announcement=True,
            )
        case m.Moderated():
            return Moderated(
                at=message.at,
                act=clean_text(message.act),
                name=clean_text(message.name),
                by=clean_text(message.by),
                until=message.until,
                reason=clean_text(message.reason) or None,
            )
        case m.Whisper():
            return _whispered(message, replayed, open_whisper)
        case m.Delivered():
            return Delivered(at=message.at, recipient=clean_text(message.recipient), seq=message.whisper_seq)
        case m.Invited():
            return Invited(at=message.at, inviter=clean_text(message.inviter), members=_cleaned(message.members))
        case m.PartyChanged():
            return Party(
                at=message.at,
                change=clean_text(message.change),
                name=clean_text(message.name),
                leader=clean_text(message.leader),
                members=_cleaned(message.members),
                reason=clean_text(message.reason) or None,
                place=place_of(topic, message.seq),
            )


def _cleaned(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple([clean_text(name) for name in names])


def _whispered(message: m.Whisper, replayed: bool, open_whisper: Callable[[m.Whisper], Read]) -> Event:
    sender, recipient = clean_text(message.sender), clean_text(message.recipient)
    try:
        read = open_whisper(message)
    except CannotOpen:
        text = f"A whisper from {sender} to {recipient} cannot be opened: it was sealed for another key, or changed."
        return Error(
            at=message.at,
            code=Code.CANNOT_OPEN,
            text=text,
            topic="user",
            seq=message.seq,
            sender=sender,
            recipient=recipient,
        )
    return Whisper(
        at=message.at,
        seq=message.seq,
        sender=sender,
        recipient=recipient,
        text=clean_text(read.text),
        replayed=replayed,
        stored=message.delivery == "stored",
        warning=Code.CONTACT_KEY_CHANGED if read.changed else None,
    )
