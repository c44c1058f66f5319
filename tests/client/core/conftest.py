"""What the tests of the session core have in common."""

import pytest

from tests.client.core.scripted import Desk


@pytest.fixture
def desk() -> Desk:
    """Alice is connected, and nothing was missed."""
    connected = Desk()
    connected.connect()
    assert connected.names() == ["Connected"]
    connected.forget()
    return connected
