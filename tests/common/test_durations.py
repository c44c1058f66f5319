"""Durations and moments as people write and read them."""

import time
from collections.abc import Iterator

import pytest

from zchat_common.durations import BadDuration, as_utc, in_local_time, local_words, parse_duration, utc_words
from zchat_common.limits import RESTRAINT_MAX_S


@pytest.mark.parametrize(
    ("text", "seconds"), [("30m", 1800), ("1h", 3600), ("2d", 172_800), ("1w", 604_800), ("1H", 3600), ("007m", 420)]
)
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "h", "1", "1s", "1.5h", "-1h", "1 h", "0m", "1h30m", "999999w", "9999999m", "١h"])
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(BadDuration):
        parse_duration(text)


def test_the_longest_is_what_the_broker_takes() -> None:
    assert parse_duration("5214w") <= RESTRAINT_MAX_S
    with pytest.raises(BadDuration):
        parse_duration("5215w")


def test_a_moment_is_told_with_its_time_zone() -> None:
    assert utc_words(1_700_000_000_999) == "2023-11-14 22:13:20 UTC"


@pytest.mark.parametrize(("at", "year"), [(-1, 1970), (-(2**63), 1970), (2**63 - 1, 9999), (1_700_000_000_000, 2023)])
def test_a_moment_that_no_calendar_has_is_shown_as_the_nearest_one(at: int, year: int) -> None:
    assert as_utc(at).astimezone().year == year or year == 1970
    assert as_utc(at).year == year


@pytest.fixture
def tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine nine hours ahead of UTC."""
    monkeypatch.setenv("TZ", "JST-9")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("tokyo")
def test_people_are_told_the_time_on_their_own_clock() -> None:
    assert local_words(1_700_000_000_999) == "15 Nov 07:13"
    told = f"You are muted until {utc_words(1_700_000_000_000)} (by Root): until {utc_words(1_700_000_060_000)}"
    assert in_local_time(told) == "You are muted until 15 Nov 07:13 (by Root): until 15 Nov 07:14"


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        "9999-99-99 99:99:99 UTC",
        "0000-01-01 00:00:00 UTC",
        "2023-11-14 22:13:20",
        "12023-11-14 22:13:20 UTC",
    ],
)
def test_what_is_no_moment_stays_as_it_is(text: str) -> None:
    assert in_local_time(text) == text


@pytest.mark.parametrize("text", ["0001-01-01 00:00:00 UTC", "9999-12-31 23:59:59 UTC"])
def test_the_ends_of_the_calendar_do_no_harm(text: str) -> None:
    assert in_local_time(text)
