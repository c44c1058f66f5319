"""One laboratory: a broker, proxies, clients, a seed, and the record of what was done to them and what came of it."""

import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.laboratory.crowd import Crowd
from tests.laboratory.judge import Judge, Verdict
from tests.laboratory.person import Person
from tests.laboratory.proxy import BROKER_HOST, Proxy
from tests.system.processes import Broker, House, environment, free_port

# After all is well again everything must have come to everybody within this time.
LEVEL_S = 60.0
_LOOK_S = 0.25


@dataclass(slots=True)
class Figures:
    """What one run, or many, came to. Times in seconds."""

    faults: Counter[str] = field(default_factory=Counter)
    verdict: Verdict = field(default_factory=Verdict)
    # From the broker being ready again, or the network good again, until a client was in its place and level.
    returns_s: list[float] = field(default_factory=list)
    # From a cut without a close until a client said that it was cut off.
    notices_s: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, other: "Figures") -> None:
        """Takes in the figures of another run."""
        self.faults += other.faults
        self.verdict.violations += other.verdict.violations
        self.verdict.acknowledged += other.verdict.acknowledged
        self.verdict.shown += other.verdict.shown
        self.verdict.repeated += other.verdict.repeated
        self.returns_s += other.returns_s
        self.notices_s += other.notices_s
        self.notes += other.notes


class Laboratory:
    """Use it as a context; what no process may ever do stands in :meth:`faults` after it."""

    def __init__(self, folder: Path, seed: int, *, size: float = 1.0) -> None:
        """``size`` scales how much a run does; 1 is the whole of it, a short choice has less."""
        self.seed = seed
        self.size = size
        self.dice = random.Random(f"laboratory {seed}")
        self.house = House(folder)
        self.port = free_port()
        self.figures = Figures()
        self.crowds: list[Crowd] = []
        self.persons: list[Person] = []
        self.proxies: list[Proxy] = []
        self.witness = ""
        # From which seq of ``public`` on the record is whole.
        self.public_from = 1
        # Whether members leave their party without waiting for what they and others have just written.
        self.hasty = True
        self._broker: Broker | None = None
        self._options: tuple[str, ...] = ()
        self._env: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for proxy in self.proxies:
            proxy.open()
        self.house.__exit__(kind, error, trace)
        for proxy in self.proxies:
            proxy.close()

    def scaled(self, whole: float, least: float = 1.0) -> float:
        """So much of a number as this laboratory's size allows."""
        return max(least, whole * self.size)

    # -- who is there -------------------------------------------------------------------------------------------------

    @property
    def broker(self) -> Broker:
        """The broker that was started last."""
        assert self._broker is not None
        return self._broker

    @property
    def data(self) -> Path:
        """The broker's data folder."""
        return self.house.folder / "broker"

    def start_broker(self, *options: str, env: dict[str, str] | None = None) -> float:
        """Starts the broker; when it was ready, by the steady clock. Later starts keep the options."""
        self._options = options or self._options or ("--rate", "0")
        self._env = env or self._env
        self._broker = self.house.broker(
            *self._options, port=self.port, data=self.data, host=BROKER_HOST, env=self._env
        )
        return time.monotonic()

    def proxy(self) -> Proxy:
        """A network of its own for some of the clients."""
        proxy = Proxy(self.port)
        self.proxies.append(proxy)
        return proxy

    def crowd(self, *names: str, proxy: Proxy | None = None) -> Crowd:
        """Library clients in a process of their own, all connected."""
        host = BROKER_HOST if proxy is None else proxy.host
        label = f"crowd {len(self.crowds) + 1}"
        root = Path(__file__).parents[2]
        env = environment(self.house.folder, {"PYTHONPATH": str(root)})
        crowd = self.house.own(Crowd(label, env, self.house.folder / "crowds", (host, self.port)))
        self.crowds.append(crowd)
        crowd.join(*names)
        return crowd

    def person(self, name: str, proxy: Proxy | None = None) -> Person:
        """A user at a real client, connected."""
        person = Person(self.house, name, BROKER_HOST if proxy is None else proxy.host, self.port)
        self.persons.append(person)
        person.start()
        return person

    # -- what is done to them -----------------------------------------------------------------------------------------

    def fault(self, what: str, count: int = 1) -> None:
        """Notes that something was done."""
        self.figures.faults[what] += count

    def kill_broker(self) -> None:
        """SIGKILL."""
        self.fault("broker killed")
        self.broker.kill()

    def stop_broker(self) -> None:
        """SIGTERM, and it has ended."""
        self.fault("broker stopped")
        self.broker.signal(signal.SIGTERM)
        assert self.broker.exit_code() == 0, self.broker.report()

    def await_return(
        self, crowd: Crowd, names: list[str], since: int, ready_s: float, deadline_s: float = 60.0
    ) -> None:
        """Waits until all are back that were told of an outage after line ``since``; notes how long each took."""
        for name in names:
            line = crowd.wait(name, "reconnected", start=since, deadline_s=deadline_s)
            self.figures.returns_s.append(max(0.0, line[0] - ready_s))

    # -- what came of it ----------------------------------------------------------------------------------------------

    def judge(self) -> Verdict:
        """The verdict, once everything has come to everybody, or nothing more is to be hoped for."""
        end = time.monotonic() + LEVEL_S
        while True:
            judge = Judge()
            judge.witness = self.witness
            for crowd in self.crowds:
                crowd.testify(judge)
            for person in self.persons:
                person.testify(judge)
            for reader in judge.readers.values():
                reader.public_from = self.public_from
            verdict = self.figures.verdict = judge.verdict()
            if not verdict.violations or time.monotonic() > end:
                return verdict
            time.sleep(_LOOK_S)

    @staticmethod
    def steady_s() -> float:
        """The clock that all processes of this machine share."""
        return time.monotonic()

    def faults(self) -> list[str]:
        """What went wrong in any process, once all have ended."""
        return self.house.faults()


def let_pass(seconds: float) -> None:
    """Time passes because the run wants it to; nothing is waited for."""
    time.sleep(seconds)
