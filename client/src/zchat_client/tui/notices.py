"""What a person would want to be told of when looking elsewhere."""

from typing import Final, NamedTuple

from zchat_client.tui.conversation import PUBLIC, Conversation
from zchat_client.tui.line import Line
from zchat_client.tui.textfit import one_line

NOTIFY_LEVELS: Final = ("on", "mentions", "off")


class Notice(NamedTuple):
    """What has come, and the key of its conversation."""

    key: str
    title: str
    text: str


class Notices:
    """``waiting``: what nobody was told of yet. ``default_level`` holds where ``/notify`` has set none."""

    def __init__(self) -> None:
        self.default_level = "mentions"
        self.waiting: list[Notice] = []

    def level(self, conversation: Conversation) -> str:
        """What one is told of there: ``on``, ``mentions`` or ``off``."""
        return conversation.notify or ("on" if conversation.partner is not None else self.default_level)

    def said(self, conversation: Conversation, line: Line) -> None:
        """Somebody else has just said something."""
        level = self.level(conversation)
        if level == "on" or (level == "mentions" and line.mention):
            where = "" if conversation.partner is not None else f" in {conversation.title}"
            self.waiting.append(Notice(conversation.key, f"{line.sender}{where}", one_line(line.text)))

    def invited(self, inviter: str, text: str) -> None:
        """Somebody invites one to a party."""
        self.waiting.append(Notice(PUBLIC, inviter, text))

    def take(self) -> list[Notice]:
        """Takes out what is waiting, to tell of it or to forget it."""
        taken, self.waiting = self.waiting, []
        return taken
