"""Parties from the first invitation to the last one out."""

import pytest

from tests.broker.rules.conversation import MINUTE, SECOND, Chat, news, of, one, posted, told
from zchat_broker.rules.effects import Answered, Effect, KeyChanged, Posted, TopicDropped
from zchat_broker.rules.views import readable_from
from zchat_common.limits import OPEN_INVITATIONS_MAX, PARTY_PLACES_MAX
from zchat_common.messages import Answer, Invited, PartyChanged, Say


def answer(effects: list[Effect]) -> Answer:
    given = one(Answered, effects).answer
    assert isinstance(given, Answer)
    return given


# -- inviting -------------------------------------------------------------------------------------------------------


def test_the_first_invitation_creates_a_party() -> None:
    chat = Chat("Alice", "Bob")
    effects = chat.ok("alice", "party_invite", "BOB")
    party = chat.party_of("alice")
    topic = f"party.{party.id}"
    assert party.leader == "alice"
    assert posted(effects, topic) == [
        PartyChanged(1, chat.at, party.id, "created", "Alice", "Alice", ("Alice",), ""),
        PartyChanged(2, chat.at, party.id, "invited", "Bob", "Alice", ("Alice",), ""),
    ]
    invited = Invited(1, chat.at, party.id, "Alice", ("Alice",), chat.at + 10 * MINUTE)
    assert posted(effects, "user.bob") == [invited]
    assert answer(effects) == Answer(1, 1, chat.at, topic, 1, "created")


def test_the_key_of_a_new_party_comes_before_its_first_message() -> None:
    chat = Chat("alice", "bob")
    effects = chat.ok("alice", "party_invite", "bob")
    topic = f"party.{chat.party_of('alice').id}"
    mine = [effect for effect in effects if isinstance(effect, (KeyChanged, Posted)) and effect.topic == topic]
    assert mine[0] == KeyChanged(topic, ("alice",), 0)


def test_any_member_invites_to_the_same_party() -> None:
    chat = Chat("alice", "bob", "carol")
    topic = chat.party("alice", "bob")
    effects = chat.ok("bob", "party_invite", "carol")
    assert news(effects, topic) == ["invited carol"]
    (invited,) = posted(effects, "user.carol")
    assert isinstance(invited, Invited)
    assert (invited.inviter, invited.members) == ("bob", ("alice", "bob"))
    given = answer(effects)
    assert (given.topic, given.detail) == (topic, "")
    assert given.seq == chat.state.last_seq[topic]


def test_a_known_user_who_is_gone_is_invited_too() -> None:
    chat = Chat("alice", "bob")
    chat.lose("bob")
    party = chat.invite("alice", "bob")
    chat.join("bob")
    chat.ok("bob", "party_accept", party)
    assert chat.members("alice") == ("alice", "bob")


def test_who_cannot_be_invited() -> None:
    chat = Chat("alice", "bob", "carol")
    assert chat.refused("alice", "party_invite", "alice") == "not_yourself"
    assert chat.refused("alice", "party_invite", "nobody") == "no_such_user"
    chat.party("alice", "bob")
    assert chat.refused("alice", "party_invite", "bob") == "already_member"
    chat.ok("alice", "party_invite", "carol")
    assert chat.refused("alice", "party_invite", "carol") == "already_invited"
    assert chat.refused("bob", "party_invite", "CAROL") == "already_invited"
    assert chat.refused("alice", "party_invite", "Alice") == "not_yourself"


def test_a_party_has_so_many_places_for_members_and_invited_together() -> None:
    chat = Chat("alice", "bob", "one.more", *[f"guest{n}" for n in range(PARTY_PLACES_MAX - 2)])
    chat.party("alice", "bob")
    for n in range(PARTY_PLACES_MAX - 2):
        chat.ok("bob", "party_invite", f"guest{n}")
    party = chat.party_of("alice").id
    assert chat.refused("alice", "party_invite", "one.more") == "access_denied"
    chat.ok("guest0", "party_accept", party)
    assert chat.refused("guest0", "party_invite", "one.more") == "access_denied"
    assert chat.refused("guest0", "party_invite", "guest1") == "already_invited"
    chat.ok("guest1", "party_decline", party)
    chat.ok("alice", "party_invite", "one.more")
    assert chat.refused("alice", "party_invite", "guest1") == "access_denied"
    chat.ok("guest0", "party_leave")
    chat.ok("alice", "party_invite", "guest1")


