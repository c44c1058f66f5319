"""What is typed, pasted or clicked, in the order in which it was made: each means what was on the screen then."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Container, Iterable
from typing import Final

from textual import events
from textual.app import App
from textual.errors import NoWidget
from textual.message import Message
from textual.message_pump import MessagePump
from textual.widget import Widget

from zchat_common.text import harmless

# Whoever types so soon after something changed by itself has not seen it: it takes longer to read, and to press a key.
SEEN_S: Final = 0.2
# It takes so long to see that a box has opened, to read what it is, and to press a key for it.
_PAUSE_S: Final = 0.5
# A widget may take the word that is sent after a key along when it is removed: keys wait for it no longer than so many
# times this; a loop that stands still counts once.
_GUARD_S: Final = 0.1
_GUARDED: Final = 10

Input = events.Key | events.Paste | events.MouseDown | events.MouseUp
Work = Callable[[], object]


class Inputs:
    """All keys, pastes and clicks of an app go through :meth:`take`; ``hand_on`` gives one to what it is for by then.

    Over a slow connection many come at once, and each act of Textual takes turns of the loop. So each waits until what
    the one before leads to is done: a box that it opens or closes, the focus that it takes elsewhere. Letters wait for
    nothing, since they stay where they are. All wait from the start, until :meth:`follow` is called: before that there
    is nothing that they could be for.

    What changes by itself is the program's to tell: :meth:`in_order`, :meth:`changed`, :meth:`opens`, :meth:`saw`.
    """

    def __init__(self, app: App[int], hand_on: Callable[[Input], Awaitable[None]], leaving: Container[str]) -> None:
        """``leaving``: the keys that leave the program; they mean the same whatever is on the screen."""
        self._app = app
        self._hand_on = hand_on
        self._leaving = leaving
        self._held: deque[Input | Work] = deque()
        self._waits = True
        # Where letters were handed on that may not stand there yet.
        self._letters: list[MessagePump] = []
        self._guard: asyncio.TimerHandle | None = None
        # Each wait has a number: what comes late of an earlier one does not end it.
        self._wait = 0
        # When the input was made that is under way.
        self.event_s = 0.0
        self._undo: Work | None = None
        self._unseen_until_s = 0.0
        self._box: object = None
        self._opened_s = self._pause_until_s = 0.0
        self._is_field = False

    async def take(self, event: Input) -> None:
        """A key was pressed, something pasted or clicked."""
        if isinstance(event, events.Paste):
            # Whatever it goes into: nothing in it acts on the terminal, and it is sent as it was copied.
            event.text = harmless(event.text.replace("\r\n", "\n").replace("\r", "\n"))
        self._held.append(event)
        await self._go_on()

    def follow(self) -> None:
        """Lets what waits follow, behind all that is under way now."""
        self._wait_behind([])

    # -- what changes by itself ---------------------------------------------------------------------------------------

    def in_order(self, work: Work) -> None:
        """Does what changes the input by itself, behind all that was made before and is in the text by then."""
        if work not in self._held:
            self._held.append(work)
            self._app.call_later(self._go_on)

    def changed(self, undo: Work) -> None:
        """Something changed by itself just now; before the next input, if that was made too early to mean it, it is
        undone.
        """
        self._undo, self._unseen_until_s = undo, Message().time + SEEN_S

    def opens(self, box: object, *, is_field: bool = False) -> None:
        """A box opens now that nobody has asked for: until a pause whoever types on means what is behind it. Into a
        field letters go as soon as it can have been seen, since that ends nothing; the Enter behind them takes a pause.
        """
        self._box, self._is_field = box, is_field
        self._opened_s = Message().time
        self._pause_until_s = self._opened_s + _PAUSE_S

    def saw(self, since_s: float, within_s: float = SEEN_S) -> bool:
        """Whether whoever made the input that is under way had seen what is on the screen since then."""
        return self.event_s >= since_s + within_s

    def last_seen(self, shown: Iterable[tuple[str, float]]) -> str | None:
        """Of names that came on the screen one after another, each since when, the last that was seen by then."""
        return next((name for name, since_s in reversed(tuple(shown)) if self.saw(since_s)), None)

    def _is_early(self, event: Input) -> bool:
        """Whether the box at the top was not seen yet; then the pause begins anew. What was let go ends nothing."""
        if self._app.screen is not self._box or isinstance(event, events.MouseUp):
            return False
        if event.time >= self._pause_until_s:
            self._box = None
            return False
        self._pause_until_s = max(self._pause_until_s, event.time + _PAUSE_S)
        return not (self._is_field and event.time >= self._opened_s + _PAUSE_S and _writes(event))

    # -- one after another --------------------------------------------------------------------------------------------

    async def _go_on(self) -> None:
        while self._held and not self._waits:
            if self._letters and self._leads(self._held[0]):
                self._wait_behind([])
                return
            if isinstance(first := self._held.popleft(), Input):
                await self._give(first)
            else:
                first()

    async def _give(self, event: Input) -> None:
        self.event_s = event.time
        if not self._leaves(event) and self._is_early(event):
            behind = self._app.screen_stack[-2].focused
            if behind is not None and (isinstance(event, events.Paste) or _writes(event)):
                behind.post_message(event)
                self._letters = [behind]
            return
        undo, self._undo = self._undo, None
        if undo is not None and event.time < self._unseen_until_s:
            undo()
        target, leads = self._target(event), self._leads(event)
        await self._hand_on(event)
        if leads:
            self._wait_behind([] if target is None else [target, *target.ancestors_with_self] * 2)
        elif target is not None:
            self._letters = [target]

    def _leads(self, each: Input | Work) -> bool:
        """Whether the next key may be for something else: letters stay where they are, but over the conversation they
        can close what stands there.
        """
        return not isinstance(each, events.Key) or not each.is_printable or len(self._app.screen_stack) > 1

    def _leaves(self, event: Input) -> bool:
        return isinstance(event, events.Key) and event.key in self._leaving

    def _target(self, event: Input) -> Widget | None:
        if not isinstance(event, events.MouseEvent):
            return self._app.focused
        try:
            return self._app.get_widget_at(event.x, event.y)[0]
        except NoWidget:
            return None

    # -- waiting ------------------------------------------------------------------------------------------------------

    def _wait_behind(self, pumps: list[MessagePump]) -> None:
        """A word goes the way that the effects go, behind them: where it was typed or clicked, twice since it acts only
        in its turn, and up to the app; all that again, since the app does only then what the key is bound to; to the
        screen that is shown then, and back.
        """
        pumps = [*self._letters, *pumps]
        self._letters = []
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


def _writes(event: events.Event) -> bool:
    return isinstance(event, events.Key) and (event.is_printable or event.key == "backspace")
