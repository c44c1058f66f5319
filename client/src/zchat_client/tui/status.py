"""The status line: the connection in plain words. Knows no widget."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from zchat_client.tui import words
from zchat_client.tui.conversations import Missed
from zchat_client.tui.keys import KeyNames
from zchat_client.tui.look import Glyphs
from zchat_client.tui.painting import Piece, Row
from zchat_client.tui.textfit import cut, one_line, width_of

# So long one is reminded of what was caught up; the log says it for good.
_CAUGHT_UP_S: Final = 30.0
_WHY_COLUMNS: Final = 24
_NAME_COLUMNS: Final = 14
# Less than this of a text that is cut says nothing.
_SHORT: Final = 8
# What is there only where there is room, what matters most first.
_MATTERS: Final = (
    *("note", "leave", "orders", "partner", "caught_up", "help", "earlier", "away", "place", "trouble", "on_return"),
    *("under_way", "elsewhere", "why", "partner_why", "go_to", "latency", "here"),
)

# What says nothing without another part.
_BELONGS: Final = {"why": "away", "partner_why": "partner", "elsewhere": "caught_up"}


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
    """Oneself and the broker; ``away`` is why one is away, None while one is not. ``here`` is how many are, 0 where the
    screen shows them. ``partner`` says of whoever is whispered with that he is away or has gone.
    """

    name: str
    title: str
    away: str | None = None
    here: int = 0
    partner: str = ""


class Hint(NamedTuple):
    """A key, by what it does."""

    name: str
    text: str


Hints = tuple[Hint, ...]


class _Part(NamedTuple):
    """Something on the line: what it is, and how few columns of it are of use (all, if 0)."""

    name: str
    piece: Piece
    least: int = 0

    @property
    def needs(self) -> int:
        return min(self.least or self.width, self.width)

    @property
    def width(self) -> int:
        return width_of(self.piece.text)


def hints(keys: KeyNames) -> Hints:
    """The keys that are always named."""
    return tuple([Hint(name, text.format(key=keys.first(name))) for name, text in words.KEYS.items()])


def status(
    link: Link, who: Who, keys: Hints, missed: Missed | None, width: int, glyphs: Glyphs, notes: Sequence[str] = ()
) -> Row:
    """The row: connection, whether one is away, what was caught up; notes, the latest last; on the right the keys.

    What matters less gives way to what matters more: all else to the latest note, and the way out least of all the
    rest; no key is cut.
    """
    parts = _connected(link, who, missed, glyphs) if link.connected else _lost(link, glyphs)
    between = f" {glyphs.between} "
    if notes[:-1]:
        parts.append(_Part("earlier", Piece(between + between.join(notes[:-1]))))
    if notes:
        room = width - 1 - sum(each.needs for each in parts if each.name not in _MATTERS)
        parts.append(_Part("note", Piece(between + notes[-1]), max(1, room)))
    ends = [_Part(each.name, Piece(each.text, "dim")) for each in keys]
    parts, ends = _fitting(parts, ends, width, glyphs)
    return _spread([each.piece for each in parts], [each.piece for each in ends], width, glyphs)


def _connected(link: Link, who: Who, missed: Missed | None, glyphs: Glyphs) -> list[_Part]:
    between = f" {glyphs.between} "
    mark = Piece(f" {glyphs.online} ", "here") if who.away is None else Piece(f" {glyphs.away} ", "count")
    parts = [
        _Part("mark", mark),
        _Part("name", Piece(who.name), _NAME_COLUMNS),
        _Part("place", Piece(f" at {who.title or 'this broker'}"), _SHORT),
    ]
    if who.away is not None:
        parts.append(_Part("away", Piece(f"{between}{words.AWAY}", "count")))
        if why := one_line(who.away):
            parts.append(_Part("why", Piece(between + cut(why, _WHY_COLUMNS, glyphs.more), "count"), _SHORT))
    if who.partner:
        said, colon, why = one_line(who.partner).partition(":")
        parts.append(_Part("partner", Piece(between + said, "count")))
        parts.append(_Part("partner_why", Piece(colon + why, "count"), _SHORT))
    if who.here:
        parts.append(_Part("here", Piece(between + words.HERE.format(count=who.here), "dim")))
    if link.latency_s is not None:
        parts.append(_Part("latency", Piece(f"{between}{max(1, round(link.latency_s * 1000))} ms", "dim")))
    if missed and sum(missed) and link.since_s < _CAUGHT_UP_S:
        parts.append(
            _Part("caught_up", Piece(between + words.MISSED.format(count=missed.here or missed.elsewhere), "caught"))
        )
        if missed.elsewhere:
            more = words.ELSEWHERE_TOO.format(count=missed.elsewhere) if missed.here else words.ALL_ELSEWHERE
            parts.append(_Part("elsewhere", Piece(more, "caught")))
    if link.waiting > 1:
        parts.append(_Part("under_way", Piece(f"{between}{link.waiting} on their way", "dim")))
    return parts


def _lost(link: Link, glyphs: Glyphs) -> list[_Part]:
    between = f" {glyphs.between} "
    doing = f"{'reconnecting' if link.ever else 'connecting'}, for {words.span(link.since_s)}"
    parts = [_Part("mark", Piece(f" {glyphs.offline} ", "alert")), _Part("doing", Piece(link.needs or doing, "alert"))]
    if link.waiting:
        parts.append(_Part("queued", Piece(between + words.QUEUED.format(count=link.waiting), "count")))
        parts.append(_Part("on_return", Piece(words.ON_RETURN, "count")))
    if link.orders:
        parts.append(_Part("orders", Piece(f": {', '.join(link.orders)}", "count"), _SHORT))
    if link.trouble and not (link.ever or link.needs):
        parts.append(_Part("trouble", Piece(between + one_line(link.trouble), "dim"), _SHORT))
    return parts


def _fitting(parts: list[_Part], keys: list[_Part], width: int, glyphs: Glyphs) -> tuple[list[_Part], list[_Part]]:
    """What there is room for, what matters most first; what may be shortened gets what is left over."""
    beside = width_of(glyphs.between) + 2
    costs = {each.name: each.needs for each in parts} | {each.name: each.width + beside for each in keys}
    spare = width - 1 - sum(cost for name, cost in costs.items() if name not in _MATTERS)
    gone: set[str] = set()
    for name in _MATTERS:
        # Without the way out no other key is named either.
        is_alone = "leave" in gone and any(each.name == name for each in keys)
        if costs.get(name, 0) <= spare and not is_alone and _BELONGS.get(name) not in gone:
            spare -= costs.get(name, 0)
        else:
            gone.add(name)
    fitted: list[_Part] = []
    for each in [each for each in parts if each.name not in gone]:
        given = min(each.width, each.needs + max(0, spare))
        spare -= given - each.needs
        fitted.append(each._replace(piece=each.piece._replace(text=cut(each.piece.text, given, glyphs.more))))
    return fitted, [each for each in keys if each.name not in gone]


def _spread(left: Row, right: Row, width: int, glyphs: Glyphs) -> Row:
    """One part at each end of the line."""
    between = Piece(f" {glyphs.between} ", "dim")
    ends = [piece for each in right for piece in (between, each)][1:]
    used = sum(width_of(piece.text) for piece in (*left, *ends))
    return [*left, Piece(" " * max(0, width - used - 1)), *ends]
