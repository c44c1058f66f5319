"""Whose a place is while two want it: the one who answers keeps it, and never another key."""

from tests.broker.hub.guests import Broker, Guest, again, code_of, guest
from zchat_common import messages as m
from zchat_common.limits import PROTOCOL_VERSION


def test_a_client_that_answers_the_probe_keeps_its_name(broker: Broker) -> None:
    alice = guest(broker)
    other = again(alice)
    assert other.send(*other.registers()) == []
    assert broker.probed == [alice.route]
    broker.now_s += 0.01
    out = broker.turn(*alice.arrives(m.Ping(alice.token, 1, "user.alice")))
    assert [code_of(reply) for reply in other.answers(out)] == ["name_in_use"]
    assert isinstance(alice.say("still here"), m.Answer)


def test_a_client_that_is_not_heard_of_loses_its_place_after_four_seconds(broker: Broker) -> None:
    alice = guest(broker)
    other = again(alice)
    other.send(*other.registers())
    broker.wait(3.5)
    assert broker.state.sessions["alice"].run == alice.run
    broker.now_s += 0.5
    (reply,) = other.answers(broker.turn())
    assert isinstance(reply, m.Registered)
    assert code_of(alice.say("too late")) == "no_session"


def test_a_stall_of_the_broker_is_no_silence_of_the_client_in_doubt(broker: Broker) -> None:
    alice = guest(broker)
    other = again(alice)
    other.send(*other.registers())
    broker.now_s += 600.0
    assert other.answers(broker.turn()) == []
    broker.now_s += 1.0
    out = broker.turn(*alice.arrives(m.Ping(alice.token, 1, "user.alice")))
    assert [code_of(reply) for reply in other.answers(out)] == ["name_in_use"]


def test_a_client_that_leaves_while_it_is_in_doubt_makes_room(broker: Broker) -> None:
    alice = guest(broker)
    other = again(alice)
    other.send(*other.registers())
    broker.now_s += 0.01
    out = broker.turn(*alice.arrives(alice.command("exit")))
    broker.now_s += 0.01
    (reply,) = other.answers(out) or other.answers(broker.turn())
    assert isinstance(reply, m.Registered)


def test_of_two_who_want_a_place_in_doubt_the_first_is_refused_at_once(broker: Broker) -> None:
    alice = guest(broker)
    second, third = again(alice), again(alice, run=3)
    second.send(*second.registers())
    out = broker.turn(*third.arrives(*third.registers()))
    assert [code_of(reply) for reply in second.answers(out)] == ["name_in_use"]
    broker.wait(3.5)
    broker.now_s += 0.5
    assert [type(reply) for reply in third.answers(broker.turn())] == [m.Registered]


def test_an_unreachable_client_s_session_ends_at_once(broker: Broker) -> None:
    alice = guest(broker)
    broker.unreachable.add(alice.route)
    other = again(alice)
    assert isinstance(other.register(), m.Registered)
    assert code_of(alice.say("too late")) == "no_session"
    assert isinstance(other.say("hi"), m.Answer)


def test_a_takeover_ends_the_other_session_and_says_so(broker: Broker) -> None:
    alice = guest(broker)
    other = again(alice)
    out = broker.turn(*other.arrives(m.Register(PROTOCOL_VERSION, "alice", 2, takeover=True)))
    assert alice.answers(out) == [m.Ended("taken over")]
    assert [type(reply) for reply in other.answers(out)] == [m.Registered]
    assert code_of(alice.say("too late")) == "no_session"


def test_the_same_client_comes_back_under_another_token_unasked(broker: Broker) -> None:
    alice = guest(broker)
    old_token, roster_version = alice.token, broker.state.roster_version
    alice.route = b"77"
    assert isinstance(alice.register(), m.Registered)
    assert broker.probed == []
    assert broker.state.roster_version == roster_version
    assert alice.token != old_token
    assert code_of(alice.send(m.AskRoster(old_token, 1))[0]) == "no_session"
    assert isinstance(alice.say("back"), m.Answer)


def test_another_key_gets_nothing_however_unreachable_the_owner_is(broker: Broker) -> None:
    alice = guest(broker)
    broker.unreachable.add(alice.route)
    eve = Guest(broker, "ALICE", key=b"e" * 32)
    assert code_of(eve.register(takeover=True)) == "name_owned"
    assert broker.probed == []
    assert "alice" in broker.state.sessions


def test_two_who_want_a_name_in_one_turn_get_one_answer_each(broker: Broker) -> None:
    first, second = Guest(broker, "Alice"), Guest(broker, "alice", key=b"s" * 32)
    register = m.Register(PROTOCOL_VERSION, "Alice", 1, takeover=False)
    out = broker.turn(*first.arrives(register), *second.arrives(register))
    assert [type(reply) for reply in first.answers(out)] == [m.Registered]
    assert [code_of(reply) for reply in second.answers(out)] == ["name_owned"]


def test_after_an_exit_the_token_is_dead(broker: Broker) -> None:
    alice = guest(broker)
    assert isinstance(alice.do("exit"), m.Answer)
    assert code_of(alice.say("ghost")) == "no_session"
