"""Nonsense is counted always, logged once for each peer, and remembered in bounded memory."""

import logging

import pytest

from zchat_broker.nonsense import Nonsense


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.WARNING, "zchat.broker")
    return caplog


def test_a_peer_is_logged_once_and_counted_always(log: pytest.LogCaptureFixture) -> None:
    nonsense = Nonsense()
    for _ in range(1_000):
        nonsense.count("192.0.2.1", "not MessagePack")
    assert nonsense.total == 1_000
    (record,) = log.records
    assert "192.0.2.1" in record.getMessage()
    assert "not MessagePack" in record.getMessage()


def test_each_peer_is_logged(log: pytest.LogCaptureFixture) -> None:
    nonsense = Nonsense()
    for number in (1, 2, 1, 3, 2):
        nonsense.count(f"192.0.2.{number}", "what")
    assert len(log.records) == 3
    assert nonsense.total == 5


def test_of_many_peers_the_quiet_ones_are_forgotten_first(log: pytest.LogCaptureFixture) -> None:
    nonsense = Nonsense()
    for number in range(5_000):
        nonsense.count(f"peer {number}", "what")
        nonsense.count("the loud one", "what")
    assert len(log.records) == 5_001
    log.clear()
    nonsense.count("peer 4999", "what")
    nonsense.count("the loud one", "what")
    assert log.records == []
    nonsense.count("peer 0", "what")
    assert len(log.records) == 1
