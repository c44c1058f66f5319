"""What the events of a client become in the conversations."""

from dataclasses import replace

import pytest

from tests.client.tui.telling import forged, kinds, message, presence, texts, whisper
from zchat_client import events as e
from zchat_client.tui.conversation import PARTY, PUBLIC
from zchat_client.tui.conversations import Missed
from zchat_client.tui.line import Kind
from zchat_client.tui.story import Story

DAY_MS = 86_400_000


def test_each_message_stands_where_it_was_said(story: Story) -> None:
    for event in (message(1), whisper(1), message(1, topic="party"), whisper(2, "yes", "Alice", "bob")):
        story.take(event)
    assert [each.key for each in story.conversations.listed()] == [PUBLIC, "@bob", PARTY]
    assert texts(story.conversations["@bob"]) == ["psst", "yes"]


def test_a_message_is_shown_once(story: Story) -> None:
    story.take(message(1))
    story.take(message(1))
    assert texts(story.conversations.open) == ["hi"]


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("alice: hi", True),
        ("hi @Alice!", True),
        ("ALICE", True),
        ("malice", False),
        ("alice-2 is", False),
        ("http://x/alice", False),
        ("hi", False),
    ],
)
def test_a_mention_is_ones_whole_name(story: Story, text: str, is_one: bool) -> None:
    story.take(message(1, text))
    assert story.conversations.open.lines[-1].mention is is_one


def test_missed_messages_stand_below_a_line_that_counts_them(story: Story) -> None:
    story.take(e.Disconnected(at=0, reason="cut"))
    for seq in (1, 2, 3):
        story.take(message(seq, replayed=True))
    story.take(e.Reconnected(at=0, replayed=3))
    missed = [Kind.CAUGHT_UP, Kind.SAID, Kind.SAID, Kind.SAID]
    assert kinds(story.conversations.open) == [Kind.DAY, Kind.SYSTEM, *missed, Kind.SYSTEM]
    assert story.conversations.open.lines[2].text == "3"
    assert story.conversations.missed == Missed(here=3, elsewhere=0)
    story.conversations.show(story.conversations.whispers_with("bob").key)
    assert story.conversations.missed is None, "whoever looks elsewhere has seen it"


def test_ones_own_messages_were_not_missed(story: Story) -> None:
    story.take(e.Disconnected(at=0, reason="cut"))
    story.take(message(1, "said just before", "alice", replayed=True))
    story.take(e.Reconnected(at=0, replayed=0))
    assert Kind.CAUGHT_UP not in kinds(story.conversations.open)
    assert story.conversations.missed == Missed(here=0, elsewhere=0)


def test_what_was_missed_elsewhere_is_told_apart(story: Story) -> None:
    story.take(e.Disconnected(at=0, reason="cut"))
    story.take(message(1, replayed=True))
    story.take(message(1, topic="party", replayed=True))
    story.take(message(2, "mine", "alice", replayed=True))
    story.take(replace(whisper(1), replayed=True))
    # Of these, somebody is ignored: the client counts what it lets nobody read.
    story.take(e.Reconnected(at=0, replayed=5))
    assert story.conversations.missed == Missed(here=1, elsewhere=2)
    counts = [line.text for each in story.conversations for line in each.lines if line.kind is Kind.CAUGHT_UP]
    assert counts == ["1", "1", "1"]


def test_an_outage_is_told_in_public_and_where_one_looks(story: Story) -> None:
    story.take(whisper(1))
    story.take(whisper(1, sender="carol"))
    story.conversations.show("@bob")
    story.take(e.Disconnected(at=1_000, reason="cut"))
    lost_at = story.lost_at
    story.take(e.Reconnected(at=27_000, replayed=0))
    assert (lost_at, story.lost_at) == (1_000, None)
    for key, count in ((PUBLIC, 2), ("@bob", 2), ("@carol", 0)):
        told = [line.text for line in story.conversations[key].lines if line.kind is Kind.SYSTEM]
        assert len(told) == count
    assert story.conversations.open.lines[-1].text == "connected again after 26 s"


def test_who_names_those_who_keep_order(story: Story) -> None:
    users = (e.Member("alice", "online"), e.Member("Bob", "away"), e.Member("carol", "online"))
    story.take(e.Who(at=0, users=users, admins=("Bob", "carol")))
    assert story.conversations.open.lines[-1].text == "Here: alice, Bob (admin, away), carol (admin)"


def test_the_true_line_takes_the_place_of_a_forged_one_which_stays_marked(story: Story) -> None:
    for seq in (1, 2, 3):
        story.take(message(seq, f"lie {seq}" if seq == 2 else str(seq)))
    story.take(forged(2))
    story.take(message(2, "true 2"))
    story.take(message(2, "true 2"))
    story.take(message(4, "4"))
    assert texts(story.conversations.open) == ["1", "lie 2", "true 2", "3", "4"]
    assert [bool(line.warning) for line in story.conversations.open.lines if line.kind is Kind.SAID] == [
        False,
        True,
        *[False] * 3,
    ]


