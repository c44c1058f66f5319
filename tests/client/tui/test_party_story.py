"""The story of a party, from its beginning to its end, without a screen."""

import pytest

from tests.client.tui.telling import forged, message, party, states, texts
from zchat_client import events as e
from zchat_client.tui.conversation import PARTY, PUBLIC
from zchat_client.tui.line import Kind, State
from zchat_client.tui.story import Story
from zchat_client.tui.writing import Refused


def test_a_new_party_counts_from_one_again(story: Story) -> None:
    begun = e.Party(at=0, change="created", name="alice", leader="alice", members=("alice",))
    story.take(begun)
    story.take(message(5, "old", topic="party"))
    story.take(e.Party(at=0, change="left", name="alice", leader="", members=()))
    story.take(begun)
    story.take(message(2, "new", topic="party"))
    assert texts(story.conversations[PARTY]) == ["old", "new"]


OVER_BY_OTHERS = [[party("kicked")], [party("left", "bob"), party("dissolved")], [party("left")]]


def told(story: Story, key: str) -> list[str]:
    return [line.text for line in story.conversations[key].lines if line.kind is Kind.SYSTEM]


def test_what_was_said_in_the_party_before_is_found_by_no_place_of_this_one(story: Story) -> None:
    story.take(party("created"))
    story.take(message(3, "before", "bob", topic="party"))
    story.take(message(50, "long before", "bob", topic="party"))
    story.take(party("left"))
    story.take(party("created"))
    conversation = story.conversations[PARTY]
    story.take(e.Pending(at=1, typed="/p hello", id=7))
    story.take(e.Sent(at=2, topic="party", seq=3, typed="/p hello", id=7))
    assert [line.text for line in conversation.pending] == ["hello"]
    assert State.KEPT not in states(conversation)
    story.take(message(3, "hello", topic="party"))
    story.take(forged(3, "party"))
    story.take(message(4, "after", "bob", topic="party"))
    assert texts(conversation)[-1] == "after"


def test_a_party_that_one_leaves_goes_from_the_screen_and_from_the_list(story: Story) -> None:
    story.take(party("joined"))
    assert story.wants_open == PARTY, "whoever begins a party wants to talk to it"
    story.conversations.show(PARTY)
    story.parties.leaves = True
    story.take(party("left"))
    assert story.wants_open == PUBLIC
    assert story.conversations.open.over
    story.conversations.show(PUBLIC)
    story.take(party("dissolved"))
    assert [each.key for each in story.conversations.listed()] == [PUBLIC]
    assert story.parties.note == "You left the party"
    assert told(story, PUBLIC) == [], "what happens in a party is not for everyone"
    story.take(party("joined"))
    assert [each.key for each in story.conversations.listed()] == [PUBLIC, PARTY]
    assert not story.conversations[PARTY].over
    assert not story.parties.leaves


@pytest.mark.parametrize("ends", OVER_BY_OTHERS)
def test_a_party_that_others_end_stays_on_the_screen_until_one_goes_elsewhere(
    story: Story, ends: list[e.Party]
) -> None:
    story.take(party("joined"))
    story.conversations.show(PARTY)
    story.wants_open = None
    for event in ends:
        story.take(event)
    assert story.wants_open is None
    assert story.conversations.open.over
    assert told(story, PARTY)[-1] in ("You were removed from the party", "the party is over", "You left the party")
    story.conversations.show(PUBLIC)
    assert [each.key for each in story.conversations.listed()] == [PUBLIC]


@pytest.mark.parametrize("ends", OVER_BY_OTHERS)
def test_who_looks_elsewhere_finds_a_party_that_others_ended_marked_as_unread(
    story: Story, ends: list[e.Party]
) -> None:
    story.take(party("joined"))
    for event in ends:
        story.take(event)
    assert story.conversations[PARTY].news.unread == 1
    story.conversations.show(PARTY)
    story.conversations.show(PUBLIC)
    assert [each.key for each in story.conversations.listed()] == [PUBLIC]


def test_an_end_that_was_not_heard_of_is_told_in_the_party(story: Story) -> None:
    story.take(party("joined"))
    story.conversations.show(PARTY)
    story.wants_open = None
    story.end_party(7)
    assert story.wants_open is None
    assert told(story, PARTY)[-1] == "You are in the party no more"


def test_what_happens_in_a_party_stands_in_the_party_and_is_noted_where_one_looks(story: Story) -> None:
    story.take(party("created"))
    for change in ("invited", "joined", "declined", "leader", "left"):
        story.take(party(change, "bob"))
    assert told(story, PUBLIC) == []
    assert len(told(story, PARTY)) == 6
    assert story.parties.note == "bob left the party"
    story.conversations.show(PARTY)
    story.parties.note = ""
    story.take(party("invited", "bob"))
    assert story.parties.note == "", "who sees it needs no note"


def test_ones_own_invitation_is_told_where_one_looks(story: Story) -> None:
    story.take(party("declined"))
    assert told(story, PUBLIC) == ["You declined the invitation"]
    story.take(party("created"))
    story.conversations.show(story.conversations.whispers_with("bob").key)
    story.take(party("expired"))
    (ended,) = told(story, "@bob")
    assert ended.endswith("has ended")
    assert told(story, PARTY) == ["You began a party"], "that was another party"


def test_a_party_that_is_over_stays_listed_while_something_in_it_is_unread_or_begun(story: Story) -> None:
    story.take(party("created"))
    story.take(message(1, topic="party"))
    story.take(party("kicked"))
    assert [each.key for each in story.conversations.listed()] == [PUBLIC, PARTY]
    story.conversations.show(PARTY)
    story.conversations.open.writing.draft = "and another thing"
    story.conversations.show(PUBLIC)
    assert [each.key for each in story.conversations.listed()] == [PUBLIC, PARTY]
    story.conversations.show(PARTY)
    story.conversations.open.writing.draft = ""
    story.conversations.show(PUBLIC)
    assert [each.key for each in story.conversations.listed()] == [PUBLIC]


def test_an_invitation_that_ends_brings_no_party_back_that_is_over(story: Story) -> None:
    story.take(party("created"))
    story.parties.leaves = True
    for change in ("left", "dissolved", "declined", "expired"):
        story.take(party(change))
    assert [each.key for each in story.conversations.listed()] == [PUBLIC]


def test_a_new_party_begins_with_an_empty_input(story: Story) -> None:
    story.take(party("joined"))
    conversation = story.conversations[PARTY]
    conversation.writing.draft, conversation.writing.refused = "begun", [Refused("/p refused", "why")]
    story.take(party("kicked"))
    story.take(party("joined"))
    assert (conversation.writing.draft, conversation.writing.refused) == ("", [])
    assert conversation.writing.inputs == ["/p refused", "begun"]
