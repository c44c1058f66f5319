"""An honest connection is never shut, one that takes more than its link needs always; memory stays bounded."""

import itertools
import logging

import pytest

from zchat_broker.guard import HOLD_S, KIB, MIB, Account, AddressRates, Guard, Kind, neighbourhood, plain_address
from zchat_common.limits import COMMAND_MAX_BYTES, CURVE_OVERHEAD_BYTES, IN_FLIGHT_MAX

FAR, NEAR = "192.0.2.7", "127.0.0.1"
_numbers = itertools.count(1)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.WARNING, "zchat.broker")
    return caplog


def connection(kind: Kind = Kind.COMMANDS, address: str = FAR, at_s: float = 0.0) -> Account:
    number = next(_numbers)
    return Account(kind, number, address, number, at_s)


def opened(guard: Guard, kind: Kind = Kind.COMMANDS, address: str = FAR) -> Account:
    account = connection(kind, address)
    assert guard.accepted(account, 0.0) == ""
    return account


# -- bytes -------------------------------------------------------------------------------------------------------------


def test_whole_messages_may_be_as_many_as_they_are() -> None:
    """How often somebody may speak is the rates' business, with --rate 0 nobody's."""
    guard = Guard()
    account = opened(guard)
    received = taken = 0
    for second in range(100):
        received += 1000 * (COMMAND_MAX_BYTES + 40)
        taken += 1000 * (COMMAND_MAX_BYTES + CURVE_OVERHEAD_BYTES)
        assert guard.measured(account, taken, received, 0, float(second)) == []


def test_a_client_may_repeat_all_that_it_has_in_flight_to_a_broker_that_is_slow() -> None:
    guard = Guard()
    account = opened(guard)
    assert guard.measured(account, 0, 500 + 2 * IN_FLIGHT_MAX * (COMMAND_MAX_BYTES - 1000), 0, 10.0) == []


def test_a_message_without_end_is_cut(log: pytest.LogCaptureFixture) -> None:
    guard = Guard()
    account = opened(guard)
    assert guard.measured(account, 0, 8 * MIB + 2 * KIB, 0, 1.0) == [account]
    assert guard.holds(FAR, 1.0)
    (record,) = log.records
    assert FAR in record.getMessage()


def test_heartbeats_of_a_year_are_nothing_to_wonder_at() -> None:
    guard = Guard()
    account = opened(guard)
    for day in range(1, 365):
        assert guard.measured(account, 0, day * 24 * 3600 * 60, 0, day * 24 * 3600.0) == []


def test_many_small_messages_pay_for_no_large_one_later() -> None:
    """What is taken is credited with a little more than it was."""
    guard = Guard()
    account = opened(guard)
    assert guard.measured(account, 100 * MIB, 70 * MIB, 0, 1.0) == []
    assert guard.measured(account, 100 * MIB, 79 * MIB, 0, 2.0) == [account]


def test_subscriptions_are_a_few_and_stay_a_few() -> None:
    guard = Guard()
    account = opened(guard, Kind.TOPICS)
    handshake, party = 110, 60
    received = handshake
    for hour in range(1000):
        received += 100 * party
        assert guard.measured(account, 0, received, 0, hour * 3600.0) == []
    assert guard.measured(account, 0, received + 9 * KIB, 0, 999 * 3600.0) == [account]


def test_what_many_connections_of_one_address_take_together_is_bounded_and_the_worst_goes() -> None:
    guard = Guard()
    accounts = [opened(guard) for _ in range(20)]
    cut: list[Account] = []
    for account in accounts:
        share = 7 * MIB if account is accounts[3] else 6 * MIB
        cut += guard.measured(account, 0, share, 0, 1.0)
    assert cut[0] is accounts[3]
    stranger = opened(guard, address="192.0.2.8")
    assert guard.measured(stranger, 0, 6 * MIB, 0, 1.0) == []


def test_who_is_gone_takes_nothing_any_more() -> None:
    guard = Guard()
    for _ in range(100):
        account = opened(guard)
        assert guard.measured(account, 0, 7 * MIB, 0, 1.0) == []
        guard.ended(account)
        assert account.is_over


