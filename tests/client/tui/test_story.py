from dataclasses import replace

import pytest

from zchat_client import events as e
from zchat_client.tui.conversation import PARTY, PUBLIC, Conversation, Kind, Line, State
from zchat_client.tui.story import Story

DAY_MS = 86_400_000


def message(
    seq: int, text: str = "hi", sender: str = "bob", *, topic: str = "public", replayed: bool = False
) -> e.Message:
    return e.Message(at=seq, topic=topic, seq=seq, sender=sender, text=text, action=False, replayed=replayed)


def whisper(seq: int, text: str = "psst", sender: str = "bob", recipient: str = "alice") -> e.Whisper:
    return e.Whisper(at=seq, seq=seq, sender=sender, recipient=recipient, text=text, replayed=False)


def connected() -> e.Connected:
    return e.Connected(
        at=0, name="Alice", title="Lab", fingerprint="SHA256:x", first_contact=False, users=(), party=None
    )


@pytest.fixture
def story() -> Story:
    begun = Story("alice")
    begun.take(connected())
    return begun


def texts(conversation: Conversation) -> list[str]:
    return [line.text for line in conversation.lines if line.kind is Kind.SAID]


def states(conversation: Conversation) -> list[State]:
    return [line.state for line in conversation.lines if line.kind is Kind.SAID]


def kinds(conversation: Conversation) -> list[Kind]:
    return [line.kind for line in conversation.lines]


def test_each_message_stands_where_it_was_said(story: Story) -> None:
    for event in (message(1), whisper(1), message(1, topic="party"), whisper(2, "yes", "Alice", "bob")):
        story.take(event)
    assert [each.key for each in story.conversations.listed()] == [PUBLIC, "@bob", PARTY]
    assert texts(story.conversations["@bob"]) == ["psst", "yes"]


def test_a_message_is_shown_once(story: Story) -> None:
    story.take(message(1))
    story.take(message(1))
    assert texts(story.conversations.open) == ["hi"]


def test_a_message_of_ones_own_is_pending_until_it_has_its_place(story: Story) -> None:
    story.take(e.Pending(at=0, typed="hello", id=1))
    assert [line.state for line in story.conversations.open.pending] == [State.PENDING]
    story.take(message(1, "before it"))
    story.take(e.Sent(at=0, topic="public", seq=2, typed="hello", id=1))
    assert [line.state for line in story.conversations.open.pending] == [State.KEPT]
    story.take(message(2, "hello", "alice"))
    assert story.conversations.open.pending == []
    assert texts(story.conversations.open) == ["before it", "hello"]
    assert story.conversations.open.lines[-1].state is State.KEPT


def test_published_before_it_was_acknowledged_is_no_second_message(story: Story) -> None:
    story.take(e.Pending(at=0, typed="hello", id=1))
    story.take(message(1, "hello", "alice"))
    story.take(e.Sent(at=0, topic="public", seq=1, typed="hello", id=1))
    assert story.conversations.open.pending == []
    assert texts(story.conversations.open) == ["hello"]


@pytest.mark.parametrize("published_first", [False, True])
def test_a_whisper_waits_for_its_recipient_until_it_is_delivered(story: Story, published_first: bool) -> None:
    story.take(e.Pending(at=0, typed="/w bob psst", id=1, recipient="bob"))
    sent = e.Sent(at=0, topic="user", seq=1, typed="/w bob psst", id=1, recipient="bob", delivery="stored")
    shown = whisper(1, "psst", "alice", "bob")
    for event in (shown, sent) if published_first else (sent, shown):
        story.take(event)
    bob = story.conversations["@bob"]
    assert states(bob) == [State.WAITING]
    story.take(e.Delivered(at=0, recipient="bob", seq=1))
    assert states(bob) == [State.DELIVERED]


def test_what_is_refused_is_under_way_no_more_and_told_beside_the_input(story: Story) -> None:
    story.take(e.Pending(at=0, typed="/w bbo psst", id=1, recipient="bbo"))
    story.take(e.Error(at=0, code="no_such_user", text="Nobody is called bbo.", typed="/w bbo psst", id=1))
    assert story.conversations["@bbo"].pending == []
    assert story.trouble is not None
    assert (story.trouble.text, story.trouble.typed) == ("Nobody is called bbo.", "/w bbo psst")


