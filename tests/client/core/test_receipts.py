"""The broker hears that a whisper which waited was shown: once, and only when that is remembered."""

from tests.client.core.scripted import OWN, Desk, whisper
from zchat_common import messages as m
from zchat_common.errors import Code


def test_the_receipt_of_a_stored_whisper_is_given_when_all_was_shown() -> None:
    desk = Desk()
    desk.last[OWN] = 3
    desk.connect()
    assert desk.of(m.Do) == []
    desk.give_page(whisper(1, "stored"), whisper(2, "stored"), whisper(3, "stored", sender="Alice", recipient="Bob"))
    assert desk.of(m.Do) == [], "the next run may have to show them again"
    desk.remember()
    assert [(do.op, do.args) for do in desk.of(m.Do)] == [("received", (2,))]
    desk.settle(1)
    assert desk.settled == {}


def test_no_receipt_is_given_of_what_cannot_be_read_just_now() -> None:
    desk = Desk()
    desk.last[OWN] = 2
    desk.connect(waiting=2)
    question = next(each for each in desk.of(m.AskHistory) if each.topic == OWN)
    desk.hear(m.Denied(question.ask, Code.STORAGE_FAILED, "later"))
    assert desk.of(m.Do) == []
    desk.wait(3.0)
    desk.pong()
    desk.give_page(whisper(1, "stored"), whisper(2, "stored"))
    desk.remember()
    assert [(do.op, do.args) for do in desk.of(m.Do)] == [("received", (2,))]


def test_a_receipt_that_could_not_be_kept_is_given_again_a_beat_later() -> None:
    desk = Desk(positions={OWN: 2})
    desk.last[OWN] = 2
    desk.connect(waiting=2)
    (first,) = desk.of(m.Do)
    desk.hear(m.Refusal(first.instance, first.n, Code.STORAGE_FAILED, "full", None))
    desk.wait(1.0)
    assert len(desk.of(m.Do)) == 1
    desk.wait(3.0)
    assert [(do.op, do.args) for do in desk.of(m.Do)] == [("received", (2,))] * 2


def test_a_whisper_that_came_live_needs_no_receipt(desk: Desk) -> None:
    desk.read(OWN, whisper(1))
    assert desk.of(m.Do) == []


def test_a_receipt_that_was_never_given_is_given_by_the_next_run() -> None:
    """The last run showed the whisper and died."""
    desk = Desk(positions={OWN: 3})
    desk.last[OWN] = 3
    desk.connect(waiting=2)
    assert [(do.op, do.args) for do in desk.of(m.Do)] == [("received", (2,))]
