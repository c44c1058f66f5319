"""How the program is left: by key or command, with a question about what is unsent, or by a signal, without one."""

import asyncio
from typing import Final

from textual.app import App
from textual.message import Message
from textual.worker import Worker

from zchat_client.endings import EXIT_UNSENT
from zchat_client.tasks import start
from zchat_client.tui import words
from zchat_client.tui.boxes import LEAVE, Answer, Dialog
from zchat_client.tui.chat import Chat
from zchat_client.tui.inputs import Inputs
from zchat_client.tui.look import Glyphs
from zchat_client.tui.screen import ChatScreen

# The key that leaves is meant again after so long: no keyboard takes longer to repeat one that is held down, and nobody
# to read a question.
_MEANT_S: Final = 1.0


class Leaving:
    """Ends ``app``, and the chat on ``screen`` before it. ``decided``: nothing keeps the program any more;
    ``signalled``: a signal wants its end.
    """

    def __init__(self, app: App[int], screen: ChatScreen, inputs: Inputs, glyphs: Glyphs) -> None:
        self._app = app
        self._screen = screen
        self._inputs = inputs
        self._glyphs = glyphs
        self.decided = False
        self.signalled = False
        self._worker: Worker[None] | None = None
        self._by_signal: asyncio.Task[None] | None = None
        # When the key that leaves was pressed last in a dialog, or one asked what the key would answer.
        self._asked_s = float("-inf")
        # The question whether to leave without sending, while it stands there.
        self._question: Dialog | None = None

    @property
    def _unsent(self) -> tuple[str, ...]:
        """What was typed and has not been sent."""
        chat = self._screen.begun
        return () if chat is None else chat.console.unsent

    # -- by key or command ------------------------------------------------------------------------------------------

    def by_key(self) -> None:
        """The key that leaves: a dialog takes it as its answer, what else stands over the conversation gives way."""
        over = self._app.screen
        if isinstance(over, Dialog) and over.leaves() is not None:
            since_s, self._asked_s = self._asked_s, self._inputs.event_s
            if self._inputs.saw(since_s, _MEANT_S):
                _ = over.dismiss(LEAVE)
            return
        if over is not self._screen:
            _ = over.dismiss(None)
        self.begin()

    def begin(self) -> None:
        """Leaves; asks first if something typed was not sent yet."""
        if not self.decided and (self._worker is None or self._worker.is_finished):
            self._worker = self._app.run_worker(self._leave())

    async def _leave(self) -> None:
        chat = self._screen.begun
        if chat is None:
            self._app.exit(0)
            return
        self._say_leaving(chat)
        if await chat.settle() and not await self._leaves_unsent(chat):
            return
        self.decided = True
        self._screen.keep_draft()
        self._say_leaving(chat)
        await chat.leave()
        self._app.exit(EXIT_UNSENT if self._unsent else 0)

    def _say_leaving(self, chat: Chat) -> None:
        """Whoever leaves waits for the broker a little, if there is one."""
        if chat.client.link.connected:
            self._screen.say(words.LEAVING)

    # -- the question -----------------------------------------------------------------------------------------------

    async def _leaves_unsent(self, chat: Chat) -> bool:
        if chat.client.end is not None:
            # Another box asks how to go on.
            return False
        answers = (Answer("stay", words.STAY), Answer(LEAVE, words.LEAVE_ANYWAY))
        self._asked_s = Message().time
        self._question = Dialog(*self._means(), *answers, escape="stay")
        try:
            return await self._app.push_screen_wait(self._question) == LEAVE
        finally:
            self._question = None

    def level(self) -> None:
        """Brings the question level with what is unsent by now."""
        if self._question is not None and self._question.is_mounted:
            self._question.tell(*self._means())

    def _means(self) -> tuple[str, str]:
        """What leaving means now."""
        if not self._unsent:
            return words.ALL_SENT_TITLE, words.ALL_SENT
        return words.LEAVING_TITLE, words.unsent(self._unsent, self._glyphs.more)

    # -- by a signal ------------------------------------------------------------------------------------------------

    def by_signal(self, code: int, *, says_goodbye: bool) -> None:
        """A signal: leaves without a question, with this exit code."""
        if self.decided:
            return
        self.decided = True

        async def leave() -> None:
            chat = self._screen.begun
            if chat is not None:
                await (chat.leave() if says_goodbye else chat.close())
                chat.keep_unsent()
            self._app.exit(code)

        self._by_signal = start(leave())
