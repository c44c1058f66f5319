from collections.abc import Iterator

import pytest

from tests.system.conftest import house
from tests.system.processes import Broker, House

__all__ = ["broker", "house"]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker for all tests of one module, in which every test has users of its own."""
    with House(tmp_path_factory.mktemp("stage")) as house:
        yield house.broker("--rate", "0", "--title", "Lab")
    assert not house.faults(), house.report()
