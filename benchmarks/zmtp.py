"""ZeroMQ's wire protocol (ZMTP 3.0, RFC 23), spoken by hand as far as a reader or a sender needs it."""

import socket
from collections.abc import Iterator
from typing import Final

_SIGNATURE: Final = b"\xff" + bytes(8) + b"\x7f"
_GREETING: Final = _SIGNATURE + b"\x03\x00" + b"NULL".ljust(20, b"\0") + b"\0" + bytes(31)
_COMMAND: Final = 4
_LONG: Final = 2


def opening(socket_type: bytes) -> bytes:
    """All that one side says before the other one is ready; a message that comes too early ends the connection."""
    name = b"Socket-Type"
    ready = b"\x05READY" + bytes([len(name)]) + name + len(socket_type).to_bytes(4) + socket_type
    return _GREETING + bytes([_COMMAND, len(ready)]) + ready


def greet(connection: socket.socket, socket_type: bytes) -> None:
    """Brings a fresh connection to where messages may be sent."""
    connection.sendall(opening(socket_type))
    _exactly(connection, len(_GREETING))
    _flags, size = _exactly(connection, 2)
    _exactly(connection, size)


def frames(received: bytes) -> Iterator[tuple[bool, bytes]]:
    """The whole frames in all that a side has received so far: whether each is a command, and its body."""
    rest = received[len(_GREETING) :]
    while len(rest) >= 2:
        start = 9 if rest[0] & _LONG else 2
        size = int.from_bytes(rest[1:start])
        if len(rest) < start + size:
            return
        yield bool(rest[0] & _COMMAND), rest[start : start + size]
        rest = rest[start + size :]


def frame(body: bytes) -> bytes:
    """One message of one frame."""
    if len(body) < 256:
        return bytes([0, len(body)]) + body
    return bytes([_LONG]) + len(body).to_bytes(8) + body


def subscription(prefix: bytes) -> bytes:
    """Asks a PUB for everything that begins with the prefix."""
    return frame(b"\x01" + prefix)


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise ConnectionError("the peer closed during the handshake")
        data += more
    return data
