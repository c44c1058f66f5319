"""Leaving while the broker does not answer: nobody waits without being told."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from pathlib import Path

from tests.client.offline import submitted
from tests.client.tui.stage import Stage, on_stage, play, user
from tests.system.processes import DEADLINE_S, Broker, House


@contextlib.asynccontextmanager
async def at_own_broker(house: House, folder: Path) -> AsyncIterator[tuple[Broker, Stage]]:
    """A broker that nobody else has, so that it may be stopped, and somebody there."""
    broker = house.broker("--title", "Lab")
    async with on_stage(broker, folder, "alice") as stage:
        await stage.sees("at Lab")
        yield broker, stage


async def queues_a_line(broker: Broker, stage: Stage) -> None:
    broker.kill()
    await stage.sees("reconnecting, for")
    await stage.enters("not sent")
    await stage.sees("1 queued")


def test_who_waits_for_a_silent_broker_is_told(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with at_own_broker(house, tmp_path) as (broker, stage):
            broker.signal(signal.SIGSTOP)
            await stage.types("", "ctrl+q")
            await stage.sees("leaving")
            await stage.until(lambda: stage.app.return_value == 0, "the end")
            broker.signal(signal.SIGCONT)

    play(scenario())


def test_a_key_held_down_does_not_make_the_wait_for_a_silent_broker_longer(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with at_own_broker(house, tmp_path) as (broker, stage):
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
        async with at_own_broker(house, tmp_path) as (broker, stage):
            broker.kill()
            await stage.sees("reconnecting, for")
            await stage.types("", "ctrl+q")
            await stage.until(lambda: stage.app.return_value == 0, "the end")
            assert stage.app.chat is not None
            assert submitted(stage.app.chat.client) == [], "nothing was to be said to it"

    play(scenario())


def test_ctrl_q_pressed_twice_or_held_down_asks_once(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with at_own_broker(house, tmp_path) as (broker, stage):
            await queues_a_line(broker, stage)
            await stage.pilot.press(*["ctrl+q"] * 3)
            dialog = await stage.asks("Leave without sending?")
            await stage.pilot.press(*["ctrl+q"] * 5)
            assert stage.app.screen is dialog
            assert stage.app.return_value is None
            await stage.reads_question()
            await stage.pilot.press("ctrl+q")
            await stage.until(lambda: stage.app.return_value == 5, "leaving")

    play(scenario())


def test_escape_stays_with_what_is_unsent_and_ctrl_q_again_leaves(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with at_own_broker(house, tmp_path) as (broker, stage):
            await queues_a_line(broker, stage)
            for key in ("escape", "ctrl+c"):
                await stage.pilot.press("ctrl+q")
                await stage.asks("Leave without sending?")
                await stage.pilot.press(key)
                await stage.misses("Leave without sending?")
            await stage.pilot.press("ctrl+q")
            await stage.asks("Leave without sending?")
            await stage.reads_question()
            await stage.pilot.press("ctrl+q")
            await stage.until(lambda: stage.app.return_value == 5, "leaving")

    play(scenario())


def test_the_question_says_when_all_is_sent_after_all(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with at_own_broker(house, tmp_path) as (broker, stage):
            await queues_a_line(broker, stage)
            await stage.pilot.press("ctrl+q")
            dialog = await stage.asks("Leave without sending?")
            house.broker("--title", "Lab", port=broker.port, data=broker.data)
            await stage.sees("Everything is sent by now.")
            assert not stage.shows("Leave without sending?", "not sent yet")
            assert stage.app.screen is dialog, "it goes from under nobody's fingers"
            await stage.pilot.press("right", "enter")
            await stage.until(lambda: stage.app.return_value == 0, "leaving")

    play(scenario())


def test_the_question_goes_with_the_session_that_it_is_about(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with at_own_broker(house, tmp_path) as (broker, stage):
            await queues_a_line(broker, stage)
            await stage.pilot.press("ctrl+q")
            await stage.asks("Leave without sending?")
            second = house.broker("--title", "Lab", port=broker.port, data=tmp_path / "other")
            await stage.asks("another key than before")
            await stage.pilot.press("right", "right", "enter")
            await stage.sees("at Lab", "not sent ✓")
            await stage.until(lambda: stage.app.screen is stage.screen, "nothing asked any more")
            async with user(second, tmp_path / "bob") as bob:
                await stage.reads_question()
                await stage.pilot.press("ctrl+q")
                await stage.until(lambda: stage.app.return_value == 0, "leaving")
                await stage.until(lambda: [each.name for each in bob.roster()] == ["bob"], "a goodbye")

    play(scenario())
