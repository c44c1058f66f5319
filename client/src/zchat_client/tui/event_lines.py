"""From something that was said to its line."""

from typing import TypeGuard

from zchat_client import events as e
from zchat_client import typed as t
from zchat_client.core.roster import name_key
from zchat_client.mention import Mention
from zchat_client.tui import words
from zchat_client.tui.line import Kind, Line, State
from zchat_common.errors import ZchatError

# What stands in a conversation in its place. An error does if it is a whisper that cannot be opened.
Said = e.Message | e.Whisper | e.Error


def is_said(event: e.Event) -> TypeGuard[Said]:
    """Whether it stands in a conversation in its place."""
    return isinstance(event, (e.Message, e.Whisper)) or (isinstance(event, e.Error) and event.sender is not None)


def is_order(line: str) -> bool:
    """Whether a typed line is a command and no text: then it stands in no conversation while it waits."""
    try:
        return not isinstance(t.parse(line), (t.Say, t.PartySay, t.WhisperTo))
    except ZchatError:
        return True


class Reader:
    """Reads for one user: what is his own, what names him. ``arrived``: his stored whispers that were delivered."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.arrived: set[int] = set()
        self._mention = Mention(name)

    def is_own(self, name: str | None) -> bool:
        """Whether this is his own name."""
        return name_key(name or "") == name_key(self.name)

    def line_of(self, event: Said) -> Line:
        """The line of something said."""
        own = self.is_own(event.sender)
        if isinstance(event, e.Error):
            return Line(Kind.ERROR, event.at, event.text, event.sender or "", own=own, seq=event.seq or 0)
        action = event.action if isinstance(event, e.Message) else event.text.startswith("/me ")
        text = event.text.removeprefix("/me ") if isinstance(event, e.Whisper) else event.text
        line = Line(Kind.SAID, event.at, text, event.sender, action, own, seq=event.seq)
        line.mention = not own and self._mention.is_in(event.text)
        if isinstance(event, e.Whisper):
            line.recipient = event.recipient
            line.warning = words.OTHER_KEY if event.warning else ""
        else:
            line.announcement = event.announcement
        if own:
            line.state = self._state_of(event)
        return line

    def _state_of(self, event: e.Message | e.Whisper) -> State:
        if isinstance(event, e.Message):
            return State.KEPT
        return State.WAITING if event.stored and event.seq not in self.arrived else State.DELIVERED
