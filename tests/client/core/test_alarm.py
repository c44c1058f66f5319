"""What has its place on which topic, and how a forged line is told of."""

from typing import get_args

import pytest

from tests.client.core.scripted import changed, invited, say, whisper
from zchat_client.core.alarm import OF_PARTY, OF_PUBLIC, OF_USER, alarm_of, belongs
from zchat_common import messages as m

KEY = m.NewKey(m.TopicKey("party.p1", 1, bytes(32)))
FAR = m.Pong("Alice", 1, 1, 1, 1, (m.TopicState("public", 1, 1), m.TopicState("party.p1", 1, 1)))
OWN = m.Pong("Alice", 1, 1, 1, 1, (m.TopicState("party.p1", 1, 1),))


@pytest.mark.parametrize(
    ("topic", "message", "wanted"),
    [
        ("public", say(1), True),
        ("public", m.Presence(1, ()), True),
        ("public", m.Stopping("bye"), True),
        ("public", m.Announcement(1, 1, "Root", "hear me"), True),
        ("party.p1", m.Announcement(1, 1, "Root", "hear me"), False),
        ("public", whisper(1), False),
        ("public", changed(1, "joined", "Alice", "Alice"), False),
        ("public", invited(1), False),
        ("public", FAR, False),
        ("public", KEY, False),
        ("party.p1", say(1), True),
        ("party.p1", changed(1, "left", "Bob", "Alice"), True),
        ("party.p1", changed(1, "left", "Bob", "Alice", party="p2"), False),
        ("party.p1", OWN, True),
        ("party.p1", FAR, False),
        ("party.p1", m.Presence(1, ()), False),
        ("party.p1", m.Stopping("bye"), False),
        ("party.p1", whisper(1), False),
        ("party.p1", KEY, False),
        ("user.alice", whisper(1), True),
        ("user.alice", m.Delivered(1, 1, "Bob", 1), True),
        ("user.alice", invited(1), True),
        ("user.alice", changed(1, "left", "Alice", "Bob"), True),
        ("user.alice", FAR, True),
        ("user.alice", KEY, True),
        ("user.alice", say(1), False),
    ],
)
def test_each_message_has_its_place(topic: str, message: m.Published, wanted: bool) -> None:
    assert belongs(topic, message) is wanted


def test_whatever_is_published_has_a_place_somewhere() -> None:
    assert {*OF_PUBLIC, *OF_PARTY, *OF_USER} == set(get_args(m.Published))


@pytest.mark.parametrize(
    ("topic", "forged", "place", "words"),
    [
        ("public", say(7, "give me \x1b[2J"), "public", '"give me \ufffd[2J" by Bob'),
        ("party.p1", changed(7, "left", "Bob", "Alice"), "party", "Bob: left"),
        ("party.p1", m.Unknown(7, 1), "party", "could not read"),
    ],
)
def test_an_alarm_names_the_place_and_what_was_said(topic: str, forged: m.Kept, place: str, words: str) -> None:
    alarm = alarm_of(topic, forged, 99)
    assert (alarm.code, alarm.topic, alarm.seq, alarm.at) == ("stream_forged", place, 7, 99)
    assert words in alarm.text
    assert alarm.text.startswith("FORGED: line 7")