def test_a_user_has_so_many_open_invitations() -> None:
    hosts = [f"host{n}" for n in range(OPEN_INVITATIONS_MAX)]
    chat = Chat("alice", "bob", "carol", *hosts)
    parties = [chat.invite(host, "carol") for host in hosts]
    assert chat.refused("alice", "party_invite", "Carol") == "access_denied"
    assert chat.state.party_of("alice") is None
    assert chat.refused("host0", "party_invite", "carol") == "already_invited"
    chat.ok("alice", "party_invite", "bob")
    assert chat.refused("alice", "party_invite", "carol") == "access_denied"
    chat.ok("carol", "party_accept", parties[7])
    chat.ok("alice", "party_invite", "carol")


def test_one_may_be_invited_to_several_parties() -> None:
    chat = Chat("alice", "bob", "carol")
    first, second = chat.invite("alice", "carol"), chat.invite("bob", "carol")
    chat.ok("carol", "party_accept", second)
    assert chat.members("bob") == ("bob", "carol")
    assert chat.refused("carol", "party_accept", first) == "already_in_party"
    chat.ok("carol", "party_leave")
    chat.ok("carol", "party_accept", first)
    assert chat.members("alice") == ("alice", "carol")


# -- joining --------------------------------------------------------------------------------------------------------


def test_a_join_is_told_under_a_key_that_the_newcomer_has() -> None:
    chat = Chat("Alice", "Bob")
    party = chat.invite("alice", "bob")
    topic = f"party.{party}"
    chat.ok("alice", "party_say", "before", False)
    effects = chat.ok("bob", "party_accept", party)
    changed, message = [e for e in effects if isinstance(e, (KeyChanged, Posted))]
    assert changed == KeyChanged(topic, ("alice", "bob"), 3)
    joined = PartyChanged(4, chat.at, party, "joined", "Bob", "Alice", ("Alice", "Bob"), "")
    assert message == Posted(topic, joined)
    assert answer(effects) == Answer(1, 1, chat.at, topic, 4, "joined")


def test_a_member_reads_from_his_own_joined_on() -> None:
    chat = Chat("alice", "bob")
    party = chat.invite("alice", "bob")
    topic = f"party.{party}"
    chat.ok("alice", "party_say", "before", False)
    assert readable_from(chat.state, "bob", topic) is None
    chat.ok("bob", "party_accept", party)
    assert readable_from(chat.state, "bob", topic) == 4
    assert readable_from(chat.state, "alice", topic) == 1


def test_who_comes_again_reads_from_his_second_joined_on() -> None:
    chat = Chat("alice", "bob")
    topic = chat.party("alice", "bob")
    first = readable_from(chat.state, "bob", topic)
    chat.ok("bob", "party_leave")
    chat.ok("alice", "party_say", "a secret", False)
    secret = chat.state.last_seq[topic]
    assert readable_from(chat.state, "bob", topic) is None
    chat.party("alice", "bob")
    second = readable_from(chat.state, "bob", topic)
    assert first is not None
    assert second is not None
    assert first < secret < second
    assert chat.members("alice") == ("alice", "bob")


def test_an_invitation_is_used_up_by_joining() -> None:
    chat = Chat("alice", "bob")
    topic = chat.party("alice", "bob")
    chat.ok("bob", "party_leave")
    assert chat.refused("bob", "party_accept", topic.removeprefix("party.")) == "no_invitation"


@pytest.mark.parametrize("op", ["party_accept", "party_decline"])
def test_without_an_invitation_there_is_nothing_to_answer(op: str) -> None:
    chat = Chat("alice", "bob", "carol")
    party = chat.invite("alice", "bob")
    assert chat.refused("carol", op, party) == "no_invitation"
    assert chat.refused("alice", op, party) == "no_invitation"
    assert chat.refused("carol", op, "no such party") == "no_invitation"
    assert chat.refused("carol", op, "") == "no_invitation"


def test_accepting_while_alone_in_ones_own_party_leaves_that() -> None:
    chat = Chat("alice", "bob", "carol")
    party = chat.invite("alice", "bob")
    own = chat.invite("bob", "carol")
    effects = chat.ok("bob", "party_accept", party)
    assert told(effects, "bob") == ["expired carol", "left bob", "dissolved bob"]
    assert told(effects, "carol") == ["expired carol"]
    assert one(TopicDropped, chat.ok("bob", "received", 100)).topic == f"party.{own}"
    assert chat.members("bob") == ("alice", "bob")
    assert chat.refused("carol", "party_accept", own) == "no_invitation"


