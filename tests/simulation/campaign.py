"""Many runs, each from its own seed, and what came of them.

``python -m tests.simulation.campaign SEED [LINES]`` repeats one run and prints the end of its trace.
"""

import logging
import sys
from dataclasses import dataclass, field

from tests.simulation.faults import Faults
from tests.simulation.plan import draw_plan
from tests.simulation.world import World

_LINES = 200


@dataclass(slots=True)
class Figures:
    """What a number of runs came to."""

    runs: int = 0
    commands: int = 0
    commits: int = 0
    failures: list[str] = field(default_factory=list)


def world_of(seed: int, traced: bool = False) -> World:
    """The world of a seed, before its first moment."""
    world = World(seed, draw_plan(seed), traced)
    Faults(world).schedule()
    return world


def run_seeds(first: int, count: int) -> Figures:
    """Runs with the seeds from ``first`` on; failures are told, not raised."""
    # The broker speaks of full disks and garbage, as it should.
    logging.disable(logging.CRITICAL)
    figures = Figures()
    for seed in range(first, first + count):
        world = world_of(seed)
        try:
            world.live()
        except Exception as error:  # whatever it is, its seed is to be told
            figures.failures.append(f"seed {seed}: {type(error).__name__}: {error}")
        figures.runs += 1
        figures.commands += len(world.judge.wishes)
        figures.commits += world.judge.commits
    return figures


def trace_of(seed: int) -> tuple[list[str], Exception | None]:
    """What happens in a run, line by line, and what went wrong in it."""
    world = world_of(seed, traced=True)
    try:
        world.live()
    except Exception as error:  # the caller tells of it
        return world.judge.trace or [], error
    return world.judge.trace or [], None


if __name__ == "__main__":
    lines, wrong = trace_of(int(sys.argv[1]))
    print("\n".join(lines[-(int(sys.argv[2]) if len(sys.argv) > 2 else _LINES) :]))
    print(wrong or "all is well")
