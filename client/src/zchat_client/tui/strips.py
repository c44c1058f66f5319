"""The finished rows of a log's lines: each line is drawn once, as long as it looks the same."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.filter import ANSIToTruecolor
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from zchat_client.tui import painting
from zchat_client.tui.line import Line
from zchat_client.tui.look import Look
from zchat_client.tui.textfit import width_of

# Some screens full, for whoever scrolls; more would only be more for the garbage collector to look through.
_KEPT: Final = 400


class Uncut(Strip):
    """A strip that is shown whole. Textual's own keeps itself among its parts then, and a ring of objects is freed by
    the garbage collector alone: measured at a thousand messages a second, that stopped everything for 80 ms at a time.
    """

    __slots__ = ("__weakref__",)

    def divide(self, cuts: Iterable[int]) -> Sequence[Strip]:
        """The parts between these columns."""
        cuts = list(cuts)
        return [self] if cuts == [self.cell_length] else super().divide(cuts)


class Strips:
    """Those of the lines shown last."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self._made: OrderedDict[int, tuple[int, list[Strip]]] = OrderedDict()

    def clear(self) -> None:
        """Everything looks different now."""
        self._made.clear()

    def of(self, line: Line, width: int, found: painting.Found | None) -> list[Strip]:
        """The rows of a line."""
        kept = self._made.get(line.number)
        if kept is not None and kept[0] == line.revision:
            self._made.move_to_end(line.number)
            return kept[1]
        made = [self._draw(row, width) for row in painting.rows(line, width, self.look.glyphs, found)]
        self._made[line.number] = (line.revision, made)
        if len(self._made) > _KEPT:
            self._made.popitem(last=False)
        return made

    def _draw(self, row: painting.Row, width: int) -> Strip:
        segments = [Segment(piece.text, self._style(piece)) for piece in row]
        return Uncut(Segment.adjust_line_length(segments, width, self.look.base), width)

    def _style(self, piece: painting.Piece) -> Style:
        style = self.look.style(piece.style)
        return style + Style(link=piece.link) if piece.link else style


def selected(strip: Strip, span: tuple[int, int], style: Style) -> Strip:
    """The row with a part of its text selected; a span that ends at -1 goes to the end."""
    text = strip.text
    start, end = span[0], len(text) if span[1] == -1 else span[1]
    before, chosen = width_of(text[:start]), width_of(text[:end])
    parts = strip.divide([before, chosen, strip.cell_length])
    if len(parts) != 3:
        return strip
    marked = Strip([Segment(segment.text, style) for segment in parts[1]])
    return Strip.join([parts[0], marked, parts[2]])


def shown(widget: Widget, strips: Iterable[Strip], crop: Region, base: Style) -> list[Strip]:
    """What of a widget's rows is on the screen, through Textual's filters: the colours are the terminal's or true ones
    already.
    """
    filters = [each for each in widget.app._filters if each.enabled and not isinstance(each, ANSIToTruecolor)]
    background = widget.background_colors[1]
    made: list[Strip] = []
    for strip in strips:
        if crop.x or crop.right != strip.cell_length:
            strip = strip.crop_extend(crop.x, crop.right, base)
        for each in filters:
            strip = strip.apply_filter(each, background)
        made.append(strip)
    return made