def test_unread_messages_and_mentions_are_counted_where_nobody_looks(story: Story) -> None:
    story.take(whisper(1))
    story.take(whisper(2, "alice!"))
    other = story.conversations["@bob"]
    assert (other.unread, other.mentions) == (2, 1)
    assert kinds(other) == [Kind.DAY, Kind.NEW, Kind.SAID, Kind.SAID]
    story.conversations.show("@bob")
    assert (other.unread, other.mentions) == (0, 0)
    assert Kind.NEW in kinds(other), "the mark stays while one reads"
    story.conversations.show(PUBLIC)
    assert Kind.NEW not in kinds(other)


def test_what_comes_while_one_looks_away_is_new(story: Story) -> None:
    story.take(message(1))
    story.conversations.look(False)
    story.take(message(2))
    assert story.conversations.open.unread == 1
    story.conversations.look(True)
    assert story.conversations.open.unread == 0
    assert kinds(story.conversations.open) == [Kind.DAY, Kind.SAID, Kind.NEW, Kind.SAID]


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("alice: hi", True),
        ("hi @Alice!", True),
        ("ALICE", True),
        ("malice", False),
        ("alice-2 is", False),
        ("hi", False),
    ],
)
def test_a_mention_is_ones_whole_name(story: Story, text: str, is_one: bool) -> None:
    story.take(message(1, text))
    assert story.conversations.open.lines[-1].mention is is_one


def test_notices_are_for_whispers_mentions_and_invitations(story: Story) -> None:
    story.take(message(1))
    assert story.notices.waiting == []
    for event in (message(2, "alice?"), whisper(1), e.Invited(at=0, inviter="bob", members=("bob",))):
        story.take(event)
    assert [notice.key for notice in story.notices.waiting] == [PUBLIC, "@bob", PUBLIC]


@pytest.mark.parametrize(("level", "count"), [("on", 2), ("mentions", 1), ("off", 0)])
def test_what_one_is_told_of_is_set_for_each_conversation(story: Story, level: str, count: int) -> None:
    story.conversations.open.notify = level
    story.take(message(1))
    story.take(message(2, "alice?"))
    assert len(story.notices.waiting) == count


def test_missed_messages_stand_below_a_line_that_counts_them(story: Story) -> None:
    story.take(e.Disconnected(at=0, reason="cut"))
    for seq in (1, 2, 3):
        story.take(message(seq, replayed=True))
    story.take(e.Reconnected(at=0, replayed=3))
    missed = [Kind.CAUGHT_UP, Kind.SAID, Kind.SAID, Kind.SAID]
    assert kinds(story.conversations.open) == [Kind.DAY, Kind.SYSTEM, *missed, Kind.SYSTEM]
    assert story.conversations.open.lines[2].text == "3"
    assert story.conversations.missed == 3
    story.conversations.show(story.conversations.whispers_with("bob").key)
    assert story.conversations.missed is None, "whoever looks elsewhere has seen it"


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


def test_a_new_party_counts_from_one_again(story: Story) -> None:
    begun = e.Party(at=0, change="created", name="alice", leader="alice", members=("alice",))
    story.take(begun)
    story.take(message(5, "old", topic="party"))
    story.take(e.Party(at=0, change="left", name="alice", leader="", members=()))
    story.take(begun)
    story.take(message(2, "new", topic="party"))
    assert texts(story.conversations[PARTY]) == ["old", "new"]


def test_older_messages_come_in_front_without_a_second_line_for_the_same_day() -> None:
    conversation = Conversation(PUBLIC, "public")
    conversation.add(Line(Kind.SAID, 2 * DAY_MS, "three", "bob", seq=3))
    added = conversation.prepend(
        [Line(Kind.SAID, at, str(seq), "bob", seq=seq) for seq, at in ((1, DAY_MS), (2, 2 * DAY_MS), (3, 2 * DAY_MS))]
    )
    assert added == 2
    assert kinds(conversation) == [Kind.DAY, Kind.SAID, Kind.DAY, Kind.SAID, Kind.SAID]
    assert conversation.first_seq == 1


def test_a_long_log_lets_its_oldest_lines_go_and_can_load_them_again() -> None:
    conversation = Conversation(PUBLIC, "public")
    for seq in range(1, 7_000):
        conversation.add(Line(Kind.SAID, seq, "x", "bob", seq=seq))
    assert len(conversation.lines) <= 5_500
    assert conversation.first_seq == conversation.lines[0].seq
    assert not conversation.complete
    assert conversation.dropped + len(conversation.lines) == 7_000


def test_speakers_come_the_latest_first(story: Story) -> None:
    for seq, sender in enumerate(("bob", "carol", "bob", "dave", "alice"), 1):
        story.take(message(seq, sender=sender))
    assert story.conversations.open.speakers() == ["dave", "bob", "carol"]


