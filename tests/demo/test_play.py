"""The play keeps its own time, and says of everybody what is his and what is not."""

from itertools import pairwise

import pytest

from demo.play import CAST, EXIT, LEAD, PLAY, RETURN, Seen, Step, part_of
from zchat_client import typed


def _texts(name: str) -> set[str]:
    return {seen.text for seen in part_of(name, PLAY)}


def test_whoever_speaks_has_seen_the_step_before_his() -> None:
    # Only so there is one order of everything. Who comes back goes by the clock: nobody can tell him anything.
    for before, step in pairwise(PLAY):
        assert step.speaker in before.seen or step.typed == RETURN, step.typed


@pytest.mark.parametrize("step", PLAY, ids=lambda step: step.typed)
def test_every_line_is_one_that_a_user_can_type(step: Step) -> None:
    assert step.typed == RETURN or typed.parse(step.typed) is not None


def test_the_lead_calls_and_the_others_answer_first() -> None:
    assert [step.speaker for step in PLAY[: len(CAST)]] == list(CAST)
    assert CAST[0] == LEAD


def test_the_play_shows_all_that_zchat_is_for() -> None:
    shown = {(seen.topic, seen.what) for name in CAST for seen in part_of(name, PLAY)}
    assert {("public", "message"), ("public", "action")} <= shown
    assert {("whisper", "whisper"), ("whisper", "kept whisper"), ("whisper", "delivered")} <= shown
    assert {("party", change) for change in ("created", "joined", "declined", "left", "leader", "dissolved")} <= shown
    assert any(step.typed.startswith("/r ") for step in PLAY)
    assert EXIT in {step.typed for step in PLAY}


def test_nobody_is_to_see_what_is_between_others() -> None:
    assert _texts("alice").isdisjoint({"Happy birthday!", "You knew! Thank you, bob."})
    assert _texts("bob").isdisjoint({"bob cannot read this any more."})
    assert _texts("dave").isdisjoint(
        {"It is dave's birthday. Not a word!", "Not one. But there is cake.", "He must not hear about the book."}
    )


def test_whoever_was_away_is_to_see_what_he_missed() -> None:
    (returned,) = [step for step in PLAY if step.typed == RETURN]
    assert Seen("public", "message", "alice", "Quick, the candles!") in returned.seen["dave"]
    assert Seen("whisper", "kept whisper", "bob to dave", "Happy birthday!") in returned.seen["dave"]
