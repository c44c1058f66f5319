"""Whether this program stood still: stopped with Ctrl+Z, or asleep with its machine. Time is an argument."""

from typing import Final

# It is told of the time once a second: so long without means that it stood still.
_STILL_MS: Final = 3_000
# Within so long after it the client finds out that the broker has given it up meanwhile.
_FOUND_OUT_MS: Final = 15_000


class Standstill:
    """Told of the time now and then, in milliseconds since the epoch; asked since when a connection is lost."""

    def __init__(self) -> None:
        self._at: int | None = None
        # The latest standstill; from its end on it is known.
        self._since = 0
        self._until: int | None = None

    def beat(self, at: int) -> None:
        """It is so late, and the program runs."""
        if self._at is not None and at - self._at > _STILL_MS:
            self._since, self._until = self._at, at
        self._at = max(at, self._at or at)

    def lost_at(self, at: int) -> int:
        """Since when a connection that is found lost now is lost: whoever stood still has heard nothing since."""
        self.beat(at)
        if self._until is None or at - self._until > _FOUND_OUT_MS:
            return at
        self._until = None
        return self._since
