"""A short choice of the runs in which links fail. Two modules, so that two workers share the time."""

from pathlib import Path
from typing import Final

import pytest

from tests.laboratory.short import keeps_every_promise

# How much of each run is done.
SIZES: Final = {
    "topics_link_cut": 0.1,
    "commands_link_cut": 0.1,
    "both_links_half_open": 0.4,
    "reader_throttled": 0.05,
}


@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", SIZES)
def test_every_promise_is_kept(name: str, tmp_path: Path) -> None:
    keeps_every_promise(name, tmp_path, SIZES[name])
