"""Measures every connection of the broker's two ZeroMQ sockets, and shuts those that the guard condemns.

In a thread of its own: a PUB works through the subscriptions that came in while it sends, so in a flood of them the
loop may be the one that is stuck. ZeroMQ's monitors tell of each connection's descriptor. It is used by its number
only, and pinned by a duplicate for the moment of a cut, when its peer is compared: a duplicate kept all the while
would double the descriptors needed, and keep the peer from hearing that the connection was closed.
"""

import contextlib
import ctypes
import os
import socket
import struct
import sys
import threading
from collections import deque
from typing import Final, NamedTuple

import zmq

from zchat_broker.guard import MIB, Account, Guard, Kind, plain_address
from zchat_common.clock import now
from zchat_common.limits import CURVE_OVERHEAD_BYTES

_PERIOD_S = 0.05
# Each connection is measured about every two seconds; when the process grows by this much, all are at once.
_ROUNDS = 40
_GROWTH = 8 * MIB
_ROUTES_KEPT = 1024
_EVENTS = zmq.EVENT_ACCEPTED | zmq.EVENT_DISCONNECTED
_RESET = struct.pack("=ii", 1, 0)
_EVENT = struct.Struct("=HI")
# ZeroMQ's I/O thread waits when so many events are unread.
_EVENTS_WAITING = 100_000
# struct tcp_info of Linux: bytes_acked and bytes_received, both u64, since 4.1.
_ACKED_AND_RECEIVED = struct.Struct("=QQ")
_TCP_INFO: Final = 11
_AT: Final = 120
_INFO_BYTES: Final = _AT + _ACKED_AND_RECEIVED.size


class _Monitor(NamedTuple):
    kind: Kind
    events: "zmq.Socket[bytes]"
    watched: "zmq.Socket[bytes]"


class Watch:
    """Runs from ``start`` to ``stop``. Made before the sockets are bound, so that it hears of every connection."""

    def __init__(
        self,
        guard: Guard,
        context: "zmq.Context[zmq.Socket[bytes]]",
        commands: "zmq.Socket[bytes]",
        topics: "zmq.Socket[bytes]",
    ) -> None:
        self._guard = guard
        self._monitors = [_monitor(context, commands, Kind.COMMANDS), _monitor(context, topics, Kind.TOPICS)]
        self._info = _TcpInfo() if can_measure() else None
        self._accounts: dict[tuple[Kind, int], Account] = {}
        self._queue: deque[Account] = deque()
        self._routes: dict[bytes, Account] = {}
        # What the server's thread asks for: the reason, the address, and the connection to shut if it is one.
        self._asked: deque[tuple[str, str, Account | None]] = deque()
        self._memory = _ResidentMemory()
        self._base = self._memory.now()
        self._sampled_s = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Begins to watch."""
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether the connections are watched."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Ends the watch, and the monitors with it."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        for monitor in self._monitors:
            monitor.watched.monitor(None, 0)
            monitor.events.close(linger=0)
        self._memory.close()

    # -- called by the server -----------------------------------------------------------------------------------------

    def took(self, route: bytes, frame: zmq.Frame, size: int) -> None:
        """A whole message of this route was taken over from ZeroMQ; ``frame`` is its last."""
        account = self._of_route(route, frame)
        if account is not None:
            account.taken += size + CURVE_OVERHEAD_BYTES

    def answered(self, route: bytes, size: int) -> None:
        """An answer was handed over to ZeroMQ for this route."""
        account = self._routes.get(route)
        if account is not None:
            account.answered += size

    def condemn(self, route: bytes, reason: str) -> None:
        """Shuts the connection of a route for another reason than its bytes."""
        account = self._routes.get(route)
        if account is not None:
            self._asked.append((reason, account.address, account))

    def hold(self, address: str, reason: str) -> None:
        """Holds an address off for what it does on the introductions port."""
        self._asked.append((reason, address, None))

    def _of_route(self, route: bytes, frame: zmq.Frame) -> Account | None:
        account = self._routes.get(route)
        if account is None or account.is_over:
            # The number may be another connection's for a moment, when the news of both are still on their way.
            account = self._accounts.get((Kind.COMMANDS, int(str(frame.get("__fd")))))
            if account is not None:
                self._routes[route] = account
                self._forget_routes()
        return account

    def _forget_routes(self) -> None:
        if len(self._routes) > 2 * len(self._accounts) + _ROUTES_KEPT:
            self._routes = {route: account for route, account in self._routes.items() if not account.is_over}

    # -- the thread ---------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        poller = zmq.Poller()
        for monitor in self._monitors:
            poller.register(monitor.events, zmq.POLLIN)
        while not self._stopping.is_set():
            ready = dict(poller.poll(int(_PERIOD_S * 1000)))
            now_s = now().steady_s
            for monitor in self._monitors:
                if monitor.events in ready:
                    self._hear(monitor, now_s)
            while self._asked:
                reason, address, account = self._asked.popleft()
                self._guard.hold(address, reason, now_s)
                if account is not None:
                    shut(account)
            if now_s - self._sampled_s >= _PERIOD_S:
                self._sampled_s = now_s
                self._sample(now_s)
                self._guard.tidy(now_s)

    def _hear(self, monitor: _Monitor, now_s: float) -> None:
        while True:
            try:
                payload = monitor.events.recv_multipart(zmq.NOBLOCK)[0]
            except zmq.Again:
                return
            event, descriptor = _EVENT.unpack(payload)
            # The number is another connection's now, or nobody's.
            before = self._accounts.pop((monitor.kind, descriptor), None)
            if before is not None:
                self._guard.ended(before)
            if event == zmq.EVENT_ACCEPTED:
                self._accept(monitor.kind, descriptor, now_s)

    def _accept(self, kind: Kind, descriptor: int, now_s: float) -> None:
        peer = _peer_of(descriptor)
        if peer is None:
            return
        account = self._accounts[kind, descriptor] = Account(kind, descriptor, *peer, now_s)
        self._queue.append(account)
        if self._guard.accepted(account, now_s):
            shut(account)

    def _sample(self, now_s: float) -> None:
        if self._info is None:
            return
        memory = self._memory.now()
        grown = memory - self._base > _GROWTH
        self._base = memory if grown else min(self._base, memory)
        for _ in range(len(self._queue) if grown else len(self._queue) // _ROUNDS + 1):
            if not self._queue:
                return
            account = self._queue.popleft()
            if not account.is_over:
                self._queue.append(account)
                self._measure(self._info, account, now_s)

    def _measure(self, info: "_TcpInfo", account: Account, now_s: float) -> None:
        taken = account.taken
        measured = info.of(account.descriptor)
        if measured is None or measured[1] < account.received:
            return  # gone, or its number is another connection's already; the news of it are on their way
        for each in self._guard.measured(account, taken, measured[1], measured[0], now_s):
            shut(each)


class _TcpInfo:
    """Asks the system, at about a microsecond each."""

    def __init__(self) -> None:
        self._getsockopt = ctypes.CDLL(None).getsockopt
        self._getsockopt.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
        self._buffer = ctypes.create_string_buffer(_INFO_BYTES)
        self._length = ctypes.c_uint32()
        self._where = ctypes.addressof(self._buffer), ctypes.addressof(self._length)

    def of(self, descriptor: int) -> tuple[int, int] | None:
        """The bytes that the peer has acknowledged, and those received from it; None for what is no connection."""
        self._length.value = _INFO_BYTES
        if self._getsockopt(descriptor, socket.IPPROTO_TCP, _TCP_INFO, *self._where) or (
            self._length.value < _INFO_BYTES
        ):
            return None
        acknowledged, received = _ACKED_AND_RECEIVED.unpack_from(self._buffer, _AT)
        return acknowledged, received


class _ResidentMemory:
    """The memory that this process has; where the system does not tell, it never grows."""

    def __init__(self) -> None:
        try:
            self._file: int | None = os.open("/proc/self/statm", os.O_RDONLY)
        except OSError:
            self._file = None

    def now(self) -> int:
        """Bytes."""
        if self._file is None:
            return 0
        return int(os.pread(self._file, 128, 0).split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def close(self) -> None:
        """Asks no more."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def can_watch() -> bool:
    """Whether descriptors are what this module takes them for."""
    return sys.platform != "win32"


