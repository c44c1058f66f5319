"""What one finds again after a restart: whom one whispered with, and what became of it."""

import asyncio
from pathlib import Path

from tests.client.tui.stage import on_stage, play, user
from tests.system.processes import Broker, unique
from zchat_client import Client


async def read_all(client: Client) -> None:
    """Asking for the next event says that the one before was shown."""
    async for _ in client:
        pass


def test_whom_one_whispered_with_is_listed_also_when_all_was_read(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        bob_name, name = unique("bob"), unique("alice")
        async with user(broker, tmp_path / "bob", bob_name) as bob:
            async with on_stage(broker, tmp_path, name) as stage:
                await stage.sees("at Lab")
                await bob.whisper(name, "psst")
                await stage.sees(f"@{bob_name}")
                await stage.types("", "alt+2")
                await stage.sees("psst")
                await stage.types("what", "enter")
                await stage.sees("what ✓✓")
                await stage.types("", "alt+1")
                await stage.sees("public ›")
            async with on_stage(broker, tmp_path, name) as stage:
                await stage.sees(f"2 @{bob_name}")
                await stage.types("", "alt+2")
                await stage.sees("psst", "what ✓✓")

    play(scenario())


def test_whom_one_whispered_with_before_a_hundred_others_is_listed_too(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        bob_name, carol_name, name = unique("bob"), unique("carol"), unique("alice")
        async with (
            user(broker, tmp_path / "bob", bob_name) as bob,
            user(broker, tmp_path / "carol", carol_name) as carol,
        ):
            async with on_stage(broker, tmp_path, name) as stage:
                await stage.sees("at Lab")
                await bob.whisper(name, "psst")
                await stage.sees(f"@{bob_name}")
                await stage.types("", "alt+2")
                await stage.sees("psst")
                await asyncio.gather(*[carol.whisper(name, f"no. {number}") for number in range(100)])
                await stage.sees(f"@{carol_name}")
                await stage.types("", "alt+3")
                await stage.sees("no. 99")
            async with on_stage(broker, tmp_path, name) as stage:
                await stage.sees(f"@{bob_name}", f"@{carol_name}")
                await stage.types("", "alt+2")
                await stage.sees("psst")

    play(scenario())


def test_one_sees_again_which_whispers_have_arrived(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        bob_name, name = unique("bob"), unique("alice")
        async with user(broker, tmp_path / "bob", bob_name):
            pass
        async with on_stage(broker, tmp_path, name) as stage:
            await stage.sees("at Lab")
            await stage.types(f"/w {bob_name} one", "enter")
            await stage.sees(f"one ✓ {bob_name} is away")
            async with user(broker, tmp_path / "bob", bob_name) as bob:
                reading = asyncio.create_task(read_all(bob))
                await stage.sees("one ✓✓")
            await reading
            await stage.sees("has gone")
            await stage.reads()
            await stage.types("two", "enter")
            await stage.sees(f"two ✓ {bob_name} is away")
        async with on_stage(broker, tmp_path, name) as stage:
            await stage.sees(f"2 @{bob_name}")
            await stage.types("", "alt+2")
            await stage.sees("one ✓✓", f"two ✓ {bob_name} is away")

    play(scenario())
