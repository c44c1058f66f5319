"""The story of a party, from its beginning to its end, without a screen."""

import pytest

from tests.client.tui.telling import message, party, texts
from zchat_client import events as e
from zchat_client.tui.conversation import PARTY, PUBLIC, Kind
from zchat_client.tui.story import Story


def test_a_new_party_counts_from_one_again(story: Story) -> None:
    begun = e.Party(at=0, change="created", name="alice", leader="alice", members=("alice",))
    story.take(begun)
    story.take(message(5, "old", topic="party"))
    story.take(e.Party(at=0, change="left", name="alice", leader="", members=()))
    story.take(begun)
    story.take(message(2, "new", topic="party"))
    assert texts(story.conversations[PARTY]) == ["old", "new"]


@pytest.mark.parametrize(
    "ends", [[party("left"), party("dissolved")], [party("kicked")], [party("left", "bob"), party("dissolved")]]
)
def test_a_party_that_is_over_is_left_for_public_and_goes_from_the_list(story: Story, ends: list[e.Party]) -> None:
    story.take(party("joined"))
    assert story.wants_open == PARTY, "whoever begins a party wants to talk to it"
    story.conversations.show(PARTY)
    for event in ends:
        story.take(event)
    assert story.wants_open == PUBLIC
    assert story.conversations.open.over
    story.conversations.show(PUBLIC)
    assert [each.key for each in story.conversations.listed()] == [PUBLIC]
    told = [line.text for line in story.conversations.open.lines if line.kind is Kind.SYSTEM]
    assert told[0] == "You joined the party"
    assert told[1:], "why one is here is said here"
    story.take(party("joined"))
    assert [each.key for each in story.conversations.listed()] == [PUBLIC, PARTY]
    assert not story.conversations[PARTY].over


def test_a_party_that_is_over_stays_listed_while_something_in_it_is_unread_or_begun(story: Story) -> None:
    story.take(party("created"))
    story.take(message(1, topic="party"))
    story.take(party("kicked"))
    assert [each.key for each in story.conversations.listed()] == [PUBLIC, PARTY]
    story.conversations.show(PARTY)
    story.conversations.open.draft = "and another thing"
    story.conversations.show(PUBLIC)
    assert [each.key for each in story.conversations.listed()] == [PUBLIC, PARTY]
    story.conversations.show(PARTY)
    story.conversations.open.draft = ""
    story.conversations.show(PUBLIC)
    assert [each.key for each in story.conversations.listed()] == [PUBLIC]


def test_an_invitation_that_ends_brings_no_party_back_that_is_over(story: Story) -> None:
    for change in ("created", "left", "dissolved", "declined", "expired"):
        story.take(party(change))
    assert [each.key for each in story.conversations.listed()] == [PUBLIC]
