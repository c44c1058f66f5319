"""A MessagePack echo over ZeroMQ: what any chat in Python on these libraries must spend, and nothing of a chat.

It takes zchat's commands over CURVE, unpacks each one and packs an answer. As a program: ``echo.py PORT``.
"""

import socket
import sys
import threading
from contextlib import AbstractContextManager
from pathlib import Path

import msgpack
import zmq
from zmq.utils import z85

from benchmarks.running import HOST, Running, free_port, run
from zchat_common import wire
from zchat_common.identity import Identity
from zchat_common.introduction import Introduction, encode_introduction
from zchat_common.limits import PROTOCOL_VERSION
from zchat_common.messages import Registered

_DRAIN_MAX = 1_000


class Echo:
    """The echo as a server under measurement."""

    name = "MessagePack echo"

    def run(self, folder: Path) -> AbstractContextManager[Running]:
        """Runs it."""
        port = free_port()
        return run([sys.executable, "-m", "benchmarks.servers.echo", str(port)], port, folder / "log", port + 2)


def serve(port: int) -> None:
    """Answers for ever."""
    identity = Identity.create()
    router: zmq.Socket[bytes] = zmq.Context().socket(zmq.ROUTER)
    router.setsockopt(zmq.CURVE_SERVER, 1)
    router.setsockopt(zmq.CURVE_SECRETKEY, z85.encode(identity.secret))
    router.setsockopt(zmq.SNDHWM, 0)
    router.bind(f"tcp://{HOST}:{port}")
    introduction = encode_introduction(Introduction(PROTOCOL_VERSION, port, port + 1, identity.public))
    threading.Thread(target=_introduce, args=(port + 2, introduction), daemon=True).start()
    while True:
        router.poll()
        _turn(router)


def _turn(router: "zmq.Socket[bytes]") -> None:
    replies = []
    for _ in range(_DRAIN_MAX):
        try:
            route, payload = router.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            break
        replies.append((route, _answer(msgpack.unpackb(payload, use_list=False))))
    for reply in replies:
        router.send_multipart(reply)


def _answer(command: tuple[object, ...]) -> bytes:
    if command[0] == "register":
        nobody = Registered(PROTOCOL_VERSION, 1, 1, b"token", "echo", "", 0, 0, 0, 0, 0, (), (), None, (), 0)
        return wire.encode(nobody)
    packed: bytes = msgpack.packb(("answer", command[2], command[3], 1_700_000_000_000, "public", command[3], ""))
    return packed


def _introduce(port: int, line: bytes) -> None:
    with socket.create_server((HOST, port)) as listener:
        while True:
            connection, _ = listener.accept()
            connection.sendall(line)
            connection.close()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
