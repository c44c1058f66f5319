"""What one finds again after a restart: whom one whispered with, and what became of it."""

import asyncio
from pathlib import Path

from tests.client.tui.stage import Stage, on_stage, play, user
from tests.system.processes import Broker, unique
from zchat_client import Client


async def read_all(client: Client) -> None:
    """Asking for the next event says that the one before was shown."""
    async for _ in client:
        pass


async def reads_a_whisper(stage: Stage, sender: Client) -> None:
    """The first that comes, and opens its conversation for that."""
    await stage.sees("at Lab")
    assert stage.app.chat is not None
    await sender.whisper(stage.app.chat.client.name, "psst")
    await stage.sees(f"@{sender.name}")
    await stage.types("", "alt+2")
    await stage.sees("psst")


def test_whom_one_whispered_with_is_listed_also_when_all_was_read(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        bob_name, name = unique("bob"), unique("alice")
        async with user(broker, tmp_path / "bob", bob_name) as bob:
            async with on_stage(broker, tmp_path, name) as stage:
                await reads_a_whisper(stage, bob)
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
                await reads_a_whisper(stage, bob)
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
            await stage.sees(f"one ✓ waits until {bob_name} is here")
            async with user(broker, tmp_path / "bob", bob_name) as bob:
                reading = asyncio.create_task(read_all(bob))
                await stage.sees("one ✓✓")
            await reading
            await stage.sees(f"{bob_name} came and left")
            await stage.reads()
            await stage.types("two", "enter")
            await stage.sees(f"two ✓ waits until {bob_name} is here")
        async with on_stage(broker, tmp_path, name) as stage:
            await stage.sees(f"2 @{bob_name}")
            await stage.types("", "alt+2")
            await stage.sees("one ✓✓", f"two ✓ waits until {bob_name} is here")

    play(scenario())


def test_whom_one_whispered_with_is_listed_again_unless_that_was_closed(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        bob_name, carol_name, name = unique("bob"), unique("carol"), unique("alice")
        async with (
            user(broker, tmp_path / "bob", bob_name) as bob,
            user(broker, tmp_path / "carol", carol_name) as carol,
        ):
            async with on_stage(broker, tmp_path, name) as stage:
                await stage.sees("at Lab")
                for each in (bob, carol):
                    await each.whisper(name, "psst")
                    await stage.sees(f"@{each.name}")
                await stage.types("", "alt+3")
                await stage.sees(f"@{carol_name} ›")
                await stage.types("/close", "escape", "enter")
                await stage.misses(f"@{carol_name}")
            async with on_stage(broker, tmp_path, name) as stage:
                await stage.sees(f"2 @{bob_name}")
                assert not stage.shows(f"@{carol_name}")
                await carol.whisper(name, "once more")
                await stage.sees(f"@{carol_name}", f"@{bob_name}")
                assert not stage.shows("✎"), "the command was no draft"

    play(scenario())


def test_a_refused_text_that_still_waits_is_there_again(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        name = unique("alice")
        async with on_stage(broker, tmp_path, name) as stage:
            await stage.sees("at Lab")
            await stage.enters("/w nobody-there hi")
            await stage.types("on")
            assert stage.app.chat is not None
            waiting = stage.app.chat.conversations.public.writing.refused
            await stage.until(lambda: waiting, "a refused text that waits")
        async with on_stage(broker, tmp_path, name) as stage:
            await stage.sees("at Lab", "public › on")
            await stage.reads()
            await stage.types("", "enter")
            await stage.sees("on ✓", "@nobody-there › /w nobody-there hi")
            await stage.until(lambda: "nobody-there" in stage.screen.entry._trouble, "what is wrong with it")

    play(scenario())


def test_a_whisper_that_was_never_opened_is_unread_after_a_restart_too(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        bob_name, name = unique("bob"), unique("alice")
        async with user(broker, tmp_path / "bob", bob_name) as bob:
            async with on_stage(broker, tmp_path, name) as stage:
                await stage.sees("at Lab")
                await bob.whisper(name, "psst")
                await unread_of(stage, bob_name)
            for _ in range(2):
                async with on_stage(broker, tmp_path, name) as stage:
                    await unread_of(stage, bob_name)
            async with on_stage(broker, tmp_path, name) as stage:
                await unread_of(stage, bob_name)
                await stage.types("", "alt+2")
                await stage.sees("psst", "new since you looked")
            async with on_stage(broker, tmp_path, name) as stage:
                await none_is_unread(stage, bob_name)

    play(scenario())


def test_what_was_read_with_another_program_is_not_new_at_the_first_start(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        bob_name, name = unique("bob"), unique("alice")
        async with user(broker, tmp_path / "bob", bob_name) as bob:
            async with user(broker, tmp_path, name) as alice:
                reading = asyncio.create_task(read_all(alice))
                await bob.whisper(name, "read elsewhere")
                await alice.whisper(bob_name, "yes")
            await reading
            for _ in range(2):
                async with on_stage(broker, tmp_path, name) as stage:
                    await none_is_unread(stage, bob_name)

    play(scenario())


async def none_is_unread(stage: Stage, name: str) -> None:
    """His whispers have been loaded, and none of them counts as new."""
    assert stage.app.chat is not None
    conversation = stage.app.chat.conversations.whispers_with(name)
    await stage.until(lambda: conversation.lines, "his whispers")
    assert conversation.news.unread == 0


async def unread_of(stage: Stage, name: str) -> None:
    """His whisper is counted in the list."""
    await stage.until(lambda: any(f"@{name}" in row and _count_in(row) == "1" for row in stage.rows()), "1 unread")


def _count_in(row: str) -> str:
    return row.split("│")[0].split()[-1].rstrip("!")
