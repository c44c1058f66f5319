"""A turn's messages leave in one frame per topic and key, bounded, in an order that no new key comes late in."""

import random

import pytest

from zchat_broker.publisher import Publisher
from zchat_common.limits import FRAME_MAX_BYTES
from zchat_common.messages import TopicKey
from zchat_common.sealing import OpeningKey, SealedFrame, take_apart


class Room:
    """A publisher, and a reader who has every key that it ever gave."""

    def __init__(self, *topics: str) -> None:
        self.publisher = Publisher(random.Random(1).randbytes)
        self.readers: dict[int, OpeningKey] = {}
        for topic in topics:
            self.learn(self.publisher.key_of(topic))

    def learn(self, key: TopicKey) -> int:
        self.readers.setdefault(key.number, OpeningKey(key))
        return key.number

    def change_key(self, topic: str) -> int:
        return self.learn(self.publisher.change_key(topic))

    def add(self, topic: str, *bodies: bytes) -> None:
        for body in bodies:
            self.publisher.add(topic, body)

    def flush(self) -> list[tuple[str, bytes]]:
        """Topic and plain bytes of each frame, in the order of publishing."""
        return [(parts.topic, self.readers[parts.number].open(parts)[0]) for parts in self.frames()]

    def frames(self) -> list[SealedFrame]:
        return [take_apart(frame) for frame in self.publisher.flush()]


def test_a_turn_s_messages_of_a_topic_are_one_frame() -> None:
    room = Room("public", "user.alice")
    room.add("public", b"1", b"2")
    room.add("user.alice", b"psst")
    room.add("public", b"3")
    assert room.flush() == [("public", b"123"), ("user.alice", b"psst")]
    assert room.flush() == []


def test_frames_leave_in_the_order_in_which_they_were_begun() -> None:
    topics = [f"user.{name}" for name in ("zoe", "adam", "mia", "bob")]
    room = Room(*topics)
    for body in (b"1", b"2"):
        for topic in topics:
            room.add(topic, body)
    assert [topic for topic, _ in room.flush()] == topics


def test_each_turn_s_frame_is_a_new_one() -> None:
    room = Room("public")
    room.add("public", b"1")
    assert room.flush() == [("public", b"1")]
    room.add("public", b"2")
    assert room.flush() == [("public", b"2")]


def test_a_frame_is_bounded_and_keeps_its_messages_whole_and_in_order() -> None:
    room = Room("public")
    bodies = [bytes([number]) * 10_000 for number in range(20)]
    room.add("public", *bodies)
    plains = [plain for _, plain in room.flush()]
    assert all(len(plain) <= FRAME_MAX_BYTES for plain in plains)
    assert b"".join(plains) == b"".join(bodies)
    assert all(len(plain) % 10_000 == 0 for plain in plains)
    assert len(plains) == 4


@pytest.mark.parametrize(("last", "frames"), [(0, 1), (1, 2)])
def test_the_bound_is_exact(last: int, frames: int) -> None:
    room = Room("public")
    room.add("public", b"x" * (FRAME_MAX_BYTES - 10), b"y" * (10 + last))
    assert len(room.flush()) == frames


def test_a_key_change_ends_the_frame() -> None:
    """Who has left must not read on, and who has come must not read back."""
    room = Room("party.p1")
    old = room.publisher.key_of("party.p1").number
    room.add("party.p1", b"before")
    new = room.change_key("party.p1")
    room.add("party.p1", b"after")
    first, second = room.frames()
    assert (first.number, second.number) == (old, new)
    assert room.readers[old].open(first)[0] == b"before"
    assert room.readers[new].open(second)[0] == b"after"


def test_several_key_changes_in_a_turn_are_as_many_frames() -> None:
    room = Room("party.p1")
    for body in (b"1", b"2", b"3"):
        room.change_key("party.p1")
        room.add("party.p1", body)
    assert [plain for _, plain in room.flush()] == [b"1", b"2", b"3"]


def test_a_new_key_leaves_before_the_first_frame_under_it() -> None:
    """Also if its reader's own topic has had something in this turn before, and something else after it."""
    room = Room("public", "user.bob", "party.p1")
    room.add("user.bob", b"invited.")
    room.add("party.p1", b"said.")
    room.change_key("party.p1")
    room.add("user.bob", b"new key.")
    room.add("party.p1", b"bob joined.")
    room.add("user.bob", b"more.")
    frames = room.flush()
    assert b"".join(plain for topic, plain in frames if topic == "user.bob") == b"invited.new key.more."
    key_at = next(place for place, (_, plain) in enumerate(frames) if b"new key." in plain)
    assert key_at < frames.index(("party.p1", b"bob joined."))


def test_a_key_change_of_a_party_does_not_split_public() -> None:
    room = Room("public", "party.p1")
    room.add("public", b"1")
    room.change_key("party.p1")
    room.add("public", b"2")
    assert room.flush() == [("public", b"12")]


def test_a_topic_without_a_key_is_not_published() -> None:
    room = Room("public")
    room.add("user.nobody", b"lost")
    assert room.flush() == []


def test_a_forgotten_key_ends_the_publishing_but_not_what_was_added_before() -> None:
    room = Room("user.alice")
    room.add("user.alice", b"before")
    room.publisher.forget_key("user.alice")
    room.publisher.forget_key("user.alice")
    room.add("user.alice", b"after")
    assert room.flush() == [("user.alice", b"before")]


def test_a_key_that_comes_back_is_another_one() -> None:
    room = Room("user.alice")
    first = room.publisher.key_of("user.alice")
    room.publisher.forget_key("user.alice")
    assert room.publisher.key_of("user.alice") != first


def test_a_topic_keeps_its_key_until_it_is_changed() -> None:
    room = Room("public")
    assert room.publisher.key_of("public") == room.publisher.key_of("public")


def test_keys_and_their_numbers_are_random_and_of_the_right_size() -> None:
    room = Room()
    keys = [room.publisher.change_key("public") for _ in range(200)]
    assert len({key.number for key in keys}) == len({key.key for key in keys}) == 200
    assert all(0 <= key.number < 2**63 and len(key.key) == 32 for key in keys)


def test_the_largest_random_number_fits_in_63_bits() -> None:
    assert Publisher(lambda size: b"\xff" * size).key_of("public").number == 2**63 - 1


def test_counters_are_dense_over_many_turns() -> None:
    room = Room("public")
    counters = []
    for _ in range(50):
        room.add("public", b"x")
        counters += [frame.counter for frame in room.frames()]
    assert counters == list(range(1, 51))
