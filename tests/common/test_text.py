"""What may be sent, what is refused with which code, and what a screen gets to see."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zchat_common.limits import TEXT_MAX_CHARS
from zchat_common.text import BadText, check_text, clean_text

EMBEDDINGS_AND_OVERRIDES = "\u202a\u202b\u202c\u202d\u202e"
ISOLATES = "\u2066\u2067\u2068\u2069"
REFUSED = frozenset(
    [chr(c) for c in range(0x20) if chr(c) not in "\n\t"]
    + [chr(c) for c in range(0x7F, 0xA0)]
    + ["\ud800", "\udbff", "\udc00", "\udc80", "\udfff"]
    + list(EMBEDDINGS_AND_OVERRIDES + ISOLATES)
)

any_text = st.text(st.characters() | st.characters(categories=["Cs"]) | st.sampled_from(sorted(REFUSED)))


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "two\nlines and\ta tab",
        "Zażółć gęślą jaźń",
        "שלום עולם",
        "مرحبا\u200f (hi\u200e!)\u061c",
        "می\u200cخواهم",
        "👩\u200d👩\u200d👧",
        "❤\ufe0f",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "👍🏽",
        "soft\u00adhyphen",
        "a noncharacter \ufdd0 is only ugly",
        "private use \ue000 too",
    ],
)
def test_text_of_any_language_and_emoji_pass_unchanged(text: str) -> None:
    assert check_text(text) == text
    assert clean_text(text) == text


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("  hello \n", "hello"),
        ("\thello", "hello"),
        ("\u3000hello\u00a0", "hello"),
        ("one\r\ntwo\r\n", "one\ntwo"),
        ("one\r\n\r\ntwo", "one\n\ntwo"),
    ],
)
def test_text_is_trimmed_and_windows_line_ends_are_made_plain(typed: str, sent: str) -> None:
    assert check_text(typed) == sent


@pytest.mark.parametrize("text", ["", " ", "\n\t \r\n", "\u3000"])
def test_nothing_but_space_is_empty(text: str) -> None:
    with pytest.raises(BadText) as refused:
        check_text(text)
    assert refused.value.code == "empty_text"


def test_the_longest_text_passes_and_one_more_character_does_not() -> None:
    longest = "ż" * TEXT_MAX_CHARS
    assert check_text(f" {longest} ") == longest
    with pytest.raises(BadText, match="4,001: send it in parts") as refused:
        check_text(longest + "ż")
    assert refused.value.code == "too_long"


@pytest.mark.parametrize("char", sorted(REFUSED), ids=lambda char: f"U+{ord(char):04X}")
def test_each_refused_character_is_refused_by_the_broker_and_replaced_on_the_screen(char: str) -> None:
    with pytest.raises(BadText) as refused:
        check_text(f"a{char}b")
    assert refused.value.code == "bad_text"
    assert clean_text(f"a{char}b") == "a\ufffdb"


def test_the_sentence_says_which_character_to_remove_and_does_not_repeat_it() -> None:
    with pytest.raises(BadText) as refused:
        check_text("one\x1b[2J")
    assert str(refused.value) == "Character 4 (U+001B) is a control or text-direction character: remove it."


def test_a_lone_carriage_return_is_refused() -> None:
    with pytest.raises(BadText):
        check_text("paid 100\rpaid 999")


def test_what_is_too_long_for_the_screen_is_cut_and_says_so() -> None:
    assert clean_text("x" * TEXT_MAX_CHARS) == "x" * TEXT_MAX_CHARS
    assert clean_text("x" * (TEXT_MAX_CHARS + 1)) == "x" * (TEXT_MAX_CHARS - 1) + "…"


def test_cleaning_keeps_empty_text_empty_and_does_not_trim() -> None:
    assert clean_text("") == ""
    assert clean_text(" a ") == " a "


@given(any_text)
def test_accepted_text_is_trimmed_and_has_no_forbidden_character(text: str) -> None:
    try:
        accepted = check_text(text)
    except BadText as refused:
        assert refused.code in {"empty_text", "too_long", "bad_text"}  # noqa: PT017
        return
    assert accepted == accepted.strip()
    assert not REFUSED & set(accepted)
    assert all(unicodedata.category(char) not in {"Cc", "Cs"} for char in accepted if char not in "\n\t")
    assert check_text(accepted) == accepted
    accepted.encode()


@given(any_text, st.integers(1, 5))
def test_cleaned_text_always_passes_the_character_check(text: str, times: int) -> None:
    cleaned = clean_text(text * 100 * times)
    assert not REFUSED & set(cleaned)
    assert len(cleaned) <= TEXT_MAX_CHARS
    assert clean_text(cleaned) == cleaned
    if cleaned.strip():
        assert check_text(cleaned) == cleaned.strip()
