"""Sizes that come faster than a screen is laid out: a window is dragged, or made to fit while the program starts."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.geometry import Size
from textual.screen import Screen

from tests.client.tui.stage import on_stage, play
from tests.system.processes import Broker, unique
from zchat_client.tui.boxes import Answer, CodeBox, Dialog, Help, NameScreen
from zchat_client.tui.palette import Palette

BOXES: dict[str, Callable[[], Screen[Any]]] = {
    "name": partial(NameScreen, "here"),
    "code": partial(CodeBox, "a code, please"),
    "help": partial(Help, lambda width: "help"),
    "palette": partial(Palette, []),
    "dialog": partial(Dialog, "Really?", "Really.", Answer("no", "No"), escape="no"),
}
# Far more layouts than the sizes below can lead to.
ENDLESS = 300


@pytest.mark.parametrize("box", ["chat", *BOXES])
def test_a_size_that_is_over_is_not_laid_out_again_and_again(broker: Broker, tmp_path: Path, box: str) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice")) as stage:
            await stage.sees("at Lab")
            if box != "chat":
                await stage.app.push_screen(BOXES[box]())
                await stage.pilot.pause()
            screen, layouts = stage.app.screen, 0

            def laid_out(_screen: object) -> None:
                nonlocal layouts
                layouts += 1
                if layouts == ENDLESS:
                    # Otherwise not even the program would end.
                    screen.disable_messages(events.Resize)

            screen.screen_layout_refresh_signal.subscribe(stage.app, laid_out, immediate=True)
            for size in (Size(60, 20), stage.app.size, Size(90, 25), stage.app.size):
                screen.post_message(events.Resize(size, size))
                # Textual takes the latest of those that follow each other; but between them comes what each leads to.
                screen.call_later(lambda: None)
            for _ in range(ENDLESS):
                turn = asyncio.Event()
                screen.call_later(turn.set)
                await turn.wait()
            assert layouts < ENDLESS, "it has come to rest"
            assert screen.size == stage.app.size

    play(scenario())