def test_the_next_unread_is_one_that_is_for_oneself(story: Story) -> None:
    story.take(e.Party(at=0, change="created", name="alice", leader="alice", members=("alice",)))
    story.take(whisper(1))
    story.conversations.show("@bob")
    story.take(message(1))
    story.take(message(1, "alice!", topic="party"))
    assert story.conversations.next_unread() == PARTY


def test_what_was_said_since_one_looked_last_is_new_also_when_a_page_brings_it(story: Story) -> None:
    story.conversations.open.read_seq = 1
    page = [Line(Kind.SAID, seq, str(seq), "bob", seq=seq) for seq in (1, 2, 3)]
    story.took_page(story.conversations.open, page[: story.conversations.open.prepend(page)])
    story.take(message(3, replayed=True))
    assert kinds(story.conversations.open) == [Kind.DAY, Kind.SAID, Kind.NEW, Kind.SAID, Kind.SAID]
    assert story.conversations.open.unread == 0


def test_who_names_those_who_keep_order(story: Story) -> None:
    users = (e.Member("alice", "online"), e.Member("Bob", "away"), e.Member("carol", "online"))
    story.take(e.Who(at=0, users=users, admins=("Bob", "carol")))
    assert story.conversations.open.lines[-1].text == "Here: alice, Bob (admin, away), carol (admin)"


def forged(seq: int, topic: str = "public") -> e.Error:
    return e.Error(at=9, code="stream_forged", text="FORGED", topic=topic, seq=seq)


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
    assert story.conversations.open.read_seq == 1
    story.conversations.look(False)
    for seq in (2, 3, 4):
        story.take(message(seq, str(seq)))
    assert texts(story.conversations.open) == ["1", "lie 2", "lie 3", "2", "3", "4"]
    assert story.conversations.open.unread == 3


def test_a_forged_line_of_the_party_is_marked_there(story: Story) -> None:
    story.take(message(1))
    story.take(message(1, topic="party"))
    story.take(forged(1, "party"))
    assert [bool(story.conversations[key].by_seq(1)) for key in (PUBLIC, PARTY)] == [True, False]


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


def party(change: str, name: str = "alice", *members: str) -> e.Party:
    return e.Party(at=0, change=change, name=name, leader="alice", members=members)


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


def test_numbers_of_conversations_stay_as_they_are(story: Story) -> None:
    def numbers() -> list[tuple[int, str]]:
        return [(each.number, each.key) for each in story.conversations.listed()]

    story.take(party("created"))
    assert numbers() == [(1, PUBLIC), (2, PARTY)]
    story.take(whisper(1))
    assert numbers() == [(1, PUBLIC), (2, PARTY), (3, "@bob")]
    story.take(whisper(2, sender="carol"))
    story.conversations["@bob"].hidden = True
    assert numbers() == [(1, PUBLIC), (2, PARTY), (4, "@carol")]
    story.take(whisper(3))
    assert numbers() == [(1, PUBLIC), (2, PARTY), (3, "@bob"), (4, "@carol")]


def test_a_conversation_that_never_came_to_anything_takes_no_number(story: Story) -> None:
    story.take(e.Pending(at=0, typed="/w bbo psst", id=1, recipient="bbo"))
    assert [each.number for each in story.conversations.listed()] == [1, 2]
    story.take(e.Error(at=0, code="no_such_user", text="Nobody is called bbo.", typed="/w bbo psst", id=1))
    story.take(whisper(1))
    assert [(each.key, each.number) for each in story.conversations.listed()] == [(PUBLIC, 1), ("@bob", 2)]


def presence(status: str, name: str = "bob") -> e.Presence:
    return e.Presence(at=0, name=name, status=status, since=0, text="")


def test_comings_and_goings_are_told_in_public_but_not_who_is_away_for_a_while(story: Story) -> None:
    for status in ("online", "away", "online", "away", "offline", "online"):
        story.take(presence(status))
    told = [line.text for line in story.conversations.open.lines if line.kind is Kind.SYSTEM]
    assert told == ["bob is here", "bob has gone", "bob is here"]


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


def test_only_messages_count_as_more_of_them(story: Story) -> None:
    story.conversations.look(False)
    for seq in (1, 2):
        story.take(message(seq))
        story.take(presence("online"))
        story.take(presence("offline"))
    assert len(story.conversations.open.lines) == 8, "with a day and a mark"
    assert story.conversations.open.said == 2
