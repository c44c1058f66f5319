"""Topic keys, and the frames of one turn: one per topic and key, sealed once for all readers."""

from collections.abc import Callable
from dataclasses import dataclass, field

from zchat_common.limits import FRAME_MAX_BYTES
from zchat_common.messages import TopicKey
from zchat_common.sealing import KEY_BYTES, SealingKey
from zchat_common.topics import PUBLIC

# Key numbers are random and positive as a signed 64-bit integer, so that every MessagePack library can hold them.
_NUMBER_BYTES = 8
_NUMBER_MASK = 2**63 - 1


@dataclass(slots=True)
class _OpenFrame:
    key: SealingKey
    bodies: list[bytes] = field(default_factory=list)
    size: int = 0


class Publisher:
    """Gathers what a turn publishes and seals it.

    A topic has a key only while somebody may read it; what is posted to a topic without one is not published (its
    readers will find it in the history). Frames leave in the order in which they were begun, so that a new key, put on
    its reader's own topic before the first message under it, arrives before that message.
    """

    def __init__(self, random_bytes: Callable[[int], bytes]) -> None:
        """``random_bytes(n)`` must give n unpredictable bytes; tests give it a seed."""
        self._random_bytes = random_bytes
        self._keys: dict[str, SealingKey] = {}
        self._frames: list[_OpenFrame] = []
        self._open: dict[str, _OpenFrame] = {}

    def key_of(self, topic: str) -> TopicKey:
        """The topic's current key, drawn now if it has none. For those only who may read the topic."""
        if topic not in self._keys:
            self._keys[topic] = self._draw(topic)
        return self._keys[topic].public_part

    def change_key(self, topic: str) -> TopicKey:
        """A new key for the topic: what was added before stays under the old one.

        The users' frames end here too, so that whoever comes or leaves reads of it in its place among the topic's
        messages, whatever else his own topic brings in this turn.
        """
        public = self._open.get(PUBLIC)
        self._open.clear()
        if public is not None and topic != PUBLIC:
            self._open[PUBLIC] = public
        self._keys[topic] = self._draw(topic)
        return self._keys[topic].public_part

    def forget_key(self, topic: str) -> None:
        """Nobody reads the topic any more."""
        self._open.pop(topic, None)
        self._keys.pop(topic, None)

    def add(self, topic: str, body: bytes) -> None:
        """Publishes an encoded message with the next flush."""
        key = self._keys.get(topic)
        if key is None:
            return
        frame = self._open.get(topic)
        if frame is None or frame.size + len(body) > FRAME_MAX_BYTES:
            frame = self._open[topic] = _OpenFrame(key)
            self._frames.append(frame)
        frame.bodies.append(body)
        frame.size += len(body)

    def flush(self) -> list[bytes]:
        """The sealed frames of everything added since the last call, in the order to publish them."""
        frames, self._frames = self._frames, []
        self._open.clear()
        return [frame.key.seal(b"".join(frame.bodies)) for frame in frames]

    def _draw(self, topic: str) -> SealingKey:
        number = int.from_bytes(self._random_bytes(_NUMBER_BYTES)) & _NUMBER_MASK
        return SealingKey(TopicKey(topic, number, self._random_bytes(KEY_BYTES)))
