"""Whoever stands on the path of sealed frames: he forges, repeats, reorders, and plays with key numbers.

Each attack is a function that returns what it got. What an insider with the key can forge is another matter. Whispers:
``tests/common/test_whispers.py``; frames changed in any byte: ``tests/common/test_sealing.py``.
"""

import contextlib
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import pytest

from tests.security.path import HOST, OnThePath
from tests.security.weakened import DEFENCES, program
from tests.system.processes import Broker, Client, House, unique
from zchat_client.core.keyring import Keyring
from zchat_common import messages as m
from zchat_common.sealing import SealError, SealingKey, subscription

TOPIC: Final = "public"
KEY: Final = m.TopicKey(TOPIC, 7, b"k" * 32)

# -- at a reader's keys -----------------------------------------------------------------------------------------------


def opened(keyring: Keyring, frames: Sequence[bytes]) -> list[bytes]:
    """What a reader opens of frames, in order."""
    found = []
    for frame in frames:
        with contextlib.suppress(SealError):
            part = keyring.open(frame, lambda _topic: True)
            found += [part.plain] if part is not None else []
    return found


def repeat_and_reorder() -> list[bytes]:
    """Three frames, each twice, and the second one last."""
    sealing, keyring = SealingKey(KEY), Keyring()
    keyring.add(KEY)
    one, two, three = [sealing.seal(word) for word in (b"one", b"two", b"three")]
    return opened(keyring, [one, one, three, one, two, three])


def test_a_frame_that_was_repeated_or_held_back_is_not_opened() -> None:
    assert repeat_and_reorder() == [b"one", b"three"]


def test_without_counters_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    take_out("counters", monkeypatch)
    assert repeat_and_reorder() == [b"one", b"one", b"three", b"one", b"two", b"three"]


def forge() -> list[bytes]:
    """Frames of nobody: with another key, with a changed text, under another topic or number."""
    honest = SealingKey(KEY).seal(b"pay 100")
    place = honest.index(b"\0") + 1 + 16 + len("pay ")
    changed = honest[:place] + bytes([honest[place] ^ ord("1") ^ ord("9")]) + honest[place + 1 :]
    foreign = SealingKey(KEY._replace(key=b"o" * 32)).seal(b"pay 100")
    moved = subscription("party.x") + honest[len(subscription(TOPIC)) :]
    keyring = Keyring()
    keyring.add(KEY)
    return opened(keyring, [changed, foreign, moved])


def test_a_forged_frame_is_not_opened() -> None:
    assert forge() == []


def test_without_tags_a_text_can_be_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    take_out("tags", monkeypatch)
    assert b"pay 900" in forge()


def give_a_number_again() -> list[bytes]:
    """The same key once more, so that the counting would begin anew; and another key under its number."""
    sealing, keyring = SealingKey(KEY), Keyring()
    keyring.add(KEY)
    frame = sealing.seal(b"one")
    foreign = SealingKey(KEY._replace(key=b"o" * 32))
    found = opened(keyring, [frame])
    keyring.add(KEY)
    found += opened(keyring, [frame])
    keyring.add(KEY._replace(key=b"o" * 32))
    return found + opened(keyring, [foreign.seal(b"zero"), foreign.seal(b"two")])


def test_a_key_number_that_is_used_again_opens_nothing_more() -> None:
    assert give_a_number_again() == [b"one"]


def test_if_a_number_were_taken_again_it_would(monkeypatch: pytest.MonkeyPatch) -> None:
    take_out("key numbers", monkeypatch)
    assert give_a_number_again() == [b"one", b"one", b"zero", b"two"]


