"""A party from the first invitation to the last one out: who may do what, and who is told of it."""

import pytest

from tests.system.contract import Event
from tests.system.parties import invite, join, leave
from tests.system.processes import Broker, Client, House, level, unique

Three = list[Client]


def change(what: str, about: Client, leader: Client | None, *members: Client, reason: str | None = None) -> Event:
    """The event that a change makes, but for its time."""
    event = {
        "event": "party",
        "change": what,
        "name": about.name,
        "leader": "" if leader is None else leader.name,
        "members": [member.name for member in members],
    }
    return event if reason is None else event | {"reason": reason}


def plain(events: list[Event]) -> list[Event]:
    """Events without their time."""
    return [{name: value for name, value in event.items() if name != "at"} for event in events]


@pytest.fixture
def party(three: Three) -> Three:
    """Alice and Bob are in a party, which Alice leads; Carol is in none. What came before is not seen."""
    alice, bob, _ = three
    join(alice, bob)
    _forget(three)
    return three


def _forget(clients: Three) -> None:
    level(*clients)
    for each in clients:
        each.forget()


def test_the_first_invitation_creates_the_party(three: Three) -> None:
    alice, bob, carol = three
    alice.types(f"/party invite {bob.name.upper()}")
    invited = bob.wait("invited")
    assert (invited["inviter"], invited["members"]) == (alice.name, [alice.name])
    level(*three)
    assert plain(alice.seen("party")) == [change("created", alice, alice, alice), change("invited", bob, alice, alice)]
    assert bob.seen("party") == carol.seen("party") == carol.seen("invited") == []


def test_who_accepts_joins_and_every_member_is_told(three: Three) -> None:
    alice, bob, carol = three
    invite(alice, bob)
    bob.types("/party accept")
    bob.wait("party", change="joined")
    level(*three)
    joined = change("joined", bob, alice, alice, bob)
    assert plain(bob.seen("party")) == [joined]
    assert plain(alice.seen("party"))[2:] == [joined]
    assert carol.seen("party") == []


def test_any_member_may_invite_and_members_stand_in_the_order_of_joining(party: Three) -> None:
    alice, bob, carol = party
    invited = invite(bob, carol)
    assert invited["members"] == [alice.name, bob.name]
    carol.types("/party accept")
    carol.wait("party", change="joined")
    level(*party)
    joined = change("joined", carol, alice, alice, bob, carol)
    assert (
        plain(alice.seen("party")) == plain(bob.seen("party")) == [change("invited", carol, alice, alice, bob), joined]
    )
    assert plain(carol.seen("party")) == [joined]
    for each in party:
        each.types("/party who")
        who = each.wait("party_who")
        assert (who["leader"], who["members"]) == (alice.name, [alice.name, bob.name, carol.name])


def test_who_declines_is_told_so_and_the_members_and_the_inviter_are(party: Three) -> None:
    alice, bob, carol = party
    invite(bob, carol)
    carol.types("/party decline")
    carol.wait("party", change="declined")
    level(*party)
    declined = change("declined", carol, alice, alice, bob)
    assert plain(carol.seen("party")) == [declined]
    for member in (alice, bob):
        assert plain(member.seen("party")) == [change("invited", carol, alice, alice, bob), declined]


def test_an_invitation_outlives_its_inviters_membership(party: Three) -> None:
    alice, bob, carol = party
    invite(bob, carol)
    leave(bob)
    carol.types(f"/party accept {bob}")
    joined = carol.wait("party", change="joined")
    assert (joined["leader"], joined["members"]) == (alice.name, [alice.name, carol.name])


def test_an_inviter_who_has_left_is_told_of_the_answer(party: Three) -> None:
    alice, bob, carol = party
    invite(bob, carol)
    leave(bob)
    _forget(party)
    carol.types("/party decline")
    declined = [each.wait("party", change="declined") for each in party]
    assert plain(declined) == [change("declined", carol, alice, alice)] * 3
    level(*party)
    assert [len(each.seen("party")) for each in party] == [1, 1, 1]


