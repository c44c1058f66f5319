"""What every measure is given: the servers, how large a run is wanted, and where the figures go."""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from benchmarks.figures import Figure, Figures, Gone
from benchmarks.readers import Lost
from benchmarks.servers import Server
from benchmarks.servers.zchat import Zchat


class Scale(NamedTuple):
    """How large a run is; the small one only shows that everything works."""

    rooms: tuple[int, ...] = (1, 10, 100, 1_000, 5_000)
    run_s: float = 3.0
    latency_rates: tuple[int, ...] = (10, 100, 1_000)
    latency_s: float = 5.0
    latency_rounds: int = 3
    latency_readers: int = 100
    users: int = 1_000
    commands: int = 60_000
    senders: tuple[int, ...] = (1, 10, 100)
    idle: int = 1_000
    returning: tuple[int, ...] = (500, 2_000, 5_000)
    stored: int = 1_000_000
    starts: int = 5


SMALL = Scale(
    rooms=(1, 10, 100),
    run_s=0.5,
    latency_rates=(10, 100),
    latency_s=2.0,
    latency_rounds=2,
    latency_readers=20,
    users=50,
    commands=3_000,
    senders=(1, 10),
    idle=50,
    returning=(50,),
    stored=5_000,
    starts=2,
)


@dataclass(slots=True)
class Bench:
    """One run. ``peers`` are those that are installed."""

    scale: Scale
    zchat: Zchat
    peers: list[Server]
    figures: Figures = field(default_factory=Figures)
    failed: bool = False

    @property
    def servers(self) -> list[Server]:
        """Zchat first, then its peers."""
        return [self.zchat, *self.peers]

    def note(self, figure: Figure) -> None:
        """Takes a figure in and shows it."""
        self.figures.found.append(figure)
        say(f"  {figure}")

    @contextmanager
    def attempt(self, server: Server, what: str) -> Iterator[None]:
        """What fails here is named in the tables; what zchat loses fails the run."""
        try:
            yield
        except (Lost, TimeoutError, OSError) as error:
            self.note(Gone(server.name, what, str(error)))
            self.failed |= server is self.zchat


@contextmanager
def fresh_folder() -> Iterator[Path]:
    """An empty folder, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="zchat-bench-") as folder:
        yield Path(folder)


def say(text: str) -> None:
    """Shows how far the run is."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)
