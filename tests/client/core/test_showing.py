"""Every kept message becomes an event, fit for a screen whoever wrote it."""

import pytest

from zchat_client.core.showing import event_of
from zchat_client.events import Delivered, Event, Invited, Message, Party, Whisper
from zchat_common import messages as m

BAD, SHOWN = "a\x1b[2Jb", "a\ufffd[2Jb"


def whisper(kind: str, body: bytes, delivery: str = "online") -> m.Whisper:
    return m.Whisper(4, 9, "Alice", "Bob", kind, body, delivery)


def test_a_text_names_where_it_was_said() -> None:
    said = m.Say(4, 9, "Alice", "hi", True)
    assert event_of("public", said, replayed=False) == Message(
        at=9, topic="public", seq=4, sender="Alice", text="hi", action=True, replayed=False
    )
    assert event_of("party.p1", said, replayed=True) == Message(
        at=9, topic="party", seq=4, sender="Alice", text="hi", action=True, replayed=True
    )


@pytest.mark.parametrize(("delivery", "stored"), [("online", False), ("stored", True)])
def test_a_whisper_is_read_and_says_whether_it_was_stored(delivery: str, stored: bool) -> None:
    event = event_of("user.bob", whisper("text", "żółw 👋".encode(), delivery), replayed=False)
    assert event == Whisper(at=9, seq=4, sender="Alice", recipient="Bob", text="żółw 👋", replayed=False, stored=stored)


def test_the_others_keep_their_fields() -> None:
    assert event_of("user.alice", m.Delivered(4, 9, "Bob", 2), replayed=False) == Delivered(
        at=9, recipient="Bob", seq=2
    )
    invited = m.Invited(4, 9, "p1", "Alice", ("Alice", "Carol"), 600)
    assert event_of("user.bob", invited, replayed=False) == Invited(at=9, inviter="Alice", members=("Alice", "Carol"))
    changed = m.PartyChanged(4, 9, "p1", "kicked", "Bob", "Alice", ("Alice",), "by Alice")
    assert event_of("party.p1", changed, replayed=False) == Party(
        at=9, change="kicked", name="Bob", leader="Alice", members=("Alice",), reason="by Alice"
    )


def test_without_a_reason_there_is_none() -> None:
    event = event_of("party.p1", m.PartyChanged(4, 9, "p1", "left", "Bob", "Alice", ("Alice",), ""), replayed=False)
    assert isinstance(event, Party)
    assert event.reason is None


def text_of(message: m.Whisper) -> str:
    event = event_of("user.bob", message, replayed=False)
    assert isinstance(event, Whisper)
    return event.text


def test_a_body_of_another_kind_is_not_shown_as_text() -> None:
    assert text_of(whisper("sealed", b"\x00\x01secret")) == "(a whisper of a kind that this client cannot read: sealed)"
    assert "\x1b" not in text_of(whisper("\x1b[2J", b""))


def test_a_body_that_is_no_text_is_shown_as_far_as_it_goes() -> None:
    assert text_of(whisper("text", b"caf\xe9 ok")) == "caf\ufffd ok"
    assert text_of(whisper("text", b"")) == ""


def test_a_whisper_longer_than_any_text_is_cut() -> None:
    assert len(text_of(whisper("text", b"x" * 20_000))) == 4_000


@pytest.mark.parametrize(
    "message",
    [
        m.Say(1, 1, BAD, BAD, False),
        m.Whisper(1, 1, BAD, BAD, "text", BAD.encode(), "online"),
        m.Delivered(1, 1, BAD, 1),
        m.Invited(1, 1, "p1", BAD, (BAD, "Bob"), 1),
        m.PartyChanged(1, 1, "p1", BAD, BAD, BAD, (BAD,), BAD),
    ],
    ids=lambda message: type(message).__name__,
)
def test_no_control_character_reaches_a_screen(message: m.Kept) -> None:
    event: Event = event_of("public", message, replayed=False)
    assert "\\x1b" not in repr(event)
    assert SHOWN in repr(event)
