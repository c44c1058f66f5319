"""A frame is opened by the right key only, once, in order, and unchanged."""

import struct

import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from hypothesis import given
from hypothesis import strategies as st

from zchat_common.messages import TopicKey
from zchat_common.sealing import OpeningKey, SealedFrame, SealError, SealingKey, subscription, take_apart

KEY = TopicKey("user.alice", 0x1122334455667788, bytes(range(32)))
HEADER_BYTES = len(b"user.alice\0") + 8 + 8

topics = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)


def frames(count: int, key: TopicKey = KEY) -> list[bytes]:
    """The first frames under a key; each holds its own number."""
    sealing = SealingKey(key)
    return [sealing.seal(b"frame %d" % number) for number in range(1, count + 1)]


def opened(reader: OpeningKey, frame: bytes) -> tuple[bytes, int]:
    return reader.open(take_apart(frame))


def refuses(reader: OpeningKey, frame: bytes) -> bool:
    try:
        opened(reader, frame)
    except SealError:
        return True
    return False


# -- the frame ------------------------------------------------------------------------------------------------------


@given(topics, st.integers(0, 2**63 - 1), st.binary(max_size=100))
def test_what_was_sealed_is_opened(topic: str, number: int, plain: bytes) -> None:
    key = TopicKey(topic, number, b"k" * 32)
    frame = SealingKey(key).seal(plain)
    parts = take_apart(frame)
    assert (parts.topic, parts.number, parts.counter) == (topic, number, 1)
    assert OpeningKey(key).open(parts) == (plain, 0)


def test_a_frame_looks_as_the_protocol_says() -> None:
    """Topic NUL number counter, then RFC 8439 with the counter as nonce; topic, NUL and number are authenticated."""
    _, frame = frames(2)
    header = b"user.alice\0" + struct.pack(">Q", KEY.number)
    assert frame.startswith(header + struct.pack(">Q", 2))
    plain = ChaCha20Poly1305(KEY.key).decrypt(struct.pack(">4xQ", 2), frame[HEADER_BYTES:], header)
    assert plain == b"frame 2"


def test_counters_are_dense_from_1_on_and_never_used_twice() -> None:
    assert [take_apart(frame).counter for frame in frames(1_000)] == list(range(1, 1_001))


def test_equal_texts_look_different_each_time() -> None:
    sealing = SealingKey(KEY)
    assert sealing.seal(b"hello")[HEADER_BYTES:] != sealing.seal(b"hello")[HEADER_BYTES:]


def test_the_sealing_key_shows_what_readers_need() -> None:
    assert SealingKey(KEY).public_part == KEY


@pytest.mark.parametrize("frame", [b"", b"user.alice", b"user.alice\0", b"user.alice\0" + b"x" * 15, b"x" * 100])
def test_what_is_too_short_or_has_no_topic_is_no_frame(frame: bytes) -> None:
    with pytest.raises(SealError):
        take_apart(frame)


def test_a_topic_that_is_no_text_is_no_frame() -> None:
    with pytest.raises(SealError):
        take_apart(b"user.\xff\0" + b"x" * 16)


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_but_a_seal_error(frame: bytes) -> None:
    try:
        parts = take_apart(frame)
    except SealError:
        return
    with pytest.raises(SealError):
        OpeningKey(KEY).open(parts)


# -- subscriptions --------------------------------------------------------------------------------------------------


def test_al_does_not_receive_what_is_for_alice() -> None:
    (frame,) = frames(1)
    assert frame.startswith(subscription("user.alice"))
    assert not frame.startswith(subscription("user.al"))
    assert not frame.startswith(subscription("user."))


@given(topics, topics)
def test_a_subscription_matches_its_own_topic_only(subscribed: str, published: str) -> None:
    (frame,) = frames(1, TopicKey(published, 1, b"k" * 32))
    assert frame.startswith(subscription(subscribed)) == (subscribed == published)


