"""A user may give a burst at once and the rest at the rate; whoever is refused is told how long to wait."""

import pytest

from zchat_broker.rates import Rates
from zchat_client.core.outbox import Outbox


def taken(rates: Rates, user: str, now_s: float, wanted: int = 1_000) -> int:
    """How many commands the user may give now."""
    count = 0
    while count < wanted and rates.take(user, now_s) == 0.0:
        count += 1
    return count


def test_a_burst_and_its_slack_pass_at_once() -> None:
    assert taken(Rates(10, 30), "alice", 0.0) == 33
    assert taken(Rates(10, 1), "alice", 0.0) == 2


def test_after_the_burst_it_is_the_rate() -> None:
    rates = Rates(10, 30)
    taken(rates, "alice", 0.0)
    assert taken(rates, "alice", 1.0) == 10
    assert taken(rates, "alice", 1.05) == 0
    assert taken(rates, "alice", 1.1) == 1


def test_whoever_is_refused_is_told_how_long_to_wait() -> None:
    rates = Rates(4, 10)
    taken(rates, "alice", 0.0)
    wait_s = rates.take("alice", 0.1)
    assert wait_s == pytest.approx(0.15)
    assert rates.take("alice", 0.1 + wait_s) == 0.0


def test_asking_too_early_costs_nothing() -> None:
    rates = Rates(1, 1)
    taken(rates, "alice", 0.0)
    for tenth in range(1, 10):
        assert rates.take("alice", tenth / 10) > 0.0
    assert rates.take("alice", 1.0) == 0.0


def test_a_quiet_time_fills_the_bucket_and_no_more() -> None:
    rates = Rates(10, 30)
    taken(rates, "alice", 0.0)
    assert taken(rates, "alice", 1e6) == 33


def test_everybody_has_a_bucket_of_his_own() -> None:
    rates = Rates(10, 30)
    taken(rates, "alice", 0.0)
    assert rates.take("bob", 0.0) == 0.0


def test_rate_0_lifts_the_limit() -> None:
    rates = Rates(0, 30)
    assert taken(rates, "alice", 0.0, 10_000) == 10_000
    rates.tidy(0.0)


def test_tidying_gives_nobody_anything() -> None:
    rates, untouched = Rates(10, 30), Rates(10, 30)
    for each in (rates, untouched):
        taken(each, "alice", 0.0)
        taken(each, "bob", 0.0, 5)
    for second in range(1, 20):
        rates.tidy(float(second))
    for user in ("alice", "bob"):
        assert taken(rates, user, 20.0) == taken(untouched, user, 20.0)


def test_an_honest_client_is_never_refused() -> None:
    """Its own bucket is the smaller one."""
    rates, outbox = Rates(10, 30), Outbox(1)
    outbox.open(10, 30, 0.0)
    for number in range(300):
        outbox.submit("say", (str(number), False), 1)
    now_s, sent = 0.0, 0
    while sent < 128:
        for _ in outbox.take(b"", now_s):
            assert rates.take("alice", now_s) == 0.0
            sent += 1
        now_s += 0.013
