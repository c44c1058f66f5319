"""What is measured: zchat and its peers, each started from its own package and made as fast as it goes."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from socket import socket
from typing import Final, Protocol

from benchmarks.readers import MARK, START, Mode, Readers
from benchmarks.running import Running

TEXT_BYTES: Final = 100
# Texts hold MARK once; no byte of any peer's own protocol is one, nor START.
TEXT: Final = b"x" * (TEXT_BYTES - 1) + MARK
START_TEXT: Final = b"x" * (TEXT_BYTES - 1) + START
SENDERS: Final = 10
# Messages under way at once, all senders together: what has not come to the last reader counts as under way.
WINDOW: Final = 1_000
# Some servers tell everybody of everybody who comes in.
_COME_IN_S: Final = 120.0


class Missing(Exception):
    """A server that is not installed here. The text says what to install."""


class Publisher(Protocol):
    """Says texts to the room."""

    def start(self) -> None:
        """Publishes something that makes readers begin to count."""

    def publish(self, count: int, readers: Readers) -> None:
        """Publishes so many texts in a closed loop; returns when every reader has every one. Raises Lost."""

    def pace(self, rate: float, count: int, readers: Readers) -> "Paced":
        """Publishes so many texts at this rate, whatever the server does. Raises Lost."""

    def close(self) -> None:
        """Leaves."""


class Paced:
    """When each text was sent, and the readers' count that says that it has come."""

    def __init__(self) -> None:
        self.sent_ns: list[int] = []
        self.counts: list[int] = []


class Server(Protocol):
    """A chat, or what people build one on."""

    @property
    def name(self) -> str:
        """What it is called in tables."""

    @property
    def mode(self) -> Mode:
        """How its readers count."""

    def version(self) -> str:
        """What is installed here. Raises Missing."""

    def run(self, folder: Path) -> AbstractContextManager[Running]:
        """Runs it in an empty folder."""

    def reader(self, running: Running) -> socket:
        """A connection that reads the public room."""

    def publisher(self, running: Running, senders: int = SENDERS) -> Publisher:
        """Senders, connected."""


def readers_of(server: Server, running: Running, size: int, *, recording: bool = False) -> Readers:
    """So many readers of the public room. Raises TimeoutError if it takes minutes to let them in."""
    return Readers(list(_sockets(server, running, size)), server.mode, recording=recording)


def _sockets(server: Server, running: Running, size: int) -> Iterator[socket]:
    end_s = time.monotonic() + _COME_IN_S
    for number in range(size):
        if time.monotonic() > end_s:
            raise TimeoutError(f"only {number:,} of {size:,} readers could come in within {_COME_IN_S:.0f} s")
        yield server.reader(running)
