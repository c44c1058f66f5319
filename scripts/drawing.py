"""Rows of a terminal as an SVG picture that looks the same whatever fonts the reader has.

Rich's own picture gives each run of text one length: letters after CJK are squeezed, since fonts disagree about wide
characters, and rules are letters with gaps between the rows. Here every run of narrow letters has its cells, every
other character stands alone in its own, and lines are lines.
"""

import unicodedata
from collections.abc import Iterator
from html import escape
from typing import Final, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

_WIDE, _HIGH = 9, 20
_PAD, _BAR = 12, 34
_FONTS: Final = (
    "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', 'Noto Sans Mono CJK JP', "
    "'Noto Sans CJK JP', 'Hiragino Sans', 'Yu Gothic', 'Noto Color Emoji', monospace"
)
# What box-drawing characters connect: up, down, left, right; and whether the corner is round.
_BOXES: Final = {
    "│": "ud", "─": "lr", "╭": "dr", "╮": "dl", "╰": "ur", "╯": "ul", "┌": "dr", "┐": "dl", "└": "ur", "┘": "ul",
}  # fmt: skip
_EIGHTHS: Final = "▁▂▃▄▅▆▇█"


class Colours(NamedTuple):
    """Those of the whole picture: the text, what lies behind it, and the window's frame."""

    front: str
    ground: str
    frame: str


class _Cell(NamedTuple):
    """A character with what is combined with it, in its column; ``wide`` is how many cells it takes."""

    text: str
    column: int
    wide: int
    style: Style


def drawing(strips: list[Strip], title: str, colours: Colours) -> str:
    """The picture."""
    columns = max(strip.cell_length for strip in strips)
    width, height = columns * _WIDE + 2 * _PAD, len(strips) * _HIGH + _BAR + _PAD
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        f"<title>{escape(title)}</title>",
        f"<style>text{{font:15px {_FONTS};white-space:pre}}.b{{font-weight:700}}.i{{font-style:italic}}"
        ".u{text-decoration:underline}.c{text-anchor:middle}</style>",
        f'<rect x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="9" fill="{colours.ground}" '
        f'stroke="{colours.frame}"/>',
        *[
            f'<circle cx="{18 + 20 * number}" cy="17" r="6" fill="{fill}"/>'
            for number, fill in enumerate(("#ff5f57", "#febc2e", "#28c840"))
        ],
        f'<text class="c" x="{width // 2}" y="22" fill="{colours.front}">{escape(title)}</text>',
        f'<g transform="translate({_PAD} {_BAR})">',
    ]
    for row, strip in enumerate(strips):
        cells = list(_cells(strip))
        parts += _grounds(cells, row * _HIGH, colours)
        parts += _fronts(cells, row * _HIGH, colours)
    return "\n".join([*parts, "</g>", "</svg>", ""])


def _cells(strip: Strip) -> Iterator[_Cell]:
    column = 0
    for segment in Segment.simplify(strip):
        style = segment.style or Style()
        cell: _Cell | None = None
        for character in segment.text:
            wide = cell_len(character)
            if cell is not None and not wide:
                cell = cell._replace(text=cell.text + character)
                continue
            if cell is not None:
                yield cell
            cell = _Cell(character, column, wide, style)
            column += wide
        if cell is not None:
            yield cell


def _colour_of(style: Style, colours: Colours) -> tuple[str, str]:
    front = colours.front if style.color is None else style.color.get_truecolor().hex
    ground = colours.ground if style.bgcolor is None else style.bgcolor.get_truecolor().hex
    return (ground, front) if style.reverse else (front, ground)


def _grounds(cells: list[_Cell], y: int, colours: Colours) -> Iterator[str]:
    begun: tuple[str, int, int] | None = None
    for cell in [*cells, None]:
        fill = "" if cell is None else _colour_of(cell.style, colours)[1]
        if begun is not None and (cell is None or fill != begun[0]):
            if begun[0] != colours.ground:
                width = (begun[2] - begun[1]) * _WIDE
                yield f'<rect x="{begun[1] * _WIDE}" y="{y}" width="{width}" height="{_HIGH}" fill="{begun[0]}"/>'
            begun = None
        if cell is not None:
            start = cell.column if begun is None else begun[1]
            begun = (fill, start, cell.column + cell.wide)


def _fronts(cells: list[_Cell], y: int, colours: Colours) -> Iterator[str]:
    """Runs of letters of one style together, everything else by itself."""
    run: list[_Cell] = []
    for cell in cells:
        if run and not (_is_plain(cell) and cell.style == run[0].style):
            yield from _run(run, y, colours)
            run = []
        if _is_plain(cell):
            run.append(cell)
        else:
            yield _alone(cell, y, _colour_of(cell.style, colours)[0])
    yield from _run(run, y, colours)


def _is_plain(cell: _Cell) -> bool:
    """Whether every monospaced font has it, one cell wide."""
    return cell.wide == 1 and (cell.text.isascii() or unicodedata.category(cell.text[0]) in ("Ll", "Lu"))


def _run(run: list[_Cell], y: int, colours: Colours) -> Iterator[str]:
    while run and run[-1].text == " ":
        run.pop()
    while run and run[0].text == " ":
        run.pop(0)
    if run:
        text = "".join(cell.text for cell in run)
        # The spaces inside keep their cells too.
        length = f' textLength="{len(run) * _WIDE}" lengthAdjust="spacingAndGlyphs"'
        fill = _colour_of(run[0].style, colours)[0]
        x = run[0].column * _WIDE
        yield f'<text{_class_of(run[0].style)} x="{x}" y="{y + 15}"{length} fill="{fill}">{escape(text)}</text>'


def _alone(cell: _Cell, y: int, fill: str) -> str:
    x, middle, high = cell.column * _WIDE, cell.column * _WIDE + _WIDE / 2, y + _HIGH / 2
    if cell.text in _BOXES:
        ends = {"u": (middle, y), "d": (middle, y + _HIGH), "l": (x, high), "r": (x + _WIDE, high)}
        (ax, ay), (bx, by) = [ends[way] for way in _BOXES[cell.text]]
        return f'<path d="M{ax} {ay}Q{middle} {high} {bx} {by}" fill="none" stroke="{fill}"/>'
    if cell.text in _EIGHTHS:
        tall = _HIGH * (_EIGHTHS.index(cell.text) + 1) / 8
        return f'<rect x="{x}" y="{y + _HIGH - tall}" width="{_WIDE}" height="{tall}" fill="{fill}"/>'
    middle = x + cell.wide * _WIDE / 2
    return f'<text{_class_of(cell.style, "c")} x="{middle}" y="{y + 15}" fill="{fill}">{escape(cell.text)}</text>'


def _class_of(style: Style, more: str = "") -> str:
    marks = {"b": style.bold, "i": style.italic, "u": style.underline}
    names = [name for name, on in marks.items() if on] + ([more] if more else [])
    return f' class="{" ".join(names)}"' if names else ""