def test_the_places_of_lines_that_nobody_said_are_given_to_the_next_ones(story: Story) -> None:
    for seq in (1, 2, 3):
        story.take(message(seq, f"lie {seq}" if seq > 1 else "1"))
    story.take(forged(2))
    story.take(forged(3))
    assert story.conversations.open.news.read_seq == 1
    story.conversations.look(attentive=False, at_end=True)
    for seq in (2, 3, 4):
        story.take(message(seq, str(seq)))
    assert texts(story.conversations.open) == ["1", "lie 2", "lie 3", "2", "3", "4"]
    assert story.conversations.open.news.unread == 3


def test_a_forged_line_of_the_party_is_marked_there(story: Story) -> None:
    story.take(message(1))
    story.take(message(1, topic="party"))
    story.take(forged(1, "party"))
    assert [bool(story.conversations[key].by_seq(1)) for key in (PUBLIC, PARTY)] == [True, False]


def test_a_forged_change_of_the_party_is_marked_where_it_was_shown(story: Story) -> None:
    for seq, name, change in ((1, "alice", "joined"), (2, "bob", "kicked"), (3, "bob", "joined")):
        place = e.Place("party", seq)
        story.take(e.Party(at=seq, change=change, name=name, leader="bob", members=("alice", "bob"), place=place))
    story.take(message(4, topic="party"))
    story.take(message(2))
    story.take(forged(2, "party"))
    story.take(message(2, "true 2", topic="party"))
    lines = story.conversations[PARTY].lines
    warnings = [line.text for line in lines if line.warning == "forged: this did not happen"]
    assert warnings == ["bob was removed from the party"]
    assert texts(story.conversations[PARTY]) == ["true 2", "hi"], "what was said there in truth has its place"


def test_a_party_whose_end_was_forged_goes_on(story: Story) -> None:
    for seq, change in ((1, "joined"), (2, "kicked")):
        place = e.Place("party", seq)
        story.take(e.Party(at=seq, change=change, name="alice", leader="bob", members=("alice", "bob"), place=place))
    party = story.conversations[PARTY]
    assert party.over
    story.take(forged(2, "party"))
    story.go_on_with_party()
    assert party in story.conversations.listed()
    assert not party.over


@pytest.mark.parametrize(("sender", "recipient"), [("bob", "alice"), ("alice", "bob")])
def test_a_whisper_that_cannot_be_opened_stands_among_those_with_the_other(
    story: Story, sender: str, recipient: str
) -> None:
    code, text = "cannot_open", "A whisper cannot be opened."
    story.take(whisper(1))
    story.take(e.Error(at=2, code=code, text=text, topic="user", seq=2, sender=sender, recipient=recipient))
    story.take(whisper(3))
    assert kinds(story.conversations["@bob"])[2:] == [Kind.SAID, Kind.ERROR, Kind.SAID]
    assert Kind.ERROR not in kinds(story.conversations.open)


def test_comings_and_goings_are_told_in_public_but_not_who_is_away_for_a_while(story: Story) -> None:
    for status in ("online", "away", "online", "away", "offline", "online"):
        story.take(presence(status))
    told = [line.text for line in story.conversations.open.lines if line.kind is Kind.SYSTEM]
    assert told == ["bob is here"], "as what happened between has come to"
    story.take(presence("away"))
    story.take(presence("offline"))
    told = [line.text for line in story.conversations.open.lines if line.kind is Kind.SYSTEM]
    assert told == ["bob came and left"]


def test_what_is_told_at_the_start_stands_below_what_was_said_before(story: Story) -> None:
    story.conversations.opening("a setting is broken", 5 * DAY_MS)
    story.conversations.opening("first contact", 5 * DAY_MS)
    for seq in (1, 2):
        story.take(replace(message(seq, str(seq), replayed=True), at=seq * DAY_MS))
    story.take(replace(presence("online"), at=5 * DAY_MS))
    story.take(replace(message(3, "3", replayed=True), at=5 * DAY_MS))
    story.take(replace(message(4, "4"), at=5 * DAY_MS))
    told = ["1", "2", "3", "a setting is broken", "first contact", "bob is here", "4"]
    assert [line.text for line in story.conversations.open.lines if line.text] == told
    assert kinds(story.conversations.open)[:6] == [Kind.DAY, Kind.SAID, Kind.DAY, Kind.SAID, Kind.DAY, Kind.SAID]
    assert kinds(story.conversations.open).count(Kind.DAY) == 3
    assert Kind.NEW not in kinds(story.conversations.open), "to whom all is new nothing is marked so"
