"""What many runs came to, as the tables of ``docs/reliability.md``."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tests.laboratory.judge import DOUBLED, GHOST, LEAKED, LOST, ORDER
from tests.laboratory.lab import Figures
from tests.laboratory.runs import Result

BEGIN: Final = "<!-- the laboratory writes from here -->"
END: Final = "<!-- to here -->"
_COLUMNS: Final = ("run", "times", "faults", "acknowledged", "shown", "lost", "doubled", "out of order", "leaked")


def by_run(results: Iterable[Result]) -> dict[str, Figures]:
    """The sums of each run."""
    sums: dict[str, Figures] = {}
    for result in results:
        sums.setdefault(result.name, Figures()).add(result.figures)
    return sums


def promises_table(results: list[Result]) -> str:
    """What was done, and what of it broke a promise."""
    rows = [_promises(name.replace("_", " "), _times(results, name), each) for name, each in by_run(results).items()]
    total = Figures()
    for result in results:
        total.add(result.figures)
    rows.append(_promises("**all**", len(results), total))
    return _table(_COLUMNS, rows)


def times_table(results: list[Result]) -> str:
    """How long it took until a client was in its place again and level, and until it said that it was cut off."""
    rows: list[list[str]] = []
    for name, figures in by_run(results).items():
        for what, times_s in (("return", figures.returns_s), ("notice", figures.notices_s)):
            if times_s:
                middle, late, last = [f"{percentile(times_s, part):.2f} s" for part in (50, 99, 100)]
                rows.append([name.replace("_", " "), what, str(len(times_s)), middle, late, last])
    return _table(("run", "what", "times", "p50", "p99", "max"), rows)


def notes_list(results: list[Result]) -> str:
    """What runs had to say besides."""
    return "\n".join(
        f"- {result.name.replace('_', ' ')}: {note}" for result in results for note in result.figures.notes
    )


def percentile(values: list[float], percent: int) -> float:
    """The smallest value that is not below so many percent of them."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def write_between(path: Path, text: str) -> None:
    """Puts the text in place of what stands between the two marks of a page."""
    before, _, rest = path.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", "utf-8")


def _times(results: list[Result], name: str) -> int:
    return sum(result.name == name for result in results)


def _promises(name: str, times: int, figures: Figures) -> list[str]:
    faults = ", ".join(f"{count:,} × {what}" for what, count in sorted(figures.faults.items())) or "none"
    verdict = figures.verdict
    leaked = verdict.count(LEAKED) + verdict.count(GHOST)
    counts = (
        verdict.acknowledged,
        verdict.shown,
        verdict.count(LOST),
        verdict.count(DOUBLED),
        verdict.count(ORDER),
        leaked,
    )
    return [name, str(times), faults, *[f"{count:,}" for count in counts]]


def _table(head: tuple[str, ...], rows: list[list[str]]) -> str:
    lines = [list(head), ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
