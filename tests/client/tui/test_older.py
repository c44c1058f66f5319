"""Older messages, which come page by page."""

import asyncio
from pathlib import Path

from tests.client.tui.stage import on_stage, play, user
from tests.system.processes import Broker, unique


def test_older_messages_come_page_by_page_and_nothing_moves_what_is_read(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with user(broker, tmp_path / "bob", unique("bob")) as bob:
            await asyncio.gather(*[bob.say(f"old {number}") for number in range(400)])
            async with on_stage(broker, tmp_path, unique("alice")) as stage:
                await stage.sees("old 399")
                await stage.until(lambda: len(stage.said()) >= 100, "a page of history")
                before = len(stage.said())
                while len(stage.said()) == before:
                    await stage.pilot.press("pageup")
                log, lines = stage.screen.log_view, stage.screen.log_view.conversation
                await stage.until(lambda: lines is not None and log._rows.lines == len(lines.lines), "the log level")
                log.go_to(60)
                await stage.pilot.pause()
                read = [row[22:95] for row in stage.rows()[:20]]
                await asyncio.gather(*[bob.say(f"fresh {number}") for number in range(50)])
                await stage.sees("50 new, End")
                assert [row[22:95] for row in stage.rows()[:20]] == read
                await stage.pilot.press("end")
                await stage.sees("fresh 49")
                await stage.misses("new, End")
                await stage.types("", "ctrl+f")
                await stage.types("OLD 7")
                await stage.sees(" of ")
                await stage.sees("old 397", "76 of 76")
                for _ in range(75):
                    await stage.pilot.press("enter")
                await stage.sees("old 7 ", "1 of 76")
                await stage.pilot.press("escape")
                await stage.until(lambda: stage.screen.entry.composer.has_focus, "the focus on the input")

    play(scenario())
