"""Running digests: one for each topic, by which its readers find what somebody on the plain link forged.

The digest before a topic's first message is random; each message makes the next one: SHA-256 of the digest before it
and its encoded bytes. A party's begins anew, at random, with each of its keys: whoever comes again must not be able to
check his guesses of what was said while he was out.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256

from zchat_common.messages import TopicState

DIGEST_BYTES = 32


class Digests:
    """The digest of each topic after its last message."""

    def __init__(self, random_bytes: Callable[[int], bytes], kept: Mapping[str, bytes]) -> None:
        """``kept`` is what the store loaded."""
        self._random_bytes = random_bytes
        self._now = dict(kept)

    def now(self, topic: str) -> bytes:
        """The digest after the topic's last message, drawn now if the topic is new."""
        digest = self._now.get(topic)
        if digest is None:
            digest = self._now[topic] = self._random_bytes(DIGEST_BYTES)
        return digest

    def add(self, topic: str, body: bytes) -> tuple[bytes, bytes]:
        """Goes on by the topic's next message, and returns the digests before and after it."""
        before = self.now(topic)
        after = self._now[topic] = sha256(before + body).digest()
        return before, after

    def restart(self, topic: str) -> bytes:
        """Begins anew; returns the digest before the next message."""
        self._now.pop(topic, None)
        return self.now(topic)

    def forget(self, topic: str) -> None:
        """The topic is gone."""
        self._now.pop(topic, None)

    def reset(self, kept: Mapping[str, bytes]) -> None:
        """The turn failed: goes back to what the store loaded."""
        self._now = dict(kept)

    def stamp(self, states: tuple[TopicState, ...]) -> tuple[TopicState, ...]:
        """The same states with their digests; a tail has none, since it is read by history only."""
        return tuple([state if state.told_seq else state._replace(digest=self.now(state.topic)) for state in states])


def follows(before: bytes, body: bytes, digest: bytes) -> bool:
    """Whether ``digest`` is the one after a message with ``before`` before it; both are empty for old messages."""
    return sha256(before + body).digest() == digest if before else not digest
