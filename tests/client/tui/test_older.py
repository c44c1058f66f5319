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


def test_a_page_that_two_ask_for_at_once_is_not_the_last(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with user(broker, tmp_path / "bob", unique("bob")) as bob:
            await asyncio.gather(*[bob.say(f"page {number}") for number in range(500)])
            async with on_stage(broker, tmp_path, unique("alice")) as stage:
                await stage.sees("page 499")
                assert stage.app.chat is not None
                older, public = stage.app.chat.older, stage.app.chat.conversations.public
                await stage.until(lambda: public.first_seq is not None, "a page of history")
                assert public.first_seq is not None
                wanted = public.first_seq - 250
                older.load(public)
                # It is under way.
                await asyncio.sleep(0)
                await older.load_until(public, wanted)
                assert public.by_seq(wanted) is not None

    play(scenario())


def test_older_messages_are_reached_past_those_of_somebody_ignored(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        name = unique("alice")
        async with (
            user(broker, tmp_path / "bob", unique("bob")) as bob,
            user(broker, tmp_path / "mallory", unique("mallory")) as mallory,
        ):
            await bob.say("long before")
            await asyncio.gather(*[mallory.say(f"noise {number}") for number in range(120)])
            await bob.say("the latest")
            async with user(broker, tmp_path, name) as alice:
                alice.ignored.add(mallory.name)
            async with on_stage(broker, tmp_path, name) as stage:
                await stage.sees("the latest", "long before")
                await stage.types("", "ctrl+f")
                await stage.types("noise")
                await stage.sees("nothing found")

    play(scenario())


def test_a_closed_conversation_with_something_begun_is_listed_again(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        name = unique("alice")
        async with user(broker, tmp_path / "bob", unique("bob")) as bob:
            listed = f"2 @{bob.name} ✎"
            async with on_stage(broker, tmp_path, name) as stage:
                await stage.sees("at Lab", bob.name)
                await stage.enters(f"/w {bob.name} hi")
                await stage.sees(f"@{bob.name} ›", "hi ✓")
                await stage.reads()
                await stage.enters("/close")
                await stage.sees("public ›")
                await stage.enters(f"/w {bob.name}")
                await stage.sees(f"@{bob.name} ›")
                await stage.reads()
                await stage.types("begun", "alt+1")
                await stage.sees("public ›", listed)
            async with on_stage(broker, tmp_path, name) as stage:
                await stage.sees("at Lab")
                assert stage.app.chat is not None
                older, whispers = stage.app.chat.older, stage.app.chat.conversations[f"@{bob.name}"]
                await stage.until(lambda: older._partners is not None and older._partners.done(), "the partners")
                assert not whispers.hidden
                await stage.sees(listed)

    play(scenario())


def test_one_reads_on_where_one_was_when_one_comes_back(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            user(broker, tmp_path / "bob", unique("bob")) as bob,
            on_stage(broker, tmp_path, unique("alice")) as stage,
        ):
            await stage.sees("at Lab", bob.name)
            await stage.enters(f"/w {bob.name} hi")
            await stage.sees(f"@{bob.name} ›", "hi ✓")
            await stage.reads()
            await asyncio.gather(*[bob.say(f"line {number}") for number in range(120)])
            await stage.types("", "alt+1")
            await stage.sees("public ›", "line 119")
            await stage.types("", "pageup", "pageup")
            await stage.sees("End goes to the latest")
            read = [row[22:95] for row in stage.rows()[:20]]
            await stage.types("", "alt+2")
            await stage.sees("hi ✓")
            await stage.types("", "alt+1")
            await stage.sees("End goes to the latest")
            assert [row[22:95] for row in stage.rows()[:20]] == read
            # Where the text ends that one types, End is for the log.
            await stage.types("typing", "end")
            await stage.sees("line 119", "public › typing")
            await stage.types("", "left", "end")
            await stage.types("!")
            await stage.sees("public › typing!")
            await stage.types("", "ctrl+u", "pageup", "alt+2")
            await stage.sees("hi ✓")
            await bob.say("what nobody has seen yet")
            await stage.sees("1 public           1")
            await stage.types("", "alt+1")
            await stage.sees("what nobody has seen yet")
            await stage.types("", "pageup")
            await bob.say("further down")
            await stage.sees("1 new, End")
            await stage.types("", "alt+2")
            await stage.sees("hi ✓", "1 public           1")
            await stage.types("", "alt+1")
            await stage.sees("further down")

    play(scenario())
