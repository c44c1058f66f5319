"""From a line of a conversation to rows of styled pieces, at any width. Knows no widget."""

import re
from itertools import groupby
from operator import attrgetter
from typing import Final, NamedTuple

from zchat_client.tui import words
from zchat_client.tui.line import Kind, Line, State, day_of
from zchat_client.tui.look import Glyphs
from zchat_client.tui.textfit import Span, blocks, cut, links, one_line, shown, width_of, wrap

# Longer lines tire the eye.
TEXT_COLUMNS: Final = 100
# Below this width the name stands in the text's first row.
WIDE_COLUMNS: Final = 70
_CLOCK_COLUMNS: Final = 6
_SHORT_TAIL: Final = 6
# In less room nothing is set in.
_LEAST_COLUMNS: Final = 10
_NAME_COLUMNS: Final = 12
_GUTTER: Final = _CLOCK_COLUMNS + _NAME_COLUMNS + 3


class Piece(NamedTuple):
    """A part of a row, with the name of its style and the address that it links to."""

    text: str
    style: str = "base"
    link: str = ""


Row = list[Piece]


class Found(NamedTuple):
    """What is searched for, the seq of the message that one stands at, and those of all that were found."""

    pattern: re.Pattern[str]
    seq: int
    seqs: frozenset[int]


def height(line: Line, width: int, glyphs: Glyphs) -> int:
    """How many rows the line takes; cheap for the lines that chats are full of."""
    text = line.text
    if line.kind is Kind.SAID and line.state is State.NONE and not line.warning and text.isascii() and "\n" not in text:
        room = _room(line, width, glyphs)
        if len(text) <= room and "```" not in text:
            return 1
    elif line.kind in (Kind.DAY, Kind.NEW, Kind.CAUGHT_UP):
        return 1
    return len(rows(line, width, glyphs, None))


def rows(line: Line, width: int, glyphs: Glyphs, found: Found | None) -> list[Row]:
    """The rows of the line, none wider than ``width``."""
    if line.kind in (Kind.DAY, Kind.NEW, Kind.CAUGHT_UP):
        return [_rule(line, width, glyphs)]
    body = _body(line, max(2, _text_width(line, width)), not _is_wide(width), glyphs, found)
    return [_lead(line, width, glyphs, number == 0) + row for number, row in enumerate(body)]


def plain(row: Row) -> str:
    """The text of a row."""
    return "".join([piece.text for piece in row])


# -- the left side ----------------------------------------------------------------------------------------------------


def _is_wide(width: int) -> bool:
    return width >= WIDE_COLUMNS


def _text_width(line: Line, width: int) -> int:
    """Columns for the text. In narrow logs the first row also holds the name, as part of the text."""
    return min(TEXT_COLUMNS, width - (_GUTTER if _is_wide(width) else _CLOCK_COLUMNS) - 1)


def _room(line: Line, width: int, glyphs: Glyphs) -> int:
    room = _text_width(line, width)
    return room if _is_wide(width) else room - width_of(_inline_name(line, glyphs))


def _inline_name(line: Line, glyphs: Glyphs) -> str:
    name = one_line(line.sender)
    return f"* {name} " if line.action else f"{_announced(line, glyphs)}{name}: "


def _announced(line: Line, glyphs: Glyphs) -> str:
    """What stands before the name in an announcement, where no text that anybody says can stand."""
    return f"{glyphs.announcement} " if line.announcement else ""


def _lead(line: Line, width: int, glyphs: Glyphs, first: bool) -> Row:
    clock = Piece(words.clock(line.at).ljust(_CLOCK_COLUMNS) if first else " " * _CLOCK_COLUMNS, "dim")
    if not _is_wide(width):
        return [clock]
    bar = Piece(f" {glyphs.bar} ", "bar")
    if not first:
        return [clock, Piece(" " * _NAME_COLUMNS), bar]
    if line.kind is not Kind.SAID:
        mark, style = (glyphs.error, "error") if line.kind is Kind.ERROR else (glyphs.system, "dim")
        return [clock, Piece(mark.rjust(_NAME_COLUMNS), style), bar]
    if line.action:
        return [clock, Piece("*".rjust(_NAME_COLUMNS), "dim"), bar]
    mark = _announced(line, glyphs)
    name = cut(one_line(line.sender), _NAME_COLUMNS - width_of(mark), glyphs.more)
    pad = " " * (_NAME_COLUMNS - width_of(mark + name))
    return [clock, Piece(pad), Piece(mark, "announcement"), Piece(name, name_style(line)), bar]


def name_style(line: Line) -> str:
    """The style of the name of whoever said it."""
    return "own" if line.own else f"name:{line.sender}"


def _rule(line: Line, width: int, glyphs: Glyphs) -> Row:
    match line.kind:
        case Kind.DAY:
            text, style = words.day(day_of(line)), "rule"
        case Kind.NEW:
            text, style = words.NEW_LINE, "new"
        case _:
            text, style = words.caught_up(int(line.text)), "caught"
    text = cut(f"{glyphs.rule * 2} {text} ", width - 1, glyphs.more)
    rest = min(width - 1, TEXT_COLUMNS + _GUTTER) - width_of(text)
    return [Piece(text + glyphs.rule * max(0, rest), style)]


# -- the text ---------------------------------------------------------------------------------------------------------


