"""Every kept message becomes an event, fit for a screen whoever wrote it."""

import pytest

from zchat_client.core.contacts import Read
from zchat_client.core.showing import event_of
from zchat_client.events import Delivered, Error, Event, Invited, Message, Party, Whisper
from zchat_common import messages as m
from zchat_common.whispers import CannotOpen

BAD, SHOWN = "a\x1b[2Jb", "a\ufffd[2Jb"


def whisper(body: bytes, delivery: str = "online") -> m.Whisper:
    return m.Whisper(4, 9, "Alice", "Bob", m.SEALED, body, delivery)


def as_it_is(message: m.Whisper) -> Read:
    return Read(message.body.decode(), changed=False)


def not_at_all(message: m.Whisper) -> Read:
    raise CannotOpen("no")


def test_a_text_names_where_it_was_said() -> None:
    said = m.Say(4, 9, "Alice", "hi", True)
    assert event_of("public", said, replayed=False, open_whisper=as_it_is) == Message(
        at=9, topic="public", seq=4, sender="Alice", text="hi", action=True, replayed=False
    )
    assert event_of("party.p1", said, replayed=True, open_whisper=as_it_is) == Message(
        at=9, topic="party", seq=4, sender="Alice", text="hi", action=True, replayed=True
    )


@pytest.mark.parametrize(("delivery", "stored"), [("online", False), ("stored", True)])
def test_a_whisper_is_read_and_says_whether_it_was_stored(delivery: str, stored: bool) -> None:
    event = event_of("user.bob", whisper("żółw 👋".encode(), delivery), replayed=False, open_whisper=as_it_is)
    assert event == Whisper(at=9, seq=4, sender="Alice", recipient="Bob", text="żółw 👋", replayed=False, stored=stored)


def test_the_others_keep_their_fields() -> None:
    assert event_of("user.alice", m.Delivered(4, 9, "Bob", 2), replayed=False, open_whisper=as_it_is) == Delivered(
        at=9, recipient="Bob", seq=2
    )
    invited = m.Invited(4, 9, "p1", "Alice", ("Alice", "Carol"), 600)
    assert event_of("user.bob", invited, replayed=False, open_whisper=as_it_is) == Invited(
        at=9, inviter="Alice", members=("Alice", "Carol")
    )
    changed = m.PartyChanged(4, 9, "p1", "kicked", "Bob", "Alice", ("Alice",), "by Alice")
    assert event_of("party.p1", changed, replayed=False, open_whisper=as_it_is) == Party(
        at=9, change="kicked", name="Bob", leader="Alice", members=("Alice",), reason="by Alice"
    )


def test_without_a_reason_there_is_none() -> None:
    event = event_of(
        "party.p1",
        m.PartyChanged(4, 9, "p1", "left", "Bob", "Alice", ("Alice",), ""),
        replayed=False,
        open_whisper=as_it_is,
    )
    assert isinstance(event, Party)
    assert event.reason is None


def text_of(message: m.Whisper) -> str:
    event = event_of("user.bob", message, replayed=False, open_whisper=as_it_is)
    assert isinstance(event, Whisper)
    return event.text


def test_a_whisper_that_cannot_be_opened_is_an_error_that_says_so() -> None:
    message = m.Whisper(4, 9, BAD, "Bob", m.SEALED, b"", "online")
    event = event_of("user.bob", message, replayed=False, open_whisper=not_at_all)
    assert isinstance(event, Error)
    assert (event.at, event.code) == (9, "cannot_open")
    assert (event.topic, event.seq, event.sender, event.recipient) == ("user", 4, SHOWN, "Bob")
    assert SHOWN in event.text


def test_a_whisper_under_another_key_is_shown_with_a_warning() -> None:
    event = event_of("user.bob", whisper(b"hi"), False, lambda message: Read("hi", changed=True))
    assert isinstance(event, Whisper)
    assert (event.text, event.warning) == ("hi", "contact_key_changed")


def test_a_whisper_longer_than_any_text_is_cut() -> None:
    assert len(text_of(whisper(b"x" * 20_000))) == 4_000


@pytest.mark.parametrize(
    "message",
    [
        m.Say(1, 1, BAD, BAD, False),
        m.Whisper(1, 1, BAD, BAD, m.SEALED, BAD.encode(), "online"),
        m.Delivered(1, 1, BAD, 1),
        m.Invited(1, 1, "p1", BAD, (BAD, "Bob"), 1),
        m.PartyChanged(1, 1, "p1", BAD, BAD, BAD, (BAD,), BAD),
    ],
    ids=lambda message: type(message).__name__,
)
def test_no_control_character_reaches_a_screen(message: m.Kept) -> None:
    event: Event = event_of("public", message, replayed=False, open_whisper=as_it_is)
    assert "\\x1b" not in repr(event)
    assert SHOWN in repr(event)