def test_answers_that_are_not_read_end_the_connection() -> None:
    guard = Guard()
    account = opened(guard)
    account.answered = 31 * MIB
    assert guard.measured(account, 0, 500, 0, 1.0) == []
    account.answered = 1000 * MIB
    assert guard.measured(account, 0, 500, 990 * MIB, 2.0) == []
    account.answered = 1050 * MIB
    assert guard.measured(account, 0, 500, 1000 * MIB, 3.0) == [account]


# -- connections -------------------------------------------------------------------------------------------------------


def test_an_address_has_so_many_connections_and_this_machine_ten_times_as_many(log: pytest.LogCaptureFixture) -> None:
    guard = Guard(100)
    assert [guard.accepted(connection(), number / 1.0) for number in range(110)] == [""] * 100 + ["too many"] * 10
    assert [guard.accepted(connection(address=NEAR), 0.0) for _ in range(1010)] == [""] * 1000 + ["too many"] * 10
    assert len(log.records) == 2
    assert not guard.holds(FAR, 110.0), "those who are connected may be honest, and come back"


def test_a_connection_that_ended_makes_room() -> None:
    guard = Guard(10)
    accounts = [opened(guard) for _ in range(10)]
    assert guard.accepted(connection(), 5.0) == "too many"
    guard.ended(accounts[0])
    guard.ended(connection())
    surplus = connection()
    guard.accepted(surplus, 10.0)
    guard.ended(surplus)


def test_five_thousand_clients_of_this_machine_may_come_back_at_once() -> None:
    guard = Guard(descriptors=20_000)
    assert {guard.accepted(connection(address=NEAR), 0.0) for _ in range(10_000)} == {""}


def test_nobody_takes_all_descriptors() -> None:
    guard = Guard(0, descriptors=1000)
    verdicts = [guard.accepted(connection(address=NEAR), 0.0) for _ in range(760)]
    assert verdicts == [""] * 750 + ["too many"] * 10


def test_0_lifts_the_limit() -> None:
    guard = Guard(0)
    assert {guard.accepted(connection(), 0.0) for _ in range(5000)} == {""}


def test_who_connects_again_and_again_is_held_off_for_a_while() -> None:
    guard = Guard(10)
    verdicts = []
    for _ in range(15):
        account = connection()
        verdicts.append(guard.accepted(account, 0.0))
        guard.ended(account)
    assert verdicts[:11] == [""] * 11
    assert all(verdicts[11:])
    assert guard.holds(FAR, HOLD_S - 0.1)
    assert guard.accepted(connection(), HOLD_S - 0.1) == "held off"
    assert guard.accepted(connection(), HOLD_S + 0.1) == ""
    assert not guard.holds("192.0.2.8", 0.0)


def test_an_address_is_logged_once_and_addresses_are_remembered_in_bounded_memory(
    log: pytest.LogCaptureFixture,
) -> None:
    guard = Guard()
    for number in range(3000):
        guard.hold(FAR, "floods", float(number))
        guard.hold(f"10.0.{number // 250}.{number % 250}", "floods", float(number))
        guard.tidy(float(number))
    assert sum(f"{FAR} floods" in record.getMessage() for record in log.records) == 1
    assert len(log.records) == 3001
    assert len(guard._held_until_s) < 50


# -- addresses ---------------------------------------------------------------------------------------------------------


def test_an_ipv4_address_is_itself_and_an_ipv6_one_is_its_network() -> None:
    assert neighbourhood(FAR) == FAR
    assert neighbourhood("2001:db8:1:2:3:4:5:6") == neighbourhood("2001:db8:1:2::9") != neighbourhood("2001:db8:1:3::9")
    assert neighbourhood("fe80::1%eth0") == neighbourhood("fe80::2%eth0")
    assert neighbourhood("::1") == "::1"
    assert plain_address("::ffff:192.0.2.7") == FAR


def test_rates_per_address() -> None:
    rates = AddressRates(20)
    assert sum(rates.take(FAR, 0.0) == 0.0 for _ in range(100)) == 22
    assert sum(rates.take(NEAR, 0.0) == 0.0 for _ in range(1000)) == 220
    assert sum(rates.take(FAR, 10.0) == 0.0 for _ in range(100)) == 10
    assert all(AddressRates(0).take(FAR, 0.0) == 0.0 for _ in range(1000))
