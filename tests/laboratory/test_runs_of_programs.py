"""A short choice of the runs in which brokers and clients fail, or are many."""

from pathlib import Path
from typing import Final

import pytest

from tests.laboratory.short import keeps_every_promise

# How much of each run is done.
SIZES: Final = {
    "broker_killed": 0.15,
    "client_killed": 0.25,
    "two_invite_each_other": 0.3,
    "party_of_five": 0.3,
    "reader_stopped": 0.1,
    "thousand_subscribers": 0.05,
}


@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", SIZES)
def test_every_promise_is_kept(name: str, tmp_path: Path) -> None:
    keeps_every_promise(name, tmp_path, SIZES[name])
