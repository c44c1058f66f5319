from collections.abc import Iterator

import pytest

from tests.client.tui.telling import connected
from tests.system.conftest import house
from tests.system.processes import Broker, House
from zchat_client.tui.story import Story

__all__ = ["broker", "house"]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker for all tests of one module, in which every test has users of its own."""
    with House(tmp_path_factory.mktemp("stage")) as house:
        yield house.broker("--rate", "0", "--title", "Lab")
    assert not house.faults(), house.report()


@pytest.fixture
def story() -> Story:
    """What has happened to Alice, who has just come in."""
    begun = Story("alice")
    begun.take(connected())
    return begun
