"""What several see at about the same time becomes one row."""

import asyncio
import io

from demo.play import RETURN, Seen
from demo.rows import Rows
from demo.screen import Screen
from zchat_client.events import Bye

HELLO = Seen("public", "message", "bob", "hello")
# Which one it was does not matter here.
EVENT = Bye(at=0, reason="exit")
THANKS = Seen("public", "message", "alice", "thanks")


async def _rows(*reports: tuple[str, Seen]) -> list[str]:
    out = io.StringIO()
    rows = Rows(Screen(out, colours=False))
    for name, seen in reports:
        rows.shown(name, EVENT, seen)
    rows.flush()
    return out.getvalue().splitlines()


def test_the_same_thing_is_one_row() -> None:
    (row,) = asyncio.run(_rows(("bob", HELLO), ("alice", HELLO), ("dave", HELLO)))
    assert row.count("●") == 3


def test_rows_keep_the_order_in_which_things_were_first_seen() -> None:
    first, second = asyncio.run(_rows(("bob", HELLO), ("alice", THANKS), ("alice", HELLO)))
    assert "hello" in first
    assert first.count("●") == 2
    assert "thanks" in second


def test_who_sees_it_later_has_a_row_of_his_own() -> None:
    async def play() -> list[str]:
        out = io.StringIO()
        rows = Rows(Screen(out, colours=False))
        rows.shown("bob", EVENT, HELLO)
        rows.flush()
        rows.shown("dave", EVENT, HELLO)
        rows.flush()
        return out.getvalue().splitlines()

    first, later = asyncio.run(play())
    assert first.count("●") == later.count("●") == 1
    assert first.index("●") < later.index("●")


def test_commands_are_shown_as_they_are_typed_and_texts_only_once() -> None:
    async def play() -> str:
        out = io.StringIO()
        rows = Rows(Screen(out, colours=False))
        for line in ("hello", "/w bob psst", "/party accept", "/exit", RETURN):
            rows.typed("dave", line)
        rows.flush()
        return out.getvalue()

    shown = asyncio.run(play())
    assert shown.splitlines() == ["  dave> /party accept", "  dave> /exit", f"  dave> {RETURN}"]
