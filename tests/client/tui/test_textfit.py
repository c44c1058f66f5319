import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zchat_client.tui.textfit import blocks, cut, links, one_line, shown, width_of, wrap


@given(st.text(max_size=200))
def test_nothing_that_is_shown_acts_on_a_terminal(text: str) -> None:
    for character in shown(text):
        assert character == "\n" or not (ord(character) < 32 or 127 <= ord(character) < 160)
        assert character not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"


@given(st.text(max_size=200).map(one_line), st.integers(2, 40))
def test_no_part_is_wider_than_wanted_and_no_word_is_lost(text: str, width: int) -> None:
    parts = [text[part.start : part.end] for part in wrap(text, width)]
    assert all(width_of(part) <= width for part in parts)
    assert "".join(parts).replace(" ", "") == text.replace(" ", "")


def test_lines_break_at_words_and_long_words_anywhere() -> None:
    text = "one two three abcdefghijkl"
    assert [text[a:b] for a, b in wrap(text, 8)] == ["one two", "three", "abcdefgh", "ijkl"]


@pytest.mark.parametrize(
    ("text", "simple"),
    [
        ("👍🏽", "👍"),
        ("❤️", "❤"),
        ("1️⃣", "1"),
        ("👩\u200d🚀", "👩🚀"),
        ("a\tb", "a    b"),
        ("e" + "\u0301" * 9, "e\u0301\u0301"),
    ],
)
def test_what_terminals_measure_differently_is_simplified(text: str, simple: str) -> None:
    assert shown(text) == simple


@given(st.text(max_size=60).map(one_line), st.integers(1, 30), st.sampled_from(["…", "..."]))
def test_a_text_is_cut_to_its_room(text: str, width: int, ellipsis: str) -> None:
    assert width_of(cut(text, width, ellipsis)) <= width


@pytest.mark.parametrize("mark", "\u0e49\u064e\u05b8\u103a\u093c\u3099")
def test_no_script_heaps_marks_upon_a_letter(mark: str) -> None:
    assert shown(f"a{mark * 300}b") == f"a{mark * 6}b"


@pytest.mark.parametrize("text", ["กิ๋ง ก็", "בְּרֵאשִׁ֖ית", "བསྒྲུབས", "ကျွန်ုပ်တို့", "!" * 20, "…" * 20, "😀" * 20])
def test_what_languages_write_is_shown_whole(text: str) -> None:
    assert shown(text) == text


def test_code_is_between_its_marks() -> None:
    assert [tuple(block) for block in blocks("look:\n```py\nx = 1\n```\ndone")] == [
        ("look:", False),
        ("x = 1", True),
        ("done", False),
    ]


@given(
    st.lists(st.sampled_from(["```", "```py", " ``` ", "```js const a = 1", "``````", "``` ```", "", "x", "```x```"]))
)
def test_no_text_is_hidden_by_marks_of_code(lines: list[str]) -> None:
    """Only marks that have something between them are left out."""
    text = "\n".join(lines)
    made = blocks(text)
    assert bool("".join(block.text for block in made).strip()) == bool(text.strip())
    told = re.compile("x|const")
    assert [word for block in made for word in told.findall(block.text)] == told.findall(text)


@pytest.mark.parametrize("text", ["```" + "a" * 3_990, "```" + " " * 3_990 + "`", "```" + " a" * 1_990 + "```x"])
def test_no_marks_of_code_take_long_to_look_at(text: str) -> None:
    """Of as many characters as a message may have: a hundred of these are no work, where they once were seconds."""
    began_s = time.process_time()
    for _ in range(100):
        blocks(text)
    assert time.process_time() - began_s < 1.0


@pytest.mark.parametrize("text", ["```", "```js const a = 1", "```\n```", "```\n\n```", "```hello\nworld", "`````` "])
def test_marks_of_code_without_code_are_part_of_the_text(text: str) -> None:
    assert [(block.text, block.code) for block in blocks(text)] == [(line, False) for line in text.split("\n")]


def test_links_end_before_the_punctuation_of_the_sentence() -> None:
    text = "see https://example.org/a?b=c, or (http://x.y/z)."
    assert [text[a:b] for a, b in links(text)] == ["https://example.org/a?b=c", "http://x.y/z"]
