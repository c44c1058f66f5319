"""Leaving while the broker does not answer: nobody waits without being told."""

import asyncio
import signal
from pathlib import Path

from tests.client.offline import submitted
from tests.client.tui.stage import on_stage, play
from tests.system.processes import DEADLINE_S, House


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


def test_a_key_held_down_does_not_make_the_wait_for_a_silent_broker_longer(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        broker = house.broker("--title", "Lab")
        async with on_stage(broker, tmp_path, "alice") as stage:
            await stage.sees("at Lab")
            broker.signal(signal.SIGSTOP)
            await stage.enters("not sent")
            async with asyncio.timeout(DEADLINE_S):
                while not stage.shows("Leave without sending?"):
                    await stage.pilot.press("ctrl+q")
                    await asyncio.sleep(0.1)
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


def test_ctrl_q_pressed_twice_or_held_down_asks_once(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        broker = house.broker("--title", "Lab")
        async with on_stage(broker, tmp_path, "alice") as stage:
            await stage.sees("at Lab")
            broker.kill()
            await stage.sees("reconnecting, for")
            await stage.enters("not sent")
            await stage.sees("1 queued")
            await stage.pilot.press(*["ctrl+q"] * 3)
            dialog = await stage.asks("Leave without sending?")
            await stage.pilot.press(*["ctrl+q"] * 5)
            assert stage.app.screen is dialog
            assert stage.app.return_value is None
            await stage.reads_question()
            await stage.pilot.press("ctrl+q")
            await stage.until(lambda: stage.app.return_value == 5, "leaving")

    play(scenario())
