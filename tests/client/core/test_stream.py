"""A topic is shown once and in order, whatever order and number of copies its messages arrive in."""

import random

from hypothesis import given
from hypothesis import strategies as st

from zchat_client.core.proof import Item
from zchat_client.core.stream import Stream
from zchat_common.messages import Say


def say(seq: int) -> Say:
    return Say(seq, seq, "Alice", f"text {seq}", False)


def offer(stream: Stream, *seqs: int) -> None:
    for seq in seqs:
        stream.offer(Item(say(seq), b""))


def taken(stream: Stream) -> list[int]:
    """What may be shown now."""
    found: list[int] = []
    while (message := stream.next) is not None:
        stream.advance()
        found.append(message.seq)
    return found


def test_messages_in_order_are_shown_as_they_come() -> None:
    stream = Stream("public", 4)
    offer(stream, 5, 6)
    assert taken(stream) == [5, 6]
    assert stream.position == stream.last == 6
    assert stream.level


def test_nothing_is_shown_out_of_order() -> None:
    stream = Stream("public", 4)
    offer(stream, 7, 6)
    assert taken(stream) == []
    offer(stream, 5)
    assert taken(stream) == [5, 6, 7]


def test_a_copy_is_passed_over_early_and_late() -> None:
    stream = Stream("public", 4)
    offer(stream, 5, 5, 6)
    assert taken(stream) == [5, 6]
    offer(stream, 5, 6, 4, 1)
    assert taken(stream) == []
    assert stream.level


def test_a_gap_is_asked_for_up_to_what_is_here() -> None:
    stream = Stream("public", 4)
    assert stream.gap() is None
    offer(stream, 8, 9)
    assert stream.gap() == (4, 8)
    offer(stream, 5)
    assert stream.gap() is None
    taken(stream)
    assert stream.gap() == (5, 8)


def test_a_missing_end_is_asked_for_without_an_upper_bound() -> None:
    stream = Stream("public", 4)
    stream.learn(6)
    assert not stream.level
    assert stream.gap() == (4, None)
    stream.learn(5)
    assert stream.last == 6


def test_what_does_not_exist_any_more_is_skipped_and_counted() -> None:
    stream = Stream("public", 4)
    stream.learn(20)
    assert stream.skip_to(10) == 5
    assert stream.gap() == (9, None)
    assert stream.skip_to(10) == 0
    assert stream.skip_to(1) == 0
    offer(stream, 10)
    assert taken(stream) == [10]


def test_skipping_beyond_all_that_was_known_leaves_the_stream_level() -> None:
    stream = Stream("public", 4)
    assert stream.skip_to(31) == 26
    assert stream.level
    assert stream.last == 30


def test_what_is_here_is_not_skipped_although_the_broker_has_deleted_it() -> None:
    """Else a question for the messages before one that is never shown would be asked for ever."""
    stream = Stream("public", 4)
    offer(stream, 7, 8)
    stream.learn(20)
    assert stream.skip_to(10) == 2
    assert taken(stream) == [7, 8]
    assert stream.gap() == (8, None)
    assert stream.skip_to(10) == 1
    assert stream.gap() == (9, None)


def test_a_long_gap_is_filled_however_much_comes_behind_it_in_the_meantime() -> None:
    """With 1,000 messages held back, the ones that are missing must still find room."""
    stream = Stream("public", 0)
    offer(stream, *range(2, 5_000))
    assert taken(stream) == []
    asked = 0
    while (gap := stream.gap()) is not None:
        after, before = gap
        offer(stream, *range(after + 1, min(after + 201, before or 5_000, 5_000)))
        taken(stream)
        asked += 1
        assert asked < 25
    assert stream.position == 4_999


def test_what_waits_behind_a_gap_is_bounded() -> None:
    stream = Stream("public", 0)
    offer(stream, *range(2, 100_000))
    offer(stream, 1)
    assert len(taken(stream)) <= 1_001
    assert not stream.level


@given(st.integers(0, 5), st.integers(1, 40), st.randoms(use_true_random=False))
def test_any_order_with_any_copies_comes_to_the_same(start: int, count: int, dice: random.Random) -> None:
    stream = Stream("public", start)
    wanted = list(range(start + 1, start + count + 1))
    arriving = [*wanted, *dice.choices(range(1, start + count + 1), k=10)]
    dice.shuffle(arriving)
    found: list[int] = []
    for seq in arriving:
        offer(stream, seq)
        if dice.random() < 0.5:
            found += taken(stream)
    assert found + taken(stream) == wanted
