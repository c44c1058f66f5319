"""Texts fitted to cells: what terminals draw in widths of their own is simplified, lines are wrapped at words."""

import re
from collections import deque
from functools import lru_cache
from itertools import groupby
from typing import Final, NamedTuple
from unicodedata import category

from zchat_client.mention import LINK
from zchat_client.tui.cells import cell_len
from zchat_common.text import REPLACEMENT

# Terminals and Rich disagree about the width of what these do to the character before them: variation selectors,
# joiners, skin tones, the keycap, and flags' tags. Without them each character has a width that all agree on.
_JOINING: Final = re.compile("[\u200d\ufe00-\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f\u200b\u2060\ufeff]")
# What acts on a terminal or turns the order of others around; the client has cleaned already, texts typed here not.
_ACTING: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
# More marks on one character than any language puts there ("zalgo") would draw over the lines around: of Latin and
# Cyrillic ones two, of others, which stand for sounds, six. No mark is a letter or a digit.
_HEAPED: Final = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{2})[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
_MARKS: Final = re.compile(r"[^\w\s\x00-\u02ff]{7,}")
_MARKS_MAX: Final = 6
_LINK: Final = re.compile(LINK, re.IGNORECASE)
_TAB: Final = "    "
_FENCE: Final = "```"


class Span(NamedTuple):
    """A part of a text, from ``start`` up to ``end``."""

    start: int
    end: int


class Block(NamedTuple):
    """One line of a text; ``code`` between two lines of ``` marks."""

    text: str
    code: bool


def shown(text: str) -> str:
    """The text as it may be drawn: nothing acts on the terminal, each character has an agreed width."""
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\t", _TAB)
    return _MARKS.sub(_few_marks, _HEAPED.sub(r"\1", _JOINING.sub("", _ACTING.sub(REPLACEMENT, text))))


def _few_marks(found: re.Match[str]) -> str:
    kept: list[str] = []
    for is_mark, run in groupby(found[0], lambda character: category(character) in ("Mn", "Me")):
        kept += list(run)[: _MARKS_MAX if is_mark else None]
    return "".join(kept)


def one_line(text: str) -> str:
    """The text on one line."""
    return " ".join(shown(text).split())


def on_one_row(text: str) -> str:
    """The text with each of its spaces, where a line ends too: a row has no other."""
    return shown(text).replace("\n", " ")


def width_of(text: str) -> int:
    """How many cells the text takes."""
    return len(text) if text.isascii() else cell_len(text)


def cut(text: str, width: int, ellipsis: str) -> str:
    """The text in at most ``width`` cells, its end replaced by an ellipsis if it does not fit."""
    if width_of(text) <= width:
        return text
    kept, room = 0, width - width_of(ellipsis)
    while kept < len(text) and (room := room - width_of(text[kept])) >= 0:
        kept += 1
    return text[:kept] + ellipsis[: max(0, width)]


def blocks(text: str) -> list[Block]:
    """The lines of a text. Code stands between ``` (a language may stand behind it) and the next ``` alone, which are
    not shown themselves, or between two of them on one line. Marks with nothing between them are part of the text.
    """
    lines = text.split("\n")
    if _FENCE not in text:
        return [Block(line, False) for line in lines]
    ends = deque(number for number, line in enumerate(lines) if line.strip() == _FENCE)
    found: list[Block] = []
    at = 0
    while at < len(lines):
        while ends and ends[0] <= at + 1:
            ends.popleft()
        between = lines[at + 1 : ends[0]] if ends and _opens_code(lines[at].strip()) else []
        if any(line.strip() for line in between):
            found += [Block(line, True) for line in between]
            at = ends.popleft() + 1
        else:
            code = _code_within(lines[at].strip())
            found.append(Block(code or lines[at], bool(code)))
            at += 1
    return found


def _opens_code(line: str) -> bool:
    behind = line.removeprefix(_FENCE)
    return behind != line and "`" not in behind and len(behind.split()) <= 1


def _code_within(line: str) -> str:
    """What stands between two marks on one line; nothing if that is no code."""
    if len(line) <= 2 * len(_FENCE) or not (line.startswith(_FENCE) and line.endswith(_FENCE)):
        return ""
    code = line[len(_FENCE) : -len(_FENCE)]
    return code if "`" not in code and code.strip() else ""


@lru_cache(4096)
def links(text: str) -> tuple[Span, ...]:
    """Where the links are."""
    return tuple([Span(*match.span()) for match in _LINK.finditer(text)]) if "://" in text else ()


def wrap(text: str, width: int, *, words: bool = True, held: int = 0) -> list[Span]:
    """Breaks one line into parts of at most ``width`` cells, at spaces if ``words``; a part has no space at its end.

    The first ``held`` characters never stand alone: what follows them is broken, however long a word it is.
    An empty line is one empty part.
    """
    if width_of(text) <= width or width < 2:
        return [Span(0, len(text))]
    parts: list[Span] = []
    start = 0
    while start < len(text):
        end = _fitting(text, start, width)
        if end >= len(text):
            parts.append(Span(start, len(text)))
            break
        if words and (space := text.rfind(" ", max(start + 1, held), end + 1)) > 0 and text[start:space].strip():
            parts.append(Span(start, space))
            start = space + 1
            while start < len(text) and text[start] == " ":
                start += 1
        else:
            parts.append(Span(start, end))
            start = end
    return parts


def _fitting(text: str, start: int, width: int) -> int:
    """The end of what fits into ``width`` cells from ``start``; at least one character."""
    if text.isascii():
        return start + width
    end, room = start, width
    while end < len(text) and (room := room - cell_len(text[end])) >= 0:
        end += 1
    # Marks that belong to the last character stay with it.
    return max(end, start + 1)