def test_what_is_said_in_a_party_is_for_its_members_from_their_joining_on(party: Three) -> None:
    alice, bob, carol = party
    alice.types("/p before carol")
    messages = [each.wait("message", topic="party", text="before carol") for each in (alice, bob)]
    assert messages[0] == messages[1]
    assert (messages[0]["sender"], messages[0]["action"]) == (alice.name, False)
    assert alice.wait("sent", typed="/p before carol", topic="party")["seq"] == messages[0]["seq"]
    bob.types("/p  to alice ")
    assert alice.wait("message", topic="party", text="to alice")["sender"] == bob.name
    join(alice, carol)
    carol.types("/p hello all")
    for each in party:
        each.wait("message", topic="party", text="hello all")
    carol.types("/history party")
    assert [message["text"] for message in carol.wait("history", topic="party")["messages"]] == ["hello all"]
    assert carol.texts("party") == ["hello all"]
    bob.types("/history party 2")
    assert [message["text"] for message in bob.wait("history")["messages"]] == ["to alice", "hello all"]
    leave(bob)
    alice.types("/p without bob")
    carol.wait("message", text="without bob")
    level(*party)
    assert "without bob" not in str(bob.events)
    bob.types("/history party")
    assert bob.wait("error", typed="/history party")["code"] == "not_in_party"


def test_who_is_in_a_party_again_does_not_read_what_was_said_without_him(party: Three) -> None:
    alice, bob, _ = party
    leave(bob)
    alice.types("/p while you were out")
    alice.wait("sent", topic="party")
    join(alice, bob)
    alice.types("/p welcome back")
    bob.wait("message", text="welcome back")
    bob.types("/history party")
    bob.wait("history")
    assert "while you were out" not in str(bob.events)


def test_the_leader_hands_the_lead_over(party: Three) -> None:
    alice, bob, carol = party
    alice.types(f"/party lead {bob}")
    bob.wait("party", change="leader")
    level(*party)
    assert plain(alice.seen("party")) == plain(bob.seen("party")) == [change("leader", bob, bob, alice, bob)]
    assert carol.seen("party") == []


def test_the_leader_kicks_and_the_one_kicked_is_told(party: Three) -> None:
    alice, bob, carol = party
    join(alice, carol)
    _forget(party)
    alice.types(f"/party kick {bob.name.upper()}")
    kicked = [each.wait("party", change="kicked") for each in party]
    level(*party)
    reason = kicked[0]["reason"]
    assert alice.name in reason
    assert plain(kicked) == [change("kicked", bob, alice, alice, carol, reason=reason)] * 3
    assert [len(each.seen("party")) for each in party] == [1, 1, 1]
    alice.types("/p just us")
    carol.wait("message", text="just us")
    level(*party)
    assert not bob.seen("message", text="just us")


def test_a_member_leaves(party: Three) -> None:
    alice, bob, carol = party
    leave(bob)
    level(*party)
    assert plain(alice.seen("party")) == plain(bob.seen("party")) == [change("left", bob, alice, alice)]
    assert carol.seen("party") == []
    bob.types("/party who")
    assert bob.wait("error")["code"] == "not_in_party"


def test_when_the_leader_leaves_the_longest_member_leads(party: Three) -> None:
    alice, bob, carol = party
    join(bob, carol)
    _forget(party)
    alice.types("/party leave")
    carol.wait("party", change="leader")
    level(*party)
    left = change("left", alice, bob, bob, carol)
    assert plain(alice.seen("party")) == [left]
    assert plain(bob.seen("party")) == plain(carol.seen("party")) == [left, change("leader", bob, bob, bob, carol)]


def test_the_last_one_out_dissolves_the_party(party: Three) -> None:
    alice, bob, _ = party
    leave(bob)
    _forget(party)
    alice.types("/party leave")
    alice.wait("party", change="dissolved")
    level(*party)
    assert plain(alice.seen("party")) == [change("left", alice, None), change("dissolved", alice, None)]
    assert bob.seen("party") == []


