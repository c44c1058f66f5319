"""The terminal that Textual draws on: stdout, and one that may stop reading."""

import codecs
import contextlib
import os
import selectors
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import ClassVar, Final

from textual.app import App
from textual.driver import Driver
from textual.scrollbar import ScrollBarRender

from zchat_client.tui import escapes
from zchat_client.tui.terminal_in import TerminalIn
from zchat_client.tui.terminal_out import TerminalOut

# What a terminal has not taken yet; with more of it waiting, new frames are left out. A frame is three writes, and the
# start of the program twenty.
_WAITING_WRITES: Final = 60
# So often it is looked whether an Escape was only that.
_TICK_S: Final = 0.1
_READ_BYTES: Final = 4096
# So long a terminal is waited for that has not taken all yet when one leaves.
_LAST_FRAMES_S: Final = 1.0
# Within this time what it does not take is thrown away, and it is given back.
_GIVE_BACK_S: Final = 1.0

Settings = list[object]


class PlainBar(ScrollBarRender):
    """A scroll bar that ends between two rows as if it ended at one: for terminals that have no parts of blocks."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8


def driver_class(lost: Callable[[str], None]) -> type[Driver] | None:
    """Textual's driver for this system, writing to stdout: what is redirected is stderr, and a screen is not.

    ``lost`` is told in the loop, with the reason, that there is no terminal any more.
    """
    if sys.platform == "win32":
        return None
    from textual.drivers.linux_driver import LinuxDriver

    class StdoutDriver(LinuxDriver):
        def __init__(
            self, app: App[object], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
        ) -> None:
            super().__init__(app, debug=debug, mouse=mouse, size=size)
            if sys.__stdout__ is not None:
                self._file = TerminalOut(sys.__stdout__.fileno(), output_encoding(), self._is_lost)  # type: ignore[assignment]

        def start_application_mode(self) -> None:
            super().start_application_mode()  # type: ignore[no-untyped-call]
            # Textual's queue would make the loop wait for a terminal that does not read.
            if self._writer_thread is not None:
                self._writer_thread._queue.maxsize = 0

        def _get_terminal_size(self) -> tuple[int, int]:
            # As Rich sees it: of a terminal that does not know its size, or is gone, Textual's driver and its screen
            # would take two different ones, and draw one after the other without end.
            return self._app.console.size

        def close(self) -> None:
            """The end, or the shell's turn: neither waits for a terminal that does not read, as Textual would."""
            writer = self._writer_thread
            if writer is not None:
                writer._queue.put(None)
                writer.join(_LAST_FRAMES_S)
                if writer.is_alive():
                    # It wakes the thread that hangs, and means nothing to anybody any more.
                    signal.signal(signal.SIGWINCH, lambda *_: None)
                    give_back(self, self.attrs_before, signal.SIGWINCH)

        def run_input_thread(self) -> None:
            # Instead of Textual's, whose reader ends the program at the first byte that is not UTF-8.
            typed = TerminalIn(_input_encoding())
            with selectors.SelectSelector() as selector:
                selector.register(self.fileno, selectors.EVENT_READ)
                while not self.exit_event.is_set():
                    messages = []
                    if selector.select(_TICK_S):
                        data = self._read()
                        if not data:
                            return
                        messages = typed.feed(data, time.monotonic())
                    for message in messages + typed.tick(time.monotonic()):
                        self.process_message(message)

        def _read(self) -> bytes:
            """What was typed; nothing when nobody can type any more."""
            try:
                data = os.read(self.fileno, _READ_BYTES)
            except OSError as error:
                self._is_lost(error)
                return b""
            if not data:
                self._is_lost(EOFError())
            return data

        def _is_lost(self, error: Exception) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                self._loop.call_soon_threadsafe(partial(lost, str(error) or "it was closed"))

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


def _input_encoding() -> str:
    """How the terminal writes; what Python takes for ASCII says nothing about that."""
    encoding: str = getattr(sys.__stdin__, "encoding", None) or "utf-8"
    return "utf-8" if codecs.lookup(encoding).name == "ascii" else encoding


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
