"""The status line: the connection in plain words. Knows no widget."""

from typing import NamedTuple

from zchat_client.tui import words
from zchat_client.tui.look import Glyphs
from zchat_client.tui.painting import Piece, Row
from zchat_client.tui.textfit import cut, width_of


class Link(NamedTuple):
    """How the connection stands; ``since_s`` is how long it has been so, ``waiting`` how much is queued."""

    connected: bool
    since_s: float
    latency_s: float | None
    waiting: int
    ever: bool
    trouble: str


def status(link: Link, name: str, title: str, note: str, missed: int | None, width: int, glyphs: Glyphs) -> Row:
    """The row: connection, what was caught up, a note on the right."""
    if link.connected:
        left = [Piece(f" {glyphs.online} ", "here"), Piece(f"{name} at {title or 'this broker'}")]
        if link.latency_s is not None:
            left.append(Piece(f" · {max(1, round(link.latency_s * 1000))} ms", "dim"))
        if missed:
            left.append(Piece(f" · {words.caught_up(missed)}", "caught"))
    else:
        doing = "reconnecting" if link.ever else "connecting"
        left = [Piece(f" {glyphs.offline} ", "alert"), Piece(f"{doing}, for {words.span(link.since_s)}", "alert")]
        if link.waiting:
            left.append(Piece(f" · {link.waiting} queued, sent on return", "count"))
        if link.trouble and not link.ever:
            left.append(Piece(f" · {link.trouble}", "dim"))
    if link.connected and link.waiting > 1:
        left.append(Piece(f" · {link.waiting} on their way", "dim"))
    used = sum(width_of(piece.text) for piece in left)
    if used > width:
        return _cut(left, width)
    note = cut(note, max(0, width - used - 2)) if width - used > 12 else ""
    return [*left, Piece(" " * max(0, width - used - width_of(note) - 1)), Piece(note, "dim")]


def _cut(row: Row, width: int) -> Row:
    kept: Row = []
    for piece in row:
        text = cut(piece.text, width)
        width -= width_of(text)
        kept.append(Piece(text, piece.style))
        if width <= 0:
            break
    return kept
