"""When the screen is brought level with what has happened: soon, not too often, and after the keys."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

# The log is brought level so often at most. Measured at 1,000 messages a second: more often costs keys their time.
_LEVEL_S: Final = 0.08
# What is still waiting after a beat is taken in so soon.
_TAKE_AGAIN_S: Final = 0.015
# Keys come first: the log waits so long after one, but never longer than this in all.
_AFTER_KEY_S: Final = 0.1
_HELD_S: Final = 0.25


class Beat:
    """In each beat it calls ``take``, which takes in what has come and says whether more is waiting, and ``level``.

    ``key_s`` gives the time of the last key.
    """

    def __init__(self, take: Callable[[], bool], level: Callable[[], None], key_s: Callable[[], float]) -> None:
        self._take = take
        self._level = level
        self._key_s = key_s
        self._next: asyncio.TimerHandle | None = None
        self._levelled_s = 0.0
        self._urgent = False

    def wake(self) -> None:
        """Something is to be shown: at once when all was quiet, in the next beat otherwise."""
        if self._next is not None and not self._urgent:
            return
        if self._next is not None:
            self._next.cancel()
        pause_s = 0.0 if self._urgent else max(0.0, self._levelled_s + _LEVEL_S - time.monotonic())
        self._urgent = False
        self._in(pause_s)

    def hurry(self) -> None:
        """Somebody waits for what will be shown next: then it is shown at once."""
        self._urgent = True

    def _in(self, pause_s: float) -> None:
        self._next = asyncio.get_running_loop().call_later(pause_s, self._beat)

    def _beat(self) -> None:
        self._next = None
        now_s = time.monotonic()
        if now_s - self._key_s() < _AFTER_KEY_S and now_s - self._levelled_s < _HELD_S:
            self._in(_AFTER_KEY_S / 3)
            return
        more = self._take()
        self._levelled_s = time.monotonic()
        self._level()
        if more and self._next is None:
            self._in(_TAKE_AGAIN_S)
