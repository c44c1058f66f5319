import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zchat_client.tui.cells import cell_len, pinned
from zchat_client.tui.textfit import one_line

COLUMNS = 200
TALK = ("नमस्ते दुनिया", "வணக்கம், நீங்கள்", "আপনি কেমন", "e\u0301 👍 ☰ 漢字", "〮ㅤ\uffa0㉈", "é ✓ ─ │ ● Привет")


def drawn(text: str) -> pyte.Screen:
    """The screen of a terminal that counts as the wcwidth library does, which is not how we count."""
    screen = pyte.Screen(COLUMNS, 2)
    screen.draw("x" * COLUMNS)
    screen.cursor_position()
    pyte.Stream(screen).feed(pinned(text))
    return screen


@pytest.mark.parametrize("text", TALK)
def test_what_follows_stands_where_it_was_counted_to_stand(text: str) -> None:
    screen = drawn(f"{text}│")
    assert screen.buffer[0][cell_len(text)].data == "│"
    assert "x" not in "".join(screen.buffer[0][column].data for column in range(cell_len(text))), "nothing of before"


@given(st.text(max_size=60).map(one_line))
def test_no_text_moves_what_follows(text: str) -> None:
    assert drawn(f"a{text}").cursor.x == 1 + cell_len(text)


@pytest.mark.parametrize(
    ("character", "cells"),
    [
        ("\u093f", 1),
        ("\u0bc6", 1),
        ("\u302e", 2),
        ("\u3164", 2),
        ("\uffa0", 1),
        ("\u3248", 2),
        ("\u094d", 0),
        ("☰", 2),
    ],
)
def test_the_larger_of_two_counts_holds(character: str, cells: int) -> None:
    assert cell_len(character) == cells


def test_plain_text_is_drawn_as_it_is() -> None:
    text = "\x1b[1mplain │ ✓ é 漢字\x1b[0m"
    assert pinned(text) is text


@pytest.mark.parametrize(
    "sequence",
    [
        "\x1b]8;id=1;http://x/नमस्ते\x1b\\",
        "\x1b]9;bob: नमस्ते\x07",
        "\x1b]777;notify;bob;नमस्ते\x1b\\",
        "\x1bPtmux;\x1b\x1b]9;bob: नमस्ते\x1b\x1b\\\x1b\\",
        "\x1b[1m",
    ],
)
def test_what_tells_the_terminal_something_is_left_alone(sequence: str) -> None:
    assert pinned(f"{sequence}दु").startswith(f"{sequence}\x1b7")
