"""How a run is a test: with a seed of its own each time, named when it fails. ``make soak`` has all runs in full."""

import random
from pathlib import Path

from tests.laboratory.runs import carry_out


def keeps_every_promise(name: str, folder: Path, size: float) -> None:
    """Carries a run out; fails with all that was broken, all that was seen, and how to see it again."""
    seed = random.SystemRandom().randrange(1, 10**6)
    result = carry_out(name, folder, seed, size)
    again = f"python -m tests.laboratory.soak --run {name} --seed {seed} --size {size}"
    assert not result.failures, "\n".join([f"again: {again}", *result.failures[:50], result.report])
