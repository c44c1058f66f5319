"""Honest clients never notice that pings, questions, registrations and refusals have a measure."""

import pytest

from zchat_broker.allowances import Allowances
from zchat_broker.profile import Profile
from zchat_common.limits import BEAT_S, HISTORY_PAGE_MAX, HISTORY_PAGE_MAX_BYTES

PACED = Profile("Lab", 5555, 5556)
SHORT_MESSAGE = 100


def test_who_catches_up_page_after_page_is_not_slowed() -> None:
    allowances, page = Allowances(PACED), HISTORY_PAGE_MAX * SHORT_MESSAGE
    now_s, messages = 0.0, 0
    while messages < 200_000:
        assert allowances.may_ask("alice", now_s)
        allowances.answered("alice", page)
        messages += HISTORY_PAGE_MAX
        now_s += 0.005  # faster than any client shows 200 messages


def taken(allowances: Allowances, keys: int, address: str, now_s: float) -> int:
    """How many commands of a thousand each these keys may give at once."""
    tries = [(number.to_bytes(32, "big"), address) for number in range(keys) for _ in range(1000)]
    return sum(allowances.command_wait(key, where, now_s) == 0.0 for key, where in tries)


def test_a_key_may_give_its_burst_whatever_the_names() -> None:
    assert taken(Allowances(PACED), 1, "192.0.2.7", 0.0) == pytest.approx(PACED.burst * 1.1)


def test_many_keys_of_one_address_have_a_measure_together_and_nobody_else_pays_for_it() -> None:
    allowances = Allowances(PACED)
    assert taken(allowances, 100, "192.0.2.7", 0.0) == pytest.approx(50 * PACED.burst * 1.1)
    assert allowances.command_wait(b"new" * 10, "192.0.2.7", 0.0) > 0.0
    assert allowances.command_wait(b"else" * 8, "192.0.2.8", 0.0) == 0.0


def test_a_class_behind_one_router_talks_as_fast_as_each_may() -> None:
    allowances = Allowances(PACED)
    keys = [number.to_bytes(32, "big") for number in range(30)]
    for second in range(60):
        for key in keys:
            for turn in range(int(PACED.rate)):
                assert allowances.command_wait(key, "192.0.2.7", second + turn / PACED.rate) == 0.0


def test_without_a_rate_commands_have_no_measure() -> None:
    assert taken(Allowances(PACED._replace(rate=0.0)), 2, "192.0.2.7", 0.0) == 2000


def test_a_flood_of_questions_is_answered_in_part() -> None:
    allowances, given = Allowances(PACED), 0
    for tick in range(10_000):
        if allowances.may_ask("mallory", tick / 1000):
            allowances.answered("mallory", HISTORY_PAGE_MAX_BYTES)
            given += HISTORY_PAGE_MAX_BYTES
    assert given < 200 * 1024 * 1024
    assert allowances.may_ask("alice", 10.0)


def test_a_thousand_questions_at_once_are_not_a_thousand_of_the_largest_answers() -> None:
    allowances = Allowances(PACED)
    assert sum(allowances.may_ask("mallory", 0.0) for _ in range(1000)) < 100


def test_small_questions_have_a_price_too() -> None:
    allowances, answered = Allowances(PACED), 0
    for _ in range(100_000):
        if allowances.may_ask("mallory", 0.0):
            allowances.answered("mallory", 10)
            answered += 1
    assert answered < 5000


def test_a_beat_always_has_its_pong_and_a_flood_of_pings_has_not() -> None:
    allowances = Allowances(PACED)
    assert sum(allowances.may_ping("mallory", 0.0) for _ in range(1000)) < 150
    for number in range(1000):
        assert allowances.may_ping("alice", number * BEAT_S / 50)


def test_a_key_registers_again_and_again_for_a_while_only() -> None:
    allowances = Allowances(PACED)
    assert sum(allowances.may_register(b"m" * 32, "192.0.2.7", 0.0) for _ in range(1000)) < 70
    assert allowances.may_register(b"a" * 32, "192.0.2.7", 0.0)


def test_new_keys_do_not_help_an_address() -> None:
    allowances = Allowances(PACED._replace(address_connections=50))
    keys = [number.to_bytes(32) for number in range(1000)]
    assert sum(allowances.may_register(key, "192.0.2.7", 0.0) for key in keys) == 55
    assert allowances.may_register(b"a" * 32, "192.0.2.8", 0.0)


def test_five_thousand_clients_of_this_machine_may_register_at_once() -> None:
    allowances = Allowances(PACED)
    assert all(allowances.may_register(number.to_bytes(32), "127.0.0.1", 0.0) for number in range(5000))


def test_a_refusal_for_each_command_in_flight_is_an_honest_life() -> None:
    allowances = Allowances(PACED)
    assert all(allowances.may_be_refused(b"route", 0.0) for _ in range(1000))
    assert not all(allowances.may_be_refused(b"route", 0.0) for _ in range(2000))


def test_rate_0_lifts_them_all_and_memory_is_given_back() -> None:
    lifted = Allowances(PACED._replace(rate=0.0))
    for number in range(10_000):
        assert lifted.may_ask("alice", 0.0)
        lifted.answered("alice", HISTORY_PAGE_MAX_BYTES)
        assert lifted.may_ping("alice", 0.0)
        assert lifted.may_register(b"a" * 32, "192.0.2.7", 0.0)
        assert lifted.may_be_refused(b"route", 0.0), number
    lifted.tidy(0.0)
