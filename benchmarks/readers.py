"""Thousands of readers in one small process, which counts what each of them gets."""

import mmap
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from socket import socket
from types import TracebackType
from typing import Final, Literal, NamedTuple, Self

from benchmarks.native import readers_program
from benchmarks.running import wait_for

Mode = Literal["marks", "frames"]
MARK: Final = b"|"
START: Final = b"^"
_LEAST, _GAPS, _CLOSED, _ARMED, _COUNTS = 0, 1, 2, 3, 8
_RECORD: Final = struct.Struct("=QQQ")
_ARM_S: Final = 120.0
_ARM_EVERY_S: Final = 0.1
_END_S: Final = 20.0


class Lost(Exception):
    """A message did not reach everybody who was to get it, or reached somebody twice: the run is worth nothing."""


class Progress(NamedTuple):
    """At ``at_ns`` (monotonic) the reader had come to this count."""

    reader: int
    at_ns: int
    reached: int


class Readers:
    """Takes connected, greeted sockets over. See ``native/readers.c`` for what a reader's count is."""

    def __init__(self, sockets: list[socket], mode: Mode, *, recording: bool = False) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="zchat-readers-")
        self.size = len(sockets)
        self._mode = mode
        shared = Path(self._folder.name, "shared")
        shared.write_bytes(bytes(8 * (_COUNTS + self.size)))
        with shared.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)
        self._words = memoryview(self._map).cast("Q")
        self._records = Path(self._folder.name, "records") if recording else None
        for each in sockets:
            each.setblocking(True)
        descriptors = [each.fileno() for each in sockets]
        command = [str(readers_program()), str(shared), mode, str(self._records or "-"), *map(str, descriptors)]
        self._popen = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=descriptors)
        for each in sockets:
            each.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def least(self) -> int:
        """What the reader that is furthest behind has."""
        return self._words[_LEAST]

    def count(self, reader: int) -> int:
        """What this reader has."""
        return self._words[_COUNTS + reader]

    def counts(self) -> list[int]:
        """What each reader has."""
        return self._words[_COUNTS:].tolist()

    def arm(self, say_start: Callable[[], None]) -> None:
        """Returns when every reader has its subscription; ``say_start`` publishes something for them to see."""
        next_s = 0.0

        def armed() -> bool:
            nonlocal next_s
            if self._words[_ARMED] == self.size:
                return True
            if time.monotonic() > next_s:
                say_start()
                next_s = time.monotonic() + _ARM_EVERY_S
            return False

        wait_for(armed, f"{self.size} readers to get a first message", _ARM_S)

    def check(self) -> None:
        """Raises Lost if a reader was cut off or saw a gap."""
        if self._words[_CLOSED] or self._words[_GAPS]:
            raise Lost(f"{self._words[_CLOSED]} readers were cut off, {self._words[_GAPS]} gaps were seen")

    def wait_until_all_have(self, count: int, deadline_s: float = _END_S) -> None:
        """Returns when every reader has come to exactly this count. Raises Lost."""
        try:
            wait_for(lambda: self.least >= count or self._words[_CLOSED] > 0, "the readers", deadline_s)
        except TimeoutError:
            short = [have for have in self.counts() if have < count]
            raise Lost(f"{len(short)} of {self.size} readers lack messages ({min(short)} of {count})") from None
        self.check()
        # A frame that came twice is a gap; and others than the texts' may follow.
        more = [have for have in self.counts() if have > count]
        if more and self._mode == "marks":
            raise Lost(f"{len(more)} of {self.size} readers got messages twice ({max(more)} instead of {count})")

    def close(self) -> list[Progress]:
        """Ends the process and all its connections; returns what it recorded."""
        if self._popen.stdin is not None and not self._popen.stdin.closed:
            self._popen.stdin.close()
        try:
            code = self._popen.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            code = self._popen.wait()
        if code != 0:
            raise ChildProcessError(f"the readers' process ended with {code}")
        recorded = b"" if self._records is None or not self._records.exists() else self._records.read_bytes()
        self._folder.cleanup()
        return [Progress(*record) for record in _RECORD.iter_unpack(recorded)]
