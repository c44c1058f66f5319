"""The broker's ZeroMQ sockets, each option with the measured fact behind it (``docs/adr/0004-zeromq-facts.md``)."""

import ctypes
import ctypes.util
import secrets
import sys

import zmq
from zmq.utils import z85

from zchat_common.identity import Identity
from zchat_common.limits import (
    COMMAND_MAX_BYTES,
    CURVE_OVERHEAD_BYTES,
    FRAME_MAX_BYTES,
    IN_FLIGHT_MAX,
    SUBSCRIPTION_MAX_BYTES,
)

ZAP_DOMAIN = "zchat"
# After a broker's restart all clients come back at once; the default of 100 makes some of them wait for seconds.
_BACKLOG = 4096
# An idle TCP connection that says nothing holds a descriptor for this long.
_HANDSHAKE_MS = 5_000
# Frames waiting for one reader, each at most FRAME_MAX_BYTES: beyond it that reader loses frames and asks for them.
TOPICS_HWM = 500
# Answers waiting for one client; it has at most IN_FLIGHT_MAX commands under way.
_ROUTER_HWM = 512
# Messages that wait for this process, from one client; beyond it, its TCP connection waits.
_COMMANDS_WAITING = 2 * IN_FLIGHT_MAX
_LAST_WORDS_MS = 500
_HEARTBEAT_MS = 5_000
_HEARTBEAT_TIMEOUT_MS = 15_000
_KEEPALIVE_IDLE_S = 30


def seed_routing_ids() -> None:
    """Seeds libc's ``rand``. Call it before the first socket.

    libzmq draws automatic routing ids from ``rand()`` and never seeds it: they would start at a known constant, and a
    peer that claims a coming one aborts the process (libzmq issue 4633).
    """
    libc = ctypes.CDLL("msvcrt" if sys.platform == "win32" else None)
    libc.srand(ctypes.c_uint(int.from_bytes(secrets.token_bytes(4))))


def endpoint(address: str, port: int) -> str:
    """The ZeroMQ endpoint of a numeric address."""
    return f"tcp://[{address}]:{port}" if ":" in address else f"tcp://{address}:{port}"


def commands_socket(context: "zmq.Context[zmq.Socket[bytes]]", identity: Identity) -> "zmq.Socket[bytes]":
    """The ROUTER: CURVE only, and nobody gets in but through the ZAP handler, which must be bound already."""
    socket = context.socket(zmq.ROUTER)
    socket.setsockopt(zmq.IPV6, 1)
    socket.setsockopt(zmq.BACKLOG, _BACKLOG)
    socket.setsockopt(zmq.LINGER, _LAST_WORDS_MS)
    socket.setsockopt(zmq.HANDSHAKE_IVL, _HANDSHAKE_MS)
    socket.setsockopt(zmq.MAXMSGSIZE, COMMAND_MAX_BYTES + CURVE_OVERHEAD_BYTES)
    socket.setsockopt(zmq.SNDHWM, _ROUTER_HWM)
    socket.setsockopt(zmq.RCVHWM, _COMMANDS_WAITING)
    # A route that is gone must be told from one that is slow, and must not swallow what is sent to it.
    socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
    socket.setsockopt(zmq.HEARTBEAT_IVL, _HEARTBEAT_MS)
    socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, _HEARTBEAT_TIMEOUT_MS)
    socket.setsockopt(zmq.CURVE_SERVER, 1)
    socket.setsockopt(zmq.CURVE_SECRETKEY, z85.encode(identity.secret))
    socket.setsockopt_string(zmq.ZAP_DOMAIN, ZAP_DOMAIN)
    # Without this a broker whose handler died would let everyone in.
    socket.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)
    return socket


def topics_socket(context: "zmq.Context[zmq.Socket[bytes]]") -> "zmq.Socket[bytes]":
    """The PUB: a plain link, every frame on it is sealed."""
    socket = context.socket(zmq.PUB)
    socket.setsockopt(zmq.IPV6, 1)
    socket.setsockopt(zmq.BACKLOG, _BACKLOG)
    socket.setsockopt(zmq.LINGER, _LAST_WORDS_MS)
    socket.setsockopt(zmq.HANDSHAKE_IVL, _HANDSHAKE_MS)
    socket.setsockopt(zmq.MAXMSGSIZE, SUBSCRIPTION_MAX_BYTES)
    socket.setsockopt(zmq.SNDHWM, TOPICS_HWM)
    # ZMTP heartbeats would close plain ZMTP 3.0 subscribers; TCP finds the dead ones here.
    socket.setsockopt(zmq.TCP_KEEPALIVE, 1)
    socket.setsockopt(zmq.TCP_KEEPALIVE_IDLE, _KEEPALIVE_IDLE_S)
    return socket


def pace_socket(context: "zmq.Context[zmq.Socket[bytes]]", topic: bytes) -> "zmq.Socket[bytes]":
    """The broker's own SUB on its topics port."""
    socket = context.socket(zmq.SUB)
    socket.setsockopt(zmq.IPV6, 1)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.RCVHWM, 0)
    socket.setsockopt(zmq.MAXMSGSIZE, FRAME_MAX_BYTES)
    socket.setsockopt(zmq.SUBSCRIBE, topic)
    return socket
