"""Who does too much waits or is shut, whatever way he takes, and nobody waits for him."""

import pytest

from tests.broker.hub.guests import INSTANCE, PACED, PAUSE_S, UNLIMITED, Broker, Guest, guest, history
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.errors import Code
from zchat_common.limits import PROTOCOL_VERSION, SESSION_SILENCE_S

# -- rate -------------------------------------------------------------------------------------------------------------


def paced() -> tuple[Broker, Guest]:
    broker = Broker(PACED)
    return broker, guest(broker)


def test_the_client_learns_the_rate_at_registration() -> None:
    reply = Guest(Broker(PACED), "Alice").register()
    assert isinstance(reply, m.Registered)
    assert (reply.rate, reply.burst) == (10_000, 10)


def test_a_rate_refusal_says_how_long_to_wait_and_does_not_use_up_the_number() -> None:
    broker, alice = paced()
    replies = alice.send(*[alice.command("say", str(number), False) for number in range(12)])
    (refusal,) = [reply for reply in replies if isinstance(reply, m.Refusal)]
    assert (refusal.n, refusal.code) == (12, "rate_limited")
    assert refusal.retry_after_ms is not None
    assert 0 < refusal.retry_after_ms <= 101
    broker.now_s += refusal.retry_after_ms / 1000
    assert isinstance(alice.say("11", n=12), m.Answer)
    assert history(broker) == [str(number) for number in range(12)]


def test_commands_behind_a_refused_one_wait_for_it() -> None:
    broker, alice = paced()
    replies = alice.send(*[alice.command("say", str(number), False) for number in range(20)])
    assert len([reply for reply in replies if isinstance(reply, m.Answer)]) == 11
    broker.now_s += 2.0
    alice.send(*[alice.command("say", str(n - 1), False, n=n) for n in range(12, 21)])
    assert history(broker) == [str(number) for number in range(20)]


def test_a_repeated_command_costs_nothing() -> None:
    _, alice = paced()
    alice.say("hi")
    for _ in range(100):
        assert isinstance(alice.say("hi", n=1), m.Answer)
    assert isinstance(alice.say("next"), m.Answer)


def test_a_command_far_ahead_of_its_turn_pays_for_nobody() -> None:
    """Else one with the number 10**12 would lift the limit for all before it."""
    broker, alice = paced()
    assert alice.say("far", n=10**12) == m.Expected(INSTANCE, 1)
    replies = alice.send(*[alice.command("say", str(number), False) for number in range(100)])
    assert len([reply for reply in replies if isinstance(reply, m.Answer)]) <= 11
    assert len(history(broker)) <= 11


def test_another_numbering_is_no_way_around_the_rate() -> None:
    broker, alice = paced()
    commands = [alice.command("say", str(number), False, n=1, instance=number) for number in range(100)]
    alice.send(*commands, *commands)
    assert len(history(broker)) <= 11


def test_coming_back_is_no_way_around_the_rate() -> None:
    broker, alice = paced()
    for _ in range(10):
        alice.register()
        alice.send(*[alice.command("say", "x", False) for _ in range(20)])
        alice.n = broker.state.numberings["alice"][INSTANCE].last_n
    assert len(history(broker)) <= 11


def test_everybody_has_a_rate_of_his_own() -> None:
    broker, alice = paced()
    bob = guest(broker, "Bob")
    alice.send(*[alice.command("say", "x", False) for _ in range(30)])
    assert isinstance(bob.say("hi"), m.Answer)


def test_questions_and_pings_are_not_paced() -> None:
    _, alice = paced()
    assert len(alice.send(*[m.AskParty(alice.token, ask) for ask in range(200)])) == 200


# -- what is too much -------------------------------------------------------------------------------------------------


def test_pings_beyond_their_measure_get_no_pong_and_still_are_signs_of_life() -> None:
    broker = Broker(PACED)
    mallory = Guest(broker, "mallory")
    mallory.register()
    pings = [m.Ping(mallory.token, number, "user.mallory") for number in range(1, 501)]
    out = broker.turn(*mallory.arrives(*pings))
    pongs = [message for message in mallory.reads(out.frames) if isinstance(message, m.Pong)]
    assert 50 < len(pongs) < 200
    for _ in range(10):
        broker.wait(SESSION_SILENCE_S / 3)
        mallory.send(m.Ping(mallory.token, 1000, "user.mallory"))
    assert "mallory" in broker.state.sessions


