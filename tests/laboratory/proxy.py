"""A TCP proxy that stands between clients and a broker and can do to each link what networks do.

The introduction names the broker's ports again inside the encrypted link, so a proxy cannot move them: it listens on
another loopback address with the same ports, and clients are told that address. Each group of clients that is to have
a network of its own gets its own proxy.
"""

import asyncio
import contextlib
import itertools
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

T = TypeVar("T")

# The loopback network has millions of addresses; the broker lives on one, each proxy on one of its own.
BROKER_HOST: Final = "127.0.0.2"
_PROXY_HOSTS = itertools.count(1)

_CHUNK_BYTES = 64 * 1024
# What a slow link holds in its buffers. With the kernel's own defaults megabytes would wait inside of the proxy.
_SLOW_BUFFER_BYTES = 8 * 1024
_QUEUE = 4
_CALL_S = 10.0
# Closes with RST instead of FIN.
_LINGER_RST = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class Weather:
    """What a link is like now. ``swallows``: bytes vanish. ``frozen``: bytes wait. ``refuses``: nobody gets through."""

    delay_s: float = 0.0
    bytes_per_s: float = 0.0
    swallows: bool = False
    frozen: bool = False
    refuses: bool = False


@dataclass(slots=True, eq=False)
class _Connection:
    near: socket.socket
    far: socket.socket | None = None
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    # Bytes of it have vanished: nothing sensible can come of it any more.
    tainted: bool = False


