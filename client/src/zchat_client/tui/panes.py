"""Lists at the sides: rows of pieces that can be clicked. Drawn row by row, whatever their number."""

from collections.abc import Callable

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
        # What to say, in the first or the last row, of rows with these keys that are above or below it.
        self.edges: Callable[[list[str], bool], Row] = lambda _hidden, _is_above: []
        self._selected = ""

    def set_rows(self, rows: list[tuple[str, Row]]) -> None:
        """Shows these rows, each with its key; one that is selected now, and was not before, is scrolled to."""
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
        selected = next((key for key, row in rows if any(piece.style == "selected" for piece in row)), "")
        if selected != self._selected:
            self._selected = selected
            self._show_selected()

    def on_resize(self) -> None:
        """What is selected stays on the screen."""
        self._show_selected()

    def _show_selected(self) -> None:
        number = next((number for number, (key, _) in enumerate(self._rows) if key == self._selected), None)
        if self._selected and number is not None:
            self._show(number)

    def _show(self, number: int) -> None:
        """Scrolls as little as needed for a row to stand between the first and the last one, which may say what else
        there is.
        """
        top, height = round(self.scroll_y), self.size.height
        wanted = min(max(top, number - height + 2), max(0, number - 1))
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, force=True, immediate=True)

    def restyle(self, look: Look) -> None:
        """Another theme."""
        self.look = look
        self._made = {}
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Tells which row was clicked; one that speaks of others scrolls to the nearest of them."""
        row = event.y + round(self.scroll_y)
        edge = self._edge(event.y)
        if edge is not None:
            numbers = range(row, -1, -1) if event.y == 0 else range(row, len(self._rows))
            found = next((each for each in numbers if self.edges([self._rows[each][0]], event.y == 0)), None)
            # A pane of one row may tell of what is below in its first one.
            if found is not None:
                self._show(found)
        elif 0 <= row < len(self._rows) and self._rows[row][0]:
            self.post_message(self.Chosen(self.id or "", self._rows[row][0]))

    def _edge(self, y: int) -> Row | None:
        """What stands in this row of the screen instead of its own, because of what is beyond it."""
        top, height = round(self.scroll_y), self.size.height
        keys = [key for key, _ in self._rows]
        if y == 0 and self.edges(keys[:top], True):
            return self.edges(keys[: top + 1], True)
        if y == height - 1 and self.edges(keys[top + height :], False):
            return self.edges(keys[top + y :], False)
        return None

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows on the screen."""
        top, width = round(self.scroll_y), self.size.width
        strips = [self._strip(top + y, width) for y in range(crop.y, crop.bottom)]
        for y in {0, self.size.height - 1}.intersection(range(crop.y, crop.bottom)):
            if (edge := self._edge(y)) is not None:
                strips[y - crop.y] = self._paint(edge, width)
        return shown(self, strips, crop, self.look.base)

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
        return self._paint(self._rows[row][1], width)

    def _paint(self, pieces: Row, width: int) -> Strip:
        ground = self.look.ground("selected") if any(piece.style == "selected" for piece in pieces) else Style()
        segments = [Segment(piece.text, self.look.style(piece.style) + ground) for piece in pieces]
        return Strip(segments).adjust_cell_length(width, self.look.base + ground)
