"""The palette."""

from pathlib import Path

from textual.widgets import OptionList

from tests.client.tui.stage import on_stage, play
from tests.system.processes import Broker, unique


def test_the_palette_turns_pages(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice")) as stage:
            await stage.sees("at Lab")
            await stage.types("", "ctrl+k")
            await stage.sees("go to: ")
            listed = stage.app.screen.query_one(OptionList)
            await stage.types("", "pagedown")
            await stage.until(lambda: (listed.highlighted or 0) > 1, "the next page")
            await stage.types("", "pageup")
            await stage.until(lambda: listed.highlighted == 0, "the first page")

    play(scenario())
