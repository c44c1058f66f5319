"""``python -m tests.laboratory.soak``: the runs of the laboratory, again and again with new seeds."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.laboratory.runs import RUNS, carry_out


def main() -> int:
    """Repeats one run: ``soak --run NAME --seed N``."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--run", choices=RUNS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=float, default=1.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = carry_out(options.run, Path(folder), options.seed, options.size)
    figures = result.figures
    for failure in result.failures[:20]:
        print(failure)
    if result.failures:
        print(result.report[-20000:])
    print(
        result.name,
        dict(figures.faults),
        figures.verdict.acknowledged,
        figures.verdict.shown,
        len(result.failures),
        figures.verdict.repeated,
    )
    for what, times in (("returns", figures.returns_s), ("notices", figures.notices_s)):
        if times:
            times = sorted(times)
            print(what, len(times), f"{times[len(times) // 2]:.2f} {times[int(len(times) * 0.99)]:.2f} {times[-1]:.2f}")
    print(figures.notes)
    return 1 if result.failures else 0


if __name__ == "__main__":
    sys.exit(main())
