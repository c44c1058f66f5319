"""What is new in one conversation: how far it was read, what is unread, and the line that shows where the new begins.

Knows no terminal.
"""

import itertools
from collections.abc import Callable

from zchat_client.tui.line import Kind, Line


class News:
    """Of what stands in ``lines``; puts the “new” line among them, and calls ``moved`` when it comes, moves or goes.

    ``unread`` and ``mentions`` count what nobody has seen, ``new`` what stands below the mark, be it seen or not.
    """

    def __init__(self, lines: list[Line], moved: Callable[[], None]) -> None:
        self._lines = lines
        self._moved = moved
        self.unread = 0
        self.mentions = 0
        self.read_seq = 0
        self._first_unread: Line | None = None
        # The “new” line; the last message that was read when it came, how many of others are new below it, and whether
        # somebody has seen it.
        self.mark: Line | None = None
        self._after = 0
        self.new = 0
        self.mark_seen = False

    # -- what comes ---------------------------------------------------------------------------------------------------

    def count_unread(self, line: Line) -> None:
        """The line came while nobody looked; the first of these gets a mark before it."""
        self.mark_new(line)
        self.unread += 1
        self.mentions += line.mention
        self._first_unread = self._first_unread or line

    def count_older(self, fresh: list[Line]) -> None:
        """An older page has brought these, which nobody has read."""
        self.unread += len(fresh)
        self.mentions += sum(line.mention for line in fresh)
        self._first_unread = fresh[0]

    def mark_new(self, line: Line) -> None:
        """A new line at the end: the “new” line stands before it, or before others already."""
        self.new += 1
        if self.mark is None:
            index = len(self._lines) - 1
            while self._lines[index] is not line:
                index -= 1
            self._put_mark(index)

    def mark_older(self, fresh: list[Line]) -> None:
        """An older page has brought these, which are new too: the “new” line stands before them from now on."""
        self.new += len(fresh)
        self._put_mark(self._lines.index(fresh[0]))

    def _put_mark(self, index: int) -> None:
        line = self._lines[index]
        if self.mark is None:
            self._after = self.read_seq
        else:
            self._lines.remove(self.mark)
        self.mark = Line(Kind.NEW, line.at, "")
        self.mark_seen = False
        self._lines.insert(self._lines.index(line), self.mark)
        self._moved()

    # -- what is read -------------------------------------------------------------------------------------------------

    def mark_read(self, last_seq: int) -> None:
        """Somebody looks at the end, where the last message is this one."""
        self.unread = self.mentions = 0
        self._first_unread = None
        self.read_seq = max(self.read_seq, last_seq)

    def behind(self, last_seq: int) -> None:
        """The last message is this one: what was read beyond that is not among them any more."""
        self.read_seq = min(self.read_seq, last_seq)

    def look_away(self) -> None:
        """Who looked here does so no more: what was new is not, but for what stands further down than he has seen."""
        unread, first = self.unread, self._first_unread
        self.forget_mark()
        if first is not None and self._lines:
            # In a flood it may have gone at the top.
            self._put_mark(self._lines.index(first) if first in self._lines else 0)
            self.new = unread

    def forget_mark(self) -> None:
        """The “new” line has done its work."""
        if self.mark is not None:
            self._lines.remove(self.mark)
            self.mark = None
            self.new = 0
            self._moved()

    def begin_anew(self) -> None:
        """Other messages are counted from here on, from the first."""
        self.read_seq = self._after = 0

    # -- what is known ------------------------------------------------------------------------------------------------

    @property
    def known_up_to(self) -> int:
        """The last message that is not new: the one read last, or read last when the mark came."""
        return self.read_seq if self.mark is None else self._after

    @property
    def begins_at_top(self) -> bool:
        """Whether all that was said in these lines is new: what an older page will bring may be so too."""
        if self.mark is None:
            return False
        above = itertools.takewhile(lambda line: line is not self.mark, self._lines)
        return not any(line.kind is Kind.SAID for line in above)

    def dropped(self, gone: set[int]) -> None:
        """Lines with these numbers have gone at the top. If the mark was among them, all that is left is new, unless
        somebody has read it; and so is what an older page will bring.
        """
        if self.mark is None or self.mark.number not in gone:
            return
        if self.unread:
            self._lines.insert(0, self.mark)
            self._moved()
        else:
            self.mark, self.new = None, 0
