"""The figures as Markdown."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

from benchmarks.figures import Fanout, Figures, Gone, Latency, Memory, Return, Start, Throughput
from benchmarks.goals import goals, number

T = TypeVar("T")

_BEGIN: Final = "<!-- make bench writes from here -->"
_END: Final = "<!-- to here -->"


def document(figures: Figures) -> str:
    """All tables of one run."""
    parts = [
        ("Machine and versions", table(["", ""], [[name, what] for name, what in figures.about.items()])),
        ("Goals", _goals(figures)),
        ("(a) Public fan-out: server CPU per delivery, µs", _fanout(figures, lambda figure: number(figure.cpu_us))),
        ("(a) Public fan-out: deliveries/s", _fanout(figures, lambda figure: number(figure.deliveries_s))),
        ("(b) Latency, p50 / p99 / p99.9 in ms", _latency(figures)),
        ("(c, d, e, h, j) Acknowledged commands and replay", _throughput(figures)),
        ("(f) Memory per idle client, KiB", _memory(figures)),
        ("(g) All clients return after a restart", _returns(figures)),
        ("(i) Start-up", _starts(figures)),
        ("Missing", _gone(figures)),
    ]
    return "\n".join([f"### {title}\n\n{text}" for title, text in parts if text])


def with_tables(page: str, text: str) -> str:
    """The page with this run's tables in the place of the last one's. Raises ValueError without a place for them."""
    before, rest = page.split(_BEGIN)
    _, after = rest.split(_END)
    return f"{before}{_BEGIN}\n\n{text}\n{_END}{after}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; empty without rows."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return ""
    return "\n".join([f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}", *lines, ""])


def grid(figures: Sequence[T], row: Callable[[T], str], column: Callable[[T], int], cell: Callable[[T], str]) -> str:
    """A table with a row for each server and a column for each size; what was not measured is a dash."""
    columns = sorted({column(figure) for figure in figures})
    cells = {(row(figure), column(figure)): cell(figure) for figure in figures}
    servers = dict.fromkeys(row(figure) for figure in figures)
    rows = [[server, *[cells.get((server, size), "-") for size in columns]] for server in servers]
    return table(["server", *[f"{size:,}" for size in columns]], rows)


def _goals(figures: Figures) -> str:
    words = {True: "yes", False: "**no**", None: "-"}
    return table(["goal", "wanted", "reached", "met"], [[*goal[:3], words[goal.met]] for goal in goals(figures)])


def _fanout(figures: Figures, cell: Callable[[Fanout], str]) -> str:
    return grid(figures.of(Fanout), lambda figure: figure.server, lambda figure: figure.readers, cell)


def _latency(figures: Figures) -> str:
    def cell(figure: Latency) -> str:
        return f"{figure.p50_ms:.2f} / {figure.p99_ms:.2f} / {figure.p999_ms:.2f}"

    return grid(figures.of(Latency), lambda figure: figure.server, lambda figure: figure.rate, cell)


def _throughput(figures: Figures) -> str:
    found: list[Throughput] = figures.of(Throughput)
    rows = [[f.server, f.what, f"{f.store:,}", number(f.per_s), number(f.cpu_us)] for f in found]
    return table(["server", "what", "stored before", "per s", "CPU each, µs"], rows)


def _memory(figures: Figures) -> str:
    found: list[Memory] = figures.of(Memory)
    return table(["server", "clients", "KiB"], [[f.server, f"{f.clients:,}", number(f.kib)] for f in found])


def _returns(figures: Figures) -> str:
    found: list[Return] = figures.of(Return)
    rows = [[f"{f.clients:,}", number(f.level_s), number(f.cpu_s), str(f.failed)] for f in found]
    return table(["clients", "all level, s", "broker CPU, s", "failed"], rows)


def _starts(figures: Figures) -> str:
    found: list[Start] = figures.of(Start)
    return table(["what", "stored", "s"], [[f.what, f"{f.store:,}", number(f.seconds)] for f in found])


def _gone(figures: Figures) -> str:
    found: list[Gone] = figures.of(Gone)
    return table(["server", "what", "why"], [[f.server, f.what, f.why.replace("|", "/")] for f in found])
