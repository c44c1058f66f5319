"""A person at a real terminal whose window has any size, and another one a moment later."""

import itertools
import re
from functools import partial

import pytest

from tests.system.processes import Broker, House, unique
from tests.system.screens import CTRL_K, CTRL_U, ESCAPE, PAGE_UP, Open


@pytest.mark.parametrize(("columns", "lines"), [(200, 50), (80, 24), (60, 20)])
def test_every_size_shows_where_one_is(
    house: House, broker: Broker, at_terminal: Open, columns: int, lines: int
) -> None:
    (bob,) = house.join(broker, unique("bob"))
    terminal = at_terminal(unique("alice"), columns=columns, lines=lines)
    terminal.wait_for("at Lab")
    bob.types("for all sizes")
    terminal.wait_for("for all sizes")
    rows = terminal.wait_for("public ›")
    assert any("1 public" in row for row in rows)
    assert any("Conversations" in row for row in rows) == (columns >= 80)
    assert any("Here (" in row for row in rows) == (columns >= 110)


SIZES = ((80, 24), (200, 50), (60, 20), (120, 40))


def test_what_is_read_and_the_end_stay_where_they_are_when_the_window_changes(
    house: House, broker: Broker, at_terminal: Open
) -> None:
    (bob,) = house.join(broker, unique("bob"))
    bob.types(*[f"no. {number} {'word ' * (number % 40)}" for number in range(119)])
    bob.wait("message", text=f"no. 118 {'word ' * 38}".strip())
    terminal = at_terminal(unique("alice"), columns=120, lines=40)
    terminal.wait_for("no. 118 ")
    bob.types(f"no. 119 {'word ' * 39}")
    terminal.wait_for("no. 119 ")
    for columns, lines in SIZES:
        terminal.resizes(columns, lines)
        terminal.wait(partial(ends, lines), f"the end at {columns}x{lines}")
    # The letter shows that the keys before it have been seen to; what they changed may be drawn a little later.
    terminal.types(PAGE_UP * 3 + "x")
    terminal.wait_for("public › x")
    terminal.is_read()
    first = first_number(terminal.rows())
    for columns, lines in SIZES:
        terminal.resizes(columns, lines)
        terminal.wait(partial(begins, lines, first), f"no. {first} at {columns}x{lines}")


def ends(lines: int, rows: list[str]) -> bool:
    """Whether the end of the latest message stands above the input, the input's line and the status line."""
    return len(rows) == lines and "word" in rows[-4]


def begins(lines: int, first: int, rows: list[str]) -> bool:
    """Whether this is the first message whose beginning is seen, or the one before it, whose end was."""
    return len(rows) == lines and first_number(rows) in (first - 1, first)


def first_number(rows: list[str]) -> int:
    """The first message on the screen."""
    return next((int(found[1]) for row in rows if (found := re.search(r"no\. (\d+)", row))), -1)


def test_each_entry_of_a_list_has_one_row_of_what_room_there_is(at_terminal: Open) -> None:
    terminal = at_terminal(unique("alice"), columns=60, lines=20)
    terminal.wait_for("at Lab")
    for key in (CTRL_K, "/"):
        terminal.types(key)
        terminal.wait_for("/me TEXT  ")
        terminal.wait(lambda rows: "/verify NAME" in after("/r TEXT", rows), "one row each")
        terminal.resizes(120, 24)
        terminal.wait_for("whispers to the last one you whispered with")
        terminal.resizes(60, 20)
        terminal.wait(lambda rows: len(rows) == 20 and any("last one" in row for row in rows), "the rows cut again")
        terminal.types(ESCAPE)
        terminal.wait(lambda rows: not any("/me TEXT" in row for row in rows), "the list to go")


def test_in_the_smallest_window_one_sees_what_one_types_and_answers(at_terminal: Open) -> None:
    terminal = at_terminal(unique("alice"), columns=40, lines=10)
    terminal.wait_for("Say something")
    terminal.types("/")
    terminal.wait_for("/me TEXT")
    terminal.wait_for("public › /")
    terminal.types(CTRL_U)
    terminal.pastes("line\n" * 8)
    terminal.wait(lambda rows: any("Paste " in row and "Cancel" in row for row in rows), "the answers")


def after(begin: str, rows: list[str]) -> str:
    """The row below the one in which this stands."""
    return next((below for row, below in itertools.pairwise(rows) if begin in row), "")
