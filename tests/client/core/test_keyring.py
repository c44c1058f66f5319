"""Frames are opened with the keys that the broker gave; those that come before their key wait for it."""

import pytest

from zchat_client.core.keyring import Keyring, Opened
from zchat_common.messages import TopicKey
from zchat_common.sealing import SealError, SealingKey

KEY = TopicKey("public", 1, b"1" * 32)
NEXT = TopicKey("public", 2, b"2" * 32)
THIRD = TopicKey("public", 3, b"3" * 32)


def ring(*keys: TopicKey) -> Keyring:
    keyring = Keyring()
    for key in keys:
        keyring.add(key)
    return keyring


def opened(keyring: Keyring, frame: bytes) -> Opened | None:
    return keyring.open(frame, {"public", "user.alice", "party.p1"}.__contains__)


def test_a_frame_under_a_known_key_is_opened() -> None:
    assert opened(ring(KEY), SealingKey(KEY).seal(b"hello")) == Opened("public", b"hello", 0)


def test_missed_frames_are_counted() -> None:
    keyring, sealing = ring(KEY), SealingKey(KEY)
    opened(keyring, sealing.seal(b"1"))
    sealing.seal(b"2")
    assert opened(keyring, sealing.seal(b"3")) == Opened("public", b"3", 1)


def test_a_key_given_twice_does_not_let_a_frame_in_twice() -> None:
    keyring, frame = ring(KEY), SealingKey(KEY).seal(b"hello")
    opened(keyring, frame)
    keyring.add(KEY)
    with pytest.raises(SealError):
        opened(keyring, frame)


def test_a_frame_before_its_key_waits_for_it() -> None:
    keyring, sealing = ring(KEY), SealingKey(NEXT)
    frames = [sealing.seal(b"1"), sealing.seal(b"2")]
    assert [opened(keyring, frame) for frame in frames] == [None, None]
    assert keyring.waiting() == []
    keyring.add(NEXT)
    assert keyring.waiting() == [Opened("public", b"1", 0), Opened("public", b"2", 0)]
    assert keyring.waiting() == []


def test_a_waiting_copy_or_forgery_is_dropped() -> None:
    keyring, frame = ring(), SealingKey(KEY).seal(b"hello")
    for each in (frame, frame, frame[:-1] + b"?"):
        opened(keyring, each)
    keyring.add(KEY)
    assert keyring.waiting() == [Opened("public", b"hello", 0)]


def test_waiting_is_bounded_and_keeps_the_latest() -> None:
    keyring, sealing = ring(), SealingKey(KEY)
    for number in range(1_000):
        opened(keyring, sealing.seal(b"%d" % number))
    keyring.add(KEY)
    assert [each.plain for each in keyring.waiting()] == [b"%d" % number for number in range(936, 1_000)]


def test_a_frame_of_a_topic_that_is_not_read_is_refused_and_takes_nobody_s_place() -> None:
    """One who is invited has subscribed to the party already; what is said there before he joins is not his."""
    keyring, frame = ring(), SealingKey(KEY).seal(b"hello")
    with pytest.raises(SealError):
        keyring.open(frame, {"user.alice"}.__contains__)
    keyring.add(KEY)
    assert keyring.waiting() == []


def test_nothing_waits_beyond_its_link() -> None:
    keyring = ring()
    opened(keyring, SealingKey(KEY).seal(b"hello"))
    keyring.drop_waiting()
    keyring.add(KEY)
    assert keyring.waiting() == []


def test_the_last_keys_still_open_what_was_under_way_and_older_ones_do_not() -> None:
    keys = [KEY._replace(number=number, key=bytes([number]) * 32) for number in range(1, 6)]
    keyring = ring(*keys)
    assert opened(keyring, SealingKey(keys[0]).seal(b"too old")) is None
    for key in keys[1:]:
        assert opened(keyring, SealingKey(key).seal(b"new")) == Opened("public", b"new", 0)


def test_keys_of_other_topics_are_kept_apart() -> None:
    other = TopicKey("user.alice", 9, b"9" * 32)
    keyring = ring(other, KEY, NEXT, THIRD)
    assert opened(keyring, SealingKey(other).seal(b"mine")) == Opened("user.alice", b"mine", 0)


def test_a_forgotten_topic_is_not_opened_any_more() -> None:
    keyring = ring(KEY, NEXT)
    keyring.forget("public")
    keyring.forget("public")
    assert opened(keyring, SealingKey(NEXT).seal(b"secret")) is None


def test_a_frame_changed_in_any_byte_is_never_opened() -> None:
    frame = SealingKey(KEY).seal(b"hello")
    for place in range(len(frame)):
        changed = bytearray(frame)
        changed[place] ^= 0x01
        keyring = ring(KEY, NEXT._replace(number=0))
        try:
            assert opened(keyring, bytes(changed)) is None, place
        except SealError:
            continue


def test_a_frame_with_the_number_of_another_topic_s_key_is_refused() -> None:
    """Who may read a party could else speak in public."""
    party = TopicKey("party.p1", 7, b"7" * 32)
    frame = SealingKey(party).seal(b"hello").replace(b"party.p1", b"public")
    with pytest.raises(SealError):
        opened(ring(KEY, party), frame)


def test_a_key_of_the_wrong_size_is_refused() -> None:
    keyring = ring()
    with pytest.raises(SealError):
        keyring.add(KEY._replace(key=b"short"))
    keyring.add(KEY)
    assert opened(keyring, SealingKey(KEY).seal(b"hello")) == Opened("public", b"hello", 0)
