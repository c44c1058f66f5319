"""The time as an argument: what the cores on both sides are told instead of looking at a clock."""

import time
from typing import NamedTuple


class Now(NamedTuple):
    """The time, twice: ``at`` in milliseconds since the epoch (it may jump), ``steady_s`` in seconds (it may not)."""

    at: int
    steady_s: float


def now() -> Now:
    """The time now. Only shells call this."""
    return Now(time.time_ns() // 1_000_000, time.monotonic())
