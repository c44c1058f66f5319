"""(g) All clients come back after the broker was killed: as the client does it, only lighter."""

import errno
import heapq
import random
import select
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks import zmtp
from benchmarks.bench import Bench, fresh_folder, say
from benchmarks.figures import Return
from benchmarks.readers import Lost
from benchmarks.running import HOST, Running
from benchmarks.servers.zchat import Zchat
from benchmarks.users import Crowd, User
from zchat_common import wire
from zchat_common.limits import PROTOCOL_VERSION
from zchat_common.messages import Ping, Register
from zchat_common.sealing import subscription

TITLE: Final = "return after a restart"
# As the client's driver draws its pause.
_RETRY_S: Final = 0.2
_RETRY_PER_USER_S: Final = 0.002
_PING_AGAIN_S: Final = 1.0
_GIVE_UP_S: Final = 90.0
_SEED: Final = 1


def measure(bench: Bench) -> None:
    """Crowds of every size."""
    for clients in bench.scale.returning:
        say(f"{clients} clients return")
        with bench.attempt(bench.zchat, f"return of {clients}"), fresh_folder() as folder:
            bench.note(_return(bench.zchat, folder, clients))


def _return(zchat: Zchat, folder: Path, clients: int) -> Return:
    with zchat.run(folder) as running:
        crowd = Crowd(running.port)
        try:
            crowd.join(f"user{number}" for number in range(clients))
            running.kill()
            for user in crowd.users:
                crowd.disconnect(user)
            with zchat.run(folder, running.port) as again:
                return _Comeback(crowd, again).result()
        finally:
            crowd.close()


class _Comeback:
    """Each user: a pause, the introduction, both links, registration, pings until a pong comes down the SUB."""

    def __init__(self, crowd: Crowd, running: Running) -> None:
        self._crowd = crowd
        self._running = running
        self._begin_s = time.monotonic()
        self._random = random.Random(_SEED)
        self._poll = select.epoll()
        self._poll.register(crowd.descriptor, select.EPOLLIN)
        self._handlers: dict[int, Callable[[], None]] = {crowd.descriptor: self._replies}
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0
        self._sockets: list[socket.socket] = []
        self._away = set(crowd.users)
        for user in crowd.users:
            self._later(self._pause_s(), lambda user=user: self._introduce(user))  # type: ignore[misc]

    def result(self) -> Return:
        """When the last one is level, or at the end of all patience."""
        clients = len(self._away)
        end_s = self._begin_s + _GIVE_UP_S
        try:
            while self._away and time.monotonic() < end_s:
                self._turn()
        finally:
            for each in self._sockets:
                each.close()
            self._poll.close()
        level_s = time.monotonic() - self._begin_s
        if self._away:
            raise Lost(f"{len(self._away)} of {clients} clients did not come back within {_GIVE_UP_S:.0f} s")
        return Return(clients, level_s, self._running.cpu_s(), len(self._away))

    def _turn(self) -> None:
        wait_s = min(0.1, max(0.0, self._due[0][0] - time.monotonic())) if self._due else 0.1
        for descriptor, _ in self._poll.poll(wait_s):
            if descriptor in self._handlers:
                self._handlers[descriptor]()
        while self._due and self._due[0][0] <= time.monotonic():
            heapq.heappop(self._due)[2]()

    def _later(self, pause_s: float, do: Callable[[], None]) -> None:
        self._number += 1
        heapq.heappush(self._due, (time.monotonic() + pause_s, self._number, do))

    def _pause_s(self) -> float:
        return self._random.uniform(0.5, 1.5) * max(_RETRY_S, _RETRY_PER_USER_S * len(self._away))

    def _open(self, port: int) -> socket.socket:
        connection = socket.socket()
        connection.setblocking(False)
        error = connection.connect_ex((HOST, port))
        assert error in (0, errno.EINPROGRESS), f"cannot connect: {error}"
        self._sockets.append(connection)
        return connection

    def _watch(self, connection: socket.socket, wish: int, do: Callable[[], None]) -> None:
        self._handlers[connection.fileno()] = do
        self._poll.register(connection.fileno(), wish)

    def _ignore(self, connection: socket.socket) -> None:
        del self._handlers[connection.fileno()]
        self._poll.unregister(connection.fileno())

    def _drop(self, connection: socket.socket) -> None:
        self._ignore(connection)
        connection.close()

    def _introduce(self, user: User) -> None:
        connection = self._open(self._running.port + 2)

        def read() -> None:
            try:
                line = connection.recv(256)
            except OSError:
                line = b""
            self._drop(connection)
            if line:
                self._register(user)
            else:
                self._later(self._pause_s(), lambda: self._introduce(user))

        self._watch(connection, select.EPOLLIN, read)

    def _register(self, user: User) -> None:
        user.registered = None
        self._crowd.connect(user)
        user.ask(Register(PROTOCOL_VERSION, user.name, user.run, False))
        self._crowd.send(user, 1)
        self._subscribe(user)

    def _subscribe(self, user: User) -> None:
        connection = self._open(self._running.port + 1)
        received, subscribed = b"", False
        own = subscription(user.topic)

        def connected() -> None:
            connection.send(zmtp.opening(b"SUB"))
            self._poll.modify(connection.fileno(), select.EPOLLIN)
            self._handlers[connection.fileno()] = read

        def read() -> None:
            nonlocal received, subscribed
            received += connection.recv(1 << 16)
            frames = list(zmtp.frames(received))
            if frames and not subscribed:
                subscribed = True
                connection.send(zmtp.subscription(subscription("public")) + zmtp.subscription(own))
            if any(not is_command and body.startswith(own) for is_command, body in frames):
                self._away.discard(user)
                self._ignore(connection)

        self._watch(connection, select.EPOLLOUT, connected)

    def _replies(self) -> None:
        for user in self._crowd.step(1, 0.0):
            if user.registered is None and user.replies:
                self._crowd.take_registration(user)
                self._ping(user)

    def _ping(self, user: User) -> None:
        if user in self._away and user.link is not None:
            user.link.send(wire.encode(Ping(user.token, 1, user.topic)))
            self._crowd.send(user, 1)
            self._later(_PING_AGAIN_S, lambda: self._ping(user))
