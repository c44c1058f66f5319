"""A deterministic world: one broker, its clients, and the network between them. No socket, no clock, no sleep.

Everything follows from the seed: the same seed gives the same world, to the last byte. What goes wrong in it stands in
:mod:`faults`, whether it is right in :mod:`judge`.
"""

import random
from functools import partial

from tests.simulation.broker import Broker
from tests.simulation.clients import Run, User
from tests.simulation.judge import Judge
from tests.simulation.level import lagging
from tests.simulation.plan import Plan
from tests.simulation.record import Wrong
from tests.simulation.timeline import Timeline
from tests.simulation.wires import Wires
from tests.simulation.wishes import wish
from zchat_common.topics import party_of

# A link whose end goes unnoticed (11 s), a session that nobody continues (15 s), and some ways there and back.
_PATIENCE_S = 60.0
_LOOK_S = 0.5


class World:
    """Users join and speak; time passes when :meth:`pass_time` is called."""

    def __init__(self, seed: int, plan: Plan, traced: bool = False) -> None:
        """With ``traced`` everything that happens is noted in ``judge.trace``."""
        self.timeline = Timeline()
        self.dice = random.Random(f"world {seed}")
        self.plan = plan
        self.judge = Judge(lambda: self.timeline.now_s, traced)
        self.broker = Broker(self.timeline, seed, plan, self.judge)
        self.users = {name: User.called(name) for name in plan.names}
        # Whether everything that was sent has arrived in time so far.
        self.harmless = plan.harmless
        # Users whose machines are off the network for now, by folded name.
        self.cut_off: list[str] = []
        # How late what a client sent before it hung up may arrive; None: never.
        self.lateness_s: tuple[float | None, ...] = (None, 0.0, 0.3, 3.0)
        self._routes = 0
        self.broker.start()

    # -- time -------------------------------------------------------------------------------------------------------

    def join(self, name: str, takeover: bool = False) -> Run:
        """A user starts a client."""
        run = Run(self, self.users[name], takeover)
        run.dial()
        return run

    def gather(self) -> list[Run]:
        """Everybody starts a client and is let in."""
        runs = [self.join(name) for name in self.users]
        self.pass_time(3.0)
        return runs

    def pass_time(self, seconds: float) -> None:
        """Lets time pass."""
        self.timeline.run(self.timeline.now_s + seconds)

    def settle(self) -> None:
        """Ends all that goes wrong, and lets time pass until everybody is level; then the judge looks at it all."""
        self._mend()
        lag = self._lag()
        patience_s = self.timeline.now_s + _PATIENCE_S
        while lag and self.timeline.now_s < patience_s:
            self.pass_time(_LOOK_S)
            lag = self._lag()
        if lag or self.broker.hub is None:
            raise Wrong(f"after {_PATIENCE_S} s without a fault: {lag}")
        self.judge.finish(self.users.values(), self.broker.hub, self.broker.store, self.harmless)

    def live(self) -> None:
        """Users come and do what they like as the plan says; then everybody becomes level."""
        plan, dice = self.plan, self.dice
        for name in plan.names:
            when_s = dice.random() * dice.choice((0.0, 0.0, plan.duration_s / 2))
            self.timeline.at(when_s, partial(self._come_back, name))
        left = plan.wishes
        while left > 0:
            burst = min(left, dice.choice(plan.bursts))
            left -= burst
            when_s = 0.2 + dice.random() * plan.duration_s
            self.timeline.at(when_s, partial(self._wish, dice.choice(plan.names), burst))
        self.timeline.run(plan.duration_s + 0.3)
        self.settle()

    def _wish(self, name: str, burst: int) -> None:
        run = self.users[name].run
        parties = [party_of(topic) or "" for topic in self.judge.record.topics if party_of(topic) is not None]
        for _ in range(burst):
            if run is not None and not run.over and not run.leaving:
                wish(self.dice, run, self.plan.names, parties)

    def _mend(self) -> None:
        self.broker.mend()
        self.cut_off.clear()
        for run in self.runs():
            if run.wires is not None:
                run.wires.mend()
        for name in self.users:
            self._come_back(name)

    def _lag(self) -> str:
        hub = self.broker.hub
        return "there is no broker" if hub is None else lagging(self.users.values(), self.judge, hub.rules.state)

    # -- the network ------------------------------------------------------------------------------------------------

    def dial(self, owner: str) -> Wires | None:
        """New connections to the broker, or None while it cannot be reached."""
        if self.broker.hub is None or owner in self.cut_off:
            return None
        self._routes += 1
        wires = Wires(self.timeline, self.dice, owner, self._routes.to_bytes(4), self.delay_s)
        self.broker.connect(wires)
        return wires

    def hung_up(self, wires: Wires) -> None:
        """A client closed its connections: what it had sent may still arrive, and the broker hears of it after that."""
        late_s = self.dice.choice(self.lateness_s)
        wires.close(late_s)
        unheard_s = self.dice.choice((0.0, 0.0, 0.0, 20.0)) * self.dice.random()
        self.timeline.after((late_s or 0.0) + 2.0 * self.delay_s() + unheard_s, partial(self.broker.lost, wires))

    def ended(self, run: Run) -> None:
        """A client ended because another process has its name; its user tries again a little later."""
        self.timeline.after(self.dice.uniform(0.5, 3.0), partial(self._come_back, run.user.name))

    def back_after(self, delay_s: float, run: Run) -> None:
        """The user of a client that is gone starts another one."""
        self.timeline.after(delay_s, partial(self._come_back, run.user.name))

    def delay_s(self) -> float:
        """How long the next payload is under way."""
        delays_s = self.plan.delays_s
        return (delays_s[0] if len(delays_s) == 1 else self.dice.choice(delays_s)) * self.dice.random()

    def runs(self) -> list[Run]:
        """The clients that run."""
        return [run for user in self.users.values() for run in user.runs if not run.over]

    def run_of(self, wires: Wires) -> Run | None:
        """The client that uses these connections."""
        return next((run for run in self.runs() if run.wires is wires), None)

    def _come_back(self, name: str) -> None:
        if self.users[name].run is None:
            self.join(name, takeover=self.dice.random() < 0.5)
