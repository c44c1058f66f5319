"""Published frames, sealed once for all readers of a topic.

A frame is ``topic NUL number counter sealed``: the key's number and the counter are eight bytes each, big-endian, and
``sealed`` is ChaCha20-Poly1305 (RFC 8439) with the counter as nonce and ``topic NUL number`` as associated data. NUL
ends the topic because a SUB socket matches by prefix: without it user ``al`` would receive ``user.alice``.
"""

import struct
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from zchat_common.messages import TopicKey

_NUMBER = struct.Struct(">Q")
_HEADER = struct.Struct(">QQ")
_NONCE = struct.Struct(">4xQ")
KEY_BYTES = 32
_NUMBER_MAX = 2**64 - 1


class SealError(ValueError):
    """The frame is not one that this key sealed, or not a frame at all."""


class SealedFrame(NamedTuple):
    """A frame taken apart, not yet opened."""

    topic: str
    number: int
    counter: int
    sealed: bytes


class SealingKey:
    """A topic's key at the broker: seals frames, and never uses a counter twice."""

    def __init__(self, key: TopicKey) -> None:
        """``key.key`` is 32 random bytes that no other key number was ever given."""
        self.public_part = key
        self._aead = ChaCha20Poly1305(key.key)
        self._prefix = subscription(key.topic) + _NUMBER.pack(key.number)
        self._counter = 0

    def seal(self, plain: bytes) -> bytes:
        """The frame to publish. Counters run 1, 2, 3 ... so that a reader sees what is missing."""
        self._counter += 1
        nonce = _NONCE.pack(self._counter)
        return self._prefix + nonce[4:] + self._aead.encrypt(nonce, plain, self._prefix)


class OpeningKey:
    """A topic's key at a reader: opens frames, refuses old ones, and counts those that are missing."""

    def __init__(self, key: TopicKey) -> None:
        """Raises SealError if the key is not 32 bytes, or has a number that no frame can carry."""
        if len(key.key) != KEY_BYTES:
            raise SealError(f"a topic key has {KEY_BYTES} bytes, not {len(key.key)}")
        if not 0 <= key.number <= _NUMBER_MAX:
            raise SealError("a key number is an unsigned 64-bit integer")
        self.topic = key.topic
        self._aead = ChaCha20Poly1305(key.key)
        self._prefix = subscription(key.topic) + _NUMBER.pack(key.number)
        self._counter = 0

    def open(self, frame: SealedFrame) -> tuple[bytes, int]:
        """The plain bytes, and how many frames under this key were missed just before this one.

        The first frame opened under a key misses nothing: a reader may come late. Raises SealError for a forged,
        changed, replayed or reordered frame.
        """
        if frame.counter <= self._counter:
            raise SealError("a frame that was already opened, or an older one")
        try:
            plain = self._aead.decrypt(_NONCE.pack(frame.counter), frame.sealed, self._prefix)
        except InvalidTag as error:
            raise SealError("a frame that this key did not seal") from error
        missed = frame.counter - self._counter - 1 if self._counter else 0
        self._counter = frame.counter
        return plain, missed


def subscription(topic: str) -> bytes:
    """What to subscribe to for exactly this topic."""
    return topic.encode() + b"\0"


def take_apart(frame: bytes) -> SealedFrame:
    """The parts of a frame. Raises SealError if it is none."""
    topic, nul, rest = frame.partition(b"\0")
    if not nul or len(rest) < _HEADER.size:
        raise SealError("too short for a frame")
    number, counter = _HEADER.unpack_from(rest)
    try:
        return SealedFrame(topic.decode(), number, counter, rest[_HEADER.size :])
    except UnicodeDecodeError as error:
        raise SealError("a topic that is no UTF-8") from error
