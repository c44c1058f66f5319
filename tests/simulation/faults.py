"""What goes wrong in a world, by chance or at a test's word."""

import random
from collections.abc import Callable
from functools import partial

from tests.simulation.clients import Run
from tests.simulation.insider import Insider
from tests.simulation.wires import Wires
from tests.simulation.world import World
from zchat_common import messages as m
from zchat_common import wire

# ZMTP heartbeats on the commands connection find a broken one so late at most.
_HEARTBEATS_S = (8.0, 11.0)


class Faults:
    """Each public method without an argument is a kind of fault that a plan may name."""

    def __init__(self, world: World) -> None:
        """From here on the world's broker may die on its own."""
        self._world = world
        self._dice = world.dice
        self._timeline = world.timeline
        self._broker = world.broker
        self.insider = Insider(world)
        world.broker.on_death = self._tell_all

    def schedule(self) -> None:
        """Lets happen what the plan says."""
        plan = self._world.plan
        for name, number in plan.faults.items():
            happen: Callable[[], None] = getattr(self, name)
            for _ in range(number):
                self._timeline.at(self._dice.random() * plan.duration_s, partial(self._happen, name, happen))

    def _happen(self, name: str, happen: Callable[[], None]) -> None:
        self._world.judge.note("fault:", name)
        happen()

    def _soon(self, *longest_s: float) -> float:
        return self._timeline.now_s + self._dice.choice(longest_s) * self._dice.random()

    def take_off_the_network(self, run: Run) -> None:
        """The machine of this client reaches nobody any more, until ``world.cut_off`` does not name its user."""
        self._world.harmless = False
        self._world.cut_off.append(run.user.folded)
        if run.wires is not None:
            run.hear_cut(run.wires)

    # -- links ------------------------------------------------------------------------------------------------------

    def cut_a_link(self) -> None:
        """One or both connections of a client break."""
        wires = self._some_wires()
        if wires is not None:
            self.cut(wires, commands=self._dice.random() < 0.7, topics=self._dice.random() < 0.7)

    def cut(self, wires: Wires, commands: bool = True, topics: bool = True) -> None:
        """The client hears of it soon, by the heartbeats of the commands link, or by its beat; the broker late."""
        dice = self._dice
        self._world.harmless = False
        run = self._world.run_of(wires)
        if commands:
            wires.cut_commands()
            self._timeline.at(self._soon(0.0, 0.1, 20.0), partial(self._broker.lost, wires))
        if topics:
            wires.cut_topics()
        heard = dice.random() < 0.6
        if run is not None and heard:
            self._timeline.at(self._soon(0.1), partial(run.hear_cut, wires))
        elif run is not None and commands:
            self._timeline.after(dice.uniform(*_HEARTBEATS_S), partial(run.hear_cut, wires))

    def freeze_a_link(self) -> None:
        """Nothing passes for a while, and nothing is lost."""
        wires = self._some_wires()
        if wires is not None:
            wires.freeze(self._soon(0.5, 5.0, 20.0))

    def drop_frames(self) -> None:
        """A reader is at the high-water mark of the publisher."""
        wires = self._some_wires()
        if wires is not None:
            wires.frames.lose(self._soon(0.1, 1.0, 4.0))

    def drop_answers(self) -> None:
        """A client is at the high-water mark of the router."""
        wires = self._some_wires()
        if wires is not None:
            wires.down.lose(self._soon(0.1, 1.0, 4.0))

    # -- strangers --------------------------------------------------------------------------------------------------

    def forge_frames(self) -> None:
        """Somebody on the plain link slips frames in."""
        wires = self._some_wires()
        for _ in range(5 if wires is not None else 0):
            if wires is not None:
                wires.inject(forged(self._dice, self._broker.recent_frames))

    def forge_lines(self) -> None:
        """A registered user on a client's path forges lines with the keys that both have."""
        runs = [run for run in self._world.runs() if run.wires is not None]
        if runs:
            victim = self._dice.choice(runs)
            for _ in range(self._dice.choice((1, 1, 2, 5))):
                self.insider.strike(victim)

    def send_garbage(self) -> None:
        """Somebody with a key of his own connects, and tries what comes to his mind."""
        owned = [] if self._broker.hub is None else list(self._broker.hub.rules.state.users)
        wires = self._world.dial("mallory")
        if wires is None or not owned:
            return
        name = self._dice.choice(owned)
        token = self._dice.randbytes(16)
        for payload in (
            self._dice.randbytes(self._dice.randrange(40)),
            wire.encode(m.Register(self._dice.choice((1, 99)), name, 1, True)),
            wire.encode(m.Do(token, 1, 1, "say", ("ghost", False))),
            wire.encode(m.AskKeys(token, 1)),
            wire.encode(m.Ping(token, 1, f"user.{name}")),
        ):
            wires.up.send(payload)
        self._timeline.after(5.0, partial(self._world.hung_up, wires))

    # -- the broker -------------------------------------------------------------------------------------------------

    def kill_the_broker(self) -> None:
        """At once, or at the end of its next turn: then a part of what that turn sends has left already."""
        if self._broker.hub is None:
            return
        self._broker.clock_error_ms = self._dice.choice((0, 0, -2_000, 2_000))
        if self._dice.random() < 0.5:
            self._broker.dying_after = self._dice.choice((0.0, 0.0, self._dice.random()))
        else:
            self._tell_all(self._broker.die())

    def outage(self, seconds: float) -> None:
        """The broker dies, and every client hears of it; a new one starts after so long."""
        self._tell_all(self._broker.die(), down_s=seconds)

    def kill_after_commit(self) -> None:
        """At the end of its next turn, before anything of it is sent."""
        self._broker.dying_after = 0.0

    def stop_the_broker(self) -> None:
        """A clean end, with a new broker after it."""
        if self._broker.hub is not None:
            self._tell_all(self._broker.stop("the broker is being upgraded"))

    def stall_the_broker(self) -> None:
        """The broker's process stands still."""
        self._broker.stalled_until_s = self._soon(0.5, 6.0, 20.0)

    def fill_the_disk(self) -> None:
        """For a while nothing can be kept."""
        self._world.judge.storage_may_fail = True
        self._broker.full_until_s = self._soon(0.1, 1.0, 5.0)

    def fail_a_commit(self) -> None:
        """The next commit or two do not succeed."""
        self.fail_commits(self._dice.choice((1, 1, 2)))

    def fail_commits(self, number: int) -> None:
        """The next commits do not succeed."""
        self._world.judge.storage_may_fail = True
        self._broker.commits_to_fail = number

    def _tell_all(self, lost: list[Wires], down_s: float | None = None) -> None:
        """The broker died: its clients hear of it soon, or only by their heartbeats; and it is started again."""
        self._world.harmless = False
        for wires in lost:
            run = self._world.run_of(wires)
            if run is not None and self._dice.random() < 0.8:
                self._timeline.at(self._soon(0.1), partial(run.hear_cut, wires))
            elif run is not None:
                self._timeline.after(self._dice.uniform(*_HEARTBEATS_S), partial(run.hear_cut, wires))
        back_s = self._soon(0.0, 0.5, 4.0) if down_s is None else self._timeline.now_s + down_s
        self._timeline.at(back_s, self._start_the_broker)

    def _start_the_broker(self) -> None:
        if self._broker.hub is None:
            self._world.judge.note("broker starts")
            self._broker.start()

    # -- clients ----------------------------------------------------------------------------------------------------

    def kill_a_client(self) -> None:
        """A client's process is gone; its user starts another one."""
        runs = self._world.runs()
        if runs:
            self.kill(self._dice.choice(runs), self._dice.choice((0.0, 3.0)) * self._dice.random())

    def kill(self, run: Run, back_after_s: float) -> None:
        """The process of this client is gone; its user starts another one after a while."""
        self._world.harmless = False
        run.kill()
        self._world.back_after(back_after_s, run)

    def take_over(self) -> None:
        """A user starts a second client that ends the session of the first."""
        runs = self._world.runs()
        if runs:
            self._world.harmless = False
            self._world.join(self._dice.choice(runs).user.name, takeover=True)

    def _some_wires(self) -> Wires | None:
        self._world.harmless = False
        linked = [run.wires for run in self._world.runs() if run.wires is not None]
        return self._dice.choice(linked) if linked else None


def forged(dice: random.Random, real: list[bytes]) -> bytes:
    """A frame that the broker did not publish, or not now: garbage, a changed one, or one from before."""
    if not real or dice.random() < 0.3:
        topic = dice.choice((b"public", b"user.alice", b"party.x", b"", b"\xff"))
        return topic + dice.choice((b"", b"\0")) + dice.randbytes(dice.randrange(60))
    frame = dice.choice(real)
    if dice.random() < 0.3:
        return frame
    changed = bytearray(frame)
    changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)
