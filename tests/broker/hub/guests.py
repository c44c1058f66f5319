"""A hub over a disk that fails when it is told to, and guests who talk to it: no socket, no clock."""

import random
from itertools import count

from zchat_broker.door import Door
from zchat_broker.hub import Arrival, Hub, Outgoing
from zchat_broker.presence import pause_between
from zchat_broker.profile import Profile
from zchat_broker.registrations import Peer
from zchat_broker.rules import Settings, State
from zchat_broker.rules.invariants import check_invariants
from zchat_broker.store import Changes, Loaded, StoreFailed, StoreUnusable
from zchat_broker.store.memory import MemoryStore
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.clock import Now
from zchat_common.limits import PROTOCOL_VERSION
from zchat_common.sealing import OpeningKey, take_apart

START = 1_700_000_000_000
INSTANCE = 7
UNLIMITED = Profile("Lab", 5555, 5556, Settings(grace_s=120.0), rate=0.0)
PACED = UNLIMITED._replace(rate=10.0, burst=10)
DAY_S = 24 * 3600.0
# No news of who came and went waits longer.
PAUSE_S = pause_between(100_000)


class Disk(MemoryStore):
    """A store that fails when it is told to, and counts."""

    def __init__(self) -> None:
        super().__init__()
        self.is_full = False
        # Room for a tiny write, but not for a turn.
        self.is_nearly_full = False
        self.is_unreadable = False
        self.loads = 0
        self.commits: list[Changes] = []
        self.prunes: list[int] = []

    def load(self) -> Loaded:
        self.loads += 1
        if self.is_unreadable:
            raise StoreUnusable("input/output error")
        return super().load()

    def probe(self) -> None:
        if self.is_full:
            raise StoreFailed("no space left on device")

    def commit(self, changes: Changes) -> None:
        if self.is_full or self.is_nearly_full:
            raise StoreFailed("no space left on device")
        self.commits.append(changes)
        super().commit(changes)

    def prune(self, before_at: int, limit: int) -> bool:
        self.prunes.append(before_at)
        if self.is_full:
            raise StoreFailed("no space left on device")
        return super().prune(before_at, limit)


class Broker:
    """A hub, a disk, and a network where the test says who is reachable."""

    def __init__(
        self, profile: Profile = UNLIMITED, disk: Disk | None = None, *, start: bool = True, door: Door | None = None
    ) -> None:
        self.profile = profile
        self.door = door
        self.disk = Disk() if disk is None else disk
        self.now_s = 1_000.0
        self.unreachable: set[bytes] = set()
        self.probed: list[bytes] = []
        self.peers_asked = 0
        self.hub = self._new_hub()
        if start:
            self.turn()
            self.disk.commits.clear()

    def _new_hub(self) -> Hub:
        return Hub(self.profile, self.disk, random.Random(self.now_s).randbytes, self._reachable, self.now, self.door)

    def _reachable(self, route: bytes) -> bool:
        self.probed.append(route)
        return route not in self.unreachable

    @property
    def now(self) -> Now:
        return Now(START + int(self.now_s * 1000), self.now_s)

    @property
    def state(self) -> State:
        return self.hub.rules.state

    def restart(self) -> None:
        """Another broker over the same disk."""
        self.hub = self._new_hub()

    def arrival(self, route: bytes, payload: bytes, key: bytes = b"k" * 32) -> Arrival:
        def peer() -> Peer:
            self.peers_asked += 1
            return Peer(key, f"192.0.2.{route[0]}")

        return Arrival(route, payload, peer)

    def turn(self, *arrivals: Arrival) -> Outgoing:
        out = self.hub.turn(arrivals, self.now)
        check_invariants(self.state)
        return out

    def wait(self, seconds: float, *, step_s: float = 0.5) -> list[bytes]:
        """Quiet turns for so long, as the shell has them; the frames that they publish."""
        frames: list[bytes] = []
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self.now_s = min(end_s, self.now_s + step_s)
            frames += self.turn().frames
        return frames


class Guest:
    """Somebody with a key, a route and, once registered, a token."""

    _routes = count(1)

    def __init__(self, broker: Broker, name: str, *, run: int = 1, key: bytes = b"") -> None:
        self.broker = broker
        self.name = name
        self.run = run
        self.key = key or name.lower().encode().ljust(32, b"\0")
        self.route = b"%d" % next(self._routes)
        self.token = b""
        self.n = 0
        self.keys: dict[int, OpeningKey] = {}

    def arrives(self, *messages: m.Upstream) -> list[Arrival]:
        return [self.broker.arrival(self.route, wire.encode(message), self.key) for message in messages]

    def send(self, *messages: m.Upstream) -> list[m.Downstream]:
        """What comes back to this route in one turn."""
        return self.answers(self.broker.turn(*self.arrives(*messages)))

    def answers(self, out: Outgoing) -> list[m.Downstream]:
        return [next(wire.decode_downstream(payload)) for route, payload in out.replies if route == self.route]

    def registers(self) -> list[m.Upstream]:
        return [m.Register(PROTOCOL_VERSION, self.name, self.run, takeover=False)]

    def register(self, *, takeover: bool = False, version: int = PROTOCOL_VERSION) -> m.Downstream:
        (reply,) = self.send(m.Register(version, self.name, self.run, takeover))
        if isinstance(reply, m.Registered):
            self.token = reply.token
            self.keys = {key.number: OpeningKey(key) for key in reply.keys}
        return reply

    def command(self, op: str, *args: m.Scalar, n: int | None = None, instance: int = INSTANCE) -> m.Do:
        if n is None:
            self.n += 1
        return m.Do(self.token, instance, self.n if n is None else n, op, args)

    def do(self, op: str, *args: m.Scalar, n: int | None = None, instance: int = INSTANCE) -> m.Downstream:
        (reply,) = self.send(self.command(op, *args, n=n, instance=instance))
        return reply

    def say(self, text: str, n: int | None = None) -> m.Downstream:
        return self.do("say", text, False, n=n)

    def reads(self, frames: list[bytes]) -> list[m.Published]:
        """What this guest's keys open."""
        found: list[m.Published] = []
        for frame in frames:
            parts = take_apart(frame)
            if parts.number in self.keys:
                plain, _ = self.keys[parts.number].open(parts)
                found += [message for message, _ in wire.decode_frame(plain)]
        return found


def guest(broker: Broker, name: str = "Alice") -> Guest:
    """A registered guest."""
    found = Guest(broker, name)
    assert isinstance(found.register(), m.Registered)
    broker.disk.commits.clear()
    return found


def again(alice: Guest, run: int = 2) -> Guest:
    """The same user with another client."""
    return Guest(alice.broker, alice.name, run=run, key=alice.key)


def code_of(reply: m.Downstream) -> str:
    assert isinstance(reply, m.Rejected | m.Refusal | m.Denied)
    assert reply.text
    return reply.code


def history(broker: Broker) -> list[str]:
    """The public texts that are kept."""
    messages = [wire.decode_kept(kept.body) for kept in broker.disk.page("public", 0, None, 10_000)]
    return [message.text for message in messages if isinstance(message, m.Say)]
