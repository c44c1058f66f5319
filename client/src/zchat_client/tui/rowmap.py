"""Which rows of a log belong to which line: sums of heights, looked up by halving."""

from bisect import bisect_right
from collections.abc import Callable, Iterable

from zchat_client.tui.line import Line


class RowMap:
    """``tops[i]`` is the first row of line i; the last entry is the number of rows."""

    def __init__(self, height: Callable[[Line], int]) -> None:
        self._height = height
        self._tops = [0]

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self._tops[-1]

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return len(self._tops) - 1

    def top(self, index: int) -> int:
        """The first row of a line."""
        return self._tops[index]

    def find(self, row: int) -> tuple[int, int]:
        """The line that a row belongs to, and which of its rows it is."""
        index = min(bisect_right(self._tops, row) - 1, self.lines - 1)
        return index, row - self._tops[index]

    def fill(self, lines: Iterable[Line]) -> None:
        """Begins anew."""
        self._tops = [0]
        self.append(lines)

    def append(self, lines: Iterable[Line]) -> None:
        """Adds lines at the end."""
        tops, height = self._tops, self._height
        for line in lines:
            tops.append(tops[-1] + height(line))

    def prepend(self, lines: Iterable[Line]) -> int:
        """Adds lines in front; returns how many rows they take."""
        added = [0]
        for line in lines:
            added.append(added[-1] + self._height(line))
        rows = added.pop()
        self._tops = added + [top + rows for top in self._tops]
        return rows

    def drop(self, count: int) -> int:
        """Takes lines away in front; returns how many rows they took."""
        rows = self._tops[count]
        self._tops = [top - rows for top in self._tops[count:]]
        return rows

    def change(self, index: int, line: Line) -> None:
        """A line looks different now."""
        grown = self._height(line) - (self._tops[index + 1] - self._tops[index])
        if grown:
            self._tops[index + 1 :] = [top + grown for top in self._tops[index + 1 :]]
