"""Thousands of short lives of a broker and its clients, with everything going wrong that can: the promises hold.

Each run follows from its seed alone. What happens in one is drawn in `plan.py`, what goes wrong is in `faults.py`, and
what must hold is in `judge.py`, `reader.py`, `custody.py` and `replies.py`. To see one run again, line by line:

    ZCHAT_SEED=231 make test ARGS=tests/simulation/test_exactly_once.py

ZCHAT_RUNS asks for another number of runs.
"""

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor

import pytest

from tests.simulation.campaign import Figures, run_seeds, trace_of

RUNS = int(os.environ.get("ZCHAT_RUNS", "3200"))
RUNS_PER_TEST = 100
COMMANDS_PER_RUN = 16
SEED = os.environ.get("ZCHAT_SEED")
FIRST_SEEDS = range(0, RUNS, RUNS_PER_TEST)

Chunks = dict[int, Future[Figures]]


@pytest.fixture(scope="module")
def chunks() -> Iterator[Chunks]:
    """All runs, under way in as many processes as there are cores."""
    # Spawned and not forked: the same on every system, and without what earlier tests left behind.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), context) as pool:
        yield {first: pool.submit(run_seeds, first, RUNS_PER_TEST) for first in FIRST_SEEDS}
        pool.shutdown(cancel_futures=True)


@pytest.mark.timeout(600)
@pytest.mark.skipif(SEED is not None, reason="ZCHAT_SEED asks for one run only")
@pytest.mark.parametrize("first", FIRST_SEEDS)
def test_whatever_goes_wrong_everything_is_shown_once_in_order_and_to_nobody_else(first: int, chunks: Chunks) -> None:
    figures = chunks[first].result()
    assert figures.runs == RUNS_PER_TEST
    assert not figures.failures, "\n".join(["ZCHAT_SEED=<seed> repeats a run.", *figures.failures])


@pytest.mark.timeout(600)
@pytest.mark.skipif(SEED is not None, reason="ZCHAT_SEED asks for one run only")
def test_the_runs_were_many_and_busy(chunks: Chunks) -> None:
    figures = [chunk.result() for chunk in chunks.values()]
    assert sum([each.runs for each in figures]) >= RUNS
    assert sum([each.commands for each in figures]) >= RUNS * COMMANDS_PER_RUN


@pytest.mark.skipif(SEED is None, reason="only with ZCHAT_SEED")
def test_the_run_that_was_asked_for() -> None:
    lines, wrong = trace_of(int(SEED or 0))
    print("\n".join(lines))
    if wrong is not None:
        raise wrong