def _body(line: Line, width: int, inline: bool, glyphs: Glyphs, found: Found | None) -> list[Row]:
    lead = _name_pieces(line, width, inline, glyphs)
    tail = _state(line, glyphs)
    style = _text_style(line)
    made: list[Row] = []
    parts, hang = _parts(line), _hang(line, width)
    for number, part in enumerate(parts):
        before = lead if number == 0 else []
        after = tail if number == len(parts) - 1 else None
        if isinstance(part, str):
            first, *others = _said(part, before, after, style, width - len(hang), line, found)
            made += [first, *[[Piece(hang), *row] if hang else row for row in others]]
        else:
            made += ([before] if before else []) + _code(part, after, width)
    return made


def _parts(line: Line) -> list[str | list[str]]:
    """The lines of a text, those of one piece of code together. Only what somebody says may have code in it: in a list
    that could be what others have said.
    """
    text = shown(line.text)
    if line.kind is not Kind.SAID:
        return [*text.split("\n")]
    made: list[str | list[str]] = []
    for is_code, those in groupby(blocks(text), attrgetter("code")):
        lines = [block.text for block in those]
        made += [lines] if is_code else lines
    return made


def _hang(line: Line, width: int) -> str:
    """In a list the further rows of a line stand further in: no text may look like a line of its own."""
    is_list = line.kind is not Kind.SAID and "\n" in line.text
    return "  " if is_list and width > _LEAST_COLUMNS else ""


def _name_pieces(line: Line, width: int, inline: bool, glyphs: Glyphs) -> Row:
    """The name at the beginning of the text: of actions, and of everything in a narrow log."""
    if line.kind is not Kind.SAID:
        return []
    name = cut(one_line(line.sender), max(4, width // 2), glyphs.more)
    if line.action:
        return [*([Piece("* ", "dim")] if inline else []), Piece(name, name_style(line)), Piece(" ")]
    mark = Piece(_announced(line, glyphs), "announcement")
    return [mark, Piece(name, name_style(line)), Piece(": ", "dim")] if inline else []


def _text_style(line: Line) -> str:
    match line:
        case Line(warning=warning) if warning:
            return "error"
        case Line(kind=Kind.SYSTEM):
            return "system"
        case Line(kind=Kind.ERROR):
            return "error"
        case Line(state=State.PENDING):
            return "pending"
        case Line(announcement=True):
            return "announcement"
        case Line(mention=True):
            return "mention"
        case _:
            return "base"


def _state(line: Line, glyphs: Glyphs) -> str | None:
    if line.warning:
        return f" {glyphs.error} {line.warning}"
    match line.state:
        case State.PENDING:
            return f" {glyphs.pending}"
        case State.KEPT:
            return f" {glyphs.kept}"
        case State.DELIVERED:
            return f" {glyphs.delivered}"
        case State.WAITING:
            return f" {glyphs.kept} {words.waiting(line.recipient)}"
        case _:
            return None


def _said(said: str, lead: Row, tail: str | None, style: str, width: int, line: Line, found: Found | None) -> list[Row]:
    """The rows of one line of the text: its lead and tail are wrapped along with it."""
    before = plain(lead)
    text = before + said
    if tail is None or len(tail) > _SHORT_TAIL:
        text += tail or ""
        parts = wrap(text, width, held=len(before))
    else:
        # The mark goes beside the last word, never on a row of its own.
        parts = wrap(text, width - len(tail), held=len(before))
        text += tail
        parts[-1] = Span(parts[-1].start, len(text))
    limits = (len(before), len(before) + len(said))
    return [_styled(text, part, limits, lead, style, line, found) for part in parts]


def _code(lines: list[str], tail: str | None, width: int) -> list[Row]:
    """The rows of some code, all equally broad, with a short mark beside the last."""
    mark = tail if tail is not None and len(tail) <= _SHORT_TAIL else ""
    room = width - len(mark)
    parts = [line[part.start : part.end] for line in lines for part in wrap(line, room - 1, words=False)]
    broad = min(room - 1, max(map(width_of, parts)) + 1)
    made: list[Row] = [[Piece(f" {part}{' ' * (broad - width_of(part))}", "code")] for part in parts]
    if mark:
        made[-1].append(Piece(mark, "dim"))
    elif tail:
        made.append([Piece(tail.strip(), "dim")])
    return made


def _styled(
    text: str, part: Span, limits: tuple[int, int], lead: Row, style: str, line: Line, found: Found | None
) -> Row:
    """One row: its pieces are cut where the style changes."""
    row: Row = []
    position = 0
    for piece in lead:
        row += _clip(piece, position, part)
        position += len(piece.text)
    body = text[limits[0] : limits[1]]
    for start, piece in _pieces(body, style, line, found):
        row += _clip(piece, limits[0] + start, part)
    if limits[1] < len(text):
        row += _clip(Piece(text[limits[1] :], "dim"), limits[1], part)
    return row


def _clip(piece: Piece, position: int, part: Span) -> Row:
    start, end = max(part.start, position), min(part.end, position + len(piece.text))
    return [Piece(piece.text[start - position : end - position], piece.style, piece.link)] if start < end else []


def _pieces(body: str, style: str, line: Line, found: Found | None) -> list[tuple[int, Piece]]:
    """The text with its links and what was searched for."""
    marked = [(span, "link", body[span.start : span.end]) for span in links(body)]
    if found is not None and line.seq in found.seqs:
        hit = "found" if line.seq == found.seq else "match"
        marked += [(Span(*match.span()), hit, "") for match in found.pattern.finditer(body) if match.group()]
    marked.sort()
    made: list[tuple[int, Piece]] = []
    position = 0
    for span, mark, link in marked:
        if span.start < position:
            continue
        if span.start > position:
            made.append((position, Piece(body[position : span.start], style)))
        made.append((span.start, Piece(body[span.start : span.end], mark, link)))
        position = span.end
    if position < len(body):
        made.append((position, Piece(body[position:], style)))
    return made