# -- what a reader refuses ------------------------------------------------------------------------------------------


def test_a_frame_changed_in_any_byte_is_refused_or_asks_for_another_key() -> None:
    (frame,) = frames(1)
    for place in range(len(frame)):
        for flip in (0x01, 0x80):
            changed = bytearray(frame)
            changed[place] ^= flip
            try:
                parts = take_apart(bytes(changed))
            except SealError:
                continue
            # Which key opens a frame goes by its topic and number; see the keyring's tests.
            if (parts.topic, parts.number) == (KEY.topic, KEY.number):
                assert refuses(OpeningKey(KEY), bytes(changed)), place


def test_a_frame_cut_anywhere_or_with_something_behind_it_is_refused() -> None:
    (frame,) = frames(1)
    for end in range(len(frame)):
        assert refuses(OpeningKey(KEY), frame[:end])
    assert refuses(OpeningKey(KEY), frame + b"\0")


@pytest.mark.parametrize(
    "other",
    [
        KEY._replace(key=b"other" * 6 + b"!!"),
        KEY._replace(number=KEY.number + 1),
        KEY._replace(topic="user.al"),
        KEY._replace(topic="public"),
    ],
    ids=["another key", "another number", "another user", "another topic"],
)
def test_a_frame_under_another_key_number_or_topic_is_refused(other: TopicKey) -> None:
    """Even if somebody gave it the header of ours."""
    (frame,) = frames(1, other)
    sealed = take_apart(frame).sealed
    with pytest.raises(SealError):
        OpeningKey(KEY).open(SealedFrame(KEY.topic, KEY.number, 1, sealed))


def test_a_replayed_frame_is_refused() -> None:
    first, second = frames(2)
    reader = OpeningKey(KEY)
    opened(reader, first)
    assert refuses(reader, first)
    opened(reader, second)
    assert refuses(reader, first)
    assert refuses(reader, second)


def test_a_reordered_frame_is_refused() -> None:
    first, second, third = frames(3)
    reader = OpeningKey(KEY)
    opened(reader, first)
    assert opened(reader, third) == (b"frame 3", 1)
    assert refuses(reader, second)


def test_counter_0_is_nobody_s() -> None:
    sealed = ChaCha20Poly1305(KEY.key).encrypt(
        bytes(12), b"early", subscription(KEY.topic) + struct.pack(">Q", KEY.number)
    )
    with pytest.raises(SealError):
        OpeningKey(KEY).open(SealedFrame(KEY.topic, KEY.number, 0, sealed))


def test_a_forged_counter_keeps_no_honest_frame_out() -> None:
    first, second = frames(2)
    reader = OpeningKey(KEY)
    opened(reader, first)
    forged = take_apart(second)._replace(counter=2**64 - 1)
    with pytest.raises(SealError):
        reader.open(forged)
    assert opened(reader, second) == (b"frame 2", 0)


def test_missed_frames_are_counted() -> None:
    sealed = frames(10)
    reader = OpeningKey(KEY)
    assert [opened(reader, sealed[number - 1])[1] for number in (1, 2, 5, 6, 10)] == [0, 0, 2, 0, 3]


def test_whoever_comes_late_has_missed_nothing() -> None:
    sealed = frames(9)
    reader = OpeningKey(KEY)
    assert opened(reader, sealed[6]) == (b"frame 7", 0)
    assert opened(reader, sealed[8]) == (b"frame 9", 1)


@pytest.mark.parametrize("size", [0, 16, 31, 33, 64])
def test_a_key_has_32_bytes(size: int) -> None:
    with pytest.raises(SealError, match="32 bytes"):
        OpeningKey(KEY._replace(key=b"k" * size))


@pytest.mark.parametrize("number", [-1, -(2**63), 2**64])
def test_a_key_number_that_no_frame_can_carry_is_refused(number: int) -> None:
    with pytest.raises(SealError, match="number"):
        OpeningKey(KEY._replace(number=number))
