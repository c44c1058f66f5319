"""What a client reads begins where it may, goes on where it was, and ends when it is told to."""

import pytest

from zchat_client.core.proof import Item
from zchat_client.core.stream import Stream
from zchat_client.core.streams import Streams
from zchat_common.limits import NEWCOMER_HISTORY
from zchat_common.messages import Say, TopicState, Unknown


def say(seq: int) -> Say:
    return Say(seq, seq, "Alice", f"text {seq}", False)


def offer(streams: Streams, topic: str, *seqs: int) -> None:
    for seq in seqs:
        streams.offer(topic, Item(say(seq), b""))


def known(streams: Streams, topic: str) -> Stream:
    stream = streams.get(topic)
    assert stream is not None
    return stream


def shown(streams: Streams) -> list[tuple[str, int, bool]]:
    return [
        (topic, message.seq, replayed)
        for topic in streams.topics()
        for message, replayed in streams.take_of(topic, lambda message: True)
    ]


def state(topic: str, last: int, start: int = 1) -> TopicState:
    return TopicState(topic, last, start)


def registered(*states: TopicState, positions: dict[str, int] | None = None) -> Streams:
    streams = Streams(positions or {})
    streams.registered(states)
    return streams


def test_a_newcomer_reads_the_last_fifty_public_messages() -> None:
    assert list(registered(state("public", 120)).gaps()) == [("public", 120 - NEWCOMER_HISTORY, None)]
    assert list(registered(state("public", 20)).gaps()) == [("public", 0, None)]
    assert list(registered(state("public", 0)).gaps()) == []


def test_one_s_own_topic_is_read_from_its_beginning() -> None:
    assert list(registered(state("user.alice", 120)).gaps()) == [("user.alice", 0, None)]


def test_a_party_is_read_from_one_s_own_join() -> None:
    assert list(registered(state("party.p1", 120, start=100)).gaps()) == [("party.p1", 99, None)]


def test_an_earlier_run_s_position_is_gone_on_from() -> None:
    streams = registered(state("public", 120), state("user.alice", 7), positions={"public": 110, "user.alice": 7})
    assert list(streams.gaps()) == [("public", 110, None)]


def test_nobody_reads_a_party_from_before_he_joined_again() -> None:
    streams = registered(state("party.p1", 120, start=100), positions={"party.p1": 50})
    assert list(streams.gaps()) == [("party.p1", 99, None)]


def test_a_shorter_history_is_told_and_followed() -> None:
    streams = Streams({"public": 110})
    assert streams.registered((state("public", 90),)).shorter == ["public"]
    assert streams.position("public") == 90
    assert list(streams.gaps()) == []
    offer(streams, "public", 91)
    assert shown(streams) == [("public", 91, False)]


def test_what_existed_at_the_registration_is_replayed_and_what_comes_after_is_not() -> None:
    streams = registered(state("public", 2))
    assert not streams.caught_up
    offer(streams, "public", 1, 2, 3)
    assert shown(streams) == [("public", 1, True), ("public", 2, True), ("public", 3, False)]
    assert streams.caught_up


def test_a_new_registration_goes_on_where_the_last_one_was() -> None:
    streams = registered(state("public", 2))
    offer(streams, "public", 1, 2, 4)
    shown(streams)
    change = streams.registered((state("public", 5),))
    assert (change.gone, change.new_parties, change.shorter) == ([], [], [])
    assert list(streams.gaps()) == [("public", 2, None)]
    offer(streams, "public", 3, 4, 5)
    assert shown(streams) == [("public", 3, True), ("public", 4, True), ("public", 5, True)]


def test_a_registration_tells_which_topics_are_gone_and_which_parties_new() -> None:
    streams = registered(state("public", 1), state("user.alice", 1), state("party.p1", 1))
    change = streams.registered((state("public", 1), state("user.alice", 1), state("party.p2", 1)))
    assert (change.gone, change.new_parties) == (["party.p1"], ["party.p2"])


def test_a_party_joined_while_online_is_read_from_the_join_on() -> None:
    streams = registered(state("public", 0))
    assert streams.join("party.p1", 5)
    assert not streams.join("party.p1", 9)
    assert streams.parties() == ["party.p1"]
    assert list(streams.gaps()) == [("party.p1", 4, None)]
    offer(streams, "party.p1", 5)
    assert shown(streams) == [("party.p1", 5, False)]


def test_a_topic_that_was_left_takes_nothing_in() -> None:
    streams = registered(state("public", 0))
    streams.join("party.p1", 1)
    streams.leave("party.p1")
    streams.leave("party.p1")
    offer(streams, "party.p1", 1)
    assert "party.p1" not in streams
    assert streams.get("party.p1") is None
    assert not streams.is_level("party.p1")
    assert list(streams.gaps()) == shown(streams) == []


def test_what_cannot_be_had_is_given_up() -> None:
    streams = registered(state("public", 0))
    streams.join("party.p1", 1)
    known(streams, "party.p1").give_up()
    assert list(streams.gaps()) == []


def test_what_is_had_after_all_is_as_old_as_it_was() -> None:
    """The broker could not read it just then; the registration has taken it into account all the same."""
    streams = registered(state("party.p1", 3))
    offer(streams, "party.p1", 1)
    assert shown(streams) == [("party.p1", 1, True)]
    known(streams, "party.p1").give_up()
    assert streams.caught_up
    offer(streams, "party.p1", 2, 3, 4)
    assert shown(streams) == [("party.p1", 2, True), ("party.p1", 3, True), ("party.p1", 4, False)]


def test_a_message_of_an_unknown_type_takes_its_place_and_is_not_shown() -> None:
    streams = registered(state("public", 0))
    for message in (say(1), Unknown(2, 2), say(3)):
        streams.offer("public", Item(message, b""))
    assert shown(streams) == [("public", 1, False), ("public", 3, False)]


def test_a_topic_may_be_left_while_its_messages_are_shown() -> None:
    streams = registered(state("user.alice", 0))
    streams.join("party.p1", 1)
    offer(streams, "user.alice", 1)
    found = []
    for topic in streams.topics():
        for message, _ in streams.take_of(topic, lambda message: True):
            found.append((topic, message.seq))
            streams.leave("party.p1")
    assert found == [("user.alice", 1)]


@pytest.mark.parametrize(("last", "is_level"), [(3, True), (4, False)])
def test_a_topic_is_level_when_all_that_exists_was_shown(last: int, is_level: bool) -> None:
    streams = registered(state("user.alice", 3), positions={"user.alice": 3})
    known(streams, "user.alice").learn(last)
    assert streams.is_level("user.alice") is is_level
