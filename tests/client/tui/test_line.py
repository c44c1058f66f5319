"""One line of a log."""

from datetime import datetime

import pytest

from zchat_client.tui.line import Kind, Line, day_of


def test_each_line_has_a_number_of_its_own() -> None:
    one, other = Line(Kind.SAID, 0, "hi", "bob"), Line(Kind.SAID, 0, "hi", "bob")
    assert one.number < other.number
    assert one != other


@pytest.mark.parametrize(("hour", "minute"), [(0, 0), (12, 0), (23, 59)])
def test_the_day_of_a_line_is_the_local_one(hour: int, minute: int) -> None:
    at = datetime(2026, 3, 1, hour, minute, 30).astimezone()
    assert day_of(Line(Kind.SAID, round(at.timestamp() * 1000), "hi", "bob")) == at.date()
