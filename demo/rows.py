"""Gathers what the users report into rows: the same thing, seen by several at about the same time, is one row."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Final

from demo.play import EXIT, RETURN, Seen
from demo.screen import Screen
from zchat_client.events import Event

# All who are online see a thing within this time; nobody notices that its row waits for them.
_GATHER_S: Final = 0.2


class Rows:
    """Keeps the order in which things were first reported. A Report of all players."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._open: dict[Seen, Counter[str]] = {}
        self._waiting: list[tuple[float, Callable[[], None]]] = []
        self._loop = asyncio.get_running_loop()

    def scene(self, title: str) -> None:
        """Something new begins."""
        self._add(0.0, lambda: self._screen.scene(title))

    def typed(self, name: str, line: str) -> None:
        """Somebody typed a line. A text says enough with the row of those who see it."""
        if line == RETURN or line.startswith((EXIT, "/party")):
            self._add(0.0, lambda: self._screen.typed(name, line))

    def shown(self, name: str, event: Event, seen: Seen | None) -> None:
        """Somebody was shown something."""
        del event
        if seen is None:
            return
        if seen not in self._open:
            self._open[seen] = Counter()
            self._add(_GATHER_S, lambda: self._screen.seen(seen, self._open.pop(seen)))
        self._open[seen][name] += 1

    def flush(self) -> None:
        """Writes everything that is still being gathered."""
        for _, write in self._waiting:
            write()
        self._waiting.clear()

    def _add(self, wait_s: float, write: Callable[[], None]) -> None:
        self._waiting.append((self._loop.time() + wait_s, write))
        self._loop.call_later(wait_s, self._write_due)

    def _write_due(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._loop.time():
            self._waiting.pop(0)[1]()
