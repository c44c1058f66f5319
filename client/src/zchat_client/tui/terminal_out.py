"""What is drawn, from text to bytes that the terminal takes, whatever its encoding is and whatever becomes of it."""

import codecs
import os
import select
from collections.abc import Callable
from typing import Final

from zchat_client.tui.cells import pinned
from zchat_client.tui.textfit import width_of

_ERRORS: Final = "zchat.cells"
# Marks that have a likeness in every encoding: the ellipsis, dots, arrows, dashes and quotation marks of texts.
_PLAIN: Final = {
    0x2026: ".",
    0xB7: "-",
    0x203A: ">",
    0x2013: "-",
    0x2014: "-",
    0x2018: "'",
    0x2019: "'",
    0x201C: '"',
    0x201D: '"',
    0x201E: '"',
}


def _in_cells(error: UnicodeError) -> tuple[str, int]:
    """As many cells as the characters would take that an encoding does not have."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    return "".join(_PLAIN.get(ord(each)) or "?" * width_of(each) for each in lost), error.end


codecs.register_error(_ERRORS, _in_cells)


def encoded(drawn: str, encoding: str) -> bytes:
    """The bytes of what is drawn; what the encoding does not have shows as question marks."""
    return pinned(drawn).encode(encoding, _ERRORS)


class TerminalOut:
    """The file that Textual's thread writes to. It never raises: the thread would die, and the screen stand still.

    ``lost`` is told once, in that thread, that the terminal takes nothing any more; the rest is thrown away.
    """

    def __init__(self, descriptor: int, encoding: str, lost: Callable[[OSError], None]) -> None:
        self._descriptor = descriptor
        self._encoding = encoding
        self._lost = lost
        self._is_lost = False
        self._waiting: list[str] = []

    def fileno(self) -> int:
        """The descriptor of the terminal."""
        return self._descriptor

    def isatty(self) -> bool:
        """Whether that is one."""
        return os.isatty(self._descriptor)

    def write(self, text: str) -> None:
        """Takes what :meth:`flush` writes."""
        self._waiting.append(text)

    def flush(self) -> None:
        """Writes what was taken; waits as long as the terminal does not read."""
        data, self._waiting = encoded("".join(self._waiting), self._encoding), []
        while data and not self._is_lost:
            try:
                data = data[os.write(self._descriptor, data) :]
            except BlockingIOError:
                # Another program has set it so, for all who share the terminal.
                select.select([], [self._descriptor], [])
            except OSError as error:
                self._is_lost = True
                self._lost(error)
