"""Topic keys, and the frames that wait for one."""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from zchat_common.messages import TopicKey
from zchat_common.sealing import OpeningKey, SealedFrame, SealError, take_apart

# Frames that came before their key. More are dropped: the history has what they held.
_WAITING_MAX = 64
# Frames under earlier keys may still come after a change of keys, or several in one turn.
_KEYS_PER_TOPIC = 4


class Opened(NamedTuple):
    """An opened frame: its plain bytes, and how many frames of its topic were missed just before it."""

    topic: str
    plain: bytes
    missed: int


class Keyring:
    """Opens frames with the keys that the broker gave."""

    def __init__(self) -> None:
        self._keys: dict[int, OpeningKey] = {}
        self._numbers: dict[str, deque[int]] = {}
        self._waiting: deque[SealedFrame] = deque(maxlen=_WAITING_MAX)

    def add(self, key: TopicKey) -> None:
        """Takes a key in; one that is known already keeps its place in the counting. Raises SealError."""
        if key.number in self._keys:
            return
        self._keys[key.number] = OpeningKey(key)
        numbers = self._numbers.setdefault(key.topic, deque())
        numbers.append(key.number)
        while len(numbers) > _KEYS_PER_TOPIC:
            del self._keys[numbers.popleft()]

    def knows(self, key: TopicKey) -> bool:
        """Whether it was given before."""
        return key.number in self._keys

    def forget(self, topic: str) -> None:
        """The topic is not ours to read any more."""
        for number in self._numbers.pop(topic, ()):
            del self._keys[number]

    def open(self, frame: bytes, reads: Callable[[str], bool]) -> Opened | None:
        """The opened frame; None if its key is not here yet.

        A frame of a topic that one ``reads`` is kept until its key comes; see :meth:`waiting`. Raises
        SealError for what no key of ours sealed, and for topics that are not read.
        """
        parts = take_apart(frame)
        key = self._keys.get(parts.number)
        if key is None and not reads(parts.topic):
            raise SealError("a topic that is not read (yet)")
        if key is None:
            self._waiting.append(parts)
            return None
        return _open(key, parts)

    def waiting(self) -> list[Opened]:
        """The frames whose key has come since, opened, in their order of arrival."""
        opened: list[Opened] = []
        still: list[SealedFrame] = []
        for parts in self._waiting:
            key = self._keys.get(parts.number)
            if key is None:
                still.append(parts)
                continue
            try:
                opened.append(_open(key, parts))
            except SealError:
                continue  # forged, or a copy of one that was opened: there is nobody to tell
        self._waiting.clear()
        self._waiting.extend(still)
        return opened

    def drop_waiting(self) -> None:
        """Gives up the frames that wait: the links they came on are gone."""
        self._waiting.clear()


def _open(key: OpeningKey, parts: SealedFrame) -> Opened:
    if key.topic != parts.topic:
        raise SealError("a frame under the key of another topic")
    plain, missed = key.open(parts)
    return Opened(parts.topic, plain, missed)
