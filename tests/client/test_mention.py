"""What names a user, and what only looks as if it did."""

import pytest

from zchat_client.mention import Mention


@pytest.mark.parametrize(
    "text",
    [
        "alice",
        "alice: hi",
        "hi @Alice!",
        "ALICE",
        "(alice)",
        "so says alice.",
        "alice/bob",
        "see http://x/alice, alice",
    ],
)
def test_a_name_is_a_word_of_its_own(text: str) -> None:
    assert Mention("alice").is_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "hi",
        "malice",
        "alice-2 is",
        "alice.smith",
        "http://x/alice",
        "HTTPS://alice.example/alice?q=alice#alice",
        "(see http://x/alice)",
        "http://x/alice.",
    ],
)
def test_a_part_of_a_word_or_of_a_link_is_none(text: str) -> None:
    assert not Mention("alice").is_in(text)


def test_a_name_is_no_pattern() -> None:
    assert Mention("a.b").is_in("a.b?")
    assert not Mention("a.b").is_in("axb")


def test_each_mention_is_marked_and_links_stay_as_they_are() -> None:
    marked = Mention("alice").marked("Alice, http://x/alice is alice's", lambda name: f"<{name}>")
    assert marked == "<Alice>, http://x/alice is <alice>'s"


def test_long_texts_take_no_time() -> None:
    for text in ("http://" * 600, "http://alice" * 330, "h" * 4000, "alicealice" * 400):
        Mention("alice").is_in(text)
