"""Who types nothing for long is away, and back when he does; nobody is asked about that."""

import contextlib
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from tests.client.tui.stage import Stage, on_stage, play, user
from tests.system.processes import Broker, House, unique
from zchat_client import Client
from zchat_client.tui.settings import Settings

# Away as soon as anything is looked at, and away after what no test waits for.
_AT_ONCE, _LATER = Settings(away_after_minutes=0.0001), Settings(away_after_minutes=30)


def status_of(seen_by: Client, name: str) -> str:
    return next((entry.status for entry in seen_by.roster() if entry.name == name), "offline")


@contextlib.asynccontextmanager
async def away_in_an_outage(house: House, tmp_path: Path) -> AsyncIterator[tuple[Broker, Stage]]:
    """Alice is away since she has typed nothing, and there is no broker."""
    broker = house.broker("--title", "Lab")
    async with on_stage(broker, tmp_path, "alice", settings=_AT_ONCE) as stage:
        await stage.sees("at Lab", "away")
        broker.kill()
        await stage.sees("reconnecting, for")
        yield broker, stage


def types_for_a_while(stage: Stage) -> None:
    """From now on she types often enough."""
    stage.app._read = replace(stage.app._read, settings=_LATER)


def test_to_be_back_asks_nothing_of_who_leaves_in_an_outage(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with away_in_an_outage(house, tmp_path) as (_, stage):
            types_for_a_while(stage)
            await stage.types("x", "backspace")
            # As once a second.
            stage.app._tick()
            await stage.types("", "ctrl+q")
            await stage.until(lambda: stage.app.return_value == 0, "the end, without a question")
            assert stage.app.chat is not None
            assert stage.app.chat.last_words() == ()

    play(scenario())


def test_who_was_back_in_an_outage_is_so_for_the_others_after_it(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with away_in_an_outage(house, tmp_path) as (broker, stage):
            types_for_a_while(stage)
            await stage.types("x")
            house.broker("--title", "Lab", port=broker.port, data=broker.data)
            await stage.sees("at Lab")
            async with user(broker, tmp_path / "bob") as bob:
                await stage.until(lambda: status_of(bob, "alice") == "online", "being back")

    play(scenario())


def test_what_one_says_of_being_away_holds_whatever_one_types_then(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with away_in_an_outage(house, tmp_path) as (broker, stage):
            types_for_a_while(stage)
            await stage.enters("/away at lunch")
            house.broker("--title", "Lab", port=broker.port, data=broker.data)
            await stage.sees("at Lab", "at lunch")
            async with user(broker, tmp_path / "bob") as bob:
                await stage.enters("and this")
                await stage.sees("and this ✓")
                # As once a second; and what it tells is told before what is said after it.
                stage.app._tick()
                await bob.say("seen")
                await stage.sees("seen")
                assert status_of(bob, "alice") == "away"

    play(scenario())


def test_what_one_says_of_being_away_holds_while_the_broker_has_not_heard_it(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        broker = house.broker("--title", "Lab")
        async with on_stage(broker, tmp_path, "alice", settings=_LATER) as stage:
            await stage.sees("at Lab")
            assert stage.app.chat is not None
            chat = stage.app.chat
            broker.signal(signal.SIGSTOP)
            await stage.enters("/away at lunch")
            await stage.until(lambda: bool(chat.console.unsent), "the command on its way")
            stage.app._read = replace(stage.app._read, settings=_AT_ONCE)
            stage.app._tick()
            assert chat.client.link.connected
            assert chat._telling_idle is None
            broker.signal(signal.SIGCONT)
            await stage.sees("away · at lunch")

    play(scenario())


def test_idle_is_away_and_a_key_is_back(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        name = unique("alice")
        async with (
            user(broker, tmp_path / "bob", unique("bob")) as bob,
            on_stage(broker, tmp_path, name, settings=Settings(away_after_minutes=0.025)) as stage,
        ):
            await stage.sees("at Lab")
            await stage.until(lambda: status_of(bob, name) == "away", "being away")
            await stage.types("x")
            await stage.until(lambda: status_of(bob, name) == "online", "being back")

    play(scenario())
