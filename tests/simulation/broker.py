"""A broker in the simulated world: the real hub, in a shell that has a network without sockets under it."""

import random
from collections.abc import Callable
from functools import partial

from tests.people import key_of
from tests.simulation.flaky_store import FlakyStore
from tests.simulation.judge import Judge
from tests.simulation.plan import Plan
from tests.simulation.timeline import Timeline
from tests.simulation.wires import Wires
from zchat_broker.hub import Arrival, Hub, Outgoing
from zchat_broker.profile import Profile
from zchat_broker.registrations import Peer
from zchat_broker.replies import framed
from zchat_broker.rules import Settings
from zchat_broker.store import Changes
from zchat_common import wire
from zchat_common.messages import Probe

COMMANDS_PORT = 5555
TOPICS_PORT = 5556
_TICK_S = 0.5
_PROBE = wire.encode(Probe())


class Broker:
    """One hub after another on the same store."""

    def __init__(self, timeline: Timeline, seed: int, plan: Plan, judge: Judge) -> None:
        self._timeline = timeline
        self._dice = random.Random(seed)
        self._secrets = random.Random(f"secrets {seed}")
        self._plan = plan
        self._judge = judge
        settings = Settings(plan.grace_s, admins=plan.admins)
        self._profile = Profile("Simulation", COMMANDS_PORT, TOPICS_PORT, settings, plan.rate, plan.burst)
        self.store = FlakyStore(self._disk_fails, self._kept)
        self.hub: Hub | None = None
        self.full_until_s = 0.0
        self.commits_to_fail = 0
        self.stalled_until_s = 0.0
        self.clock_error_ms = 0
        self._losing = True
        # Of what a turn sends, so much leaves before the broker dies; None while it is not dying.
        self.dying_after: float | None = None
        self.on_death: Callable[[list[Wires]], None] = lambda wires: None
        self.recent_frames: list[bytes] = []
        self._inbox: list[Arrival] = []
        self._routes: dict[bytes, Wires] = {}
        self._owners: dict[bytes, str] = {}
        self._turn_due = False
        self._waking = False
        self._life = 0

    # -- life -------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Starts a hub on what is stored."""
        self._life += 1
        self._turn_due = self._waking = False
        now = self._timeline.now(self.clock_error_ms)
        self.hub = Hub(self._profile, self.store, self._secrets.randbytes, self._reachable, now)
        self._tick(self._life)

    def die(self, linger_s: float | None = None) -> list[Wires]:
        """The process is gone: nothing that it had received or wanted to send exists any more.

        What the system had taken over from it may still reach its clients, for so long (None: by chance).
        """
        if self.hub is None:
            return []
        self._judge.broker_died(self.hub, self.store)
        self.hub = None
        self.dying_after = None
        self.stalled_until_s = 0.0
        self._inbox.clear()
        wires = list(self._routes.values())
        self._routes.clear()
        linger_s = self._dice.choice((0.0, 0.5)) if linger_s is None else linger_s
        for each in wires:
            each.known_dead = True
            each.up.cut()
            self._timeline.after(linger_s, each.cut_commands)
            self._timeline.after(linger_s, each.cut_topics)
        return wires

    def stop(self, reason: str) -> list[Wires]:
        """The process ends cleanly: it tells everybody."""
        if self.hub is None:
            return []
        for frame in self.hub.stop(reason):
            self._judge.published([frame])
            self._publish(frame)
        return self.die(linger_s=0.5)

    def mend(self) -> None:
        """Nothing goes wrong from here on, and there is a broker."""
        self._losing = False
        self.full_until_s = self.stalled_until_s = 0.0
        self.commits_to_fail = 0
        self.dying_after = None
        if self.hub is None:
            self.start()

    def connect(self, wires: Wires) -> None:
        """A client's link is being made."""
        self._routes[wires.route] = wires
        self._owners[wires.route] = wires.owner
        wires.to_broker = self._arrive

    def lost(self, wires: Wires) -> None:
        """The broker hears that nobody is at the other end any more."""
        wires.known_dead = True
        self._routes.pop(wires.route, None)

    # -- turns ------------------------------------------------------------------------------------------------------

    def _arrive(self, wires: Wires, payload: bytes) -> None:
        if self.hub is None or self._owners.get(wires.route) is None or wires.known_dead:
            return
        self._inbox.append(Arrival(wires.route, payload, partial(_peer, wires.owner)))
        if not self._turn_due:
            self._turn_due = True
            self._timeline.after(self._dice.random() * self._plan.turn_s, partial(self._due, self._life))

    def _due(self, life: int) -> None:
        if life != self._life or self.hub is None:
            return
        if self._timeline.now_s < self.stalled_until_s:
            self._timeline.at(self.stalled_until_s, partial(self._due, life))
            return
        self._turn_due = False
        self._turn()

    def _tick(self, life: int) -> None:
        if life != self._life or self.hub is None:
            return
        if self._timeline.now_s < self.stalled_until_s:
            self._timeline.at(self.stalled_until_s, partial(self._tick, life))
            return
        self._timeline.after(_TICK_S, partial(self._tick, life))
        self._turn()

    def _wake(self, life: int) -> None:
        if life == self._life:
            self._waking = False
            self._due(life)

    def _turn(self) -> None:
        if self.hub is None:
            return
        arrivals, self._inbox = self._inbox, []
        if len(arrivals) > 1 and self._dice.random() < self._plan.split_turns:
            # A turn is bounded; the rest waits for the next one.
            cut = self._dice.randrange(1, len(arrivals))
            arrivals, self._inbox = arrivals[:cut], arrivals[cut:]
            self._turn_due = True
            self._timeline.after(0.0, partial(self._due, self._life))
        now = self._timeline.now(self.clock_error_ms)
        out = self.hub.turn(arrivals, now)
        pause_s = self.hub.pause_s(now)
        if pause_s < _TICK_S and not self._waking:
            self._waking = True
            # Time always moves on between two looks at it.
            self._timeline.after(max(pause_s, 0.001), partial(self._wake, self._life))
        self._judge.turned(self.hub, [(self._owners[route], payload) for route, payload in out.replies], out.frames)
        self._send(out)
        if self.dying_after is not None:
            self.on_death(self.die())

    def _send(self, out: Outgoing) -> None:
        replies = list(framed(out.replies))
        leaving = len(replies) + len(out.frames)
        if self.dying_after is not None:
            leaving = int(leaving * self.dying_after)
        for frame in out.frames[:leaving]:
            self._publish(frame)
        for route, payload in replies[: max(0, leaving - len(out.frames))]:
            wires = self._routes.get(route)
            if wires is not None and not self._happens(self._plan.answer_loss):
                wires.down.send(payload)

    def _publish(self, frame: bytes) -> None:
        self.recent_frames.append(frame)
        del self.recent_frames[:-30]
        topic = frame[: frame.index(b"\0") + 1]
        for wires in self._routes.values():
            if topic not in wires.subscribed or self._happens(self._plan.frame_loss):
                continue
            wires.frames.send(frame)
            if self._happens(self._plan.frame_copies):
                self._timeline.after(self._dice.random() * 2.0, partial(wires.inject, frame))

    def _happens(self, probability: float) -> bool:
        return self._losing and probability > 0 and self._dice.random() < probability

    # -- what the hub asks ------------------------------------------------------------------------------------------

    def _reachable(self, route: bytes) -> bool:
        wires = self._routes.get(route)
        if wires is None:
            return False
        wires.down.send(_PROBE)
        return True

    def _disk_fails(self) -> bool:
        if self.commits_to_fail > 0:
            self.commits_to_fail -= 1
            return True
        return self._timeline.now_s < self.full_until_s

    def _kept(self, changes: Changes) -> None:
        self._judge.committed(changes)


def _peer(owner: str) -> Peer:
    return Peer(key_of(owner), "192.0.2.1")
