"""What a member reads of his parties: from his joining to his leaving, and nothing of anybody else's."""

import pytest

from tests.client.core.scripted import OWN, PARTY, START, Desk, changed, invited, online_in_party, say
from zchat_client.events import Error, Message, Party
from zchat_common import messages as m
from zchat_common.errors import Code

# -- a ban changes the key of public ----------------------------------------------------------------------------------


def test_an_invitation_is_shown_and_subscribed_to(desk: Desk) -> None:
    desk.read(OWN, invited(1))
    assert desk.names() == ["Invited"]
    assert desk.subscriptions == ["+party.p1"]
    assert desk.session.reading.membership.invitation(None) == "p1"


def test_open_invitations_are_known_from_the_registration() -> None:
    desk = Desk()
    desk.open()
    desk.hear(desk.registered(invitations=(m.OpenInvitation("p7", "Bob", ("Bob",), START),)))
    assert desk.subscriptions[-1] == "+party.p7"
    assert desk.session.reading.membership.invitation("bob") == "p7"


def test_joining_reads_the_party_from_one_s_own_join_on(desk: Desk) -> None:
    desk.read(OWN, invited(1))
    desk.submit("party_accept", "p1")
    desk.last["party.p1"] = 5
    desk.settle(1, "party.p1", 5, "joined")
    assert desk.session.reading.membership.invitation(None) is None
    (question,) = desk.of(m.AskHistory)
    assert (question.topic, question.after) == ("party.p1", 4)
    desk.give_page(changed(5, "joined", "Alice", "Bob", "Alice"), first=5)
    assert desk.session.reading.membership.party == PARTY
    desk.wait()
    assert "party.p1" in [ping.topic for ping in desk.of(m.Ping)]


def test_a_join_that_comes_down_the_topics_link_first_is_enough(desk: Desk) -> None:
    desk.read(OWN, invited(1))
    desk.submit("party_accept", "p1")
    desk.read(OWN, m.NewKey(desk.key("party.p1")))
    desk.read("party.p1", changed(5, "joined", "Alice", "Bob", "Alice"))
    desk.read("party.p1", say(6))
    assert desk.names() == ["Invited", "Party", "Message"]
    desk.settle(1, "party.p1", 5, "joined")
    assert desk.of(m.AskHistory) == []


def test_a_join_from_before_this_session_is_left_to_its_registration(desk: Desk) -> None:
    """It may be the join of a party that one has left since: only the pong knows which came first."""
    desk.submit("party_invite", "Bob")
    desk.wait()
    pings = len(desk.of(m.Ping))
    desk.hear(m.Answer(desk.of(m.Do)[-1].instance, 1, desk.session.reading.registered_at, "party.p3", 1, "created"))
    assert "+party.p3" not in desk.subscriptions
    desk.wait()
    assert len(desk.of(m.Ping)) == pings + 1
    desk.last["party.p3"] = 2
    desk.pong()
    assert "+party.p3" in desk.subscriptions


def test_another_s_join_does_not_open_a_party(desk: Desk) -> None:
    desk.read(OWN, invited(1), m.NewKey(desk.key("party.p1")))
    desk.read("party.p1", changed(5, "joined", "Carol", "Bob", "Carol"))
    assert desk.seen(Party) == []


def test_creating_a_party_reads_it_from_its_beginning(desk: Desk) -> None:
    desk.submit("party_invite", "Bob")
    desk.last["party.p3"] = 2
    desk.settle(1, "party.p3", 1, "created")
    assert "+party.p3" in desk.subscriptions
    (question,) = desk.of(m.AskHistory)
    assert (question.topic, question.after) == ("party.p3", 0)


@pytest.mark.parametrize("change", ["left", "kicked"])
def test_who_left_or_was_kicked_reads_no_more_of_the_party(change: str) -> None:
    desk = online_in_party()
    desk.read(OWN, changed(1, change, "Alice", "Bob", part=(3, 3)))
    assert [event.change for event in desk.seen(Party)] == [change]
    assert desk.subscriptions == ["-party.p1"]
    assert desk.session.reading.membership.party is None
    desk.read("party.p1", say(4))
    assert desk.seen(Message) == []


