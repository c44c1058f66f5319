"""The rows that a conversation takes at some width, kept level with it cheaply. Knows no widget."""

import contextlib
from typing import NamedTuple

from zchat_client.tui import painting
from zchat_client.tui.conversation import Conversation
from zchat_client.tui.line import Line
from zchat_client.tui.look import Glyphs
from zchat_client.tui.rowmap import RowMap


class First(NamedTuple):
    """The lines from some row on, and which row of its line that is."""

    lines: list[Line]
    part: int


class LogRows:
    """Begun with :meth:`fill`; then :meth:`follow` takes in what has changed since."""

    def __init__(self, glyphs: Glyphs) -> None:
        self._glyphs = glyphs
        self._width = 0
        self._map = RowMap(self._height)
        # The lines that the map knows, and those under way, which stand after them.
        self._lines: list[Line] = []
        self._tail: list[Line] = []
        # How much had happened above the end of the conversation when this was looked at last.
        self._seen = (0, 0, 0)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self._map.rows + sum(self._height(line) for line in self._tail)

    @property
    def lines(self) -> int:
        """How many lines there are, without those under way."""
        return self._map.lines

    def fill(self, conversation: Conversation, width: int) -> None:
        """Begins anew."""
        self._width = width
        self._seen = (conversation.dropped, conversation.prepended, conversation.rewritten)
        self._map.fill(conversation.lines)
        conversation.take_changed()
        self._copy(conversation)

    def follow(self, conversation: Conversation) -> int | None:
        """Takes in what has changed; by how many rows that moved what was there, None if all must begin anew."""
        dropped, prepended, rewritten = conversation.dropped, conversation.prepended, conversation.rewritten
        if rewritten != self._seen[2]:
            return None
        moved = 0
        if (gone := min(dropped - self._seen[0], self._map.lines)) > 0:
            moved -= self._map.drop(gone)
        if (fresh := prepended - self._seen[1]) > 0:
            moved += self._map.prepend(conversation.lines[:fresh])
        self._seen = (dropped, prepended, rewritten)
        self._map.append(conversation.lines[self._map.lines :])
        self._copy(conversation)
        self._take_changes(conversation)
        return moved

    def _copy(self, conversation: Conversation) -> None:
        """Copies: what happens to the conversation meanwhile is not in the map yet."""
        self._lines, self._tail = conversation.lines.copy(), conversation.pending.copy()

    def _take_changes(self, conversation: Conversation) -> None:
        for line in conversation.take_changed():
            # One that is under way, or gone already, is not in the map.
            with contextlib.suppress(ValueError):
                self._map.change(self._lines.index(line), line)

    def _height(self, line: Line) -> int:
        return painting.height(line, self._width, self._glyphs)

    # -- where what stands ------------------------------------------------------------

    def line_at(self, row: int) -> tuple[Line, int] | None:
        """The line that has this row, and which of its rows that is."""
        if row < 0:
            return None
        if row < self._map.rows:
            index, part = self._map.find(row)
            return self._lines[index], part
        row -= self._map.rows
        for line in self._tail:
            if row < (tall := self._height(line)):
                return line, row
            row -= tall
        return None

    def first_at(self, row: int) -> First | None:
        """What stands from this row on, to find it again with :meth:`row_of`."""
        if not self._map.lines:
            return None
        index, part = self._map.find(row)
        return First(self._lines[index:], part)

    def row_of(self, first: First) -> int | None:
        """Where that stands now, or what follows those of its lines that are gone; None if all are."""
        places = {line.number: index for index, line in enumerate(self._lines)}
        for line in first.lines:
            index = places.get(line.number)
            if index is not None:
                tall = self._map.top(index + 1) - self._map.top(index)
                return self._map.top(index) + (min(first.part, tall - 1) if line is first.lines[0] else 0)
        return None

    def row_of_line(self, line: Line) -> int | None:
        """The first row of this line, if it stands there already."""
        return self._map.top(self._lines.index(line)) if line in self._lines else None

    def row_of_message(self, seq: int) -> int | None:
        """The first row of the message with this seq."""
        return next((self._map.top(index) for index, line in enumerate(self._lines) if line.seq == seq), None)
