"""The terminal that Textual draws on: one that may stop reading, or go."""

import contextlib
import os
import signal
import sys
import time
from typing import ClassVar, Final

from textual.driver import Driver
from textual.message import Message
from textual.scrollbar import ScrollBarRender

from zchat_client.tui import escapes

# What a terminal has not taken yet; with more of it waiting, new frames are left out. A frame is three writes, and the
# start of the program twenty.
_WAITING_WRITES: Final = 60
# Within this time what it does not take is thrown away, and it is given back.
_GIVE_BACK_S: Final = 1.0

Settings = list[object]


class PlainBar(ScrollBarRender):
    """A scroll bar that ends between two rows as if it ended at one: for terminals that have no parts of blocks."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8


class TerminalLost(Message):
    """There is no terminal any more; ``why`` is what the system says."""

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why


def driver_class() -> type[Driver] | None:
    """Textual's driver for this system, with what it lacks mended; None for the one that Textual would take."""
    if sys.platform == "win32":
        return None
    from zchat_client.tui.driver import StdoutDriver

    return StdoutDriver


def is_stuck(driver: Driver | None) -> bool:
    """Whether what is written to the terminal still hangs although the driver was closed: the process cannot end as
    others do then, since that would wait for it.
    """
    writer = getattr(driver, "_writer_thread", None)
    return writer is not None and writer.is_alive()


def output_encoding() -> str:
    """How the terminal is written to."""
    return getattr(sys.__stdout__, "encoding", None) or "utf-8"


def stalls(driver: Driver | None) -> bool:
    """Whether the terminal has stopped reading: writing more would wait for it, and the session would expire."""
    writer = getattr(driver, "_writer_thread", None)
    return writer is not None and writer._queue.qsize() > _WAITING_WRITES


def terminal_settings() -> Settings | None:
    """How the terminal is set now; None for what is no terminal, or no system that has such settings."""
    try:
        import termios

        return list(termios.tcgetattr(sys.__stdin__.fileno())) if sys.__stdin__ is not None else None
    except (ImportError, OSError, ValueError):
        return None


def give_back(driver: Driver | None, settings: Settings | None, number: int) -> None:
    """The last resort: gives a terminal that does not read back as it was. Nothing may be drawn after it.

    A thread hangs in a write to it, and nobody else may write meanwhile: so what waits is thrown away until it is done.
    It sees that there is room again only when it is woken, by the signal ``number``, which must have a handler.
    """
    if settings is None or sys.__stdin__ is None or sys.__stdout__ is None:
        return
    import termios

    screen = sys.__stdout__.fileno()
    with contextlib.suppress(OSError, termios.error):
        termios.tcsetattr(sys.__stdin__.fileno(), termios.TCSANOW, settings)  # type: ignore[arg-type]
    with contextlib.suppress(OSError, termios.error):
        writer = getattr(driver, "_writer_thread", None)
        if writer is not None:
            writer._queue.queue.clear()
            writer._queue.put(None)
        until_s = time.monotonic() + _GIVE_BACK_S
        while writer is not None and writer.is_alive() and time.monotonic() < until_s:
            termios.tcflush(screen, termios.TCOFLUSH)
            signal.pthread_kill(writer.ident, number)
            writer.join(0.01)
        termios.tcflush(screen, termios.TCOFLUSH)
        os.set_blocking(screen, False)
        try:
            os.write(screen, escapes.GIVE_BACK.encode())
        finally:
            # It is the shell's too.
            os.set_blocking(screen, True)
