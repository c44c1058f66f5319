"""A store whose disk can be full, and that shows the judge what it kept."""

from collections.abc import Callable

from zchat_broker.store import Changes, Stored, StoreFailed
from zchat_broker.store.memory import MemoryStore


class FlakyStore(MemoryStore):
    """``failing()`` is asked at every commit, probe and page; ``kept`` is told of every commit that succeeded."""

    def __init__(self, failing: Callable[[], bool], kept: Callable[[Changes], None]) -> None:
        super().__init__()
        self._failing = failing
        self._kept = kept
        self._probes = 0

    def commit(self, changes: Changes) -> None:
        """Keeps a turn, or fails and keeps nothing of it."""
        if self._failing():
            raise StoreFailed("disk full")
        super().commit(changes)
        self._kept(changes)

    def probe(self) -> None:
        """Every other time there is room for a little, whatever becomes of the turn after it."""
        self._probes += 1
        if self._probes % 2 and self._failing():
            raise StoreFailed("disk full")

    def page(self, topic: str, after: int | None, before: int | None, limit: int) -> list[Stored]:
        """Bodies of messages, or an error."""
        if self._failing():
            raise StoreFailed("input/output error")
        return super().page(topic, after, before, limit)
