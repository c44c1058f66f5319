"""One's own party and invitations follow what was shown."""

import pytest

from zchat_client.core.membership import Membership
from zchat_common.messages import Invited, OpenInvitation, PartyChanged, PartyState


def changed(change: str, party: str = "p1", *, members: tuple[str, ...] = ("Alice", "Bob")) -> PartyChanged:
    return PartyChanged(1, 1, party, change, "Bob", members[0], members, "")


def invited(party: str, inviter: str) -> Invited:
    return Invited(1, 1, party, inviter, (inviter,), 600)


def invitation(party: str, inviter: str = "Alice") -> OpenInvitation:
    return OpenInvitation(party, inviter, (inviter,), 600)


def member(party: str = "p1") -> Membership:
    found = Membership()
    found.registered(PartyState(party, "Alice", ("Alice", "Bob")), ())
    return found


def test_at_first_there_is_neither_party_nor_invitation() -> None:
    assert Membership().party is None
    assert Membership().invitation(None) is None
    assert Membership().invited_topics() == ()


def test_a_registration_says_how_things_stand_and_which_invitations_are_news() -> None:
    found = Membership()
    assert found.registered(None, (invitation("p1"), invitation("p2"))) == [invitation("p1"), invitation("p2")]
    party = PartyState("p9", "Bob", ("Bob",))
    assert found.registered(party, (invitation("p2"), invitation("p3"))) == [invitation("p3")]
    assert found.party == party
    assert found.invited_topics() == ("party.p2", "party.p3")


def test_the_latest_invitation_shown_is_meant_or_the_inviter_s() -> None:
    found = Membership()
    found.registered(None, (invitation("p1", "Alice"),))
    found.invited(invited("p2", "Carol"))
    found.invited(invited("p3", "Dave"))
    assert found.invitation(None) == "p3"
    assert found.invitation("ALICE") == "p1"
    assert found.invitation("carol") == "p2"
    assert found.invitation("nobody") is None


def test_an_invitation_that_was_hidden_is_not_the_latest_but_counts_when_it_is_named() -> None:
    found = Membership()
    for party, inviter in (("p1", "Alice"), ("p2", "Eve")):
        found.invited(invited(party, inviter))
    assert found.invitation(None, {"Eve"}) == "p1"
    assert found.invitation("eve", {"Eve"}) == "p2"


def test_an_invitation_shown_again_is_the_latest() -> None:
    found = Membership()
    for party, inviter in (("p1", "Alice"), ("p2", "Carol"), ("p1", "Dave")):
        found.invited(invited(party, inviter))
    assert found.invitation(None) == "p1"
    assert found.invitation("alice") is None
    assert found.invited_topics() == ("party.p2", "party.p1")


def test_of_an_inviter_s_several_invitations_the_latest_is_meant() -> None:
    found = Membership()
    for party in ("p1", "p2"):
        found.invited(invited(party, "Alice"))
    assert found.invitation("alice") == "p2"


def test_an_accepted_invitation_is_used_up() -> None:
    found = Membership()
    found.invited(invited("p1", "Alice"))
    found.accepted("party.p1")
    found.accepted("party.p1")
    assert found.invitation(None) is None


@pytest.mark.parametrize("change", ["created", "invited", "joined", "left", "kicked", "leader"])
def test_what_is_shown_of_one_s_party_is_how_it_stands(change: str) -> None:
    found = Membership()
    assert not found.changed(changed(change), about_me=False, on_own_topic=False)
    assert found.party == PartyState("p1", "Alice", ("Alice", "Bob"))


@pytest.mark.parametrize("change", ["left", "kicked", "dissolved"])
def test_one_s_own_end_in_the_party_is_told_on_one_s_own_topic(change: str) -> None:
    found = member()
    found.changed(changed(change), about_me=True, on_own_topic=True)
    assert found.party is None


@pytest.mark.parametrize("change", ["left", "kicked", "dissolved"])
def test_another_s_end_or_another_party_s_changes_nothing(change: str) -> None:
    found = member()
    found.changed(changed(change), about_me=False, on_own_topic=True)
    found.changed(changed(change, "p2"), about_me=True, on_own_topic=True)
    assert found.party is not None


@pytest.mark.parametrize("change", ["declined", "expired", "joined"])
def test_the_end_of_one_s_invitation_is_told_once(change: str) -> None:
    found = Membership()
    found.invited(invited("p1", "Alice"))
    assert found.changed(changed(change), about_me=True, on_own_topic=True)
    assert not found.changed(changed(change), about_me=True, on_own_topic=True)
    assert found.invitation(None) is None


def test_the_end_of_another_s_invitation_leaves_one_s_own_open() -> None:
    found = Membership()
    found.invited(invited("p1", "Alice"))
    assert not found.changed(changed("expired"), about_me=False, on_own_topic=True)
    assert not found.changed(changed("expired", "p2"), about_me=True, on_own_topic=True)
    assert found.invitation(None) == "p1"
