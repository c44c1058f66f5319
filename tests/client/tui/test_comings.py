"""Comings and goings, which take up one line as long as nothing else is said."""

from dataclasses import replace

import pytest

from tests.client.tui.telling import message, presence, whisper
from zchat_client import events as e
from zchat_client.tui.conversation import PUBLIC, Conversation
from zchat_client.tui.line import Kind
from zchat_client.tui.logrows import LogRows
from zchat_client.tui.look import Glyphs
from zchat_client.tui.story import Story

DAY_MS = 86_400_000


def told(conversation: Conversation) -> list[str]:
    return [line.text for line in conversation.lines if line.kind is Kind.SYSTEM]


@pytest.mark.parametrize(
    ("events", "line"),
    [
        (["+bob"], "bob is here"),
        (["-bob"], "bob has gone"),
        (["+bob", "-bob"], "bob came and left"),
        (["-bob", "+bob"], "bob left and came back"),
        (["+bob", "-bob", "+bob"], "bob is here"),
        (["-bob", "+bob", "-bob"], "bob has gone"),
        (["+bob", "+carol", "+dora"], "dora, carol and bob are here"),
        (["+bob", "+carol", "-eve", "-carol", "+dora"], "dora and bob are here; carol came and left; eve has gone"),
        ([f"+{name}" for name in "abcde"], "e, d, c, b and a are here"),
        ([f"+{name}" for name in "abcdefg"], "g, f, e, d and 3 more are here"),
        (["-bob", "-carol"], "carol and bob have gone"),
    ],
)
def test_those_that_follow_each_other_stand_in_one_line(story: Story, events: list[str], line: str) -> None:
    for each in events:
        story.take(presence("online" if each[0] == "+" else "offline", each[1:]))
    assert told(story.conversations.public) == [line]


def test_what_is_said_between_parts_them(story: Story) -> None:
    for event in (presence("online"), presence("online", "carol"), message(1), presence("offline")):
        story.take(event)
    assert told(story.conversations.public) == ["carol and bob are here", "bob has gone"]


def test_the_line_says_when_the_last_of_them_was_and_ends_with_the_day(story: Story) -> None:
    for at in (1, 2, 3 * DAY_MS):
        story.take(replace(presence("online", f"user{at}"), at=at))
    lines = [line for line in story.conversations.public.lines if line.kind is Kind.SYSTEM]
    assert [(line.at, line.text) for line in lines] == [
        (2, "user2 and user1 are here"),
        (3 * DAY_MS, f"user{3 * DAY_MS} is here"),
    ]


def test_a_line_of_them_has_an_end(story: Story) -> None:
    for number in range(1_000):
        story.take(presence("online", f"user{number}"))
        story.take(presence("offline", f"user{number}"))
    assert 10 < len(told(story.conversations.public)) < 50
    assert all(len(text) < 200 for text in told(story.conversations.public))


def test_with_whom_one_whispers_one_sees_what_he_does_last(story: Story) -> None:
    story.take(whisper(1))
    for status in ("away", "online", "offline"):
        story.take(e.Presence(at=0, name="bob", status=status, since=0, text="tea" if status == "away" else ""))
        last = {"away": "bob is away: tea", "online": "bob is here", "offline": "bob has gone"}[status]
        assert told(story.conversations["@bob"]) == [last]


def test_whispers_that_were_closed_stay_so_whoever_comes(story: Story) -> None:
    story.take(whisper(1))
    story.conversations["@bob"].hidden = True
    story.take(presence("offline"))
    story.take(presence("online"))
    assert [each.key for each in story.conversations.listed()] == [PUBLIC]


def test_a_line_that_grows_moves_nothing_above_it(story: Story) -> None:
    public, rows = story.conversations.public, LogRows(Glyphs())
    story.take(message(1))
    story.take(presence("online", "n" * 20))
    rows.fill(public, 40)
    before, count = [rows.line_at(row) for row in range(2)], rows.count
    for number in range(4):
        story.take(presence("online", f"{number}" * 20))
    assert rows.follow(public) == 0
    assert [rows.line_at(row) for row in range(2)] == before
    assert rows.count > count
    assert [line.text for line in public.lines if line.kind is Kind.SYSTEM] == told(public)
    assert len(told(public)) == 1