def test_the_end_of_a_membership_is_shown_after_all_of_it_which_is_asked_for() -> None:
    desk = online_in_party()
    desk.read(OWN, changed(1, "left", "Alice", "Bob", part=(3, 5)))
    assert desk.seen(Party) == []
    assert [(each.topic, each.after) for each in desk.of(m.AskHistory)] == [("party.p1", 3)]
    desk.last["party.p1"] = 5
    desk.give_page(say(4), say(5), first=3)
    assert [type(event) for event in desk.shown] == [Message, Message, Party]
    desk.remember()
    assert [(command.op, command.args) for command in desk.of(m.Do)] == [("received", (1,))]
    assert "-party.p1" in desk.subscriptions


def test_a_party_that_was_made_and_left_before_its_answer_came_is_read_whole(desk: Desk) -> None:
    desk.submit("party_invite", "bob")
    desk.read(OWN, changed(1, "left", "Alice", party="p2", part=(1, 2)))
    desk.last["party.p2"] = 2
    desk.give_page(changed(1, "created", "Alice", "Alice", party="p2"), say(2))
    assert [type(event) for event in desk.shown] == [Party, Message, Party]
    desk.settle(1, "party.p2", 1, "created")
    assert "+party.p2" not in desk.subscriptions
    assert desk.session.reading.membership.party is None


def test_the_tail_of_a_party_left_while_away_is_shown_as_replayed_before_its_end() -> None:
    desk = online_in_party()
    desk.last |= {"party.p1": 4, OWN: 1}
    desk.told["party.p1"] = 1
    desk.reconnect()
    own, party = desk.of(m.AskHistory)
    assert (own.topic, party.topic, party.after) == (OWN, "party.p1", 3)
    assert party.before is None
    desk.answer_page(own, changed(1, "left", "Alice", "Bob", part=(3, 4)))
    assert desk.seen(Party) == []
    desk.answer_page(party, say(4), first=3)
    assert [type(event).__name__ for event in desk.shown] == ["Disconnected", "Message", "Party", "Reconnected"]
    assert [event.replayed for event in desk.seen(Message)] == [True]


def test_the_next_party_is_shown_after_the_end_of_the_last_one() -> None:
    desk = online_in_party()
    lost = desk.frame(OWN, changed(1, "left", "Alice", "Bob", part=(3, 3)))
    desk.start["party.p2"] = 2
    desk.read(OWN, m.NewKey(desk.key("party.p2")))
    desk.submit("party_accept", "p2")
    desk.settle(1, "party.p2", 2, "joined")
    desk.read("party.p2", changed(2, "joined", "Alice", "Carol", "Alice", party="p2"))
    assert desk.seen(Party) == []
    desk.wait()
    desk.pong("party.p2")
    desk.wait(4.0)
    desk.pong()
    desk.give_page(changed(1, "left", "Alice", "Bob", part=(3, 3)))
    assert [event.change for event in desk.seen(Party)] == ["left", "joined"]
    desk.deliver(lost)
    assert len(desk.seen(Party)) == 2


def test_a_party_that_only_a_pong_tells_of_is_shown_after_the_one_before_it(desk: Desk) -> None:
    """She made one, left it, and made another; every frame of it was lost, and the answers are late."""
    desk.last |= {OWN: 1, "party.p1": 1, "party.p2": 1}
    desk.told["party.p1"] = 1
    desk.wait(4.0)
    desk.pong()
    own, first, second = [
        next(each for each in desk.of(m.AskHistory) if each.topic == topic) for topic in (OWN, "party.p1", "party.p2")
    ]
    desk.answer_page(second, changed(1, "created", "Alice", "Alice", party="p2"))
    desk.answer_page(own, changed(1, "left", "Alice", part=(1, 1)))
    assert desk.seen(Party) == []
    desk.answer_page(first, changed(1, "created", "Alice", "Alice"))
    assert [event.change for event in desk.seen(Party)] == ["created", "left", "created"]


def test_a_party_that_is_over_is_shown_after_one_whose_end_is_in_a_gap() -> None:
    desk = online_in_party()
    lost = changed(1, "kicked", "Alice", "Bob", part=(3, 3))
    desk.frame(OWN, lost)
    desk.read(OWN, changed(2, "left", "Alice", party="p2", part=(1, 1)))
    own, tail = desk.of(m.AskHistory)
    desk.last["party.p2"] = 1
    desk.answer_page(tail, changed(1, "created", "Alice", "Alice", party="p2"))
    assert desk.seen(Party) == []
    desk.answer_page(own, lost)
    assert [event.change for event in desk.seen(Party)] == ["kicked", "created", "left"]


