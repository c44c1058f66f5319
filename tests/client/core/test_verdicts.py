"""A client that is turned away comes again, gives up, or was taken over: as the broker's words mean it."""

import pytest

from tests.client.core.scripted import Desk
from zchat_client.core.outputs import Over
from zchat_client.events import Error
from zchat_common import messages as m
from zchat_common.errors import Code


@pytest.mark.parametrize(
    "code", ["name_in_use", "name_owned", "name_lookalike", "bad_name", "access_denied", "version"]
)
def test_a_refused_registration_is_the_end(code: str) -> None:
    desk = Desk()
    desk.open()
    desk.hear(m.Rejected(code, "No \x1b[2J place."))
    assert desk.over is not None
    assert (desk.over.reason, desk.over.code, desk.over.text) == ("refused", Code(code), "No \ufffd[2J place.")


def test_a_code_of_a_later_version_is_a_refusal_too() -> None:
    desk = Desk()
    desk.open()
    desk.hear(m.Rejected("full_moon", "Not today."))
    assert desk.over is not None
    assert (desk.over.code, desk.over.text) == (Code.ACCESS_DENIED, "Not today.")


def test_a_broker_that_can_keep_nothing_right_now_is_tried_anew() -> None:
    desk = Desk()
    desk.open()
    desk.hear(m.Rejected(Code.STORAGE_FAILED, "Later."))
    assert (desk.over, desk.rebuilds) == (None, ["Later."])


def test_a_broker_that_has_too_many_registrations_right_now_is_tried_anew() -> None:
    desk = Desk()
    desk.open()
    desk.hear(m.Rejected(Code.RATE_LIMITED, "Too many."))
    assert (desk.over, desk.rebuilds) == (None, ["Too many."])


def test_a_dead_session_is_opened_anew(desk: Desk) -> None:
    desk.hear(m.Rejected(Code.NO_SESSION, "This session is over."))
    assert desk.rebuilds == ["This session is over."]


def test_a_session_that_the_broker_ended_is_over(desk: Desk) -> None:
    desk.hear(m.Ended("taken over"))
    assert desk.over is not None
    assert (desk.over.reason, desk.over.code) == ("taken over", None)


def test_a_reason_that_no_front_end_knows_is_told_in_words(desk: Desk) -> None:
    desk.hear(m.Ended("maintenance\x1b"))
    assert desk.over == Over("refused", Code.ACCESS_DENIED, "The broker ended this session: maintenance\ufffd.")


def test_who_is_kicked_is_told_by_whom_and_why(desk: Desk) -> None:
    desk.hear(m.Ended("kicked", "You were kicked by Root: spam\x1b"))
    assert desk.over == Over("kicked", Code.ACCESS_DENIED, "You were kicked by Root: spam\ufffd")
    desk.close()
    assert desk.shown == []


@pytest.mark.parametrize("wants", ["", "invite", "something new"])
def test_a_refusal_says_whether_a_code_would_help(wants: str) -> None:
    desk = Desk()
    desk.open()
    desk.hear(m.Rejected(Code.ACCESS_DENIED, "No.", wants))
    assert desk.over == Over("refused", Code.ACCESS_DENIED, "No.", wants == "invite")


def test_who_finds_his_place_taken_on_coming_back_was_taken_over(desk: Desk) -> None:
    desk.close()
    desk.open()
    desk.hear(m.Rejected(Code.NAME_IN_USE, "Alice is online from elsewhere."))
    assert desk.over is not None
    assert (desk.over.reason, desk.over.code) == ("taken over", None)


def test_a_complaint_of_the_broker_s_is_shown(desk: Desk) -> None:
    desk.hear(m.Rejected(Code.MALFORMED, "What?\x1b"))
    assert desk.seen(Error) == [Error(at=desk.now.at, code="malformed", text="What?\ufffd")]
    assert (desk.over, desk.rebuilds) == (None, [])
