"""A false broker, or somebody on the path, pours a frame without end into a client: how much memory it takes.

The plain topics link anybody on the path can write into; into the commands link too, before CURVE has begun.
"""

import socket
import sys
import threading
from collections.abc import Sequence
from typing import Final

import pytest

from tests.security.flooders import MIB, Peak
from tests.security.weakened import program
from tests.system.processes import DEADLINE_S, House, free_port
from zchat_common.identity import Identity
from zchat_common.introduction import Introduction, encode_introduction

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs the peak of a process's memory")

POURED: Final = 64 * MIB
# What a client may grow by while it looks for a broker.
LITTLE: Final = 16 * MIB
OFFSETS: Final = {"commands": 0, "topics": 1}


def greeting(link: str) -> bytes:
    """ZMTP 3.0, as the broker's end of this link begins."""
    mechanism, as_server = (b"CURVE", b"\1") if link == "commands" else (b"NULL", b"\0")
    return b"\xff" + bytes(8) + b"\x7f\3\0" + mechanism.ljust(20, b"\0") + as_server + bytes(31)


def pour(house: House, link: str, client: Sequence[str] = ("zchat-client",)) -> int:
    """Pours into one link of a client that has just found its broker; returns by how much its memory has grown."""
    port = free_port()
    key = Identity.create().public
    line = encode_introduction(Introduction(1, port, port + 1, key))
    ends = [socket.create_server(("127.0.0.1", port + offset)) for offset in range(3)]

    def introduce() -> None:
        connection, _ = ends[2].accept()
        with connection:
            connection.sendall(line)

    try:
        introducing = threading.Thread(target=introduce, daemon=True)
        introducing.start()
        victim = house.client("victim", port, program=client)
        ends[OFFSETS[link]].settimeout(DEADLINE_S)
        connection, _ = ends[OFFSETS[link]].accept()
        peak = Peak(victim)
        connection.settimeout(DEADLINE_S)
        with connection:
            send_without_end(connection, link)
            grown = peak.growth()
        victim.kill()
        return grown
    finally:
        for end in ends:
            end.close()


def send_without_end(connection: socket.socket, link: str) -> None:
    """Begins a frame of a gigabyte, until the other side has had enough of it."""
    try:
        connection.sendall(greeting(link) + b"\2" + (1024 * MIB).to_bytes(8))
        for _ in range(POURED // MIB):
            connection.sendall(bytes(MIB))
    except OSError:
        return
    # It has taken all of it when it has read what was sent.
    while unsent(connection) != b"\0" * 4:
        pass


def unsent(connection: socket.socket) -> bytes:
    """How many bytes the other side has not acknowledged yet: SIOCOUTQ."""
    import fcntl
    import termios

    return fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4))


@pytest.mark.parametrize("link", OFFSETS)
def test_a_frame_without_end_takes_no_memory_of_a_client(link: str, house: House) -> None:
    assert pour(house, link) < LITTLE


@pytest.mark.parametrize("link", OFFSETS)
def test_without_a_bound_it_takes_what_is_poured(link: str, house: House) -> None:
    assert pour(house, link, program("bounded frames", "client")) > POURED - LITTLE
