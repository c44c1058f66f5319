import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.message import Message

from zchat_client.tui.terminal_in import PASTE_S, TerminalIn

BEGIN, END = b"\x1b[200~", b"\x1b[201~"


def keys(data: bytes, encoding: str = "utf-8") -> list[str | None]:
    found = TerminalIn(encoding).feed(data, 0.0)
    return [each.character or each.key for each in found if isinstance(each, events.Key)]


def pastes(found: list[Message]) -> list[str]:
    return [each.text for each in found if isinstance(each, events.Paste)]


def test_a_byte_that_is_no_letter_is_one_that_could_not_be_read() -> None:
    assert keys(b"a\xe4x") == ["a", "\ufffd", "x"]


def test_letters_may_come_in_pieces() -> None:
    typed = TerminalIn("utf-8")
    assert typed.feed(b"\xe6\xbc", 0.0) == []
    (key,) = typed.feed(b"\xa2", 0.0)
    assert isinstance(key, events.Key)
    assert key.character == "漢"


def test_an_old_mouse_report_beyond_its_columns_types_nothing() -> None:
    assert keys(b"\x1b[M \xa0\x30a") == ["a"]


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_whatever_comes_keys_work_afterwards(noise: list[bytes]) -> None:
    typed = TerminalIn("utf-8")
    for data in (b"\x1b[27;99;99999999~", b"\x1b[1114112;1u", b"\x1b[48;1;1;0;0t\x1b[<0;1;1M", *noise):
        typed.feed(data, 0.0)
    now_s = 2 * PASTE_S
    typed.tick(now_s)
    typed.tick(2 * now_s)
    # What was begun may take some characters more for its own.
    typed.feed(b" " * 40, 2 * now_s)
    (*_, key) = typed.feed(b"k", 2 * now_s)
    assert isinstance(key, events.Key)
    assert key.character == "k"


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"\x1b[27;3;13~", "alt+enter"),
        (b"\x1b[27;2;13~", "shift+enter"),
        (b"\x1b[27;5;113~", "ctrl+q"),
        (b"\x1b[27;3;49~", "alt+1"),
    ],
)
def test_keys_as_modify_other_keys_writes_them(data: bytes, key: str) -> None:
    (found,) = TerminalIn("utf-8").feed(data, 0.0)
    assert isinstance(found, events.Key)
    assert found.key == key


@pytest.mark.parametrize("letter", ["\u3000", "\u00a0", "\u202f", "\u00ad", "\u200c", "\u200d", "\u200f"])
def test_spaces_and_joiners_of_any_script_are_typed(letter: str) -> None:
    (key,) = TerminalIn("utf-8").feed(letter.encode(), 0.0)
    assert isinstance(key, events.Key)
    assert key.is_printable
    assert key.character == letter


def test_what_no_message_may_contain_is_not_typed() -> None:
    assert [
        each.is_printable for each in TerminalIn("utf-8").feed("\u202e".encode(), 0.0) if isinstance(each, events.Key)
    ] == [False]


def test_many_letters_at_once_are_one_text_and_the_keys_between_them_are_keys() -> None:
    found = TerminalIn("utf-8").feed(b"few\r" + b"x" * 700 + b"\r" + "é".encode() * 40 + b"\x11", 0.0)
    told = [each.text for each in found if isinstance(each, events.Paste)]
    assert told == ["x" * 500, "x" * 200, "é" * 40]
    told = [each.key if isinstance(each, events.Key) else "" for each in found]
    assert told == ["f", "e", "w", "enter", "", "", "enter", "", "ctrl+q"]


def test_a_paste_without_an_end_ends_in_silence() -> None:
    typed = TerminalIn("utf-8")
    assert typed.feed(BEGIN + b"one\rtwo", 0.0) == []
    assert typed.tick(PASTE_S) == []
    assert pastes(typed.tick(PASTE_S + 0.1)) == ["one\rtwo"]
    (key,) = typed.feed(b"\x11", PASTE_S + 1)
    assert isinstance(key, events.Key)
    assert key.key == "ctrl+q"


def test_a_paste_without_an_end_ends_with_a_control_key_also_for_who_goes_on_pressing_keys() -> None:
    typed = TerminalIn("utf-8")
    assert typed.feed(BEGIN + b"one\r", 0.0) == []
    assert typed.feed(b"x", PASTE_S - 1) == typed.feed(b"y", 2 * PASTE_S - 2) == []
    paste, key = typed.feed(b"\x11", 3 * PASTE_S - 3)
    assert pastes([paste]) == ["one\rxy"]
    assert isinstance(key, events.Key)
    assert key.key == "ctrl+q"
    # Its end may come still.
    assert not pastes(typed.feed(b"a", 3 * PASTE_S))


def test_a_slow_paste_is_one_paste() -> None:
    typed = TerminalIn("utf-8")
    for second in range(8):
        assert typed.feed((BEGIN if second == 0 else b"") + b"line\r", float(second)) == []
        assert typed.tick(second + 0.9) == []
    assert pastes(typed.feed(b"\x1b[20", 8.0) + typed.feed(b"1~", 8.0) + typed.feed(b"a", 8.0)) == ["line\r" * 8]


@pytest.mark.parametrize("rest", [b"three\rfour\r" + END, b"three\rfour\r" * 40])
def test_the_rest_of_a_paste_given_up_is_not_typed(rest: bytes) -> None:
    typed = TerminalIn("utf-8")
    typed.feed(BEGIN + b"one\rtwo\r", 0.0)
    typed.tick(PASTE_S + 0.1)
    found = typed.feed(rest, PASTE_S + 2)
    found += typed.feed(b"a" if rest.endswith(END) else END + b"a", PASTE_S + 2)
    assert pastes(found) == [rest.removesuffix(END).decode()]
    assert [each.character for each in found if isinstance(each, events.Key)] == ["a"]


MOVES = b"".join(b"\x1b[<35;%d;7M" % column for column in range(1, 40))


@pytest.mark.parametrize(("data", "after_s"), [(MOVES, 2.0), (b"typed on another day\r" * 20, 60.0)])
def test_what_is_no_rest_of_a_paste_given_up_is_as_ever(data: bytes, after_s: float) -> None:
    typed = TerminalIn("utf-8")
    typed.feed(BEGIN + b"one\rtwo\r", 0.0)
    typed.tick(PASTE_S + 0.1)
    found = typed.feed(data, PASTE_S + after_s)
    assert found
    assert not pastes(found + typed.tick(3 * PASTE_S + after_s))