def test_accepting_while_in_a_party_with_others_is_refused() -> None:
    chat = Chat("alice", "bob", "carol")
    party = chat.invite("alice", "bob")
    chat.party("bob", "carol")
    assert chat.refused("bob", "party_accept", party) == "already_in_party"
    chat.lose("carol")  # her seat is kept, so bob is not alone
    assert chat.refused("bob", "party_accept", party) == "already_in_party"
    chat.wait(120 * SECOND)
    chat.ok("bob", "party_accept", party)


def test_nobody_accepts_twice() -> None:
    chat = Chat("alice", "bob")
    topic = chat.party("alice", "bob")
    assert chat.refused("bob", "party_accept", topic.removeprefix("party.")) == "no_invitation"


# -- invitations that come to nothing -------------------------------------------------------------------------------


def test_a_decline_is_told_to_the_members_and_to_who_declined() -> None:
    chat = Chat("alice", "bob", "carol")
    topic = chat.party("alice", "bob")
    party = chat.invite("alice", "carol")
    effects = chat.ok("carol", "party_decline", party)
    assert news(effects, topic) == ["declined carol"]
    assert told(effects, "carol") == ["declined carol"]
    assert told(effects, "alice") == []
    assert not of(KeyChanged, effects)


@pytest.mark.parametrize("outcome", ["declined", "expired"])
def test_an_inviter_who_left_is_told_what_became_of_his_invitation(outcome: str) -> None:
    chat = Chat("alice", "bob", "carol")
    topic = chat.party("alice", "bob")
    party = chat.invite("alice", "carol")
    chat.ok("alice", "party_leave")
    declined = outcome == "declined"
    effects = chat.ok("carol", "party_decline", party) if declined else chat.wait(10 * MINUTE)
    assert news(effects, topic) == [f"{outcome} carol"]
    assert told(effects, "carol") == [f"{outcome} carol"]
    assert told(effects, "alice") == [f"{outcome} carol"]


def test_an_invitation_stays_valid_when_its_inviter_leaves() -> None:
    chat = Chat("alice", "bob", "carol")
    chat.party("alice", "bob")
    party = chat.invite("alice", "carol")
    chat.ok("alice", "exit")
    chat.ok("carol", "party_accept", party)
    assert chat.members("carol") == ("bob", "carol")


def test_an_invitation_ends_after_ten_minutes_and_not_before() -> None:
    chat = Chat("alice", "bob")
    party = chat.invite("alice", "bob")
    assert chat.wait(10 * MINUTE - 1) == []
    effects = chat.wait(1)
    assert news(effects, f"party.{party}") == ["expired bob"]
    assert told(effects, "bob") == ["expired bob"]
    assert chat.refused("bob", "party_accept", party) == "no_invitation"
    chat.ok("alice", "party_invite", "bob")


def test_an_invitation_ends_with_its_party() -> None:
    chat = Chat("alice", "bob", "carol")
    party = chat.invite("alice", "bob")
    chat.ok("alice", "party_invite", "carol")
    effects = chat.ok("alice", "party_leave")
    assert told(effects, "alice") == ["expired bob", "expired carol", "left alice", "dissolved alice"]
    assert told(effects, "bob") == ["expired bob"]
    assert told(effects, "carol") == ["expired carol"]
    assert chat.refused("bob", "party_accept", party) == "no_invitation"


# -- talking, kicking, handing over ---------------------------------------------------------------------------------


def test_a_party_text_goes_to_the_party_only() -> None:
    chat = Chat("Alice", "bob")
    topic = chat.party("alice", "bob")
    effects = chat.ok("alice", "party_say", "psst", True)
    seq = chat.state.last_seq[topic]
    assert effects[0] == Posted(topic, Say(seq, chat.at, "Alice", "psst", True))
    assert len(effects) == 2
    assert answer(effects)[3:] == (topic, seq, "")


@pytest.mark.parametrize(
    ("op", "args"),
    [("party_say", ("hi", False)), ("party_leave", ()), ("party_kick", ("alice",)), ("party_lead", ("alice",))],
)
def test_who_is_in_no_party_can_do_nothing_in_it(op: str, args: tuple[str | bool, ...]) -> None:
    chat = Chat("alice", "bob", "carol")
    chat.party("alice", "bob")
    assert chat.refused("carol", op, *args) == "not_in_party"


def test_only_the_leader_kicks_and_hands_over() -> None:
    chat = Chat("alice", "bob", "carol")
    chat.party("alice", "bob", "carol")
    assert chat.refused("bob", "party_kick", "carol") == "not_leader"
    assert chat.refused("bob", "party_lead", "bob") == "not_leader"