def test_an_end_that_is_still_unknown_is_shown_before_the_membership_after_it() -> None:
    desk = online_in_party()
    lost = changed(1, "kicked", "Alice", "Bob", part=(3, 4))
    desk.frame(OWN, lost)
    desk.submit("party_accept", "p1")
    desk.settle(1, "party.p1", 6, "joined")
    desk.read(OWN, changed(2, "left", "Alice", "Bob", part=(6, 6)))
    desk.read("party.p1", say(4))
    assert desk.shown == []
    desk.give_page(lost)
    assert desk.names() == ["Message"]
    for page in ((say(4),), (changed(6, "joined", "Alice", "Bob", "Alice"),)):
        question = [each for each in desk.of(m.AskHistory) if each.topic == "party.p1"][-1]
        desk.answer_page(question, *page, first=page[0].seq, last=page[0].seq)
    assert [event.change for event in desk.seen(Party)] == ["kicked", "joined", "left"]


def test_between_two_memberships_of_one_party_nothing_is_missed() -> None:
    desk = online_in_party()
    desk.read(OWN, changed(1, "left", "Alice", "Bob", part=(3, 5)))
    desk.submit("party_accept", "p1")
    desk.settle(1, "party.p1", 9, "joined")
    desk.read("party.p1", changed(9, "joined", "Alice", "Bob", "Alice"))
    assert desk.seen(Party) == []
    tail = desk.of(m.AskHistory)[-1]
    desk.answer_page(tail, say(4), say(5), first=3, last=5)
    assert [event.change for event in desk.seen(Party)] == ["left"]
    desk.answer_page(desk.of(m.AskHistory)[-1], changed(9, "joined", "Alice", "Bob", "Alice"), first=9)
    assert [event.change for event in desk.seen(Party)] == ["left", "joined"]
    assert desk.seen(Error) == []
    assert desk.session.reading.membership.party == m.PartyState("p1", "Bob", ("Bob", "Alice"))


def test_a_tail_that_the_broker_has_forgotten_holds_nothing_up() -> None:
    desk = online_in_party()
    desk.read(OWN, changed(1, "kicked", "Alice", "Bob", part=(3, 5)))
    desk.hear(m.Denied(desk.of(m.AskHistory)[-1].ask, Code.ACCESS_DENIED, "not yours"))
    assert [event.change for event in desk.seen(Party)] == ["kicked"]


def test_a_tail_that_cannot_be_read_now_is_asked_for_again_later() -> None:
    desk = online_in_party()
    desk.read(OWN, changed(1, "kicked", "Alice", "Bob", part=(3, 4)))
    desk.last["party.p1"] = 4
    desk.told["party.p1"] = 1
    desk.hear(m.Denied(desk.of(m.AskHistory)[-1].ask, Code.STORAGE_FAILED, "later"))
    assert len(desk.of(m.AskHistory)) == 1
    assert desk.seen(Party) == []
    desk.wait(3.0)
    desk.pong()
    desk.give_page(say(4), first=3)
    assert [event.change for event in desk.seen(Party)] == ["kicked"]


def test_another_s_leaving_is_read_on_the_party_s_topic() -> None:
    desk = online_in_party()
    desk.read("party.p1", changed(4, "left", "Bob", "Alice"))
    assert desk.session.reading.membership.party == m.PartyState("p1", "Alice", ("Alice",))
    assert desk.subscriptions == []


def test_a_party_that_is_gone_after_an_outage_is_left() -> None:
    desk = online_in_party()
    del desk.last["party.p1"]
    desk.reconnect()
    assert "-party.p1" in desk.subscriptions
    assert desk.session.reading.membership.party is None


def test_an_invitation_that_ended_is_unsubscribed_from(desk: Desk) -> None:
    desk.read(OWN, invited(1))
    desk.read(OWN, changed(2, "expired", "Alice", "Bob"))
    assert desk.subscriptions == ["+party.p1", "-party.p1"]
    assert desk.session.reading.membership.invitation(None) is None


def test_what_was_said_in_the_party_before_a_kick_is_shown_and_does_not_bring_it_back() -> None:
    """Both came before ``connected``, and are shown together."""
    desk = Desk()
    desk.last["party.p1"] = 4
    desk.start["party.p1"] = 3
    desk.open()
    desk.hear(desk.registered(party=PARTY))
    desk.wait()
    desk.give_page(changed(3, "joined", "Alice", "Bob", "Alice"), say(4), first=3)
    desk.read(OWN, changed(1, "kicked", "Alice", "Bob"))
    desk.pong()
    desk.give_roster()
    assert desk.session.reading.membership.party is None
