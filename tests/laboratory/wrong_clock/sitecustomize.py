"""Python imports this at its start when this folder is in PYTHONPATH: a wall clock that the laboratory sets.

The steady clock is left alone, as by whoever sets a machine's time.
"""

import os
import time
from pathlib import Path

_offset = Path(os.environ["LABORATORY_CLOCK"])
_right_ns = time.time_ns


def _wrong_ns() -> int:
    return _right_ns() + int(_offset.read_text()) * 1_000_000_000


time.time_ns = _wrong_ns
