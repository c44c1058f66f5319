"""A person's terminal: a pty with a screen behind it, typed at by keys and read as a person reads it."""

import errno
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import pyte

from tests.system.processes import DEADLINE_S, PROGRAMS

ENTER: Final = "\r"
CTRL_C: Final = "\x03"
CTRL_D: Final = "\x04"
CTRL_F, CTRL_J, CTRL_K, CTRL_L, CTRL_Q, CTRL_U, CTRL_Z = "\x06", "\n", "\x0b", "\x0c", "\x11", "\x15", "\x1a"
ALT_1, ALT_2, ALT_A, ALT_ENTER = "\x1b1", "\x1b2", "\x1ba", "\x1b\r"
F1, F2, F3 = "\x1bOP", "\x1bOQ", "\x1bOR"
PAGE_UP: Final = "\x1b[5~"
ESCAPE, UP, LEFT, RIGHT = "\x1b", "\x1b[A", "\x1b[D", "\x1b[C"
FOCUS_IN, FOCUS_OUT = "\x1b[I", "\x1b[O"
_LOOK_S: Final = 0.05
# Longer than the client takes somebody for one who has not seen yet what changed by itself.
_READ_S: Final = 0.25
# Longer than a box that has opened by itself takes no keys.
_PAUSE_S: Final = 0.6


class Terminal:
    """A client in a terminal, high enough for what earlier tests have said in the same room."""

    def __init__(
        self,
        arguments: list[str],
        env: Mapping[str, str],
        columns: int = 80,
        lines: int = 80,
        program: Sequence[str] = ("zchat-client",),
    ) -> None:
        self.screen = pyte.HistoryScreen(columns, lines, history=1000)
        self.raw = b""
        self._stream = pyte.ByteStream(self.screen)
        self._descriptor, far_end = pty.openpty()
        self._lines = lines
        self._set_size(columns)
        self._process = subprocess.Popen(
            [str(PROGRAMS / program[0]), *program[1:], *arguments],
            stdin=far_end,
            stdout=far_end,
            stderr=far_end,
            env=env,
            start_new_session=True,
            # The terminal is this session's own, so that its keys become signals.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(far_end)

    def types(self, keys: str) -> None:
        """Presses these keys."""
        self.sends(keys.encode())

    def sends(self, data: bytes) -> None:
        """Sends these bytes, as a terminal does that speaks another language, or a line with noise on it."""
        os.write(self._descriptor, data)

    def pastes(self, text: str) -> None:
        """Pastes, as terminals do it for programs that asked to be told."""
        self.types(f"\x1b[200~{text}\x1b[201~")

    def resizes(self, columns: int, lines: int | None = None) -> None:
        """Makes the window narrower, wider, lower or higher, which its program is told."""
        self._lines = lines or self._lines
        self.screen.resize(self._lines, columns)
        self._set_size(columns)

    def signals(self, number: signal.Signals) -> None:
        """Sends a signal to the client."""
        self._process.send_signal(number)

    def wait(self, holds: Callable[[list[str]], bool], what: str) -> list[str]:
        """The rows of the screen, as soon as this holds for them."""
        end = time.monotonic() + DEADLINE_S
        while not holds(rows := self.rows()):
            assert time.monotonic() < end, f"waited for {what}:\n" + "\n".join(rows)
            if not self._take() and self._process.poll() is not None:
                raise AssertionError(f"ended with {self._process.poll()} before {what}:\n" + "\n".join(self.rows()))
        return rows

    def wait_for(self, text: str) -> list[str]:
        """The rows of the screen, as soon as one of them holds this text."""
        return self.wait(lambda rows: any(text in row for row in rows), repr(text))

    def is_read(self) -> None:
        """Lets a moment pass, as everybody does who reads what has just changed before typing on."""
        self._looks_for(_READ_S)

    def asks(self, text: str) -> list[str]:
        """The rows of the screen, when a box that has opened by itself says this and takes keys."""
        self.wait_for(text)
        self._looks_for(_PAUSE_S)
        return self.rows()

    def rows(self) -> list[str]:
        """What is on the screen, row by row, without the empty ones at its end."""
        rows = [row.rstrip() for row in self.screen.display]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    def looks(self) -> None:
        """Takes in whatever is there to see."""
        self._take()

    def everything(self) -> list[str]:
        """All rows, those too that have left the screen at its top."""
        gone = ["".join(row[column].data for column in range(self.screen.columns)) for row in self.screen.history.top]
        return [row.rstrip() for row in (*gone, *self.screen.display)]

    def exit_code_unread(self) -> int:
        """The exit code, when the client has ended although nobody reads what it prints."""
        return self._process.wait(DEADLINE_S)

    def exit_code(self) -> int:
        """The exit code, when the client has ended."""
        end = time.monotonic() + DEADLINE_S
        while (code := self._process.poll()) is None:
            assert time.monotonic() < end, "it does not end:\n" + "\n".join(self.rows())
            self._take()
        while self._take():  # its last words
            pass
        return code

    @property
    def is_stopped(self) -> bool:
        """Whether the client was put to sleep, as by Ctrl-Z."""
        pid, status = os.waitpid(self._process.pid, os.WNOHANG | os.WUNTRACED)
        return pid != 0 and os.WIFSTOPPED(status)

    @property
    def echoes(self) -> bool:
        """Whether the terminal shows what is typed, as a shell needs it."""
        return bool(termios.tcgetattr(self._descriptor)[3] & termios.ECHO)

    def close(self) -> None:
        """Ends the client, if it still runs."""
        self._process.kill()
        self._process.wait()
        os.close(self._descriptor)

    def _looks_for(self, seconds: float) -> None:
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            self._take()

    def _set_size(self, columns: int) -> None:
        fcntl.ioctl(self._descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", self._lines, columns, 0, 0))

    def _take(self) -> bool:
        """Takes in what the client has printed, waiting a moment for it; False if there was nothing."""
        ready, _, _ = select.select([self._descriptor], [], [], _LOOK_S)
        if not ready:
            return False
        try:
            printed = os.read(self._descriptor, 65536)
        except OSError as error:
            if error.errno != errno.EIO:  # what Linux says when the far end was closed
                raise
            return False
        self.raw += printed
        self._stream.feed(printed)
        return bool(printed)


Open = Callable[..., Terminal]
