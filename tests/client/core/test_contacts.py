"""Who whispers is known by the key that he had first; another one is shown and said, and nothing is ever silent."""

import pytest

from tests.client.core.scripted import OWN, Desk
from tests.people import key_of, sealed, whisperer
from zchat_client.core.roster import name_key
from zchat_client.events import Error, Whisper
from zchat_common import messages as m
from zchat_common.whispers import Party

ALICE, BOB = Party("alice", key_of("alice")), Party("bob", key_of("bob"))


def received(
    seq: int, text: str, sender: str = "Bob", recipient: str = "Alice", body: bytes | None = None
) -> m.Whisper:
    body = sealed(text, sender, recipient, n=seq) if body is None else body
    return m.Whisper(seq, seq, sender, recipient, m.SEALED, body, "online")


def from_mallory(text: str, n: int = 1) -> bytes:
    """In Bob's name."""
    return whisperer("mallory").seal(text, "bob", ALICE, 9, n)


def test_a_first_whisper_pins_its_sender_s_key(desk: Desk) -> None:
    desk.read(OWN, received(1, "hello"))
    assert desk.texts() == ["hello"]
    assert desk.pins == {"bob": BOB.key}


@pytest.mark.parametrize("name", ["", " ", f"eve {'0' * 64}\nbob", "two words", "eve\u2028", "\x1ceve"])
def test_a_sender_whose_name_would_be_read_as_another_pin_is_pinned_nowhere(desk: Desk, name: str) -> None:
    body = whisperer("mallory").seal("it is me", name_key(name), ALICE, 9, 1)
    desk.read(OWN, received(1, "", sender=name, body=body))
    assert [error.code for error in desk.seen(Error)] == ["cannot_open"]
    assert desk.pins == {}


def test_one_s_own_whisper_from_another_machine_is_read_and_pins_its_recipient(desk: Desk) -> None:
    desk.read(OWN, received(1, "from my laptop", "Alice", "Bob"))
    assert desk.texts() == ["from my laptop"]
    assert desk.pins == {"bob": BOB.key}


def test_a_whisper_under_another_key_is_shown_and_marked_and_said_once(desk: Desk) -> None:
    desk.read(OWN, received(1, "hello"))
    desk.forget()
    desk.read(OWN, received(2, "", body=from_mallory("it is me", 2)), received(3, "", body=from_mallory("really", 3)))
    assert desk.names() == ["Error", "Whisper", "Whisper"]
    (error,) = desk.seen(Error)
    assert (error.code, "Bob" in error.text) == ("contact_key_changed", True)
    assert [event.warning for event in desk.seen(Whisper)] == ["contact_key_changed"] * 2
    assert desk.pins == {"bob": BOB.key}
    desk.read(OWN, received(4, "no, I am"))
    assert desk.seen(Whisper)[-1].warning is None


def test_one_who_whispered_first_under_a_false_key_is_not_whispered_to(desk: Desk) -> None:
    desk.read(OWN, received(1, "", body=from_mallory("it is me")))
    desk.submit("whisper", "Bob", "psst")
    desk.name_key()
    refusal = desk.settled[1]
    assert isinstance(refusal, m.Refusal)
    assert refusal.code == "contact_key_changed"


@pytest.mark.parametrize(
    "message",
    [
        received(1, "", body=b"rubbish"),
        received(1, "", body=sealed("for carol", "Bob", "Carol")),
        received(1, "", body=sealed("from carol", "Carol", "Alice")),
        received(1, "between others", "Bob", "Carol"),
        received(1, "", "Bob", "Carol", body=sealed("for others", "Bob", "Carol", key=ALICE.key)),
        received(1, "to oneself", "Alice", "Alice"),
        received(1, "hello")._replace(kind="text", body=b"open text"),
        received(1, "hello")._replace(kind="text"),
    ],
    ids=[
        "rubbish",
        "for another",
        "of another",
        "between others",
        "as if for others",
        "to oneself",
        "open",
        "of another kind",
    ],
)
def test_what_cannot_be_opened_is_said_and_passed_over(desk: Desk, message: m.Whisper) -> None:
    desk.read(OWN, message, received(2, "hello"))
    assert desk.names() == ["Error", "Whisper"]
    assert desk.seen(Error)[0].code == "cannot_open"
    assert desk.positions[OWN] == 2
    assert desk.texts()[1:] == ["hello"]


def test_what_is_read_again_in_the_history_pins_nothing_and_says_nothing(desk: Desk) -> None:
    desk.session.contacts.read(received(1, "hello"))
    desk.carry()
    assert (desk.pins, desk.shown) == ({}, [])
    desk.read(OWN, received(1, "", body=from_mallory("it is me")))
    assert desk.session.contacts.read(received(2, "hello")) == ("hello", True)
