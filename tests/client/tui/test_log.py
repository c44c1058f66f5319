"""The log on the screen: where a short one stands, and what a change of size does to one that is being read."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from textual.geometry import Offset

from tests.client.tui.stage import Stage, on_stage, play, user
from tests.system.processes import Broker, unique
from zchat_client import Client

# Wider, narrower, higher, lower, and two at once.
SIZES = [(80, 24), (60, 20), (200, 50), (100, 45), (61, 48), (120, 40)]


async def says_much(bob: Client) -> None:
    await asyncio.gather(*[bob.say(f"no. {number} {'word ' * (number * 7 % 60)}") for number in range(150)])


@contextlib.asynccontextmanager
async def reading_much(broker: Broker, tmp_path: Path) -> AsyncIterator[tuple[Client, Stage]]:
    """Bob has said much, and somebody else has come in and sees the end of it."""
    async with user(broker, tmp_path / "bob", unique("bob")) as bob:
        await says_much(bob)
        async with on_stage(broker, tmp_path, unique("alice")) as stage:
            await stage.sees("no. 149 ")
            yield bob, stage


def log_rows(stage: Stage) -> list[str]:
    """What is on the log's part of the screen, but for its scroll bar."""
    region = stage.screen.log_view.scrollable_content_region
    return [row[region.x : region.right] for row in stage.rows()[region.y : region.bottom]]


def bar_rows(stage: Stage) -> list[tuple[str, str]]:
    """The scroll bar as it is on the screen: the character and the style of each row."""
    region = stage.screen.log_view.vertical_scrollbar.region
    cells = [stage.screen._compositor.render_strips()[y].crop(region.x, region.right) for y in region.line_range]
    return [(cell.text, str(cell._segments[0].style)) for cell in cells]


def shows_last(stage: Stage, words: str) -> bool:
    """Whether this was said last, and stands at the end; who comes and goes meanwhile may be told below it."""
    return any(words in row for row in log_rows(stage)[-3:])


async def resizes(stage: Stage, size: tuple[int, int]) -> None:
    await stage.pilot.resize_terminal(*size)
    await stage.until(
        lambda: stage.app.size == size and stage.screen.log_view._laid == stage.screen.log_view.size, "it"
    )
    await stage.pilot.pause()


