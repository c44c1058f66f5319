"""Whether this program stood still: stopped with Ctrl+Z, or asleep with its machine. Time is an argument, and so is the
clock that nobody sets.
"""

import time
from collections.abc import Callable
from typing import Final

# It is told of the time once a second: so long without means that it stood still.
_STILL_MS: Final = 3_000
# Within so long after it the client finds out that the broker has given it up meanwhile.
_FOUND_OUT_MS: Final = 15_000


def steady_ms() -> int:
    """A clock that nobody sets, and that goes on while the machine sleeps, where there is such a one."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return round(time.clock_gettime(time.CLOCK_BOOTTIME) * 1000)
    return round(time.monotonic() * 1000)


class Standstill:
    """Told of the time now and then, in milliseconds since the epoch; asked since when a connection is lost."""

    def __init__(self, steady: Callable[[], int] = steady_ms) -> None:
        self._steady = steady
        self._beat: int | None = None
        # The latest standstill; from its end on it is known.
        self._since = 0
        self._until: int | None = None

    def beat(self, at: int) -> None:
        """It is so late, and the program runs."""
        now = self._steady()
        if self._beat is not None and now - self._beat > _STILL_MS:
            self._since, self._until = at - (now - self._beat), now
        self._beat = now

    def lost_at(self, at: int) -> int:
        """Since when a connection that is found lost now is lost: whoever stood still has heard nothing since."""
        self.beat(at)
        if self._until is None or self._steady() - self._until > _FOUND_OUT_MS:
            return at
        self._until = None
        return self._since
