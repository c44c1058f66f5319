"""Time is fair: silence ends a session, a stall or a restart of the broker is nobody's silence."""

import logging

import pytest

from tests.broker.hub.guests import PAUSE_S, Broker, Guest, again, code_of, guest
from zchat_common import messages as m
from zchat_common.limits import PROTOCOL_VERSION, SESSION_SILENCE_S

# -- silence and stalls -----------------------------------------------------------------------------------------------


def test_fifteen_seconds_of_silence_end_a_session(broker: Broker) -> None:
    alice, bob = guest(broker), guest(broker, "Bob")
    broker.wait(PAUSE_S)
    for _ in range(7):
        bob.send(m.Ping(bob.token, 1, "user.bob"))
        assert broker.wait(2.0) == []
    bob.send(m.Ping(bob.token, 1, "user.bob"))
    (presence,) = bob.reads(broker.wait(3.0))
    assert isinstance(presence, m.Presence)
    assert [(entry.name, entry.status) for entry in presence.changes] == [("Alice", "offline")]
    assert list(broker.state.sessions) == ["bob"]
    assert code_of(alice.say("late")) == "no_session"


@pytest.mark.parametrize("kind", ["ping", "question", "command", "repeated command", "refused command"])
def test_anything_that_is_heard_keeps_a_session_alive(broker: Broker, kind: str) -> None:
    alice = guest(broker)
    alice.say("hi")
    for number in range(4):
        broker.wait(SESSION_SILENCE_S - 1.0)
        sent: dict[str, m.Upstream] = {
            "ping": m.Ping(alice.token, number, "user.alice"),
            "question": m.AskRoster(alice.token, number),
            "command": alice.command("back", n=number + 2),
            "repeated command": alice.command("say", "hi", False, n=1),
            "refused command": alice.command("say", "", False, n=number + 2),
        }
        alice.send(sent[kind])
    assert "alice" in broker.state.sessions


def test_a_stall_of_the_broker_is_nobody_s_silence(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "zchat.broker")
    guest(broker)
    broker.wait(10.0)
    broker.now_s += 600.0
    broker.turn()
    assert "600" in caplog.records[0].getMessage()
    broker.wait(4.0)
    assert "alice" in broker.state.sessions
    broker.wait(3.0)
    assert broker.state.sessions == {}


def test_a_stall_extends_the_deadlines_of_the_rules_too(broker: Broker) -> None:
    alice = guest(broker)
    bob = guest(broker, "Bob")
    assert isinstance(alice.do("party_invite", "bob"), m.Answer)
    party = broker.state.seats["alice"]
    broker.unreachable.add(alice.route)
    broker.wait(SESSION_SILENCE_S + 1.5)
    assert broker.state.sessions == {}
    broker.wait(60.0)
    broker.now_s += 300.0
    broker.turn()
    broker.wait(100.0)
    assert broker.state.seats == {"alice": party}
    broker.wait(250.0)
    assert broker.state.seats == {}
    assert isinstance(bob.register(), m.Registered)


def test_what_waits_at_the_door_is_heard_before_silence_is_judged(broker: Broker) -> None:
    alice = guest(broker)
    broker.wait(SESSION_SILENCE_S - 0.5)
    broker.now_s += 1.5
    assert len(alice.send(m.AskRoster(alice.token, 1))) == 1
    assert "alice" in broker.state.sessions


def test_a_seat_is_kept_for_the_grace_and_no_longer(broker: Broker) -> None:
    alice = guest(broker)
    guest(broker, "Bob")
    alice.do("party_invite", "bob")
    broker.wait(SESSION_SILENCE_S + 1.0)
    assert broker.state.sessions == {}
    broker.wait(118.0)
    assert list(broker.state.seats) == ["alice"]
    broker.wait(4.0)
    assert broker.state.seats == {}


# -- after a restart --------------------------------------------------------------------------------------------------


def test_after_a_restart_everybody_is_still_there_and_must_resume(broker: Broker) -> None:
    alice = guest(broker)
    since = broker.state.sessions["alice"].since
    broker.now_s += 3_600.0
    broker.restart()
    assert code_of(alice.say("hi", n=1)) == "no_session"
    assert isinstance(alice.register(), m.Registered)
    assert broker.state.sessions["alice"].since == since
    assert isinstance(alice.say("hi"), m.Answer)


def test_who_does_not_come_back_after_a_restart_is_missed_in_time(broker: Broker) -> None:
    guest(broker)
    broker.now_s += 3_600.0
    broker.restart()
    broker.wait(SESSION_SILENCE_S - 1.0)
    assert "alice" in broker.state.sessions
    broker.wait(3.0)
    assert broker.state.sessions == {}


def test_after_a_restart_many_have_the_time_to_come_back_one_after_another(broker: Broker) -> None:
    crowd = [Guest(broker, f"user{number}") for number in range(500)]
    arrivals = [guest.arrives(m.Register(PROTOCOL_VERSION, guest.name, guest.run, False)) for guest in crowd]
    broker.turn(*[arrival for each in arrivals for arrival in each])
    broker.restart()
    broker.wait(SESSION_SILENCE_S + 2.0)
    assert len(broker.state.sessions) == 500
    broker.wait(4.0)
    assert broker.state.sessions == {}


def test_after_a_restart_another_client_of_the_owner_s_need_not_wait(broker: Broker) -> None:
    alice = guest(broker)
    broker.restart()
    assert isinstance(again(alice).register(), m.Registered)


def test_after_a_restart_every_seat_has_the_grace_anew(broker: Broker) -> None:
    alice = guest(broker)
    guest(broker, "Bob")
    alice.do("party_invite", "bob")
    broker.wait(SESSION_SILENCE_S + 1.0)
    broker.now_s += 600.0
    broker.restart()
    broker.wait(110.0)
    assert list(broker.state.seats) == ["alice"]
    broker.wait(15.0)
    assert broker.state.seats == {}


def test_after_a_restart_every_seat_has_the_grace_anew_even_if_the_first_turn_cannot_be_kept(broker: Broker) -> None:
    alice = guest(broker)
    guest(broker, "Bob")
    alice.do("party_invite", "bob")
    broker.wait(SESSION_SILENCE_S + 1.0)
    broker.now_s += 600.0
    broker.disk.is_full = True
    broker.restart()
    broker.wait(300.0)
    broker.disk.is_full = False
    broker.wait(110.0)
    assert list(broker.state.seats) == ["alice"]
    broker.wait(15.0)
    assert broker.state.seats == {}


def test_keys_are_others_after_a_restart(broker: Broker) -> None:
    alice = guest(broker)
    old = set(alice.keys)
    broker.now_s += 1.0
    broker.restart()
    alice.register()
    assert not old & set(alice.keys)
