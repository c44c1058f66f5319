"""Brokers and clients as for the tests of the whole system, and some without one of their defences."""

from collections.abc import Callable

import pytest

from tests.security.weakened import program
from tests.system.conftest import broker, house, shared, three, trio
from tests.system.processes import Broker, House

__all__ = ["broker", "house", "shared", "three", "trio", "without"]


@pytest.fixture
def without(house: House) -> Callable[..., Broker]:
    """Starts a broker without the named defence."""

    def start(defence: str, *options: str) -> Broker:
        return house.broker("--rate", "0", *options, program=program(defence, "broker"))

    return start
