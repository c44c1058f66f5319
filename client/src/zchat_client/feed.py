"""The events on their way to whoever reads a client: in order, bounded, and noted once they were shown."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable

from zchat_client.core.outputs import Show
from zchat_client.events import Bye, Event, Lagged
from zchat_common.clock import now


class Feed:
    """A queue of events that never blocks whoever fills it: when it is full the oldest are dropped and counted."""

    def __init__(
        self, bound: int, shown: Callable[[str, int], None], hides: Callable[[Event], bool] = lambda _event: False
    ) -> None:
        """``shown(topic, seq)`` is called when the reader comes back for more after a message of a topic.

        What ``hides`` says of is passed over in its turn, as if it had been shown.
        """
        self._hides = hides
        self._bound = bound
        self._shown = shown
        self._waiting: deque[Show] = deque()
        self._dropped = 0
        self._arrived = asyncio.Event()
        self._read: Show | None = None

    def put(self, show: Show) -> None:
        """Adds an event."""
        if len(self._waiting) >= self._bound:
            self._waiting.popleft()
            self._dropped += 1
        self._waiting.append(show)
        self._arrived.set()

    async def events(self) -> AsyncIterator[Event]:
        """The events up to ``bye``. Asking for the next one says that the one before was shown."""
        while True:
            self._note_shown()
            while not self._waiting:
                self._arrived.clear()
                await self._arrived.wait()
            if self._dropped:
                dropped, self._dropped = self._dropped, 0
                yield Lagged(at=now().at, dropped=dropped)
                continue
            self._read = self._waiting.popleft()
            event = self._read.event
            if self._hides(event):
                continue
            yield event
            if isinstance(event, Bye):
                self._note_shown()
                return

    def _note_shown(self) -> None:
        if self._read is not None and self._read.topic is not None:
            self._shown(self._read.topic, self._read.seq)
        self._read = None
