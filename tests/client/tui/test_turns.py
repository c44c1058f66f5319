"""Keys wait for what the ones before them lead to, and for nothing older."""

import asyncio

from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Input

from tests.client.tui.stage import play
from zchat_client.tui.turns import Turns, Typed


class Two(App[int]):
    """Two inputs."""

    def compose(self) -> ComposeResult:
        yield Input(id="first")
        yield Input(id="second")


def test_what_comes_late_of_one_key_does_not_end_the_wait_for_a_later_one() -> None:
    handed: list[str] = []

    async def hand_on(event: Typed) -> None:
        assert isinstance(event, events.Key)
        handed.append(event.key)

    async def scenario() -> None:
        app = Two()
        async with app.run_test(), asyncio.timeout(20):
            turns = Turns(app, hand_on)
            turns.follow()
            first, second = app.query_one("#first"), app.query_one("#second")
            free, passed, second_free = asyncio.Event(), asyncio.Event(), asyncio.Event()
            while app.focused is not first:
                await asyncio.sleep(0.01)
            await turns.take(events.Key("a", "a"))
            while not handed:
                await asyncio.sleep(0.01)
            first.call_later(free.wait)
            await turns.take(events.Key("enter", None))
            second.focus()
            second.call_later(second_free.wait)
            # The guard lets it go, since the first does not answer.
            await turns.take(events.Key("escape", None))
            while "escape" not in handed:
                await asyncio.sleep(0.01)
            await turns.take(events.Key("up", None))
            late = Turns(app, hand_on)
            late._release = lambda *_: passed.set()  # type: ignore[method-assign,assignment]
            late._wait_behind([first, *first.ancestors_with_self] * 2)
            free.set()
            await passed.wait()
            early = handed[3:]
            second_free.set()
            assert early == []
            while handed[-1] != "up":
                await asyncio.sleep(0.01)

    play(scenario())
