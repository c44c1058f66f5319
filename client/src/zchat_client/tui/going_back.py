"""The way back to the first new message, which may be some pages further up, and then to the top."""

import asyncio

from zchat_client.tasks import start
from zchat_client.tui.chat import Chat
from zchat_client.tui.log import LogView


class GoingBack:
    """Goes there with a view of the open conversation."""

    def __init__(self, log_view: LogView) -> None:
        self._log_view = log_view
        self._on_its_way: asyncio.Task[None] | None = None

    def go(self, chat: Chat) -> None:
        """To the first new message that is there, and on if there may be others above; from there to the top."""
        is_on_its_way = self._log_view.is_below_mark and chat.conversations.open.new_goes_on
        self._log_view.go_back()
        if is_on_its_way:
            self._on_its_way = start(self._go_further(chat))

    async def _go_further(self, chat: Chat) -> None:
        conversation = chat.conversations.open
        await chat.older.load_new(conversation)
        # Unless one has turned elsewhere meanwhile.
        if self._log_view.conversation is conversation and not self._log_view.at_end:
            self._log_view.follow()
            self._log_view.go_back()
