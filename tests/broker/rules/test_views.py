"""Who may read what since when, and what a session is shown."""

import pytest

from tests.broker.rules.conversation import MINUTE, Chat
from zchat_broker.rules.views import (
    Readable,
    open_invitations,
    party_state,
    readable_from,
    readable_parts,
    roster,
    topics_of,
)
from zchat_common.messages import OpenInvitation, PartyState, RosterEntry, TopicState


def test_everybody_reads_public_from_the_start() -> None:
    chat = Chat("alice")
    chat.ok("alice", "say", "before bob came", False)
    chat.join("bob")
    assert readable_from(chat.state, "bob", "public") == 1


def test_a_user_topic_is_for_its_user_only() -> None:
    chat = Chat("al", "alice")
    assert readable_from(chat.state, "al", "user.al") == 1
    assert readable_from(chat.state, "al", "user.alice") is None
    assert readable_from(chat.state, "alice", "user.al") is None


@pytest.mark.parametrize("topic", ["", "user.", "party.", "private", "public ", "Public", "user.bob\0", "party"])
def test_what_is_no_topic_is_for_nobody(topic: str) -> None:
    chat = Chat("alice", "bob")
    chat.party("alice", "bob")
    assert readable_from(chat.state, "bob", topic) is None


def test_a_party_topic_is_for_its_members_only() -> None:
    chat = Chat("alice", "bob", "carol", "dave", "erin")
    topic = chat.party("alice", "bob")
    other = chat.party("carol", "dave")
    chat.ok("alice", "party_invite", "erin")
    assert readable_from(chat.state, "alice", topic) == 1
    assert readable_from(chat.state, "bob", topic) == 3
    for user, denied in (("carol", topic), ("alice", other), ("erin", topic), ("nobody", topic)):
        assert readable_from(chat.state, user, denied) is None


def test_an_absent_member_may_read_until_he_has_left() -> None:
    chat = Chat("alice", "bob")
    topic = chat.party("alice", "bob")
    chat.lose("bob")
    assert readable_from(chat.state, "bob", topic) == 3
    chat.wait(2 * MINUTE)
    assert readable_from(chat.state, "bob", topic) is None


def test_topics_say_where_each_stands_and_where_one_may_begin() -> None:
    chat = Chat("alice", "bob")
    assert topics_of(chat.state, "bob") == (TopicState("public", 0, 1), TopicState("user.bob", 0, 1))
    chat.ok("alice", "say", "hi", False)
    topic = chat.party("alice", "bob")
    assert topics_of(chat.state, "bob") == (
        TopicState("public", 1, 1),
        TopicState("user.bob", 1, 1),
        TopicState(topic, 3, 3),
    )
    chat.ok("alice", "party_kick", "bob")
    own = (TopicState("public", 1, 1), TopicState("user.bob", 2, 1))
    assert topics_of(chat.state, "bob") == (*own, TopicState(topic, 3, 3, told_seq=2))
    chat.ok("bob", "received", 2)
    assert topics_of(chat.state, "bob") == own


def test_the_tails_of_former_memberships_come_before_the_party_of_today() -> None:
    chat = Chat("alice", "bob")
    topic = chat.party("alice", "bob")
    chat.ok("bob", "party_leave")
    chat.ok("alice", "party_say", "not for bob", False)
    chat.ok("alice", "party_invite", "bob")
    chat.ok("bob", "party_accept", topic.removeprefix("party."))
    own = (TopicState("public", 0, 1), TopicState("user.bob", 3, 1))
    assert topics_of(chat.state, "bob") == (*own, TopicState(topic, 3, 3, told_seq=2), TopicState(topic, 7, 7))
    assert readable_parts(chat.state, "bob", topic) == [Readable(3, 3), Readable(7, None)]
    assert readable_parts(chat.state, "alice", topic) == [Readable(1, None)]


def test_a_party_is_shown_with_names_as_typed_in_the_order_of_joining() -> None:
    chat = Chat("Zoe", "Alice", "bob")
    assert party_state(chat.state, "zoe") is None
    topic = chat.party("zoe", "bob", "alice")
    chat.ok("zoe", "party_lead", "bob")
    shown = PartyState(topic.removeprefix("party."), "bob", ("Zoe", "bob", "Alice"))
    assert party_state(chat.state, "alice") == shown


def test_open_invitations_are_shown_the_oldest_first() -> None:
    chat = Chat("Alice", "Bob", "carol")
    first = chat.invite("bob", "carol")
    chat.at += 1
    second = chat.invite("alice", "carol")
    assert open_invitations(chat.state, "carol") == (
        OpenInvitation(first, "Bob", ("Bob",), chat.at - 1 + 10 * MINUTE),
        OpenInvitation(second, "Alice", ("Alice",), chat.at + 10 * MINUTE),
    )
    chat.ok("carol", "party_decline", first)
    assert [invitation.party for invitation in open_invitations(chat.state, "carol")] == [second]
    assert open_invitations(chat.state, "alice") == ()


def test_an_open_invitation_shows_the_party_as_it_is_now() -> None:
    chat = Chat("alice", "bob", "carol")
    chat.ok("alice", "party_invite", "carol")
    chat.party("alice", "bob")
    chat.ok("alice", "party_leave")
    (shown,) = open_invitations(chat.state, "carol")
    assert (shown.inviter, shown.members) == ("alice", ("bob",))


def test_the_roster_is_everybody_online_sorted_by_folded_name() -> None:
    chat = Chat("bob", "Zoe", "Alice", "carol")
    start = chat.at
    chat.at += MINUTE
    chat.ok("zoe", "away", "lunch")
    chat.lose("carol")
    assert roster(chat.state) == (
        RosterEntry("Alice", "online", start, ""),
        RosterEntry("bob", "online", start, ""),
        RosterEntry("Zoe", "away", chat.at, "lunch"),
    )
