"""How many cells characters take: counted so that no text is lost, and written so that no other count moves anything.

Terminals will always disagree about some characters. Whatever all of them may not count alike is therefore put where
it belongs by itself: what stands right of it stays where it is, whatever the terminal has made of it. And of two counts
the larger one holds, since in a terminal that counts more the next character would cover the one before.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Final

from rich import _unicode_data, cells
from rich.cells import CellTable
from rich.cells import cell_len as cell_len

# Rich counts these as less than tmux, xterm and others do: vowel signs beside their letter (Hindi, Tamil, Bengali ...),
# Hangul's tone marks and fillers, circled numbers on black squares.
_BESIDE: Final = "Mc"
_WIDER: Final = {0x302E: 2, 0x302F: 2, 0x3164: 2, 0xFFA0: 1} | dict.fromkeys(range(0x3248, 0x3250), 2)

# All but what every terminal counts alike: letters, signs and ideographs that have been in every font for decades.
_UNSURE: Final = re.compile(
    "[^\x00-\x7f\xa0-\xac\xae-\u02ff\u0391-\u03a1\u03a3-\u0482\u048a-\u052f\u1e00-\u1eff\u2010-\u2027\u2030-\u205e"
    "\u20a0-\u20bf\u2190-\u22ff\u2500-\u25fc\u2605\u2606\u270e\u2713\u3001-\u3029\u3041-\u3096\u309b-\u30ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60]"
)
# A sequence for the terminal; or a run of unsure characters with the one before, which may carry the first of them.
_PARTS: Final = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]P](?:[^\x07\x1b]|\x1b\x1b\\|\x1b[^\\])*(?:\x07|\x1b\\)|.)"
    f"|([^\x00-\x1f\x7f-\x9f]?{_UNSURE.pattern}+)"
)


def pinned(drawn: str) -> str:
    """What is drawn on the screen, made so that unsure characters take the cells that they are counted for."""
    return _PARTS.sub(_pin, drawn) if _UNSURE.search(drawn) else drawn


def _pin(part: "re.Match[str]") -> str:
    run = part[1]
    if run is None:
        return part[0]
    width = cell_len(run)
    # Save the place, clear its cells, come back; write, come back, and go on where it ends by our count.
    return f"\x1b7{' ' * width}\x1b8\x1b7{run}\x1b8" + (f"\x1b[{width}C" if width else "")


def _recounted(table: CellTable) -> Iterator[tuple[int, int, int]]:
    """The ranges of the table with the larger counts."""
    for first, last, width in table.widths:
        if width:
            yield first, last, width
            continue
        for code in range(first, last + 1):
            yield code, code, _WIDER.get(code, 1 if unicodedata.category(chr(code)) == _BESIDE else 0)
    known = [code for code in _WIDER if not any(first <= code <= last for first, last, _ in table.widths)]
    yield from ((code, code, _WIDER[code]) for code in known)


def _count_like_terminals() -> None:
    """Lets Rich, and with it Textual, count so: what they lay out and what is drawn here has one width."""
    load = _unicode_data.load

    @cache
    def load_recounted(unicode_version: str = "auto") -> CellTable:
        table = load(unicode_version)
        return table._replace(widths=sorted(_recounted(table)))

    # Where Rich itself looks it up.
    cells.load_cell_table = load_recounted  # type: ignore[attr-defined]
    cells.get_character_cell_size.cache_clear()
    cells.cached_cell_len.cache_clear()


_count_like_terminals()
