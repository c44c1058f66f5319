"""Textual's driver for Linux and macOS, on stdout: what is redirected is stderr, and a screen is not."""

import codecs
import contextlib
import os
import selectors
import signal
import sys
import time
from typing import Final

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from zchat_client.tui.display import TerminalLost, give_back, output_encoding
from zchat_client.tui.terminal_in import TerminalIn
from zchat_client.tui.terminal_out import TerminalOut

# So often it is looked whether an Escape was only that.
_TICK_S: Final = 0.1
_READ_BYTES: Final = 4096
# So long a terminal is waited for that has not taken all yet when one leaves.
_LAST_FRAMES_S: Final = 1.0


class StdoutDriver(LinuxDriver):
    """Reads whatever bytes come, writes whatever the encoding has, and waits for no terminal that does not read."""

    def __init__(
        self, app: App[object], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        if sys.__stdout__ is not None:
            self._file = TerminalOut(sys.__stdout__.fileno(), output_encoding(), self._is_lost)  # type: ignore[assignment]

    def start_application_mode(self) -> None:
        """Begins. Textual's queue would make the loop wait for a terminal that does not read."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
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
        """Reads. Textual's reader ends the program at the first byte that is not UTF-8."""
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
            self._app.post_message(TerminalLost(str(error) or "it was closed"))


def _input_encoding() -> str:
    """How the terminal writes; what Python takes for ASCII says nothing about that."""
    encoding: str = getattr(sys.__stdin__, "encoding", None) or "utf-8"
    return "utf-8" if codecs.lookup(encoding).name == "ascii" else encoding
