"""What is promised of every store is tested on each of them."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.broker.store.stores import Kind
from zchat_broker.store import Store


@pytest.fixture(params=["memory", "sqlite"])
def kind(request: pytest.FixtureRequest, tmp_path: Path) -> Kind:
    return Kind(request.param, tmp_path)


@pytest.fixture
def store(kind: Kind) -> Iterator[Store]:
    with closing(kind.open()) as opened:
        yield opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "zchat.db"
