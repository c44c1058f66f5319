"""What a published message may be on which topic, and what the user is told of one that was forged."""

from typing import Final

from zchat_client.events import Error, Place
from zchat_common import messages as m
from zchat_common.errors import Code
from zchat_common.text import clean_text
from zchat_common.topics import PUBLIC, party_of

OF_USER: Final = (m.Whisper, m.Delivered, m.Invited, m.PartyChanged, m.Moderated, m.Pong, m.NewKey)
OF_PUBLIC: Final = (m.Say, m.Announcement, m.Presence, m.Stopping)
OF_PARTY: Final = (m.Say, m.PartyChanged, m.Pong)


def belongs(topic: str, message: m.Published) -> bool:
    """Whether the broker publishes such a message on the topic. Any reader of it could have forged another one."""
    if topic == PUBLIC:
        return isinstance(message, OF_PUBLIC)
    party = party_of(topic)
    if party is None:
        return isinstance(message, OF_USER)
    if isinstance(message, m.Pong):
        # What others can forge must not speak of other topics.
        return all(state.topic == topic for state in message.topics)
    return isinstance(message, OF_PARTY) and (not isinstance(message, m.PartyChanged) or message.party == party)


def alarm_of(topic: str, forged: m.Kept | m.Unknown, at: int) -> Error:
    """The event that marks a forged line: its place, and what it said."""
    place = place_of(topic, forged.seq)
    text = f"FORGED: line {forged.seq} of {place.topic}, {_said(forged)}, never came from the broker."
    return Error(at=at, code=Code.STREAM_FORGED, text=text, topic=place.topic, seq=place.seq)


def place_of(topic: str, seq: int) -> Place:
    """The place of a message, as users know the topics."""
    return Place("public" if topic == PUBLIC else "party" if party_of(topic) is not None else "user", seq)


def _said(forged: m.Kept | m.Unknown) -> str:
    match forged:
        case m.Say() | m.Announcement():
            return f'"{clean_text(forged.text)}" by {clean_text(forged.sender)}'
        case m.PartyChanged():
            return f"{clean_text(forged.name)}: {clean_text(forged.change)}"
        case m.Unknown():
            return "which this client could not read"
        case _:
            return f"a {type(forged).__name__.lower()}"