def can_measure() -> bool:
    """Whether this system tells how many bytes a connection has received."""
    if not sys.platform.startswith("linux"):
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            return len(probe.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _INFO_BYTES)) == _INFO_BYTES
        except OSError:
            return False


def shut(account: Account) -> None:
    """Ends the connection of an account, if its descriptor is still that connection's."""
    pinned = _pin(account.descriptor)
    if pinned is None:
        return
    with pinned, contextlib.suppress(OSError):
        if _name(pinned) == (account.address, account.port):
            # With a reset when ZeroMQ closes it: without, a peer that fills our window is left hanging in the middle.
            pinned.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            pinned.shutdown(socket.SHUT_RDWR)


def _peer_of(descriptor: int) -> tuple[str, int] | None:
    pinned = _pin(descriptor)
    if pinned is None:
        return None
    with pinned:
        try:
            return _name(pinned)
        except OSError:
            return None


def _pin(descriptor: int) -> socket.socket | None:
    """A duplicate, by which the number cannot become another connection's; None if it is no socket (any more)."""
    try:
        duplicate = os.dup(descriptor)
    except OSError:
        return None
    try:
        return socket.socket(fileno=duplicate)
    except OSError:
        os.close(duplicate)
        return None


def _name(connection: socket.socket) -> tuple[str, int]:
    name = connection.getpeername()
    return plain_address(str(name[0])), int(name[1])


def _monitor(context: "zmq.Context[zmq.Socket[bytes]]", watched: "zmq.Socket[bytes]", kind: Kind) -> _Monitor:
    place = f"inproc://watch-{kind.name}"
    watched.monitor(place, _EVENTS)
    events: zmq.Socket[bytes] = zmq.Socket(context, zmq.PAIR)
    events.setsockopt(zmq.RCVHWM, _EVENTS_WAITING)
    events.connect(place)
    return _Monitor(kind, events, watched)
