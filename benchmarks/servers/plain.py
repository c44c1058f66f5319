"""Servers whose clients are plain TCP connections, and the senders that all of them share."""

import contextlib
import socket
import struct
import subprocess
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.readers import Lost, Mode, Readers
from benchmarks.running import HOST, Running, free_port, run
from benchmarks.servers import SENDERS, START_TEXT, TEXT, WINDOW, Missing, Paced

_TIMEOUT_S: Final = 60.0
# A sender that waits for the readers looks this often whether they have come on.
_LOOK_S: Final = 0.000_1
# Nothing came to the last reader for so long: it never will.
_STUCK_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Dialect:
    """How to run a server, and what its clients say. ``greet_*`` return once the server has taken them in."""

    name: str
    command: Callable[[Path, int], list[str]]
    greet_reader: Callable[[socket.socket, int], None]
    greet_sender: Callable[[socket.socket, int], None]
    message: Callable[[bytes], bytes]
    find_version: Callable[[], str]
    # The port of the readers, counted from the senders'.
    reader_offset: int = 0


class PlainServer:
    """A server that is described by its dialect."""

    mode: Mode = "marks"

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._clients = 0

    @property
    def name(self) -> str:
        """What it is called in tables."""
        return self._dialect.name

    def version(self) -> str:
        """What is installed here. Raises Missing."""
        return self._dialect.find_version()

    def run(self, folder: Path) -> AbstractContextManager[Running]:
        """Runs it in an empty folder."""
        port = free_port()
        return run(self._dialect.command(folder, port), port, folder / "log")

    def reader(self, running: Running) -> socket.socket:
        """A connection that reads the public room."""
        connection = _connect(running.port + self._dialect.reader_offset)
        self._clients += 1
        self._dialect.greet_reader(connection, self._clients)
        return connection

    def publisher(self, running: Running, senders: int = SENDERS) -> "PlainPublisher":
        """Senders, connected."""
        connections = []
        for _ in range(senders):
            connection = _connect(running.port)
            self._clients += 1
            self._dialect.greet_sender(connection, self._clients)
            connections.append(connection)
        return PlainPublisher(connections, self._dialect.message(TEXT), self._dialect.message(START_TEXT))


class PlainPublisher:
    """Senders that write as fast as the last reader gets."""

    def __init__(self, connections: list[socket.socket], message: bytes, start: bytes) -> None:
        self._connections = connections
        self._message = message
        self._start = start
        self._published = 0

    def start(self) -> None:
        """Publishes something that makes readers begin to count."""
        self._connections[0].sendall(self._start)

    def publish(self, count: int, readers: Readers) -> None:
        """Publishes so many texts in a closed loop; returns when every reader has every one. Raises Lost."""
        end = self._published + count
        while self._published < end:
            room = self._room(readers)
            for _ in range(min(room, end - self._published)):
                # Each text is a write of its own, by another user than the last: nobody types a hundred at once.
                self._connections[self._published % len(self._connections)].sendall(self._message)
                self._published += 1
            self._drop_replies()
        readers.wait_until_all_have(end, _STUCK_S)

    def pace(self, rate: float, count: int, readers: Readers) -> Paced:
        """Publishes so many texts at this rate, whatever the server does. Raises Lost."""
        paced = Paced()
        begin_s = time.monotonic()
        for number in range(count):
            time.sleep(max(0.0, begin_s + number / rate - time.monotonic()))
            paced.sent_ns.append(time.monotonic_ns())
            self._connections[0].sendall(self._message)
            self._published += 1
            paced.counts.append(self._published)
        self._drop_replies()
        readers.wait_until_all_have(self._published, _STUCK_S)
        return paced

    def close(self) -> None:
        """Leaves."""
        for connection in self._connections:
            connection.close()

    def _room(self, readers: Readers) -> int:
        """How many texts the window takes; at least one."""
        stuck_s, least = time.monotonic() + _STUCK_S, readers.least
        while (room := WINDOW - (self._published - readers.least)) <= 0:
            if readers.least > least:
                stuck_s, least = time.monotonic() + _STUCK_S, readers.least
            if time.monotonic() > stuck_s:
                raise Lost(f"nothing came any more after {least} of {self._published} messages")
            readers.check()
            self._drop_replies()
            time.sleep(_LOOK_S)
        return room

    def _drop_replies(self) -> None:
        for connection in self._connections:
            with contextlib.suppress(BlockingIOError):
                while connection.recv(1 << 16, socket.MSG_DONTWAIT):
                    pass


def _connect(port: int) -> socket.socket:
    connection = socket.create_connection((HOST, port), _TIMEOUT_S)
    # From here on the kernel's own time limits: Python's would make MSG_DONTWAIT wait.
    connection.settimeout(None)
    for option in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
        connection.setsockopt(socket.SOL_SOCKET, option, struct.pack("@ll", int(_TIMEOUT_S), 0))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def read_until(connection: socket.socket, wanted: bytes) -> None:
    """Reads until the server has said this."""
    data = b""
    while wanted not in data:
        more = connection.recv(1 << 16)
        if not more:
            raise ConnectionError(f"the server closed before it said {wanted!r}: {data[-200:]!r}")
        data = data[-len(wanted) :] + more


def said_by(command: list[str], package: str) -> str:
    """The first line of what a program says of its version. Raises Missing."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        raise Missing(f"{command[0]} is not installed ({package})") from None
    return (done.stdout + done.stderr).strip().splitlines()[0]
