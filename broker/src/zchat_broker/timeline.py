"""The broker's time: the wall clock's, but never backwards, and without its jumps becoming anybody's deadline."""

from zchat_common.clock import Now

# A wall clock that gains more than this on the steady one between two looks was set, not slewed.
_JUMP_MS = 2_000


class Timeline:
    """Milliseconds since the epoch for the order's entries.

    When the wall clock is set back, time goes on at half the steady clock's pace until the wall clock has caught up.
    """

    def __init__(self, last_at: int, now: Now) -> None:
        """``last_at`` is the latest time in the store; a clock that is behind it must not stand still."""
        self._at = max(last_at, now.at)
        self._seen = now

    def advance(self, now: Now) -> tuple[int, bool]:
        """The time now, and whether the wall clock was set forward since the last call."""
        passed_ms = max(0, int((now.steady_s - self._seen.steady_s) * 1000))
        jumped = now.at - self._seen.at - passed_ms > _JUMP_MS
        self._at = max(now.at, self._at + passed_ms // 2)
        self._seen = now
        return self._at, jumped
