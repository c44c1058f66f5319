"""The laboratory at length: ``make soak MINUTES=30``, ``make reliability``, or one run again from its seed.

``python -m tests.laboratory.soak --run broker_killed --seed 7`` repeats a run as far as real processes can be repeated:
the same faults at the same places of the same plan.
"""

import argparse
import concurrent.futures
import os
import platform
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.laboratory import figures
from tests.laboratory.runs import RUNS, Result, carry_out
from tests.simulation import campaign

_PAGE: Final = Path(__file__).parents[2] / "docs" / "reliability.md"
# 200 kills in all, and every other run once. Less of a run is done with a smaller --size.
_RELIABILITY: Final = ["broker_killed"] * 10 + [name for name in RUNS if name != "broker_killed"]
_SIMULATED_COMMANDS: Final = 1_000_000
_SEEDS_AT_ONCE = 100
_SHOWN_FAILURES = 20


def main() -> int:
    """Exit 1 if any promise was broken, with the seed of it on stdout."""
    options = _options()
    seed = options.seed or random.SystemRandom().randrange(1, 10**6)
    print(f"from seed {seed} on", flush=True)
    failures: list[str] = []
    if options.run:
        results = list(_runs([options.run], seed, options.size, float("inf")))
    elif options.reliability:
        results = list(_runs(_RELIABILITY, seed, options.size, float("inf")))
        figures.write_between(_PAGE, _page(results, seed, options.size))
    else:
        results, failures = _soak(seed, options.size, options.minutes)
    _summarize(results, failures)
    return 1 if failures or any(result.failures for result in results) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.laboratory.soak")
    parser.add_argument("--minutes", type=float, default=10.0, help="all runs, again and again, for so long")
    parser.add_argument("--reliability", action="store_true", help="the runs of docs/reliability.md, and its tables")
    parser.add_argument("--run", choices=RUNS, help="this run once")
    parser.add_argument("--seed", type=int, default=0, help="the first seed; 0 draws one")
    parser.add_argument("--size", type=float, default=1.0, help="how much of each run is done; 1 is all of it")
    return parser.parse_args()


def _soak(seed: int, size: float, minutes: float) -> tuple[list[Result], list[str]]:
    end_s = time.monotonic() + minutes * 60
    with concurrent.futures.ProcessPoolExecutor(1) as pool:
        simulating = pool.submit(_simulate, seed * 1000, end_s)
        results: list[Result] = []
        names = list(RUNS)
        while time.monotonic() < end_s:
            # Else a short soak would never come to the last ones.
            random.Random(seed + len(results)).shuffle(names)
            results += _runs(names, seed + len(results), size, end_s)
        simulated = simulating.result()
    print(f"simulation: {simulated.runs:,} runs, {simulated.commands:,} commands, {len(simulated.failures)} failures")
    return results, [f"simulation, {failure}" for failure in simulated.failures]


def _simulate(first: int, end_s: float) -> campaign.Figures:
    """Simulated worlds, until enough commands were given or the time is over."""
    # What is measured in seconds is measured beside this.
    os.nice(10)
    sums = campaign.Figures()
    while sums.commands < _SIMULATED_COMMANDS and time.monotonic() < end_s:
        some = campaign.run_seeds(first + sums.runs, _SEEDS_AT_ONCE)
        sums.runs += some.runs
        sums.commands += some.commands
        sums.commits += some.commits
        sums.failures += some.failures
    return sums


def _runs(names: list[str], seed: int, size: float, end_s: float) -> Iterator[Result]:
    """The runs, each with the next seed, until the time is over."""
    for number, name in enumerate(names):
        if time.monotonic() >= end_s:
            return
        start_s = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            result = carry_out(name, Path(folder), seed + number, size)
        _tell(result, time.monotonic() - start_s)
        yield result


def _tell(result: Result, took_s: float) -> None:
    figures_of = result.figures
    outcome = f"{len(result.failures)} FAILURES" if result.failures else "ok"
    faults = ", ".join(f"{count} × {what}" for what, count in figures_of.faults.items())
    returns = ""
    if figures_of.returns_s:
        returns = "; return p50 {:.2f} p99 {:.2f} max {:.2f} s".format(
            *[figures.percentile(figures_of.returns_s, part) for part in (50, 99, 100)]
        )
    figure = f"{figures_of.verdict.acknowledged:,} acknowledged; {faults}{returns}"
    print(f"{result.name} --seed {result.seed}: {outcome} in {took_s:.0f} s; {figure}", flush=True)
    for note in figures_of.notes:
        print(f"  {note}")
    for failure in result.failures[:_SHOWN_FAILURES]:
        print(f"  {failure}", flush=True)
    if result.failures:
        report = Path(tempfile.gettempdir()) / f"zchat-{result.name}-{result.seed}.txt"
        report.write_text("\n".join([*result.failures, result.report]), "utf-8")
        print(f"  all that was seen: {report}", flush=True)


def _summarize(results: list[Result], failures: list[str]) -> None:
    print()
    print(figures.promises_table(results))
    print()
    print(figures.times_table(results))
    for failure in failures:
        print(failure)
    broken = Counter(result.name for result in results if result.failures)
    print(f"\n{len(results)} runs, broken: {dict(broken) or 'none'}")


def _page(results: list[Result], seed: int, size: float) -> str:
    day = datetime.now(UTC).date().isoformat()
    machine = f"{os.cpu_count()} processors, {platform.system()}, Python {platform.python_version()}"
    broken = [f"{result.name} --seed {result.seed}" for result in results if result.failures]
    parts = [
        f"Made on {day} with seeds from {seed} on, size {size:g} ({machine}). "
        f"Runs that broke a promise: {', '.join(broken) or 'none'}.",
        figures.promises_table(results),
        figures.times_table(results),
        figures.notes_list(results),
    ]
    return "\n\n".join(part for part in parts if part)


if __name__ == "__main__":
    sys.exit(main())
