"""What somebody writes in one conversation."""

import pytest

from zchat_client.tui.writing import Refused, Writing


@pytest.mark.parametrize(
    ("draft", "refused", "waits"),
    [("", [], False), ("half a sen", [], True), ("", [Refused("hello", "why")], True)],
)
def test_a_text_waits_for_its_writer_if_it_was_begun_or_refused(
    draft: str, refused: list[Refused], waits: bool
) -> None:
    writing = Writing()
    writing.draft, writing.refused = draft, refused
    assert writing.has_begun == waits


def test_a_text_entered_again_at_once_is_fetched_once_and_the_oldest_are_forgotten() -> None:
    writing = Writing()
    for text in ("one", "one", "", "two", "one"):
        writing.remember_input(text)
    assert writing.inputs == ["one", "two", "one"]
    for number in range(300):
        writing.remember_input(str(number))
    assert writing.inputs == [str(number) for number in range(100, 300)]


def test_what_was_only_fetched_is_not_what_was_begun() -> None:
    writing = Writing()
    writing.remember_input("sent")
    assert writing.recall(1, "begun") == "sent"
    assert writing.begun_of("sent") == "begun"
    assert writing.begun_of("sent, changed") == "sent, changed"
    writing.go_on_with("begun")
    assert writing.begun_of("sent") == "sent"
    assert writing.inputs == ["sent"], "what is begun still stands in the input"


def test_what_was_begun_before_something_else_was_entered_can_be_fetched() -> None:
    writing = Writing()
    writing.remember_input("sent")
    writing.recall(1, "begun")
    writing.go_on_with("sent")
    assert writing.inputs == ["sent", "begun"]


def test_what_was_fetched_and_changed_is_begun_anew_and_the_place_in_what_was_entered_with_it() -> None:
    writing = Writing()
    for text in ("one", "two", "three"):
        writing.remember_input(text)
    assert [writing.recall(1, ""), writing.recall(1, "three")] == ["three", "two"]
    assert writing.recall(1, "new text") == "three"
    assert writing.recall(-1, "three") == "new text"
    assert writing.recall(-1, "new text") is None
    # Also where there is nothing further back.
    assert [writing.recall(1, "new text") for _ in range(1)] == ["three"]
    assert [writing.recall(1, "three"), writing.recall(1, "two")] == ["two", "one"]
    assert writing.recall(1, "one, changed") == "new text"
    assert writing.recall(-1, "new text") == "one, changed"


def test_what_was_written_for_others_can_be_fetched_and_waits_no_more() -> None:
    writing = Writing()
    writing.draft, writing.refused = "begun", [Refused("refused", "why")]
    writing.begin_anew()
    assert not writing.has_begun
    assert writing.inputs == ["refused", "begun"]


def test_only_what_was_refused_for_that_may_be_entered_again() -> None:
    writing = Writing()
    writing.refused = [Refused("one", "muted"), Refused("two", "too long")]
    writing.lift("muted")
    assert writing.refused == [Refused("one", ""), Refused("two", "too long")]
