"""A simulated world is the same each time, in every process: otherwise a seed would say nothing."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.campaign import trace_of

ROOT = Path(__file__).parents[2]


def digest(seed: int) -> str:
    """The digest of everything that happens in a run, keys and tokens included."""
    lines, wrong = trace_of(seed)
    assert wrong is None
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def test_two_runs_of_one_seed_are_equal_to_the_last_byte() -> None:
    assert digest(11) == digest(11)
    assert digest(11) != digest(12)


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_the_hash_seed_of_the_process_makes_no_difference(hash_seed: str) -> None:
    program = "from tests.simulation.test_determinism import digest; print(digest(13))"
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-c", program]
    found = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == digest(13)
