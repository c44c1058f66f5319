"""What the broker answers of people, as it may be shown."""

import pytest

from zchat_client.answers import own_party, present
from zchat_client.events import Member
from zchat_common import messages as m
from zchat_common.errors import Code, ZchatError

PARTY = m.PartyState("p", "Zoe", ("Zoe", "bob", "al\x1bice"))
ROSTER = m.Roster(1, 1, (m.RosterEntry("bob", "away", 1, ""), m.RosterEntry("Carol", "online", 1, "")))


def test_everybody_online_is_there_and_the_absent_members_of_one_s_party_sorted_by_folded_name() -> None:
    found = present(m.Party(1, PARTY), ROSTER)
    assert found == (
        Member("al\ufffdice", "offline"),
        Member("bob", "away"),
        Member("Carol", "online"),
        Member("Zoe", "offline"),
    )
    assert present(m.Party(1, None), ROSTER) == (Member("bob", "away"), Member("Carol", "online"))


def test_one_s_party_has_names_fit_for_display() -> None:
    assert own_party(m.Party(1, PARTY)).members == ("Zoe", "bob", "al\ufffdice")


@pytest.mark.parametrize("reply", [m.Party(1, None), ROSTER])
def test_who_is_in_no_party_is_told(reply: m.Party | m.Roster) -> None:
    with pytest.raises(ZchatError) as refused:
        own_party(reply)
    assert refused.value.code is Code.NOT_IN_PARTY
