"""The rows of a log, as Textual is given them."""

import weakref

from zchat_client.tui.line import Kind, Line
from zchat_client.tui.look import THEMES, Glyphs, Look
from zchat_client.tui.strips import Strips

WIDTH = 100


def test_a_row_that_was_shown_is_freed_at_once() -> None:
    strips = Strips(Look(THEMES[0], Glyphs()))
    row = strips.of(Line(Kind.SAID, 0, "hello", "bob", seq=1), WIDTH, None)[0]
    assert row.cell_length == WIDTH
    assert row.divide([WIDTH]) == [row], "shown whole, as the compositor asks for it"
    shown = weakref.ref(row)
    del row
    strips.clear()
    assert shown() is None, "no ring that only the garbage collector frees"


def test_a_row_is_cut_where_something_stands_over_it() -> None:
    strips = Strips(Look(THEMES[0], Glyphs()))
    row = strips.of(Line(Kind.SAID, 0, "hello", "bob", seq=1), WIDTH, None)[0]
    left, right = row.divide([30, WIDTH])
    assert (left.cell_length, right.cell_length) == (30, WIDTH - 30)
    assert left.text + right.text == row.text
