"""The roster is level with the broker, or it is known not to be."""

import pytest

from zchat_client.core.roster import Roster, name_key
from zchat_client.events import Member
from zchat_common.messages import Presence, RosterEntry


def entry(name: str, status: str = "online", text: str = "", since: int = 1) -> RosterEntry:
    return RosterEntry(name, status, since, text)


def roster(*entries: RosterEntry, version: int = 5) -> Roster:
    found = Roster()
    found.replace(version, entries)
    return found


def test_it_begins_before_the_first_version() -> None:
    assert Roster().version == -1
    assert Roster().members() == ()


def test_a_whole_roster_is_sorted_by_folded_name() -> None:
    found = roster(entry("bob"), entry("Alice"), entry("Carol", "away"))
    assert found.members() == (Member("Alice", "online"), Member("bob", "online"), Member("Carol", "away"))
    assert [each.name for each in found.entries()] == ["Alice", "bob", "Carol"]
    assert len(found) == 3


def test_a_whole_roster_comes_out_as_what_changed() -> None:
    found = roster(entry("Alice"), entry("bob"), entry("carol", "away", "lunch"), entry("dave"))
    after = (entry("Alice"), entry("bob", "away"), entry("carol", "away", "tea"), entry("eve"))
    assert found.replace(9, after) == [
        entry("bob", "away"),
        entry("carol", "away", "tea"),
        entry("eve"),
        entry("dave", "offline"),
    ]
    assert found.version == 9


def test_changes_lead_from_one_version_to_the_next() -> None:
    found = roster(entry("Alice"))
    assert found.apply(Presence(7, (entry("bob"), entry("alice", "away")))) == [entry("bob"), entry("alice", "away")]
    assert found.version == 7
    assert found.members() == (Member("alice", "away"), Member("bob", "online"))


def test_who_goes_offline_is_gone() -> None:
    found = roster(entry("Alice"), entry("bob"))
    assert found.apply(Presence(6, (entry("BOB", "offline"),))) == [entry("BOB", "offline")]
    assert found.members() == (Member("Alice", "online"),)
    assert found.apply(Presence(7, (entry("nobody", "offline"),)))


def test_changes_that_are_known_already_are_no_news() -> None:
    found = roster(entry("Alice"))
    assert found.apply(Presence(5, (entry("bob"),))) == []
    assert found.apply(Presence(4, (entry("bob"),))) == []
    assert found.members() == (Member("Alice", "online"),)


def test_of_changes_that_are_known_in_part_only_the_rest_is_news() -> None:
    found = roster(entry("Alice"))
    assert found.apply(Presence(6, (entry("old"), entry("older"), entry("new")))) == [entry("new")]


def test_missing_changes_are_noticed_and_nothing_is_taken_in() -> None:
    found = roster(entry("Alice"))
    assert found.apply(Presence(8, (entry("bob"), entry("carol")))) is None
    assert (found.version, found.members()) == (5, (Member("Alice", "online"),))


def test_absent_members_of_one_s_party_are_listed_as_offline() -> None:
    found = roster(entry("Alice"), entry("carol"))
    assert found.members(["BOB", "ALICE"]) == (
        Member("Alice", "online"),
        Member("BOB", "offline"),
        Member("carol", "online"),
    )


@pytest.mark.parametrize(("name", "key"), [("Alice", "alice"), ("ÄRGER", "ärger"), ("not a name", "not a name")])
def test_a_name_is_compared_in_its_folded_form_and_never_raises(name: str, key: str) -> None:
    assert name_key(name) == key


def test_a_name_that_only_a_newer_unicode_knows_still_has_a_key() -> None:
    assert name_key("\U0001fae8") == "\U0001fae8"
    assert name_key("") == ""


def test_whatever_a_broker_says_of_somebody_is_fit_for_display() -> None:
    evil, clean = entry("a\x1b[2J", "b\x9b", "c\u202e"), entry("a\ufffd[2J", "b\ufffd", "c\ufffd")
    found = roster(evil)
    assert found.entries() == (clean,)
    assert found.apply(Presence(6, (evil,))) == [clean]
    assert found.replace(7, ()) == [entry("a\ufffd[2J", "offline")]
