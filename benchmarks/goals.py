"""What zchat is to reach: ratios within one run wherever a peer can be had, so that they hold on any machine."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from benchmarks.figures import Fanout, Figures, Latency, Memory, Return, Start, Throughput

_ZCHAT: Final = "zchat"
# CPU per delivery, of zchat over a peer's: the readers, the peer, and the most that it may be.
_RATIOS: Final = (
    (1_000, "Redis", 0.5),
    (1_000, "ngIRCd", 0.4),
    (1_000, "C forwarder", 0.6),
    (100, "Redis", 1.2),
    (100, "ngIRCd", 0.7),
)
_MESSAGES_S: Final = ((1, 20_000.0), (100, 10_000.0))
_WHISPERS_S: Final = 8_000.0
_LATENCY_RATE: Final = 100
_LATENCY_RATIO: Final = 1.5
_GROWTH: Final = 1.1
_CLIENT_START_S: Final = 0.4
_BROKER_START_S: Final = 1.0
_RETURN_CLIENTS, _RETURN_S = 2_000, 10.0
_MEMORY_KIB: Final = 96.0


class Goal(NamedTuple):
    """One row of the table. ``met`` is None when this run has no figure for it."""

    what: str
    wanted: str
    reached: str
    met: bool | None


def goals(figures: Figures) -> list[Goal]:
    """Every goal against the figures of one run."""
    return [
        *_fanout_ratios(figures),
        *_rates(figures),
        _latency(figures),
        *_growth(figures),
        *_starts(figures),
        *_returns(figures),
        _memory(figures),
    ]


def at_most(what: str, value: float | None, limit: float, unit: str = "") -> Goal:
    """A figure that is better the smaller it is."""
    met = None if value is None else value <= limit
    return Goal(what, f"<= {number(limit)}{unit}", _reached(value, unit), met)


def at_least(what: str, value: float | None, limit: float, unit: str = "") -> Goal:
    """A figure that is better the larger it is."""
    met = None if value is None else value >= limit
    return Goal(what, f">= {number(limit)}{unit}", _reached(value, unit), met)


def number(value: float) -> str:
    """A figure with as many digits as say something."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _reached(value: float | None, unit: str) -> str:
    return "not measured" if value is None else f"{number(value)}{unit}"


def _fanout(figures: Figures, server: str, readers: int) -> Fanout | None:
    found: list[Fanout] = figures.of(Fanout)
    return next((figure for figure in found if (figure.server, figure.readers) == (server, readers)), None)


def _fanout_ratios(figures: Figures) -> Iterator[Goal]:
    for readers, peer, limit in _RATIOS:
        own, other = _fanout(figures, _ZCHAT, readers), _fanout(figures, peer, readers)
        ratio = None if own is None or other is None else own.cpu_us / other.cpu_us
        yield at_most(f"CPU per delivery, {readers:,} readers, over {peer}'s", ratio, limit)


def _rates(figures: Figures) -> Iterator[Goal]:
    for readers, limit in _MESSAGES_S:
        own = _fanout(figures, _ZCHAT, readers)
        rate = None if own is None else own.messages_s
        yield at_least(f"acknowledged public messages, room of {readers:,}", rate, limit, "/s")
    talk: list[Throughput] = figures.of(Throughput)
    rate = next((figure.per_s for figure in talk if figure.what.startswith("whispers")), None)
    yield at_least("whispers, sealed by their senders", rate, _WHISPERS_S, "/s")


def _latency(figures: Figures) -> Goal:
    found: list[Latency] = [figure for figure in figures.of(Latency) if figure.rate == _LATENCY_RATE]
    own = next((figure.p99_ms for figure in found if figure.server == _ZCHAT), None)
    best = min([figure.p99_ms for figure in found if figure.server != _ZCHAT], default=None)
    ratio = None if own is None or best is None else own / best
    return at_most(f"p99 latency at {_LATENCY_RATE} messages/s, over the best peer's", ratio, _LATENCY_RATIO)


def _growth(figures: Figures) -> Iterator[Goal]:
    """The best of some rounds on each side: what disturbs a round only ever makes it slower."""
    cpu: dict[tuple[str, bool], float] = {}
    for figure in figures.of(Throughput):
        if figure.what.startswith("growth: "):
            key = (figure.what.removeprefix("growth: "), figure.store > 0)
            cpu[key] = min(cpu.get(key, figure.cpu_us), figure.cpu_us)
    for what in sorted({what for what, _ in cpu}) or ["fan-out and whispers"]:
        empty, full = cpu.get((what, False)), cpu.get((what, True))
        ratio = None if empty is None or full is None else full / empty
        yield at_most(f"CPU with a full store over an empty one, {what}", ratio, _GROWTH)


def _starts(figures: Figures) -> Iterator[Goal]:
    found: list[Start] = figures.of(Start)
    client = next((figure.seconds for figure in found if figure.what.startswith("zchat-client")), None)
    yield at_most("zchat-client, start until connected", client, _CLIENT_START_S, " s")
    full = [figure for figure in found if figure.what.startswith("zchat-broker") and figure.store]
    stored = f"{full[0].store:,}" if full else "a million"
    seconds = full[0].seconds if full else None
    yield at_most(f"zchat-broker, start until ready, {stored} messages", seconds, _BROKER_START_S, " s")


def _returns(figures: Figures) -> Iterator[Goal]:
    found: list[Return] = figures.of(Return)
    level_s = next((figure.level_s for figure in found if figure.clients == _RETURN_CLIENTS), None)
    yield at_most(f"{_RETURN_CLIENTS:,} clients level after a restart", level_s, _RETURN_S, " s")
    most = max(found, key=lambda figure: figure.clients, default=None)
    failed = None if most is None else float(most.failed)
    clients = 5_000 if most is None else most.clients
    yield at_most(f"of {clients:,} clients fail to return", failed, 0.0)


def _memory(figures: Figures) -> Goal:
    kib = next((figure.kib for figure in figures.of(Memory) if figure.server == _ZCHAT), None)
    return at_most("memory per idle client", kib, _MEMORY_KIB, " KiB")
