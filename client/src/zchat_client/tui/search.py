"""Search in the open conversation: the bar, the hits, and the way from one to the next."""

import asyncio
import contextlib
import re
from collections import deque
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label

from zchat_client.tasks import start
from zchat_client.tui import words
from zchat_client.tui.chat import Chat
from zchat_client.tui.log import LogView
from zchat_client.tui.painting import Found

# Whoever types on is not served a search for half a word.
_PAUSE_S: Final = 0.2


class SearchBar(Horizontal):
    """Opened with :meth:`open`; the hit that one stands at is shown in the log."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", show=False),
        Binding("up,shift+enter", "step(-1)", show=False),
        Binding("down", "step(1)", show=False),
    ]

    class Closed(Message):
        """The search is over."""

    def __init__(self) -> None:
        super().__init__(id="searching")
        self._chat: Chat | None = None
        self._log: LogView | None = None
        # None while they are looked for.
        self._hits: list[int] | None = []
        self._hit = 0
        # To the hits before and after that one: what was asked for and not done yet.
        self._steps: deque[int] = deque()
        self._pattern = re.compile("")
        # The search and the steps from hit to hit: nobody waits for the broker in it, and Escape ends it.
        self._under_way: asyncio.Task[None] | None = None
        # Somebody wants its result: no more is typed before.
        self._now = asyncio.Event()

    def compose(self) -> ComposeResult:
        """Its parts."""
        yield Label(words.SEARCH)
        yield Input(placeholder=words.SEARCH_HINT, id="search", compact=True)
        yield Label("", id="hits")

    @property
    def is_open(self) -> bool:
        """Whether one searches now."""
        return self.has_class("-on")

    def open(self, chat: Chat, log: LogView) -> None:
        """Begins."""
        self._chat, self._log = chat, log
        self.add_class("-on")
        self.query_one(Input).focus()

    def action_close(self) -> None:
        """Escape."""
        if not self.is_open:
            return
        self._cancel()
        self.remove_class("-on")
        self._hits = []
        self.query_one(Input).value = ""
        self._tell("")
        if self._log is not None:
            self._log.search(None)
        self.post_message(self.Closed())

    def action_step(self, direction: int) -> None:
        """Up and Down."""
        self._now.set()
        self._steps.append(direction)
        if self._under_way is None or self._under_way.done():
            self._under_way = start(self._walk())

    def on_input_changed(self, event: Input.Changed) -> None:
        """Searches while one types."""
        event.stop()
        self._cancel()
        if event.value.strip():
            self._hits = None
            self._now = asyncio.Event()
            self._under_way = start(self._search(event.value, self._now))
        elif self._log is not None:
            self._hits = []
            self._tell("")
            self._log.search(None)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes to the hit before; at first, to the latest."""
        event.stop()
        if self._hits is not None:
            self.action_step(-1)
        elif self._now.is_set():
            # It was pressed before: from the latest it goes on to the one before that.
            self._steps.append(-1)
        else:
            self._now.set()

    async def _search(self, wanted: str, now: asyncio.Event) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(now.wait(), _PAUSE_S)
        chat, log = self._chat, self._log
        if chat is None or log is None:
            return
        self._tell(words.SEARCHING)
        self._hits = await chat.older.find(chat.conversations.open, wanted)
        self._hit = len(self._hits)
        self._pattern = re.compile("|".join(re.escape(word) for word in wanted.split()), re.IGNORECASE)
        if self._hits:
            self._steps.appendleft(-1)
            await self._walk()
        else:
            self._steps.clear()
            self._tell(words.NOTHING_FOUND)
            log.search(None)

    async def _walk(self) -> None:
        while self._steps:
            await self._step(self._steps.popleft())

    async def _step(self, direction: int) -> None:
        chat, log = self._chat, self._log
        if not self._hits or chat is None or log is None:
            return
        conversation = chat.conversations.open
        hit = min(len(self._hits) - 1, max(0, self._hit + direction))
        seq = self._hits[hit]
        self._tell(words.SEARCHING)
        await chat.older.load_until(conversation, seq)
        if conversation is not log.conversation:
            return
        is_there = conversation.by_seq(seq) is not None
        self._tell((words.HIT if is_there else words.NO_HIT).format(number=hit + 1, count=len(self._hits)))
        if not is_there:
            return
        self._hit = hit
        log.follow()
        log.search(Found(self._pattern, seq, frozenset(self._hits)))

    def _tell(self, text: str) -> None:
        self.query_one("#hits", Label).update(text)

    def _cancel(self) -> None:
        self._steps.clear()
        if self._under_way is not None:
            self._under_way.cancel()
            self._under_way = None