class Door:
    """One listening port and all connections through it. Every method may be called from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, here: tuple[str, int], there: tuple[str, int]) -> None:
        self._loop = loop
        self._there = there
        self.weather = Weather()
        self._thawed = asyncio.Event()
        self._thawed.set()
        self._connections: set[_Connection] = set()
        self._listener = socket.create_server(here, backlog=4096)
        self._listener.setblocking(False)
        self._accepting: asyncio.Task[None] | None = None
        self.passed_bytes = 0

    # -- what a test does ---------------------------------------------------------------------------------------------

    def reset(self) -> int:
        """Every connection through here is reset (RST); new ones get through. How many there were."""
        return self._call(self._reset_all)

    def cut(self) -> int:
        """Every connection is reset, and new ones are until :meth:`open`. How many there were."""

        def cut() -> int:
            self.weather.refuses = True
            return self._reset_all()

        return self._call(cut)

    def swallow(self) -> None:
        """Half-open: connections stay, new ones are accepted, and every byte vanishes until :meth:`open`."""
        self._call(lambda: self._set(swallows=True))

    def freeze(self) -> None:
        """Connections stay, and every byte waits until :meth:`open`, as behind a pulled cable."""
        self._call(lambda: self._set(frozen=True))

    def throttle(self, bytes_per_s: float) -> None:
        """So many bytes a second in each direction of each connection made from now on; 0 lifts it."""
        self._call(lambda: self._set(bytes_per_s=bytes_per_s))

    def delay(self, delay_s: float) -> None:
        """Every byte is on its way for so long, in each direction."""
        self._call(lambda: self._set(delay_s=delay_s))

    def open(self) -> None:
        """Good weather again. Connections that lost bytes are reset, as a network that was away would do."""
        self._call(self._clear_up)

    def close(self) -> None:
        """No connection and no listener are left."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(_CALL_S)

    # -- inside, in the loop ------------------------------------------------------------------------------------------

    def _call(self, do: Callable[[], T]) -> T:
        async def run() -> T:
            return do()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(_CALL_S)

    def start(self) -> None:
        """Begins to accept; called in the loop."""
        self._accepting = self._loop.create_task(self._accept())

    def _set(self, **changes: Any) -> None:
        for name, value in changes.items():
            setattr(self.weather, name, value)
        if self.weather.frozen:
            self._thawed.clear()

    def _clear_up(self) -> None:
        self.weather = Weather()
        for connection in [each for each in self._connections if each.tainted]:
            self._end(connection)
        self._thawed.set()

    def _reset_all(self) -> int:
        count = len(self._connections)
        for connection in list(self._connections):
            self._end(connection)
        return count

    def _end(self, connection: _Connection, *, reset: bool = True) -> None:
        if connection not in self._connections:
            return
        self._connections.discard(connection)
        for task in connection.tasks:
            task.cancel()
        for each in (connection.near, connection.far):
            if each is not None:
                if reset:
                    with contextlib.suppress(OSError):
                        each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RST)
                each.close()

    async def _close(self) -> None:
        tasks = [task for connection in self._connections for task in connection.tasks]
        self._reset_all()
        if self._accepting is not None:
            self._accepting.cancel()
            tasks.append(self._accepting)
        await asyncio.gather(*tasks, return_exceptions=True)
        self._listener.close()

    async def _accept(self) -> None:
        while True:
            near, _ = await self._loop.sock_accept(self._listener)
            near.setblocking(False)
            connection = _Connection(near)
            self._connections.add(connection)
            if self.weather.refuses:
                self._end(connection)
            else:
                connection.tasks.append(self._loop.create_task(self._carry(connection)))

    async def _carry(self, connection: _Connection) -> None:
        try:
            if self.weather.swallows:
                connection.tainted = True
                while await self._loop.sock_recv(connection.near, _CHUNK_BYTES):
                    pass
            else:
                await self._thawed.wait()
                await self._carry_both_ways(connection)
        except OSError:
            pass
        finally:
            # Ended from outside it is not among them any more, and its sockets are closed.
            connection.tasks = [task for task in connection.tasks if task is not asyncio.current_task()]
            self._end(connection, reset=False)

    async def _carry_both_ways(self, connection: _Connection) -> None:
        far = connection.far = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        far.setblocking(False)
        if self.weather.bytes_per_s:
            for each in (connection.near, far):
                each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SLOW_BUFFER_BYTES)
                each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SLOW_BUFFER_BYTES)
        await self._loop.sock_connect(far, self._there)
        for each in (connection.near, far):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ways = [
            self._loop.create_task(self._way(connection, connection.near, far)),
            self._loop.create_task(self._way(connection, far, connection.near)),
        ]
        connection.tasks += ways
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _way(self, connection: _Connection, source: socket.socket, target: socket.socket) -> None:
        """One direction: what is read now leaves after the delay, at the pace of the weather."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_QUEUE if self.weather.bytes_per_s else 0)
        writing = self._loop.create_task(self._write(connection, under_way, target))
        try:
            while data := await self._loop.sock_recv(source, self._chunk_bytes()):
                await under_way.put((self._loop.time() + self.weather.delay_s, data))
            # A hangup takes the same way as bytes do: it may be late, or never heard of.
            await under_way.put((self._loop.time() + self.weather.delay_s, b""))
            await writing
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)

    def _chunk_bytes(self) -> int:
        return max(256, min(_CHUNK_BYTES, int(self.weather.bytes_per_s / 20) or _CHUNK_BYTES))

    async def _write(
        self, connection: _Connection, under_way: "asyncio.Queue[tuple[float, bytes]]", target: socket.socket
    ) -> None:
        while True:
            due_s, data = await under_way.get()
            await asyncio.sleep(max(0.0, due_s - self._loop.time()))
            await self._thawed.wait()
            if self.weather.swallows:
                connection.tainted = True
                continue
            if not data:
                return
            if self.weather.bytes_per_s:
                await asyncio.sleep(len(data) / self.weather.bytes_per_s)
            await self._loop.sock_sendall(target, data)
            self.passed_bytes += len(data)


class Proxy:
    """The doors to a broker's three ports, on a loopback address of their own. Close it after use."""

    def __init__(self, port: int, broker_host: str = BROKER_HOST) -> None:
        """``port`` is the broker's commands port, and this proxy's as well."""
        number = next(_PROXY_HOSTS)
        self.host = f"127.0.{1 + number // 200}.{1 + number % 200}"
        self.port = port
        self._loop = asyncio.new_event_loop()
        self.commands, self.topics, self.introductions = [
            Door(self._loop, (self.host, port + offset), (broker_host, port + offset)) for offset in range(3)
        ]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def doors(self) -> tuple[Door, Door, Door]:
        """All three."""
        return self.commands, self.topics, self.introductions

    @property
    def links(self) -> tuple[Door, Door]:
        """The two links, without the introductions."""
        return self.commands, self.topics

    def open(self) -> None:
        """Good weather at all doors."""
        for door in self.doors:
            door.open()

    def close(self) -> None:
        """Ends all connections and the thread."""
        for door in self.doors:
            door.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_CALL_S)
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        for door in self.doors:
            door.start()
        self._loop.run_forever()
