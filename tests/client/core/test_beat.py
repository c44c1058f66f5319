"""Pings go up, pongs come down: fast while a subscription is unproven, every three seconds after that."""

from itertools import pairwise

import pytest

from zchat_client.core.beat import Beat
from zchat_common.limits import BEAT_S, LINK_SILENCE_S

OWN = "user.alice"


def proven(now_s: float = 0.0) -> Beat:
    """A beat whose first pong has come."""
    beat = Beat()
    beat.start(now_s)
    beat.prove(OWN, now_s)
    ((number, _),) = beat.due(OWN, now_s)
    beat.pong(OWN, number, now_s)
    return beat


def test_before_a_session_there_is_nothing_to_ping() -> None:
    beat = Beat()
    beat.start(0.0)
    assert beat.due(OWN, 1_000.0) == []


def test_an_unproven_topic_is_pinged_at_once_and_then_less_and_less_often() -> None:
    beat = Beat()
    beat.start(0.0)
    beat.prove(OWN, 0.0)
    times: list[float] = []
    now_s = 0.0
    while now_s < 7.0:
        assert [topic for _, topic in beat.due(OWN, now_s)] == [OWN]
        times.append(now_s)
        now_s = min(beat.next_s(), 7.0)
    pauses = [after - before for before, after in pairwise(times)]
    assert pauses[0] < 0.1
    assert pauses == sorted(pauses)
    assert len(times) < 15


def test_each_ping_has_a_number_of_its_own() -> None:
    beat = Beat()
    beat.start(0.0)
    for topic in ("party.p1", "party.p2", OWN):
        beat.prove(topic, 0.0)
    pings = beat.due(OWN, 0.0) + beat.due(OWN, 1.0)
    assert [topic for _, topic in pings] == ["party.p1", "party.p2", OWN] * 2
    assert len({number for number, _ in pings}) == 6


def test_a_pong_proves_the_topic_that_it_came_on() -> None:
    beat = Beat()
    beat.start(0.0)
    beat.prove("party.p1", 0.0)
    beat.prove(OWN, 0.0)
    (_, (number, _)) = beat.due(OWN, 0.0)
    assert not beat.proven(OWN)
    beat.pong(OWN, number, 0.1)
    assert beat.proven(OWN)
    assert not beat.proven("party.p1")
    assert [topic for _, topic in beat.due(OWN, 1.0)] == ["party.p1"]


def test_with_everything_proven_the_beat_is_three_seconds() -> None:
    beat = proven()
    times: list[float] = []
    for _ in range(4):
        now_s = beat.next_s()
        assert [topic for _, topic in beat.due(OWN, now_s)] == [OWN]
        beat.heard(now_s)
        times.append(now_s)
    assert [after - before for before, after in pairwise(times)] == pytest.approx([BEAT_S] * 3)


def test_nothing_is_sent_between_two_beats() -> None:
    beat = proven(10.0)
    beat.due(OWN, 11.0)
    assert beat.due(OWN, 11.0 + BEAT_S - 0.1) == []
    assert len(beat.due(OWN, 11.0 + BEAT_S)) == 1


def test_a_suspicion_pings_at_once_but_does_not_put_off_a_ping() -> None:
    beat = proven()
    beat.due(OWN, 1.0)
    beat.hurry(2.0)
    assert len(beat.due(OWN, 2.0)) == 1
    beat.prove("party.p1", 3.0)
    beat.hurry(9.0)
    assert len(beat.due(OWN, 3.0)) == 1


def test_an_abandoned_topic_is_not_pinged_any_more() -> None:
    beat = proven()
    beat.prove("party.p1", 1.0)
    beat.abandon("party.p1")
    beat.abandon("party.p2")
    assert beat.proven("party.p1")
    assert [topic for _, topic in beat.due(OWN, 1.0)] == [OWN]


def test_the_latency_is_the_time_from_a_ping_to_its_pong() -> None:
    beat = proven()
    assert beat.latency_s == 0.0
    ((number, _),) = beat.due(OWN, 5.0)
    beat.pong(OWN, number, 5.25)
    assert beat.latency_s == 0.25


def test_a_pong_that_nobody_asked_for_says_nothing_of_the_latency() -> None:
    beat = proven()
    ((number, _),) = beat.due(OWN, 5.0)
    beat.pong(OWN, 10_000, 6.0)
    beat.pong(OWN, number, 7.0)
    assert beat.latency_s == 0.0


def test_a_link_without_a_sound_is_dead_after_eight_seconds() -> None:
    beat = Beat()
    beat.start(100.0)
    assert not beat.dead(100.0 + LINK_SILENCE_S)
    assert beat.dead(100.0 + LINK_SILENCE_S + 0.01)
    assert beat.next_s() == pytest.approx(100.0 + LINK_SILENCE_S + 0.01)


def test_any_sound_is_a_sign_of_life() -> None:
    beat = Beat()
    beat.start(100.0)
    beat.heard(107.0)
    assert not beat.dead(114.0)
    assert beat.dead(115.1)


def test_new_links_begin_in_peace() -> None:
    beat = proven()
    beat.prove("party.p1", 1.0)
    beat.start(1_000.0)
    assert not beat.dead(1_001.0)
    assert beat.due(OWN, 1_001.0) == []
    assert beat.proven("party.p1")


def test_one_s_own_topic_has_its_ping_at_each_beat_although_another_one_is_never_proven() -> None:
    """Only the pong on one's own topic cannot be forged, nor kept away by a member of the other one."""
    beat = proven()
    beat.prove("party.p1", 0.0)
    own: list[float] = []
    now_s = 0.0
    while now_s < 12 * BEAT_S:
        for number, topic in beat.due(OWN, now_s):
            if topic == OWN:
                own.append(now_s)
                beat.pong(OWN, number, now_s)
        now_s += 0.05
    assert len(own) >= 9
    assert max(after - before for before, after in pairwise(own)) <= 2 * BEAT_S


def test_other_frames_do_not_stand_in_for_the_pong_for_long() -> None:
    beat = proven()
    beat.vouched(1.0)
    for now_s in (2.0, 5.0, 1.0 + LINK_SILENCE_S):
        beat.heard(now_s)
        assert not beat.is_unvouched(now_s)
    late_s = 1.1 + LINK_SILENCE_S
    beat.heard(late_s)
    assert not beat.dead(late_s)
    assert beat.is_unvouched(late_s)
    assert not beat.is_unvouched(late_s + 0.1)
    assert beat.is_unvouched(late_s + LINK_SILENCE_S + 0.1)