@pytest.mark.parametrize("op", ["party_kick", "party_lead"])
def test_whom_a_leader_cannot_kick_or_make_leader(op: str) -> None:
    chat = Chat("alice", "bob", "carol")
    chat.party("alice", "bob")
    chat.ok("alice", "party_invite", "carol")
    assert chat.refused("alice", op, "Alice") == "not_yourself"
    assert chat.refused("alice", op, "carol") == "not_member"
    assert chat.refused("alice", op, "nobody") == "no_such_user"


def test_who_was_kicked_is_told_and_reads_no_more() -> None:
    chat = Chat("Alice", "Bob", "carol")
    topic = chat.party("alice", "bob", "carol")
    party = topic.removeprefix("party.")
    effects = chat.ok("alice", "party_kick", "BOB")
    mine = [effect for effect in effects if isinstance(effect, (KeyChanged, Posted)) and effect.topic == topic]
    assert mine[0] == KeyChanged(topic, ("alice", "carol"), 5)
    kicked = (party, "kicked", "Bob", "Alice", ("Alice", "carol"), "by Alice")
    assert posted(effects, topic)[0][2:] == (*kicked, 0, 0)
    # Five messages came before, of which the third is his joining.
    assert posted(effects, "user.bob")[0][2:] == (*kicked, 3, 5)
    assert readable_from(chat.state, "bob", topic) is None
    assert chat.refused("bob", "party_say", "still here?", False) == "not_in_party"


def test_an_absent_member_can_be_kicked_and_made_leader() -> None:
    chat = Chat("alice", "bob", "carol")
    topic = chat.party("alice", "bob", "carol")
    chat.lose("bob")
    chat.lose("carol")
    chat.ok("alice", "party_lead", "carol")
    assert chat.party_of("alice").leader == "carol"
    chat.join("carol")
    effects = chat.ok("carol", "party_kick", "bob")
    assert told(effects, "bob") == ["kicked bob"]
    assert news(chat.wait(10 * MINUTE), topic) == []


def test_handing_over_makes_the_other_the_leader() -> None:
    chat = Chat("alice", "bob")
    topic = chat.party("alice", "bob")
    effects = chat.ok("alice", "party_lead", "bob")
    assert news(effects, topic) == ["leader bob"]
    assert not of(KeyChanged, effects)
    assert chat.refused("alice", "party_kick", "bob") == "not_leader"
    chat.ok("bob", "party_kick", "alice")


# -- leaving --------------------------------------------------------------------------------------------------------


def test_a_leave_is_told_under_a_key_that_the_leaver_has_not() -> None:
    chat = Chat("Alice", "Bob")
    topic = chat.party("alice", "bob")
    effects = chat.ok("bob", "party_leave")
    mine = [effect for effect in effects if isinstance(effect, (KeyChanged, Posted)) and effect.topic == topic]
    assert mine[0] == KeyChanged(topic, ("alice",), 3)
    assert news(effects, topic) == ["left Bob"]
    assert told(effects, "bob") == ["left Bob"]


def test_the_longest_member_succeeds_the_leader() -> None:
    chat = Chat("zoe", "yan", "alice", "bob")
    topic = chat.party("zoe", "yan", "bob", "alice")
    chat.ok("yan", "party_leave")
    chat.party("zoe", "yan")
    chat.ok("zoe", "party_lead", "alice")
    effects = chat.ok("alice", "party_leave")
    assert news(effects, topic) == ["left alice", "leader zoe"]
    effects = chat.ok("zoe", "party_leave")
    assert news(effects, topic) == ["left zoe", "leader bob"]
    effects = chat.ok("bob", "party_leave")
    assert news(effects, topic) == ["left bob", "leader yan"]


def test_the_last_one_out_dissolves_the_party() -> None:
    chat = Chat("alice", "bob")
    topic = chat.party("alice", "bob")
    chat.ok("alice", "party_leave")
    effects = chat.ok("bob", "party_leave")
    assert told(effects, "bob") == ["left bob", "dissolved bob"]
    assert news(effects, topic) == []
    assert chat.state.parties == {}
    assert TopicDropped not in [type(effect) for effect in effects]
    assert TopicDropped not in [type(effect) for effect in chat.ok("bob", "received", 100)]
    assert one(TopicDropped, chat.ok("alice", "received", 100)).topic == topic
    assert topic not in chat.state.last_seq
    assert readable_from(chat.state, "bob", topic) is None
    assert chat.refused("bob", "party_leave") == "not_in_party"


def test_a_new_party_is_not_the_old_one() -> None:
    chat = Chat("alice", "bob")
    old = chat.party("alice", "bob")
    chat.ok("alice", "party_leave")
    chat.ok("bob", "party_leave")
    assert chat.party("alice", "bob") != old
