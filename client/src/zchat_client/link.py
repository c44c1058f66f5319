"""The client's two sockets to one broker, from the introduction to the end of the link."""

import asyncio
import contextlib
import errno
import os
from collections.abc import Callable
from dataclasses import dataclass

import zmq
import zmq.asyncio
from zmq.utils import z85

from zchat_common.clock import Now, now
from zchat_common.identity import Identity
from zchat_common.introduction import MAX_BYTES, Introduction, IntroductionError, decode_introduction
from zchat_common.limits import CURVE_OVERHEAD_BYTES, REPLY_MAX_BYTES, SEALED_FRAME_MAX_BYTES
from zchat_common.sealing import subscription

_INTRODUCTION_S = 5.0
_HANDSHAKE_MS = 10_000
_HEARTBEAT_MS = 3_000
# After a ping of ZeroMQ's own: with the pause between two of them a silent link is found out within 9 s.
_HEARTBEAT_TIMEOUT_MS = 6_000
_KEEPALIVE_IDLE_S = 30
# Frames that wait while the user's program is busy. What does not fit is lost here and asked for again.
_TOPICS_HWM = 10_000
# So many payloads are taken in before other tasks get their turn.
_BATCH = 200
_NO_RECONNECT = -1
_LOST = (
    zmq.EVENT_DISCONNECTED
    | zmq.EVENT_CLOSED
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
)


@dataclass(frozen=True, slots=True)
class Found:
    """A broker that answered: its introduction, and the numeric address that it answered from."""

    introduction: Introduction
    address: str


async def find_broker(host: str, port: int) -> Found:
    """Asks for the introduction of the broker whose commands port is ``port``.

    Raises OSError (TimeoutError included) and IntroductionError.
    """
    async with asyncio.timeout(_INTRODUCTION_S):
        # The limit does not count the line's end. What comes beyond twice of it is not even read.
        reader, writer = await asyncio.open_connection(host, port + 2, limit=MAX_BYTES - 1)
        peer = writer.get_extra_info("peername")
        try:
            line = await reader.readuntil(b"\n")
        except asyncio.IncompleteReadError:
            line = b""
        except asyncio.LimitOverrunError:
            raise IntroductionError("what answered there is not a zchat broker") from None
        finally:
            writer.close()
    if peer is None:
        # Reset between being made and being looked at: the system knows no peer of it any more.
        raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
    return Found(decode_introduction(line), str(peer[0]))


class Link:
    """Both sockets. ZeroMQ's own reconnecting is off: a broken link is closed, and a new one is made from scratch."""

    def __init__(self, context: zmq.asyncio.Context, found: Found, identity: Identity) -> None:
        self._commands = _commands_socket(context, found.introduction.key, identity)
        self._topics = _topics_socket(context)
        self._commands_out: zmq.Socket[bytes] = zmq.Socket.shadow(self._commands)
        self._topics_out: zmq.Socket[bytes] = zmq.Socket.shadow(self._topics)
        self._monitors = [socket.get_monitor_socket(_LOST) for socket in (self._commands, self._topics)]
        host = f"[{found.address}]" if ":" in found.address else found.address
        self._commands.connect(f"tcp://{host}:{found.introduction.commands_port}")
        self._topics.connect(f"tcp://{host}:{found.introduction.topics_port}")

    def send(self, payload: bytes) -> None:
        """Sends up the commands link, or drops it if that is full: what matters is sent again without an answer."""
        with contextlib.suppress(zmq.Again):
            self._commands_out.send(payload, zmq.NOBLOCK)
        _look_again(self._commands)

    def subscribe(self, topic: str) -> None:
        """Subscribes to exactly this topic."""
        self._topics_out.setsockopt(zmq.SUBSCRIBE, subscription(topic))
        _look_again(self._topics)

    def unsubscribe(self, topic: str) -> None:
        """Ends the subscription to this topic."""
        self._topics_out.setsockopt(zmq.UNSUBSCRIBE, subscription(topic))
        _look_again(self._topics)

    async def read(
        self,
        command_link: Callable[[bytes, Now], None],
        topic_link: Callable[[bytes, Now], None],
        batch_done: Callable[[], None],
    ) -> None:
        """Hands over what arrives until one of the two connections is lost."""
        tasks = [
            asyncio.create_task(_read(self._commands, command_link, batch_done)),
            asyncio.create_task(_read(self._topics, topic_link, batch_done)),
            *[asyncio.ensure_future(monitor.recv_multipart()) for monitor in self._monitors],
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def close(self) -> None:
        """Closes both sockets; what was not sent yet is dropped."""
        for socket in (self._commands, self._topics):
            socket.disable_monitor()
            socket.close(linger=0)
        for monitor in self._monitors:
            monitor.close(linger=0)


def _look_again(socket: zmq.asyncio.Socket) -> None:
    """Wakes whoever waits for the socket if something has arrived.

    A socket's descriptor tells of an arrival once; using the socket from its synchronous side takes that in, and
    whoever waits would not be woken by it.
    """
    socket.get(zmq.EVENTS)


async def _read(
    socket: zmq.asyncio.Socket, handle: Callable[[bytes, Now], None], batch_done: Callable[[], None]
) -> None:
    """Waits for the socket, then drains it without awaiting in between."""
    synchronous: zmq.Socket[bytes] = zmq.Socket.shadow(socket)
    while True:
        await socket.poll()
        for _ in range(_BATCH):
            try:
                parts = synchronous.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                break
            handle(parts[0], now())
        batch_done()
        await asyncio.sleep(0)


def _commands_socket(context: zmq.asyncio.Context, broker_key: bytes, identity: Identity) -> zmq.asyncio.Socket:
    socket = context.socket(zmq.DEALER)
    _set_common(socket, REPLY_MAX_BYTES + CURVE_OVERHEAD_BYTES)
    # Finds a half-open connection; the topics link has the beat for that.
    socket.setsockopt(zmq.HEARTBEAT_IVL, _HEARTBEAT_MS)
    socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, _HEARTBEAT_TIMEOUT_MS)
    socket.setsockopt(zmq.CURVE_SERVERKEY, z85.encode(broker_key))
    socket.setsockopt(zmq.CURVE_PUBLICKEY, z85.encode(identity.public))
    socket.setsockopt(zmq.CURVE_SECRETKEY, z85.encode(identity.secret))
    return socket


def _topics_socket(context: zmq.asyncio.Context) -> zmq.asyncio.Socket:
    socket = context.socket(zmq.SUB)
    _set_common(socket, SEALED_FRAME_MAX_BYTES)
    socket.setsockopt(zmq.RCVHWM, _TOPICS_HWM)
    socket.setsockopt(zmq.TCP_KEEPALIVE, 1)
    socket.setsockopt(zmq.TCP_KEEPALIVE_IDLE, _KEEPALIVE_IDLE_S)
    return socket


def _set_common(socket: zmq.asyncio.Socket, frame_max_bytes: int) -> None:
    # A larger one ends the link: whoever is on the path could fill our memory with it.
    socket.setsockopt(zmq.MAXMSGSIZE, frame_max_bytes)
    socket.setsockopt(zmq.IPV6, 1)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.RECONNECT_IVL, _NO_RECONNECT)
    socket.setsockopt(zmq.HANDSHAKE_IVL, _HANDSHAKE_MS)