def take_out(defence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for owner, name, by in DEFENCES[defence]:
        monkeypatch.setattr(owner, name, by)


# -- on the path of a real client -------------------------------------------------------------------------------------

Tamper = Callable[[bytes], list[bytes]]


def change_a_digit(frame: bytes) -> list[bytes]:
    """Makes a 9 of the 1 in what Alice is known to say, without knowing the key."""
    # tag, seq, time and sender stand before the text, whose end is that of the message but for one byte.
    place = len(frame) - 16 - 1 - len("100 for bob")
    return [frame[:place] + bytes([frame[place] ^ ord("1") ^ ord("9")]) + frame[place + 1 :]]


class Held:
    """Repeats each frame, and lets each one wait for the next one."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def __call__(self, frame: bytes) -> list[bytes]:
        before, self._held = self._held, [frame]
        return [frame, frame, *before, frame, frame[:-1] + bytes([frame[-1] ^ 1])]


def shown_behind(house: House, broker: Broker, tamper: Tamper, client: Sequence[str], said: list[str]) -> list[str]:
    """What a client shows whose frames of the public topic go by such a path."""
    with OnThePath(broker) as path:
        (alice,) = house.join(broker, unique("alice"))
        bob = house.client(unique("bob"), broker, "--host", HOST, program=client)
        bob.wait("connected")
        path.instead = lambda frame: tamper(frame) if frame.startswith(subscription(TOPIC)) else [frame]
        alice.types(*said)
        for _ in said:
            bob.wait("message", deadline_s=30, sender=alice.name)
        path.instead = lambda frame: [frame]
        bob.types("/exit")
        assert bob.exit_code() == 0
        assert not bob.seen("disconnected")
        return [event["text"] for event in bob.seen("message", topic="public") if event["sender"] == alice.name]


@pytest.mark.skipif(sys.platform != "linux", reason="needs a second address of this machine")
def test_on_the_path_no_text_can_be_changed(house: House, broker: Broker) -> None:
    said = ["100 for bob"]
    assert shown_behind(house, broker, change_a_digit, ("zchat-client",), said) == said


@pytest.mark.skipif(sys.platform != "linux", reason="needs a second address of this machine")
def test_without_tags_the_path_changes_what_is_shown(house: House, broker: Broker) -> None:
    shown = shown_behind(house, broker, change_a_digit, program("tags", "client"), ["100 for bob"])
    assert shown == ["900 for bob"]


@pytest.mark.skipif(sys.platform != "linux", reason="needs a second address of this machine")
def test_frames_that_the_path_repeats_and_reorders_are_shown_once_and_in_order(house: House, broker: Broker) -> None:
    said = [f"number {n}" for n in range(12)]
    assert shown_behind(house, broker, Held(), ("zchat-client",), said) == said


# -- the key of a contact ---------------------------------------------------------------------------------------------


def whisper_to_a_name_that_changed_hands(house: House, client: Sequence[str]) -> list[str]:
    """Somebody else gets the freed name of a contact; returns what he is shown of what was for the first one."""
    broker = house.broker("--name-days", "0")
    alice = house.client("alice", broker, program=client)
    alice.wait("connected")
    (bob,) = house.join(broker, "bob")
    alice.types("/w bob hello")
    bob.wait("whisper")
    bob.types("/exit")
    assert bob.exit_code() == 0
    other = house.client("bob", broker, data=house.folder / "another")
    other.wait("connected")
    for number in range(3):
        line = f"/w bob secret {number}"
        alice.types(line)
        # The broker refuses the first one, too; who is careless looks the key up again.
        alice.wait_for(partial(result_of, alice, line), f"the result of {line}")
    alice.types("said to all")
    other.wait("message", text="said to all")
    return [event["text"] for event in other.seen("whisper")]


def result_of(client: Client, line: str) -> bool | None:
    """Whether there is one."""
    return any(event["event"] in ("sent", "error") and event.get("typed") == line for event in client.events) or None


def test_nothing_is_whispered_to_another_key_than_before(house: House) -> None:
    assert whisper_to_a_name_that_changed_hands(house, ("zchat-client",)) == []


def test_without_pinned_contacts_it_is(house: House) -> None:
    assert whisper_to_a_name_that_changed_hands(house, program("pinned contacts", "client")) != []


# -- whoever has the database -----------------------------------------------------------------------------------------


def look_into_the_files(house: House, client: Sequence[str]) -> set[str]:
    """What of two texts stands in the broker's files."""
    broker = house.broker()
    house.join(broker, "bob")
    alice = house.client("alice", broker, program=client)
    alice.types("/w bob a whispered secret", "a public word")
    alice.wait("sent", topic="public")
    alice.types("/exit")
    alice.exit_code()
    broker.begin_end()
    broker.exit_code()
    kept = b"".join(path.read_bytes() for path in broker.data.rglob("*") if path.is_file())
    return {text for text in ("a whispered secret", "a public word") if text.encode() in kept}


def test_a_stolen_database_holds_public_texts_and_no_whispers(house: House) -> None:
    assert look_into_the_files(house, ("zchat-client",)) == {"a public word"}


def test_without_sealed_whispers_it_holds_them_too(house: House) -> None:
    assert look_into_the_files(house, program("sealed whispers", "client")) == {"a public word", "a whispered secret"}
