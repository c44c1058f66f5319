"""The status line: the connection in plain words. Knows no widget."""

from typing import Final, NamedTuple

from zchat_client.tui import words
from zchat_client.tui.look import Glyphs
from zchat_client.tui.painting import Piece, Row
from zchat_client.tui.textfit import cut, one_line, width_of

# So long one is reminded of what was caught up; the log says it for good.
_CAUGHT_UP_S: Final = 30.0


class Link(NamedTuple):
    """How the connection stands: ``since_s`` is how long it has been so, ``waiting`` how much is queued, ``orders`` the
    commands among that. ``needs`` is what it waits for before it goes on, if that is not the broker.
    """

    connected: bool
    since_s: float
    latency_s: float | None
    waiting: int
    ever: bool
    trouble: str
    orders: tuple[str, ...] = ()
    needs: str = ""


class Who(NamedTuple):
    """Oneself and the broker; ``away`` is why one is away, None while one is not."""

    name: str
    title: str
    away: str | None = None


def status(link: Link, who: Who, note: str, missed: int | None, width: int, glyphs: Glyphs) -> Row:
    """The row: connection, whether one is away, what was caught up, a note on the right."""
    if link.connected:
        mark = Piece(f" {glyphs.online} ", "here") if who.away is None else Piece(f" {glyphs.away} ", "count")
        left = [mark, Piece(f"{who.name} at {who.title or 'this broker'}")]
        if who.away is not None:
            left.append(Piece(f" {glyphs.between} {words.AWAY}", "count"))
            left += (
                [Piece(f" {glyphs.between} {cut(one_line(who.away), 24, glyphs.more)}", "count")]
                if who.away.strip()
                else []
            )
        if link.latency_s is not None:
            left.append(Piece(f" {glyphs.between} {max(1, round(link.latency_s * 1000))} ms", "dim"))
        if missed and link.since_s < _CAUGHT_UP_S:
            left.append(Piece(f" {glyphs.between} {words.caught_up(missed)}", "caught"))
    else:
        doing = f"{'reconnecting' if link.ever else 'connecting'}, for {words.span(link.since_s)}"
        left = [Piece(f" {glyphs.offline} ", "alert"), Piece(link.needs or doing, "alert")]
        if link.waiting:
            left.append(Piece(f" {glyphs.between} {words.queued(link.waiting, link.orders)}", "count"))
        if link.trouble and not (link.ever or link.needs):
            left.append(Piece(f" {glyphs.between} {link.trouble}", "dim"))
    if link.connected and link.waiting > 1:
        left.append(Piece(f" {glyphs.between} {link.waiting} on their way", "dim"))
    used = sum(width_of(piece.text) for piece in left)
    if used > width:
        return _cut(left, width, glyphs)
    note = cut(note, max(0, width - used - 2), glyphs.more) if width - used > 12 else ""
    return [*left, Piece(" " * max(0, width - used - width_of(note) - 1)), Piece(note, "dim")]


def _cut(row: Row, width: int, glyphs: Glyphs) -> Row:
    kept: Row = []
    for piece in row:
        text = cut(piece.text, width, glyphs.more)
        width -= width_of(text)
        kept.append(Piece(text, piece.style))
        if width <= 0:
            break
    return kept
