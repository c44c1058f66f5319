"""What it costs the broker that many users join one after another, each told of by all who are there already.

    .venv/bin/python -m benchmarks.joins 1000 3000

Each user registers over CURVE, subscribes to `public` and his own topic, pings once and asks for the roster, as a
client does; the next one begins as soon as one of those under way is let in. The first user opens every frame of
`public`: he must be told of every other one, once and in order.
"""

import resource
import select
import socket
import statistics
import sys
import time
from collections import deque
from typing import Final, NamedTuple

from benchmarks.bench import fresh_folder
from benchmarks.readers import Lost
from benchmarks.running import Running
from benchmarks.servers.zchat import Zchat
from benchmarks.users import Crowd, FullReader, User, raw_reader
from zchat_common import wire
from zchat_common.limits import PROTOCOL_VERSION
from zchat_common.messages import AskRoster, Presence, Register, Roster

_UNDER_WAY: Final = 10
_BEAT_S: Final = 10.0
_STUCK_S: Final = 20.0
_STEP_S: Final = 0.01
_READ_BYTES: Final = 1 << 18


class Joined(NamedTuple):
    """Per join: the broker's CPU. ``frames`` of presence came to every reader; waits are for the roster."""

    users: int
    took_s: float
    cpu_ms: float
    frames: int
    median_ms: float
    longest_ms: float

    def __str__(self) -> str:
        return (
            f"{self.users:,} users in {self.took_s:.1f} s: broker {self.cpu_ms:.2f} ms a join, {self.frames} presence "
            f"frames to each reader; roster after {self.median_ms:.0f} ms in the median, {self.longest_ms:.0f} at most"
        )


class _Joining:
    def __init__(self, running: Running, users: int) -> None:
        self._running = running
        self._crowd = Crowd(running.port)
        self._size = users
        self._coming = deque(User(f"user{number}") for number in range(1, users))
        # They may have their reply before anybody waits for it.
        self._begun: deque[User] = deque(maxlen=_UNDER_WAY)
        self._roster_asked_s: dict[str, float] = {}
        self._waits_s: list[float] = []
        self._poll = select.epoll()
        self._readers: dict[int, socket.socket] = {}
        self._beat_s = time.monotonic()

    def result(self) -> Joined:
        """Lets them all in. Raises Lost."""
        (first,) = self._crowd.join(["user0"])
        full = FullReader(self._running.port, first.key("public"))
        self._read(first)
        full.wait(0.5)
        begin_s, begin_cpu_s = time.monotonic(), self._running.cpu_s()
        for _ in range(_UNDER_WAY):
            self._next()
        roster = self._let_in(full)
        took_s = time.monotonic() - begin_s
        frames = self._told(full, roster)
        cpu_s = self._running.cpu_s() - begin_cpu_s
        full.close()
        waits_ms = [wait_s * 1e3 for wait_s in self._waits_s]
        return Joined(self._size, took_s, cpu_s / self._size * 1e3, frames, statistics.median(waits_ms), max(waits_ms))

    def close(self) -> None:
        """Ends all links."""
        for each in self._readers.values():
            each.close()
        self._poll.close()
        self._crowd.close()

    def _let_in(self, full: FullReader) -> Roster:
        """Returns the last roster when everybody has one."""
        last = b""
        stuck_s = time.monotonic() + _STUCK_S
        while len(self._waits_s) < self._size - 1:
            for user in [*self._crowd.step(1, _STEP_S), *self._begun]:
                # What one sends may bring the next reply at once.
                while user.replies:
                    stuck_s = time.monotonic() + _STUCK_S
                    last = user.replies[-1]
                    self._replied(user)
            full.drain()
            self._drain()
            self._keep_alive()
            if time.monotonic() > stuck_s:
                raise Lost(f"{self._size - 1 - len(self._waits_s)} users wait for their roster")
        roster = next(wire.decode_downstream(last))
        assert isinstance(roster, Roster), roster
        return roster

    def _replied(self, user: User) -> None:
        if user.registered is None:
            self._crowd.take_registration(user)
            self._crowd.users.append(user)
            self._read(user)
            self._crowd.ping([user])
            user.ask(AskRoster(user.token, 1))
            self._roster_asked_s[user.name] = time.monotonic()
            self._crowd.send(user, 1)
            self._next()
        else:
            self._waits_s.append(time.monotonic() - self._roster_asked_s[user.name])
            user.replies.clear()

    def _next(self) -> None:
        if self._coming:
            user = self._coming.popleft()
            self._crowd.connect(user)
            user.ask(Register(PROTOCOL_VERSION, user.name, user.run, False))
            self._crowd.send(user, 1)
            self._begun.append(user)

    def _read(self, user: User) -> None:
        connection = raw_reader(self._running.port, "public", user.topic)
        connection.setblocking(False)
        self._readers[connection.fileno()] = connection
        self._poll.register(connection.fileno(), select.EPOLLIN)

    def _drain(self) -> None:
        for descriptor, _ in self._poll.poll(0):
            self._readers[descriptor].recv(_READ_BYTES)

    def _keep_alive(self) -> None:
        if time.monotonic() > self._beat_s + _BEAT_S:
            self._beat_s = time.monotonic()
            # A send swallows the wake-up of whoever waits for an answer; those are heard of without it.
            self._crowd.ping([user for user in self._crowd.users if not user.under_way])

    def _told(self, full: FullReader, roster: Roster) -> int:
        """How many frames told the first user of all others. Raises Lost if one was left out."""
        opened = full.open()
        end_s = time.monotonic() + _STUCK_S
        while sum(len(message.changes) for _, message in opened if isinstance(message, Presence)) < self._size - 1:
            if time.monotonic() > end_s:
                raise Lost("the first user was not told of everybody")
            full.wait(0.1)
            self._drain()
            opened += full.open()
        told = [(counter, message) for counter, message in opened if isinstance(message, Presence)]
        names = [entry.name for _, message in told for entry in message.changes if entry.name != "user0"]
        if len(names) != len(set(names)) or told[-1][1].version != self._size or roster.version > self._size:
            raise Lost("the first user was told something else than who came")
        return len({counter for counter, _ in told})


def main() -> None:
    """Each of the numbers in turn, with a fresh broker."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for users in map(int, sys.argv[1:] or ["1000"]):
        with fresh_folder() as folder, Zchat().run(folder) as running:
            joining = _Joining(running, users)
            try:
                print(joining.result(), flush=True)
            finally:
                joining.close()


if __name__ == "__main__":
    main()
