"""What is old, over or unused is forgotten in time."""

import logging

import pytest

from tests.broker.hub.guests import DAY_S, Broker, Guest, guest, history
from zchat_common import messages as m


def test_old_messages_are_deleted_at_the_start_and_every_hour(broker: Broker) -> None:
    alice = guest(broker)
    alice.say("old")
    broker.now_s += 31 * DAY_S
    broker.restart()
    broker.wait(3.0)
    assert history(broker) == []
    assert broker.disk.prunes[-1] == pytest.approx(broker.now.at - 30 * DAY_S * 1000, abs=5_000)
    count_then = len(broker.disk.prunes)
    broker.wait(3_610.0, step_s=1.0)
    assert len(broker.disk.prunes) == count_then + 1


def test_a_party_that_is_over_leaves_the_disk_within_seconds(broker: Broker) -> None:
    alice = guest(broker)
    guest(broker, "Bob")
    alice.do("party_invite", "bob")
    broker.wait(3.0)
    count_then = len(broker.disk.prunes)
    alice.do("party_leave")
    broker.wait(2.0)
    assert len(broker.disk.prunes) == count_then, "who left may not have seen the end of it yet"
    alice.do("received", 2)
    broker.wait(2.0)
    assert len(broker.disk.prunes) > count_then


def test_a_name_that_nobody_used_is_free_again(broker: Broker) -> None:
    guest(broker).do("exit")
    broker.now_s += 31 * DAY_S
    broker.wait(2.0)
    eve = Guest(broker, "alice", key=b"e" * 32)
    assert isinstance(eve.register(), m.Registered)


def test_a_failed_deletion_is_said_and_tried_again_in_an_hour(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "zchat.broker")
    broker = Broker()
    broker.disk.is_full = True
    broker.wait(3.0)
    assert len(broker.disk.prunes) == 1
    assert "deleted" in caplog.records[0].getMessage()
    broker.disk.is_full = False
    broker.wait(3_600.0, step_s=1.0)
    assert len(broker.disk.prunes) == 2
