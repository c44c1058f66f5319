"""The log of a conversation: one widget that draws only the rows on the screen.

Measured: Textual lays out the whole screen whenever a virtual size changes, which costs more than all else at a
thousand messages a second; so sizes and offsets are set here without it.
"""

from math import ceil
from typing import Final

from textual import events
from textual.geometry import Offset, Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from zchat_client.tui import painting
from zchat_client.tui.conversation import Conversation
from zchat_client.tui.line import Line
from zchat_client.tui.logrows import First, LogRows
from zchat_client.tui.look import ASCII, Look
from zchat_client.tui.strips import Strips, selected, shown
from zchat_client.tui.textfit import width_of

# The next older page is asked for when so few rows are left above.
_NEAR_TOP_ROWS: Final = 10
_WHEEL_ROWS: Final = 3


def _thumb(rows: int, height: int, y: int) -> tuple[int, int]:
    """Where the scrollbar's thumb begins and how long it is, in the eighths of a row that it is drawn with."""
    length = max(1.0, height * height / max(rows, 1))
    start = (height - length) * y / (rows - height) if rows > height else 0.0
    return int(8 * start), ceil(8 * length)


class LogView(ScrollView, can_focus=False):
    """Shows one conversation; call :meth:`follow` after it has changed."""

    DEFAULT_CSS = """
    LogView {
        height: 1fr; overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1;
        scrollbar-background: $background; scrollbar-background-hover: $background;
        scrollbar-background-active: $background;
    }
    """

    class NearTop(Message):
        """Older messages are wanted."""

    class Moved(Message):
        """The log was scrolled."""

    class LinkClicked(Message):
        """A link was clicked."""

        def __init__(self, link: str) -> None:
            super().__init__()
            self.link = link

    class NameClicked(Message):
        """The name of somebody who said something was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, look: Look) -> None:
        super().__init__(id="log")
        if look.glyphs is ASCII:
            # Scrollbars are drawn with eighths of blocks.
            self.styles.scrollbar_size_vertical = 0
        self.look = look
        self.found: painting.Found | None = None
        self._conversation: Conversation | None = None
        self._rows = LogRows(look.glyphs)
        self._strips = Strips(look)
        self._width = 0
        # For which size all this is; another one has come and was not looked at yet while the widget's differs.
        self._laid = Size(0, 0)
        self._bar_looks: tuple[int, int, int] | None = None
        self._at_end = True
        # What was the first row when somebody changed the size, or came back; it stays so until he scrolls.
        self._kept: First | None = None
        # Where one was reading in the conversations that one has left, by key, and the last line of each.
        self._left: dict[str, tuple[First | None, list[Line]]] = {}

    # -- what is shown ------------------------------------------------------------

    @property
    def at_end(self) -> bool:
        """Whether the latest row is on the screen."""
        return self._at_end

    @property
    def conversation(self) -> Conversation | None:
        """The conversation that is shown."""
        return self._conversation

    def show(self, conversation: Conversation) -> None:
        """Shows another conversation: its end, or where one was reading if nothing has come since then."""
        if (left := self._conversation) is not None:
            left.reading_back = False
            reads = not (self._at_end or left.news.unread or left.pending)
            first = self._rows.first_at(round(self.scroll_y)) if reads else None
            self._left[left.key] = (first, left.lines[-1:])
        first, last = self._left.get(conversation.key, (None, []))
        if conversation.pending or conversation.lines[-1:] != last:
            first = None
        self._conversation = conversation
        self._at_end, self._kept = first is None, first
        self._rebuild()

    @property
    def shows_mark(self) -> bool:
        """Whether the “new” line is on the screen."""
        row = self._mark_row
        return row is not None and 0 <= row - round(self.scroll_y) < self.size.height

    @property
    def is_below_mark(self) -> bool:
        """Whether the “new” line stands above what is on the screen."""
        row = self._mark_row
        return row is not None and row < round(self.scroll_y)

    @property
    def _mark_row(self) -> int | None:
        mark = self._conversation.news.mark if self._conversation is not None else None
        return None if mark is None else self._rows.row_of_line(mark)

    def restyle(self, look: Look) -> None:
        """Another theme."""
        self.look = self._strips.look = look
        self._rebuild()

    def search(self, found: painting.Found | None) -> None:
        """Highlights what was found, and shows the message that one stands at."""
        self.found = found
        self._strips.clear()
        row = self._rows.row_of_message(found.seq) if found is not None and found.seq else None
        if row is not None:
            self.go_to(row - self.size.height // 2)
        self.refresh()

    def follow(self) -> None:
        """Takes in what has changed in the conversation. What is being read stays where it is."""
        conversation = self._conversation
        if conversation is None or self._width <= 0:
            return
        moved = self._rows.follow(conversation)
        if moved is None:
            self._rebuild()
            return
        self._jump(self._end_y if self._at_end else max(0, min(round(self.scroll_y) + moved, self._end_y)))
        self._see_end()
        self.refresh()

    # -- moving ------------------------------------------------------------

    def go_to(self, row: int) -> None:
        """Scrolls so that this row is the first."""
        self._kept = None
        self._jump(max(0, min(row, self._end_y)))
        self._see_end()
        self.refresh()
        self._tell()

    def page(self, direction: int) -> None:
        """Scrolls by almost a screen."""
        self.go_to(round(self.scroll_y) + direction * max(1, self.size.height - 2))

    def go_back(self) -> None:
        """Scrolls up to the “new” line; to the top if that is not further up."""
        row = self._mark_row
        self.go_to(row if row is not None and row < round(self.scroll_y) else 0)

    def go_to_end(self) -> None:
        """Scrolls to the latest."""
        self.go_to(self._end_y)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The scrollbar was used, or Textual has made the offset fit another size."""
        super().watch_scroll_y(old_value, new_value)
        if self._conversation is None or round(old_value) == round(new_value):
            return
        if self.size != self._laid:
            self._keep_first(round(old_value))
            return
        self._kept = None
        self._see_end()
        self._tell()

    def _see_end(self) -> None:
        """Whoever sees the end has read it, and sees what follows, however it has come upon the screen."""
        self._at_end = round(self.scroll_y) >= self._end_y
        if self._conversation is not None:
            self._conversation.reading_back = not self._at_end

    def _tell(self) -> None:
        self.post_message(self.Moved())
        if round(self.scroll_y) <= _NEAR_TOP_ROWS:
            self.post_message(self.NearTop())

    def _on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.go_to(round(self.scroll_y) - _WHEEL_ROWS)

    def _on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.go_to(round(self.scroll_y) + _WHEEL_ROWS)

    def on_click(self, event: events.Click) -> None:
        """Links and names can be clicked."""
        piece = self._piece_at(event.x, event.y + round(self.scroll_y) - self._above)
        if piece is not None and piece.link:
            self.post_message(self.LinkClicked(piece.link))
        elif piece is not None and piece.style.startswith("name:"):
            self.post_message(self.NameClicked(piece.style[5:]))

    # -- sizes ------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Wraps anew; the first row on the screen stays, or the end if that was on it."""
        self._keep_first(round(self.scroll_y))
        self._laid = self.size
        width = self.scrollable_content_region.width
        if width != self._width:
            self._width = width
            self._rebuild()
        elif self._conversation is not None:
            self._place(self._kept)

    @property
    def _end_y(self) -> int:
        return max(0, self._rows.count - self.size.height)

    @property
    def _above(self) -> int:
        """Rows left free above a short log: what was said last stands just above the input."""
        return max(0, self.size.height - self._rows.count)

    def _rebuild(self) -> None:
        conversation = self._conversation
        if conversation is None or self._width <= 0:
            return
        first = self._kept or (None if self._at_end else self._rows.first_at(round(self.scroll_y)))
        self._strips.clear()
        self._rows.fill(conversation, self._width)
        self._place(first)

    def _place(self, first: First | None) -> None:
        """Shows the end, or has this for the first row."""
        row = None if self._at_end or first is None else self._rows.row_of(first)
        self._jump(self._end_y if row is None else min(row, self._end_y))
        self._see_end()
        self.refresh()
        self.post_message(self.Moved())

    def _keep_first(self, row: int) -> None:
        if self._kept is None and not self._at_end:
            self._kept = self._rows.first_at(row)

    def _jump(self, y: int) -> None:
        """This row is the first on the screen, of as many as there are now."""
        self.set_reactive(Widget.virtual_size, Size(self._width, self._rows.count))
        self.set_reactive(Widget.scroll_target_y, float(y))
        self.set_reactive(Widget.scroll_y, float(y))
        if self.show_vertical_scrollbar and self.styles.scrollbar_size_vertical:
            self._move_bar(y)

    def _move_bar(self, y: int) -> None:
        bar, rows, height = self.vertical_scrollbar, self._rows.count, self.size.height
        bar.set_reactive(ScrollBar.window_virtual_size, rows)
        bar.set_reactive(ScrollBar.window_size, height)
        bar.set_reactive(ScrollBar.position, y)
        # Of the rows that come by the thousand, few change how it looks.
        looks = (height, *_thumb(rows, height, y))
        if looks != self._bar_looks:
            self._bar_looks = looks
            bar.refresh()

    # -- drawing ------------------------------------------------------------

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows on the screen, without Textual's style cache: nothing here has a border or padding."""
        top = round(self.scroll_y) - self._above
        selection = self.text_selection
        strips: list[Strip] = []
        for y in range(crop.y, crop.bottom):
            strip = self._strip(top + y)
            if selection is not None and (span := selection.get_span(top + y)) is not None:
                strip = selected(strip, span, self.look.style("selection"))
            strips.append(strip)
        return shown(self, strips, crop, self.look.base)

    def render_line(self, y: int) -> Strip:
        """One row on the screen, as the mouse needs it: each piece knows where in the log it stands."""
        strip = self.render_lines(Region(0, y, self._width, 1))[0]
        row = round(self.scroll_y) + y - self._above
        return strip.apply_offsets(0, row) if row >= 0 else strip

    def _strip(self, row: int) -> Strip:
        found = self._rows.line_at(row)
        if found is None:
            return Strip.blank(self._width, self.look.base)
        strips = self._strips.of(found[0], self._width, self.found)
        return strips[found[1]] if found[1] < len(strips) else Strip.blank(self._width, self.look.base)

    def _piece_at(self, x: int, row: int) -> painting.Piece | None:
        found = self._rows.line_at(row)
        if found is None:
            return None
        column = 0
        for piece in painting.rows(found[0], self._width, self.look.glyphs, None)[found[1]]:
            column += width_of(piece.text)
            if x < column:
                return piece
        return None

    # -- selecting ------------------------------------------------------------

    def selection_updated(self, selection: Selection | None) -> None:
        """Something was selected, or nothing is any more."""
        self.refresh()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text: rows of one line that was wrapped come out as one."""
        first = selection.start or Offset(0, 0)
        last = selection.end or Offset(self._width, self._rows.count - 1)
        parts: list[str] = []
        for row in range(first.y, min(last.y, self._rows.count - 1) + 1):
            found = self._rows.line_at(row)
            if found is None:
                continue
            line, part = found
            pieces = painting.rows(line, self._width, self.look.glyphs, None)[part]
            text = painting.plain(pieces)
            text = text[first.x if row == first.y else 0 : last.x if row == last.y else None].rstrip()
            wrapped = part > 0 and "\n" not in line.text and parts
            parts.append(" " + text.lstrip(f" {self.look.glyphs.bar}") if wrapped else ("\n" if parts else "") + text)
        return "".join(parts), "\n"
