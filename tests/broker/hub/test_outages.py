"""A turn that cannot be kept did not happen, and the broker goes on when it can."""

import logging

import pytest

from tests.broker.hub.guests import UNLIMITED, Broker, Guest, code_of, guest, history
from tests.broker.rules.witness import facts
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.limits import PROTOCOL_VERSION, SESSION_SILENCE_S


def test_a_turn_that_cannot_be_kept_did_not_happen_and_everybody_in_it_is_told(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    alice, bob, carol = guest(broker), guest(broker, "Bob"), Guest(broker, "Carol")
    alice.say("before")
    before, kept = facts(broker.state), broker.disk.load()
    broker.disk.is_full = True
    caplog.set_level(logging.ERROR, "zchat.broker")
    out = broker.turn(
        *alice.arrives(alice.command("say", "lost", False), alice.command("party_invite", "bob")),
        *bob.arrives(bob.command("whisper", "alice", alice.key, m.SEALED, b"lost")),
        *carol.arrives(m.Register(PROTOCOL_VERSION, "Carol", 1, takeover=False)),
    )
    replies = [next(wire.decode_downstream(payload)) for _, payload in out.replies]
    assert [code_of(reply) for reply in replies] == ["storage_failed"] * 4
    assert [type(reply) for reply in carol.answers(out)] == [m.Rejected]
    assert out.frames == []
    assert facts(broker.state) == before
    assert broker.disk.load() == kept
    assert broker.state.settings == UNLIMITED.settings
    broker.turn(*bob.arrives(bob.command("back")))
    assert len(caplog.records) == 1


def test_when_the_disk_is_well_again_everything_goes_on(broker: Broker) -> None:
    alice = guest(broker)
    alice.say("one")
    broker.disk.is_full = True
    assert code_of(alice.say("lost")) == "storage_failed"
    broker.disk.is_full = False
    assert code_of(alice.say("too late", n=2)) == "storage_failed"
    assert isinstance(alice.do("say", "two", False, n=1, instance=8), m.Answer)
    assert history(broker) == ["one", "two"]


def test_what_was_kept_before_is_not_called_lost(broker: Broker) -> None:
    """An answer was lost, the command comes again, and now the disk is full: it is kept all the same."""
    alice = guest(broker)
    first = alice.say("one")
    broker.disk.is_full = True
    replies = alice.send(alice.command("say", "one", False, n=1), alice.command("say", "two", False, n=2))
    assert replies[0] == first
    assert code_of(replies[1]) == "storage_failed"
    broker.disk.is_full = False
    assert alice.say("one", n=1) == first
    assert history(broker) == ["one"]


def test_questions_are_answered_while_nothing_can_be_kept(broker: Broker) -> None:
    alice = guest(broker)
    broker.disk.is_full = True
    lost, roster = alice.send(alice.command("away", "lunch"), m.AskRoster(alice.token, 1))
    assert code_of(lost) == "storage_failed"
    assert isinstance(roster, m.Roster)
    assert [entry.status for entry in roster.entries] == ["online"]


def test_whoever_falls_silent_while_nothing_can_be_kept_is_gone_when_it_can(broker: Broker) -> None:
    guest(broker)
    broker.disk.is_full = True
    broker.wait(SESSION_SILENCE_S + 2.0)
    assert "alice" in broker.state.sessions
    broker.disk.is_full = False
    broker.wait(2.0)
    assert broker.state.sessions == {}


def test_while_the_disk_is_full_commands_are_refused_without_reading_everything_again(broker: Broker) -> None:
    alice = guest(broker)
    alice.say("one")
    broker.disk.is_full = True
    before = broker.disk.loads
    for number in range(100):
        assert code_of(alice.do("say", "lost", False, n=1, instance=100 + number)) == "storage_failed"
        assert code_of(Guest(broker, "Bob").register()) == "storage_failed"
        broker.wait(0.5)
    assert broker.disk.loads == before + 1
    assert history(broker) == ["one"]
    broker.disk.is_full = False
    assert isinstance(alice.do("say", "two", False, n=1, instance=8), m.Answer)


def test_a_disk_with_room_for_little_is_tried_less_and_less_often(broker: Broker) -> None:
    alice = guest(broker)
    broker.disk.is_nearly_full = True
    before = broker.disk.loads
    for number in range(240):
        assert code_of(alice.do("say", "lost", False, n=1, instance=100 + number)) == "storage_failed"
        alice.send(m.Ping(alice.token, number, "user.alice"))
        broker.wait(0.5)
    # At 0, 0, 1, 3, 7, 15, 31, 61, 91 s: each failure after a first one doubles the pause, up to 30 s.
    assert broker.disk.loads - before <= 10
    broker.disk.is_nearly_full = False
    for _ in range(60):
        alice.send(m.Ping(alice.token, 1, "user.alice"))
        broker.wait(0.5)
    assert isinstance(alice.do("say", "at last", False, n=1, instance=8), m.Answer)
    assert history(broker) == ["at last"]


def test_when_what_is_kept_cannot_be_read_nothing_is_said_of_it_until_it_can(broker: Broker) -> None:
    alice = guest(broker)
    first = alice.say("one")
    broker.disk.is_full = broker.disk.is_unreadable = True
    assert alice.send(alice.command("say", "lost", False), m.AskRoster(alice.token, 1)) == []
    assert alice.send(alice.command("say", "one", False, n=1)) == []
    assert broker.turn(*alice.arrives(m.Ping(alice.token, 1, "user.alice"))).frames == []
    assert code_of(Guest(broker, "Bob").register()) == "storage_failed"
    broker.disk.is_full = broker.disk.is_unreadable = False
    broker.wait(2.0)
    assert alice.say("one", n=1) == first
    assert isinstance(alice.say("two", n=2), m.Answer)
    assert history(broker) == ["one", "two"]


def test_what_is_kept_after_an_outage_is_not_from_the_beginning_of_time(broker: Broker) -> None:
    alice = guest(broker)
    alice.say("one")
    at = broker.state.at
    broker.disk.is_full = broker.disk.is_unreadable = True
    alice.send(alice.command("say", "lost", False))
    broker.disk.is_full = broker.disk.is_unreadable = False
    broker.now_s += 1.0
    broker.turn()
    kept = broker.disk.load()
    assert (kept.state.at, kept.position) == (at, broker.disk.commits[-1].position)


def test_that_everything_can_be_kept_again_is_said_once(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    alice = guest(broker)
    caplog.set_level(logging.WARNING, "zchat.broker")
    broker.disk.is_full = True
    alice.say("lost")
    alice.do("say", "lost", False, n=1, instance=8)
    broker.disk.is_full = False
    for number in (1, 2):
        alice.do("say", "kept", False, n=number, instance=9)
    refused, kept = [record.getMessage() for record in caplog.records]
    assert ("nothing can be kept" in refused, kept) == (True, "everything can be kept again")
