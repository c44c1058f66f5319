"""What was measured, as values, and the files that hold it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Fanout:
    """A room at saturation. ``cpu_us`` is the server's CPU for each delivery, ``store`` what it began with."""

    server: str
    readers: int
    messages: int
    messages_s: float
    cpu_us: float
    store: int = 0

    @property
    def deliveries_s(self) -> float:
        """Messages a second, times their readers."""
        return self.messages_s * self.readers


@dataclass(frozen=True, slots=True)
class Latency:
    """From sending to arrival at a reader, of all readers and messages."""

    server: str
    rate: int
    readers: int
    p50_ms: float
    p99_ms: float
    p999_ms: float


@dataclass(frozen=True, slots=True)
class Throughput:
    """Acknowledged commands of one kind. ``cpu_us`` is the server's CPU for each."""

    server: str
    what: str
    count: int
    per_s: float
    cpu_us: float
    store: int = 0


@dataclass(frozen=True, slots=True)
class Memory:
    """What an idle client costs the server."""

    server: str
    clients: int
    kib: float


@dataclass(frozen=True, slots=True)
class Return:
    """All clients back after the broker was killed: until the last one is level; the broker's CPU for it."""

    clients: int
    level_s: float
    cpu_s: float
    failed: int


@dataclass(frozen=True, slots=True)
class Start:
    """From the start of a program until it is of use; the median of some."""

    what: str
    seconds: float
    store: int = 0


@dataclass(frozen=True, slots=True)
class Gone:
    """A server, or a measurement of one, that there is no figure for."""

    server: str
    what: str
    why: str


Figure = Fanout | Latency | Throughput | Memory | Return | Start | Gone
_KINDS: Final = {kind.__name__.lower(): kind for kind in (Fanout, Latency, Throughput, Memory, Return, Start, Gone)}


@dataclass(slots=True)
class Figures:
    """All figures of one run."""

    about: dict[str, str] = field(default_factory=dict)
    found: list[Figure] = field(default_factory=list)

    def of(self, kind: type[Any]) -> list[Any]:
        """Those of one kind, in the order of measuring."""
        return [figure for figure in self.found if isinstance(figure, kind)]

    def save(self, folder: Path) -> None:
        """A file for each kind, and one that says on what machine."""
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / "machine.json", self.about)
        for name, kind in _KINDS.items():
            _write(folder / f"{name}.json", [asdict(figure) for figure in self.of(kind)])


def load(folder: Path) -> Figures:
    """The figures of an earlier run."""
    figures = Figures(json.loads((folder / "machine.json").read_text()))
    for name, kind in _KINDS.items():
        figures.found += [kind(**fields) for fields in json.loads((folder / f"{name}.json").read_text())]
    return figures


def percentile(sorted_values: Sequence[float], share: float) -> float:
    """The smallest value that is not exceeded by this share of all (nearest rank)."""
    assert sorted_values, "no values"
    rank = -(-len(sorted_values) * share // 1)
    return sorted_values[max(0, int(rank) - 1)]


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n")
