"""The terminal that Textual draws on: stdout, and one that may stop reading."""

import sys
from typing import Final

from textual.app import App
from textual.driver import Driver

# What a terminal has not taken yet; with more of it waiting, new frames are left out. A frame is three writes, and the
# start of the program twenty.
_WAITING_WRITES: Final = 60


def driver_class() -> type[Driver] | None:
    """Textual's driver for this system, writing to stdout: what is redirected is stderr, and a screen is not."""
    if sys.platform == "win32":
        return None
    from textual.drivers.linux_driver import LinuxDriver

    class StdoutDriver(LinuxDriver):
        def __init__(
            self, app: App[object], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
        ) -> None:
            super().__init__(app, debug=debug, mouse=mouse, size=size)
            if sys.__stdout__ is not None:
                self._file = sys.__stdout__

        def start_application_mode(self) -> None:
            super().start_application_mode()  # type: ignore[no-untyped-call]
            # Textual's queue would make the loop wait for a terminal that does not read.
            if self._writer_thread is not None:
                self._writer_thread._queue.maxsize = 0

    return StdoutDriver


def stalls(driver: Driver | None) -> bool:
    """Whether the terminal has stopped reading: writing more would wait for it, and the session would expire."""
    writer = getattr(driver, "_writer_thread", None)
    return writer is not None and writer._queue.qsize() > _WAITING_WRITES
