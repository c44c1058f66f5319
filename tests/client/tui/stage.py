"""The terminal UI under a pilot, with a real client and a real broker behind it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial
from pathlib import Path

from rich.color import Color
from textual import events
from textual.geometry import Offset
from textual.message import Message
from textual.pilot import Pilot

from tests.system.processes import DEADLINE_S, Broker, House
from zchat_client import Client
from zchat_client.own_names import OwnNames
from zchat_client.tui.app import ZchatApp
from zchat_client.tui.boxes import Dialog
from zchat_client.tui.inputs import SEEN_S
from zchat_client.tui.line import Kind
from zchat_client.tui.look import Glyphs
from zchat_client.tui.next_client import Options
from zchat_client.tui.screen import ChatScreen
from zchat_client.tui.settings import Read, Settings


class Stage:
    """One app and its pilot, and what a test asks of them."""

    def __init__(self, app: ZchatApp, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def screen(self) -> ChatScreen:
        """The screen on which one chats, whatever stands over it."""
        return self.app._chat_screen

    def rows(self) -> list[str]:
        """What is on the whole screen, row by row."""
        compositor = self.app.screen._compositor
        return ["".join(segment.text for segment in strip) for strip in compositor.render_strips()]

    def grounds(self) -> set[Color | None]:
        """The colours behind what is on the whole screen."""
        strips = self.app.screen._compositor.render_strips()
        return {segment.style.bgcolor for strip in strips for segment in strip if segment.style is not None}

    def shows(self, *words: str) -> bool:
        """Whether these words are on the screen, each within a row."""
        rows = self.rows()
        return all(any(word in row for row in rows) for word in words)

    async def until(self, condition: Callable[[], object], what: str) -> None:
        """Waits until the condition holds."""
        try:
            async with asyncio.timeout(DEADLINE_S):
                while not condition():
                    if (crash := self.app._exception) is not None:
                        raise AssertionError(f"crashed while one waited for {what}") from crash
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"waited for {what}:\n" + "\n".join(self.rows())) from None

    async def sees(self, *words: str) -> None:
        """Waits until these words are on the screen."""
        await self.until(lambda: self.shows(*words), repr(words))

    async def misses(self, *words: str) -> None:
        """Waits until none of these words is on the screen."""
        await self.until(lambda: not any(self.shows(word) for word in words), f"no {words!r}")

    async def types(self, text: str, *keys: str) -> None:
        """Types a text, then presses keys."""
        await self.pilot.press(*[_KEYS.get(character, character) for character in text], *keys)

    async def enters(self, text: str) -> None:
        """Enters a text that is in the input at once: key by key it would take many times as long."""
        self.screen.entry.fill(text)
        await self.pilot.press("enter")

    async def reads(self) -> None:
        """Looks at what has just changed by itself, for as long as everybody does before typing on."""
        seen_s = Message().time + SEEN_S
        await self.until(lambda: Message().time > seen_s, "a moment")

    async def may_answer(self) -> None:
        """Lets the pause pass after which a box that has opened by itself takes keys."""
        inputs = self.app._inputs
        await self.until(
            lambda: self.app.screen is not inputs._box or Message().time > inputs._pause_until_s, "a pause in typing"
        )

    async def asks(self, title: str) -> Dialog:
        """Waits for a dialog, and that its safe answer has the focus."""
        await self.sees(title)
        dialog = self.app.screen
        assert isinstance(dialog, Dialog)
        await self.may_answer()
        safe = dialog._answers[0].key
        await self.until(
            lambda: dialog.focused is not None and dialog.focused.id == safe, "the focus on the safe answer"
        )
        return dialog

    async def reads_question(self) -> None:
        """Reads what was asked for so long that the key that has led to it is an answer."""
        since_s = self.app.leaving._asked_s
        await self.until(lambda: Message().time > since_s + _READ_S, "a moment")

    async def clicks(self, what: str, offset: tuple[int, int] = (0, 0)) -> None:
        """Presses and lets go a button of the mouse there, as a terminal tells it."""
        self.click(self.app.screen.query_one(what).content_region.offset + offset)
        await self.pilot.pause()

    def click(self, at: Offset) -> None:
        """The same, without waiting for what comes of it."""
        for kind in (events.MouseDown, events.MouseUp):
            self.app.post_message(kind(None, *at, 0, 0, 1, False, False, False, *at))

    def press(self, *keys: str) -> None:
        """Presses keys in one go, as they come over a slow connection."""
        self.post(self.keys(*keys))

    def keys(self, *keys: str) -> list[events.Key]:
        """These keys, pressed now and not told yet: what :meth:`post` does."""
        return [events.Key(_KEYS.get(key, key), key if len(key) == 1 else None) for key in keys]

    def post(self, keys: list[events.Key]) -> None:
        """Tells of these keys."""
        for key in keys:
            self.app.post_message(key)

    def said(self) -> list[str]:
        """The texts that were said in the open conversation."""
        assert self.app.chat is not None
        return [line.text for line in self.app.chat.story.conversations.open.lines if line.kind is Kind.SAID]


# Longer than a key that is pressed again answers nothing.
_READ_S = 1.1
_KEYS = {" ": "space", "/": "slash", "@": "at", "\n": "ctrl+j"}


@contextlib.asynccontextmanager
async def on_stage(
    broker: Broker | int,
    data: Path,
    name: str | None = "alice",
    *,
    size: tuple[int, int] = (120, 40),
    settings: Settings | None = None,
    takeover: bool = False,
    troubles: tuple[str, ...] = (),
    host: str = "127.0.0.1",
    glyphs: Glyphs | None = None,
    login: str = "",
) -> AsyncIterator[Stage]:
    """The app of one user; unless he is asked for his name, he has his place when this begins."""
    port = broker if isinstance(broker, int) else broker.port
    connect = partial(Client, host=host, port=port, data=data, takeover=takeover)
    names = OwnNames(data, host, port)
    options = Options(connect, name, f"127.0.0.1, port {port}", names, names.offered(login))
    app = ZchatApp(options, Read(settings or Settings(), troubles), glyphs or Glyphs())
    async with app.run_test(size=size) as pilot:
        yield Stage(app, pilot)
        # The end of the chat is no question then: its box would open while the screens are closed.
        app.leaving.decided = True
        if app.chat is not None:
            await app.chat.close()


@contextlib.asynccontextmanager
async def user(broker: Broker, data: Path, name: str = "bob", *, takeover: bool = False) -> AsyncIterator[Client]:
    """Somebody else, through the library."""
    async with Client(name, port=broker.port, data=data, takeover=takeover) as client:
        yield client


def play(scenario: Coroutine[object, object, None]) -> None:
    """Runs a scenario."""
    asyncio.run(asyncio.wait_for(scenario, 3 * DEADLINE_S))


__all__ = ["House", "Stage", "on_stage", "play", "user"]
