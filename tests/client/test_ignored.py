"""Whom a user does not want to hear: what of it is hidden, and that it is remembered."""

from pathlib import Path

import pytest

from tests.client.offline import offline
from zchat_client.events import Event, Invited, Message, Party, Presence, Whisper
from zchat_client.ignored import Ignored
from zchat_client.notes import Notes


def message(sender: str, topic: str = "public", *, announcement: bool = False) -> Message:
    return Message(
        at=1, topic=topic, seq=1, sender=sender, text="hi", action=False, replayed=False, announcement=announcement
    )


def whisper(sender: str, recipient: str) -> Whisper:
    return Whisper(at=1, seq=1, sender=sender, recipient=recipient, text="hi", replayed=False)


@pytest.fixture
def ignored(tmp_path: Path) -> Ignored:
    ignored = Ignored(Notes(tmp_path / "ignored.json"))
    ignored.add("Bob")
    return ignored


@pytest.mark.parametrize(
    "event",
    [
        message("Bob"),
        message("BOB"),
        message("bob", "party"),
        whisper("Bob", "Alice"),
        Invited(at=1, inviter="Bob", members=()),
    ],
    ids=lambda event: type(event).__name__,
)
def test_texts_whispers_and_invitations_are_hidden(ignored: Ignored, event: Event) -> None:
    assert ignored.hides(event)


@pytest.mark.parametrize(
    "event",
    [
        message("Carol"),
        message("Bob", announcement=True),
        whisper("Alice", "Bob"),
        Invited(at=1, inviter="Carol", members=("Bob",)),
        Party(at=1, change="left", name="Bob", leader="Alice", members=("Alice",)),
        Presence(at=1, name="Bob", status="online", since=1, text=""),
    ],
    ids=lambda event: type(event).__name__,
)
def test_everything_else_is_shown(ignored: Ignored, event: Event) -> None:
    assert not ignored.hides(event)


def test_a_name_is_heard_again_in_any_case(ignored: Ignored) -> None:
    assert ignored.remove("bOB")
    assert not ignored.remove("Bob")
    assert not ignored.hides(message("Bob"))


def test_it_is_remembered_for_each_broker_and_user(tmp_path: Path) -> None:
    offline(tmp_path).ignored.add("Bob")
    assert offline(tmp_path).ignored.names == ("Bob",)
    assert offline(tmp_path, "Carol").ignored.names == ()
