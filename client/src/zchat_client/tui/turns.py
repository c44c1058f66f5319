"""Keys in the order in which they were typed, each for what the one before it has led to."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from textual import events
from textual.app import App
from textual.message_pump import MessagePump

# A key that waits for the broker holds nothing up longer than so many times this; a loop that stands still counts once.
_GUARD_S: Final = 0.1
_GUARDED: Final = 10

Typed = events.Key | events.Paste


class Turns:
    """Holds keys back while the one before may still open a box, close it, or take the focus elsewhere.

    Over a slow connection many keys come at once, and each act of Textual takes turns of the loop: what was typed
    after Ctrl+K would be in the input below before the box is there. ``hand_on`` gives a key to whatever has the focus.
    Keys wait from the start, until :meth:`follow` is called: before that there is nothing that they could be for.
    """

    def __init__(self, app: App[int], hand_on: Callable[[Typed], Awaitable[None]]) -> None:
        self._app = app
        self._hand_on = hand_on
        self._held: deque[Typed] = deque()
        self._waits = True
        self._guard: asyncio.TimerHandle | None = None
        # Each wait has a number: what comes late of an earlier one does not end it.
        self._wait = 0

    async def take(self, event: Typed) -> None:
        """A key was pressed, or something pasted."""
        self._held.append(event)
        await self._go_on()

    def follow(self) -> None:
        """Lets the keys that wait follow, behind all that is under way now."""
        self._wait_behind([])

    async def _go_on(self) -> None:
        while self._held and not self._waits:
            event = self._held.popleft()
            target = self._app.focused
            await self._hand_on(event)
            if self._leads(event):
                self._wait_behind([] if target is None else [target, *target.ancestors_with_self] * 2)

    def _leads(self, event: Typed) -> bool:
        """Whether the next key may be for something else: letters stay where they are, but over the conversation they
        can close what stands there.
        """
        return not isinstance(event, events.Key) or not event.is_printable or len(self._app.screen_stack) > 1

    def _wait_behind(self, pumps: list[MessagePump]) -> None:
        """A word goes the way that the key's effects go, behind them: where it was typed, twice since it acts only in
        its turn, and up to the app; all that again, since the app does only then what the key is bound to; to the
        screen that is shown then, and back.
        """
        self._waits = True
        self._wait += 1
        if self._guard is not None:
            self._guard.cancel()
        self._watch(_GUARDED)
        self._climb(pumps, self._wait)

    def _watch(self, left: int) -> None:
        if left:
            self._guard = asyncio.get_running_loop().call_later(_GUARD_S, self._watch, left - 1)
        else:
            self._app.call_later(self._release, self._wait)

    def _climb(self, pumps: list[MessagePump], wait: int) -> None:
        while pumps:
            if pumps.pop(0).call_later(self._climb, pumps, wait):
                return
        self._app.call_later(lambda: self._app.screen.call_next(self._app.call_next, self._release, wait))

    async def _release(self, wait: int) -> None:
        if wait != self._wait:
            return
        if self._guard is not None:
            self._guard.cancel()
            self._guard = None
        self._waits = False
        await self._go_on()
