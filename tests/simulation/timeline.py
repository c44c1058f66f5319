"""Virtual time: what is to happen, in the order of its time. Nothing sleeps."""

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

from zchat_common.clock import Now

# What the clocks show when the world begins.
EPOCH_MS = 1_700_000_000_000


class Timeline:
    """What was put in for the same moment happens in the order in which it was put in."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._waiting: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()

    def now(self, clock_error_ms: int = 0) -> Now:
        """The time as a process sees it whose wall clock is wrong by so much."""
        return Now(EPOCH_MS + int(self.now_s * 1000) + clock_error_ms, self.now_s)

    def at(self, when_s: float, action: Callable[[], None]) -> None:
        """Lets ``action`` happen at a time, or now if that is over."""
        heappush(self._waiting, (max(when_s, self.now_s), next(self._numbers), action))

    def after(self, delay_s: float, action: Callable[[], None]) -> None:
        """Lets ``action`` happen some time from now."""
        self.at(self.now_s + delay_s, action)

    def run(self, until_s: float) -> None:
        """Lets everything happen up to this time."""
        waiting = self._waiting
        while waiting and waiting[0][0] <= until_s:
            self.now_s, _, action = heappop(waiting)
            action()
        self.now_s = until_s
