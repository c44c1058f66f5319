"""What the tests of the hub have in common."""

import pytest

from tests.broker.hub.guests import Broker


@pytest.fixture
def broker() -> Broker:
    """A broker without limits, just started over an empty disk."""
    return Broker()
