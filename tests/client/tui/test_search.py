"""Searching, seen by whoever waits for it."""

import signal
from pathlib import Path

from textual import events

from tests.client.tui.stage import on_stage, play
from tests.system.processes import Broker, House, unique


def test_that_it_searches_is_said_until_there_is_something_to_say(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        broker = house.broker("--title", "Lab")
        async with on_stage(broker, tmp_path, "alice") as stage:
            await stage.sees("at Lab")
            await stage.enters("a needle")
            await stage.sees("needle ✓")
            await stage.types("", "ctrl+f")
            for wanted, found in (("needle", "1 of 1"), ("hay", "nothing found")):
                broker.signal(signal.SIGSTOP)
                await stage.types(wanted)
                await stage.sees(f"Search {wanted}", "searching")
                assert not stage.shows(found)
                broker.signal(signal.SIGCONT)
                await stage.sees(found)
                await stage.misses("searching")
                await stage.types("", "ctrl+u")
                await stage.misses(f"Search {wanted}", found)

    play(scenario())


def test_who_comes_back_to_the_window_types_on_in_the_search(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice")) as stage:
            await stage.sees("at Lab")
            await stage.types("", "ctrl+f")
            stage.app.post_message(events.AppBlur())
            await stage.until(lambda: not stage.screen.looking, "somebody who looks elsewhere")
            stage.app.post_message(events.AppFocus())
            await stage.until(lambda: stage.screen.looking, "somebody who is back")
            await stage.pilot.pause()
            await stage.types("needle")
            await stage.sees("Search needle")
            assert stage.screen.entry.text == ""

    play(scenario())
