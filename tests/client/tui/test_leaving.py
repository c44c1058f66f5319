"""Leaving while the broker does not answer: nobody waits without being told."""

import signal
from pathlib import Path

from tests.client.offline import submitted
from tests.client.tui.stage import on_stage, play
from tests.system.processes import House


def test_who_waits_for_a_silent_broker_is_told(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        broker = house.broker("--title", "Lab")
        async with on_stage(broker, tmp_path, "alice") as stage:
            await stage.sees("at Lab")
            broker.signal(signal.SIGSTOP)
            await stage.types("", "ctrl+q")
            await stage.sees("leaving")
            await stage.until(lambda: stage.app.return_value == 0, "the end")
            broker.signal(signal.SIGCONT)

    play(scenario())


def test_nobody_waits_for_a_broker_that_is_not_there(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        broker = house.broker("--title", "Lab")
        async with on_stage(broker, tmp_path, "alice") as stage:
            await stage.sees("at Lab")
            broker.kill()
            await stage.sees("reconnecting, for")
            await stage.types("", "ctrl+q")
            await stage.until(lambda: stage.app.return_value == 0, "the end")
            assert stage.app.chat is not None
            assert submitted(stage.app.chat.client) == [], "nothing was to be said to it"

    play(scenario())
