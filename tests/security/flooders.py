"""Those who flood a broker: each from an address of its own, bounded in bytes and time, and told apart in the log."""

import contextlib
import itertools
import os
import socket
import struct
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Final, Self

import zmq
from zmq.utils import z85

from tests.system.peer import introduction
from tests.system.processes import Broker, Process
from zchat_common.identity import Identity
from zchat_common.limits import COMMAND_MAX_BYTES

MIB: Final = 1024 * 1024
_PATIENCE_S: Final = 8.0
_NULL: Final = b"\xff" + b"\0" * 7 + b"\1\x7f\3\0NULL".ljust(24, b"\0")[:23] + b"\0" * 33
_addresses = itertools.count(2)


def new_address() -> str:
    """An address of this machine that nobody else in this run sends from."""
    return f"127.0.{os.getpid() % 250 + 1}.{next(_addresses)}"


class Peak:
    """The most memory that a process has had since this was made, against what it had then."""

    def __init__(self, process: Process) -> None:
        self._place = f"/proc/{process.popen.pid}"
        # 5 resets the peak: proc_pid_clear_refs(5).
        with open(f"{self._place}/clear_refs", "w") as file:
            file.write("5")
        self._start = self._status("VmRSS")

    def growth(self) -> int:
        """Bytes."""
        return self._status("VmHWM") - self._start

    def _status(self, name: str) -> int:
        with open(f"{self._place}/status") as file:
            (line,) = [line for line in file if line.startswith(f"{name}:")]
        return int(line.split()[1]) * 1024


class Raw:
    """A plain TCP connection."""

    def __init__(self, broker: Broker, offset: int, address: str) -> None:
        self.connection = socket.create_connection(
            ("127.0.0.1", broker.port + offset), _PATIENCE_S, source_address=(address, 0)
        )

    def speak_zmtp(self, kind: bytes) -> None:
        """Greets as a ZeroMQ socket of this kind without a key, and hears the answer out: it may not send before."""
        body = b"\5READY\x0bSocket-Type" + struct.pack(">I", len(kind)) + kind
        self.connection.sendall(_NULL + b"\4" + bytes([len(body)]) + body)
        heard = b""
        while b"Socket-Type" not in heard:
            heard += self.connection.recv(256) or _ended()

    def pour(self, data: Iterator[bytes], total: int) -> int:
        """Sends until it is cut or has sent ``total``; returns how many bytes went out."""
        sent, end_s = 0, time.monotonic() + _PATIENCE_S
        with contextlib.suppress(OSError):
            while sent < total and time.monotonic() < end_s:
                block = next(data)
                self.connection.sendall(block)
                sent += len(block)
        return sent

    @property
    def is_cut(self) -> bool:
        """Whether the other side has ended it; waits for that a while."""
        end_s = time.monotonic() + _PATIENCE_S
        try:
            self.connection.settimeout(_PATIENCE_S)
            while self.connection.recv(65536):
                if time.monotonic() > end_s:
                    return False
        except TimeoutError:
            return False
        except OSError:
            return True
        return True

    def close(self) -> None:
        """Hangs up."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _ended() -> bytes:
    raise AssertionError("the broker hung up during the handshake")


def subscriptions() -> Iterator[bytes]:
    """Endlessly many, each another one, in blocks of a hundred."""
    while True:
        yield b"".join([b"\0\xfb\1" + os.urandom(250) for _ in range(100)])


def parts_without_end(size: int = 250) -> Iterator[bytes]:
    """Frames of one message that never ends."""
    block = (b"\1" + bytes([size]) + b"x" * size) * 100
    return itertools.repeat(block)


def curve_socket(
    context: "zmq.Context[zmq.Socket[bytes]]", broker: Broker, address: str, *, reads: bool = True
) -> "zmq.Socket[bytes]":
    """A DEALER with a key of its own, that sends from this address, does not come back, and may not read much."""
    dealer = context.socket(zmq.DEALER)
    identity = Identity.create()
    dealer.setsockopt(zmq.LINGER, 0)
    dealer.setsockopt(zmq.SNDHWM, 0)
    if not reads:
        dealer.setsockopt(zmq.RCVHWM, 1)
        dealer.setsockopt(zmq.RCVBUF, 65536)
    dealer.setsockopt(zmq.RECONNECT_IVL, -1)
    dealer.setsockopt(zmq.CURVE_SERVERKEY, z85.encode(introduction(broker).key))
    dealer.setsockopt(zmq.CURVE_PUBLICKEY, z85.encode(identity.public))
    dealer.setsockopt(zmq.CURVE_SECRETKEY, z85.encode(identity.secret))
    dealer.connect(f"tcp://{address}:0;127.0.0.1:{broker.port}")
    return dealer


def send_one_huge_message(dealer: "zmq.Socket[bytes]", total: int) -> bool:
    """Sends one message of ``total`` bytes in the largest frames; returns whether the connection was cut.

    Its frames share their memory here. ZeroMQ lets a message go only when it is whole, so it has an end; it is a
    message of this size all the same that the other side has to hold until then.
    """
    monitor = dealer.get_monitor_socket(zmq.EVENT_DISCONNECTED)
    dealer.copy_threshold = 0
    frame = zmq.Frame(b"x" * (COMMAND_MAX_BYTES - 1024), copy=False)
    for _ in range(total // len(frame)):
        dealer.send(frame, zmq.SNDMORE, copy=False)
    dealer.send(b"end")
    is_cut = bool(monitor.poll(int(_PATIENCE_S * 1000)))
    dealer.disable_monitor()
    monitor.close(linger=0)
    return is_cut