def test_a_short_log_stands_just_above_the_input(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        bob_name = unique("bob")
        async with user(broker, tmp_path / "bob", bob_name), on_stage(broker, tmp_path, unique("alice")) as stage:
            await stage.sees("at Lab", bob_name)
            await stage.types(f"/w {bob_name} psst", "enter")
            await stage.sees(f"@{bob_name} ›", "psst ✓✓")
            rows = log_rows(stage)
            assert "psst" in rows[-1]
            assert not "".join(rows[:-2]).strip(), "nothing but the day is above it"
            await stage.reads()
            await stage.types("and more", "enter")
            await stage.until(lambda: "and more ✓✓" in log_rows(stage)[-1], "the latest at the bottom")
            assert "psst" in log_rows(stage)[-2]

    play(scenario())


def test_a_name_is_clicked_where_it_is_seen_in_a_short_log(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        bob_name, name = unique("bob"), unique("alice")
        async with user(broker, tmp_path / "bob", bob_name) as bob, on_stage(broker, tmp_path, name) as stage:
            await stage.sees("at Lab")
            await bob.party_invite(name)
            await stage.sees("Accept F2")
            await stage.types("", "f2")
            await stage.sees("party ›", "You joined")
            await bob.party_say("hello")
            await stage.sees("hello")
            row = next(number for number, text in enumerate(log_rows(stage)) if "hello" in text)
            await stage.pilot.click("#log", offset=(log_rows(stage)[row].index(bob_name) + 1, row))
            await stage.sees(f"@{bob_name} ›")

    play(scenario())


@pytest.mark.parametrize("row", [12, 61, -130])
def test_the_first_row_stays_when_the_size_changes(broker: Broker, tmp_path: Path, row: int) -> None:
    async def scenario() -> None:
        async with reading_much(broker, tmp_path) as (bob, stage):
            await stage.until(lambda: len(stage.said()) >= 100, "a page of history")
            log = stage.screen.log_view
            log.go_to(row if row >= 0 else log._end_y + row)
            await stage.pilot.pause()
            first = log._rows.line_at(round(log.scroll_y))
            assert first is not None
            for size in SIZES:
                await resizes(stage, size)
                now = log._rows.line_at(round(log.scroll_y))
                assert now is not None
                assert now[0] is first[0], f"{now[0].text} at {size}"
                assert not log.at_end
                await bob.say("and on")
            assert log._rows.line_at(round(log.scroll_y)) == first, "the size is what it was, and so is what one sees"

    play(scenario())


def test_the_end_stays_when_the_size_changes(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with reading_much(broker, tmp_path) as (bob, stage):
            for number, size in enumerate(SIZES):
                latest = f"latest {number}"
                await bob.say(latest)
                await resizes(stage, size)
                await stage.until(partial(shows_last, stage, latest), f"the end at {size}")
                assert stage.screen.log_view.at_end

    play(scenario())


def test_what_a_larger_window_shows_is_read_and_the_end_is_followed(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with user(broker, tmp_path / "bob", unique("bob")) as bob:
            await says_much(bob)
            async with on_stage(broker, tmp_path, unique("alice"), size=(120, 24)) as stage:
                await stage.sees("no. 149 ")
                log, conversation = stage.screen.log_view, stage.screen.log_view.conversation
                assert conversation is not None
                log.go_to(log._end_y - 5)
                await bob.say("one more")
                await stage.sees("1 new, End")
                assert conversation.news.unread == 1
                await resizes(stage, (120, 45))
                await stage.until(lambda: shows_last(stage, "one more"), "the end")
                await stage.until(lambda: log.at_end, "that it is the end")
                await stage.until(lambda: conversation.news.unread == 0, "that it is read")
                assert not conversation.reading_back, "so many lines are kept as of any other"
                await stage.misses("1 new, End")
                await bob.say("and on")
                await stage.until(lambda: shows_last(stage, "and on"), "what follows")
                await resizes(stage, (120, 24))
                await stage.until(lambda: shows_last(stage, "and on"), "the end, as before any change of size")

    play(scenario())


def test_the_scrollbar_shows_where_one_is(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with reading_much(broker, tmp_path) as (bob, stage):
            log = stage.screen.log_view
            # Never so near to the top that an older page is asked for.
            for row in (log._end_y, 40, 11, 17, log._end_y // 2, log._end_y):
                log.go_to(row)
                await bob.say(f"at {row}")
                await stage.until(lambda row=row: stage.said()[-1] == f"at {row}", "one more row")  # type: ignore[misc]
                await stage.pilot.pause()
                drawn = bar_rows(stage)
                log.vertical_scrollbar.refresh()
                await stage.pilot.pause()
                assert bar_rows(stage) == drawn, f"as if it were drawn anew at row {row}"

    play(scenario())


def test_what_is_marked_new_above_the_screen_moves_nothing_on_it(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with reading_much(broker, tmp_path) as (_, stage):
            await stage.until(lambda: len(stage.said()) >= 100, "a page of history")
            log, conversation = stage.screen.log_view, stage.screen.log_view.conversation
            assert conversation is not None
            log.go_to(61)
            await stage.pilot.pause()
            read = log_rows(stage)
            conversation.news.mark_older(conversation.lines[3:4])
            log.follow()
            await stage.pilot.pause()
            assert log_rows(stage) == read
            conversation.news.forget_mark()
            log.follow()
            await stage.pilot.pause()
            assert log_rows(stage) == read

    play(scenario())


def test_a_conversation_that_is_left_is_read_no_further_up(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with reading_much(broker, tmp_path) as (bob, stage):
            public = stage.screen.log_view.conversation
            assert public is not None
            await stage.types("", "pageup")
            await stage.until(lambda: public.reading_back, "somebody who reads further up")
            await bob.whisper(stage.app.chat.client.name if stage.app.chat else "", "psst")
            await stage.sees(f"2 @{bob.name}")
            await stage.types("", "alt+2")
            await stage.sees("psst")
            assert not public.reading_back, "it keeps no more lines than any other"

    play(scenario())


def test_text_is_selected_with_the_mouse_and_copied(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        name = unique("alice")
        async with on_stage(broker, tmp_path, name) as stage:
            await stage.sees("at Lab")
            await stage.types("copy these words", "enter")
            await stage.sees("copy these words ✓")
            row = next(number for number, text in enumerate(stage.rows()) if "copy these" in text)
            column = stage.rows()[row].index("these") - stage.screen.log_view.region.x
            await stage.pilot.mouse_down("#log", offset=Offset(column, row))
            await stage.pilot.hover("#log", offset=Offset(column + 10, row))
            await stage.pilot.mouse_up("#log", offset=Offset(column + 10, row))
            await stage.until(lambda: stage.app.clipboard.startswith("these word"), "the clipboard")

    play(scenario())
