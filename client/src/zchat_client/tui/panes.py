"""Lists at the sides: rows of pieces that can be clicked. Drawn row by row, whatever their number."""

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from zchat_client.tui.look import Look
from zchat_client.tui.painting import Row
from zchat_client.tui.strips import shown


class Pane(ScrollView, can_focus=False):
    """A list; each row has a key that a click tells."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Pane { height: 1fr; overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; }
    """

    class Chosen(Message):
        """A row was clicked."""

        def __init__(self, pane: str, key: str) -> None:
            super().__init__()
            self.pane = pane
            self.key = key

    def __init__(self, look: Look, name: str) -> None:
        super().__init__(id=name)
        self.look = look
        self._rows: list[tuple[str, Row]] = []
        # Drawn once: a strip remembers how it is written, and what is the same costs a paint almost nothing.
        self._made: dict[int, Strip] = {}
        self._made_for = 0

    def set_rows(self, rows: list[tuple[str, Row]]) -> None:
        """Shows these rows, each with its key."""
        if rows == self._rows:
            return
        if len(rows) != len(self._rows):
            size = Size(self.size.width, len(rows))
            if (len(rows) > self.size.height) != (len(self._rows) > self.size.height):
                self.virtual_size = size
            else:
                self.set_reactive(Widget.virtual_size, size)
                self._scroll_update(size)
        self._rows = rows
        self._made = {}
        self.refresh()

    def restyle(self, look: Look) -> None:
        """Another theme."""
        self.look = look
        self._made = {}
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Tells which row was clicked."""
        row = event.y + round(self.scroll_y)
        if 0 <= row < len(self._rows) and self._rows[row][0]:
            self.post_message(self.Chosen(self.id or "", self._rows[row][0]))

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows on the screen."""
        top, width = round(self.scroll_y), self.size.width
        return shown(self, [self._strip(top + y, width) for y in range(crop.y, crop.bottom)], crop, self.look.base)

    def render_line(self, y: int) -> Strip:
        """One row on the screen."""
        return self.render_lines(Region(0, y, self.size.width, 1))[0]

    def _strip(self, row: int, width: int) -> Strip:
        if width != self._made_for:
            self._made, self._made_for = {}, width
        if row not in self._made:
            self._made[row] = self._draw(row, width)
        return self._made[row]

    def _draw(self, row: int, width: int) -> Strip:
        if not 0 <= row < len(self._rows):
            return Strip.blank(width, self.look.base)
        pieces = self._rows[row][1]
        ground = self.look.ground("selected") if any(piece.style == "selected" for piece in pieces) else Style()
        segments = [Segment(piece.text, self.look.style(piece.style) + ground) for piece in pieces]
        return Strip(segments).adjust_cell_length(width, self.look.base + ground)