def test_questions_beyond_their_measure_are_put_off_and_not_refused_for_good() -> None:
    broker = Broker(PACED)
    mallory, alice = Guest(broker, "mallory"), Guest(broker, "alice")
    mallory.register()
    alice.register()
    broker.wait(PAUSE_S)
    answers = mallory.send(*[m.AskRoster(mallory.token, number) for number in range(200)])
    codes = {answer.code for answer in answers if isinstance(answer, m.Denied)}
    assert codes == {Code.RATE_LIMITED}
    assert sum(isinstance(answer, m.Roster) for answer in answers) > 20
    assert isinstance(alice.send(m.AskRoster(alice.token, 1))[0], m.Roster)
    broker.wait(1.0)
    assert isinstance(mallory.send(m.AskRoster(mallory.token, 1))[0], m.Roster)


def test_large_answers_are_made_over_several_turns_and_all_of_them() -> None:
    broker = Broker()
    alice = Guest(broker, "alice")
    alice.register()
    for _ in range(30):
        alice.say("\u20ac" * 4000)
    questions = [m.AskHistory(alice.token, number, "public", None, None, 200) for number in range(40)]
    turns = [alice.send(*questions)]
    while broker.hub.pause_s(broker.now) == 0.0:
        turns.append(alice.send())
    assert [len(answers) for answers in turns] == [17, 17, 6]
    assert [answer.ask for answers in turns for answer in answers if isinstance(answer, m.History)] == list(range(40))


def test_whoever_speaks_while_others_read_the_history_waits_for_a_few_pages_only(broker: Broker) -> None:
    alice, bob = guest(broker), guest(broker, "Bob")
    for _ in range(200):
        bob.say("so much to read")
    broker.wait(1.0)
    questions = [m.AskHistory(alice.token, number, "public", None, None, 200) for number in range(200)]
    pages = len(alice.send(*questions))
    out = broker.turn(*bob.arrives(bob.command("say", "hi", False)))
    assert [type(answer) for answer in bob.answers(out)] == [m.Answer]
    assert [message.text for message in alice.reads(out.frames) if isinstance(message, m.Say)] == ["hi"]
    assert 1 <= len(alice.answers(out)) <= 4
    assert pages <= 4


def test_the_small_pages_of_many_who_come_back_do_not_wait_for_each_other(broker: Broker) -> None:
    """At saturation a turn takes long, and then everybody asks: for two messages first."""
    speaker = guest(broker)
    speaker.say("one")
    speaker.say("two")
    readers = [guest(broker, f"Reader{number}") for number in range(300)]
    asked = [reader.arrives(m.AskHistory(reader.token, 1, "public", 0, None, 2)) for reader in readers]
    turns = [broker.turn(*[arrival for each in asked for arrival in each])]
    while broker.hub.pause_s(broker.now) == 0.0:
        turns.append(broker.turn())
    assert all(any(reader.answers(out) for out in turns) for reader in readers)
    assert len(turns) <= 4


def test_registrations_beyond_their_measure_are_put_off() -> None:
    broker = Broker(PACED)
    mallory = Guest(broker, "mallory")
    replies = [mallory.register() for _ in range(100)]
    refused = [reply for reply in replies if isinstance(reply, m.Rejected)]
    assert {reply.code for reply in refused} == {Code.RATE_LIMITED}
    assert 30 < len(refused) < 50
    broker.wait(2.0)
    assert isinstance(mallory.register(), m.Registered)


@pytest.mark.parametrize(
    "kind",
    ["nonsense", "commands", "pings", "questions", "registrations", "tokens", "repeats", "numbers", "versions"],
)
def test_who_goes_on_with_what_is_refused_is_to_be_shut(kind: str) -> None:
    broker = Broker(PACED)
    mallory, alice = Guest(broker, "mallory"), Guest(broker, "alice")
    mallory.register()
    alice.register()
    shut: list[bytes] = []
    for number in range(1, 8001):
        flood: dict[str, m.Upstream] = {
            "commands": mallory.command("back", n=number),
            "pings": m.Ping(mallory.token, number, "user.mallory"),
            "questions": m.AskRoster(mallory.token, number),
            "tokens": m.AskRoster(b"a guess", number),
            "repeats": mallory.command("back", n=1),
            "numbers": mallory.command("back", n=0),
            "versions": m.Register(PROTOCOL_VERSION + 1, "mallory", 1, takeover=False),
            "registrations": m.Register(PROTOCOL_VERSION, "mallory", 1, takeover=False),
        }
        payload = wire.encode(flood[kind]) if kind in flood else b"nonsense"
        shut += broker.turn(broker.arrival(mallory.route, payload, mallory.key)).shut
    assert set(shut) == {mallory.route}
    unlimited = Broker(UNLIMITED)
    assert unlimited.turn(*[unlimited.arrival(b"1", b"nonsense") for _ in range(3000)]).shut == []