def test_an_open_invitation_ends_with_its_party(party: Three) -> None:
    alice, bob, carol = party
    invite(bob, carol)
    leave(bob)
    _forget(party)
    alice.types("/party leave")
    expired = [each.wait("party", change="expired") for each in (bob, carol)]
    alice.wait("party", change="dissolved")
    level(*party)
    for event in expired:
        assert event["name"] == carol.name
        assert event["reason"]
    assert [event["change"] for event in bob.seen("party")] == ["expired"]
    assert [event["change"] for event in carol.seen("party")] == ["expired"]
    assert [event["change"] for event in alice.seen("party")][-2:] == ["left", "dissolved"]
    carol.types("/party accept")
    assert carol.wait("error", typed="/party accept")["code"] == "no_invitation"


def test_exit_leaves_the_party_at_once(fresh: Three) -> None:
    alice, bob, _ = fresh
    join(alice, bob)
    alice.types("/exit")
    left = bob.wait("party", change="left", name=alice.name)
    assert left["members"] == [bob.name]
    assert bob.wait("party", change="leader")["leader"] == bob.name
    assert alice.exit_code() == 0


def test_accepting_while_alone_in_ones_own_party_leaves_that(three: Three) -> None:
    alice, bob, carol = three
    invite(bob, carol)
    invite(alice, bob)
    bob.types("/party accept")
    bob.wait("party", change="joined")
    level(*three)
    assert [event["change"] for event in bob.seen("party", name=bob.name) if event["change"] != "joined"] == [
        "created",
        "left",
        "dissolved",
    ]
    assert plain(bob.seen("party", change="joined")) == [change("joined", bob, alice, alice, bob)]
    bob.types("/party who")
    assert bob.wait("party_who")["members"] == [alice.name, bob.name]
    # His own party is gone, and the invitation to it with it.
    assert plain(carol.seen("party"))[0]["change"] == "expired"


def test_who_is_in_a_party_with_others_leaves_it_first(party: Three) -> None:
    alice, bob, carol = party
    invite(carol, bob)
    bob.types("/party accept")
    assert bob.wait("error", typed="/party accept")["code"] == "already_in_party"
    bob.types("/party leave", "/party accept")
    assert bob.wait("party", change="joined", leader=carol.name)["members"] == [carol.name, bob.name]
    assert alice.wait("party", change="left")["name"] == bob.name


@pytest.mark.parametrize(("answer", "ended"), [("accept", "joined"), ("decline", "declined")])
@pytest.mark.parametrize("named", [False, True])
def test_the_latest_invitation_is_answered_unless_an_inviter_is_named(
    answer: str, ended: str, named: bool, three: Three
) -> None:
    alice, bob, carol = three
    for inviter in (alice, bob):
        invite(inviter, carol)
    carol.types(f"/party {answer} {alice.name.upper()}" if named else f"/party {answer}")
    assert carol.wait("party", change=ended)["leader"] == (alice if named else bob).name
    # The other invitation is as good as before.
    carol.types("/party leave", f"/party {answer}")
    assert carol.wait("party", change=ended)["leader"] == (bob if named else alice).name


def test_a_known_user_who_is_away_may_be_invited(fresh: Three, house: House, broker: Broker) -> None:
    alice, bob, carol = fresh
    join(alice, bob)
    carol.types("/exit")
    assert carol.exit_code() == 0
    bob.types(f"/party invite {carol}")
    bob.wait("party", change="invited", name=carol.name)
    (again,) = house.join(broker, carol.name)
    assert again.wait("invited")["inviter"] == bob.name
    again.types("/party accept")
    assert again.wait("party", change="joined")["members"] == [alice.name, bob.name, carol.name]


def test_an_invitation_is_still_there_after_its_invited_one_was_away(house: House, broker: Broker) -> None:
    alice, bob = house.join(broker, unique("alice"), unique("bob"))
    invite(alice, bob)
    bob.types("/exit")
    assert bob.exit_code() == 0
    (again,) = house.join(broker, bob.name)
    again.types("/party accept")
    assert again.wait("party", change="joined")["leader"] == alice.name
