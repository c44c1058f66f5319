"""What the rules saved is what is loaded, of every kind of record."""

from contextlib import closing
from copy import deepcopy

import pytest

from tests.broker.store.stores import Kind, answer, message, removed, saved, session, user
from zchat_broker.rules.state import (
    AccessCode,
    AuditEntry,
    Ban,
    Guest,
    Invitation,
    Mute,
    Party,
    Record,
    Seat,
    Session,
    State,
    Tail,
    Waiting,
)
from zchat_broker.store import Changes, Loaded, Store, record_key

# -- what is loaded ---------------------------------------------------------------------------------------------------


def test_a_new_store_is_empty(store: Store) -> None:
    assert store.load() == Loaded(State(), 0, {})


def test_the_position_the_time_and_the_roster_version_come_back(kind: Kind, store: Store) -> None:
    store.commit(Changes(position=41, at=1_700_000_000_000, roster_version=6))
    store.commit(Changes(position=42, at=1_700_000_000_001, roster_version=7))
    with closing(kind.restart(store)) as next_store:
        assert next_store.load() == Loaded(State(at=1_700_000_000_001, roster_version=7), 42, {})


every_record: list[Record] = [
    user("alice"),
    user("żółw", key=bytes(range(32))),
    session("alice"),
    Session("żółw", "s2", 2**63 - 1, 8, "2001:db8::1", 12, "zu Tisch"),
    Party("p1", "alice", (Seat("alice", 1, None), Seat("żółw", 5, 99))),
    Party("p2", "alice", ()),
    Invitation("p1", "carol", "alice", 600),
    Waiting("carol", 3, "alice", 8),
    Waiting("carol", 4, "żółw", 2),
    Tail("carol", "p9", 2, 7, 3, 8),
    Ban(b"k" * 32, "Bob", "Root", 5, None, "", ""),
    Ban(b"l" * 32, "żółw", "Root", 5, 9, "2001:db8::1", "spam"),
    Mute(b"k" * 32, "Bob", "Root", 5, None, "too loud"),
    AccessCode(b"d" * 32, 600, "for carol", None),
    AccessCode(b"e" * 32, 600, "", 7),
    Guest(b"k" * 32, 7, "for carol"),
]


@pytest.mark.parametrize("record", every_record, ids=lambda record: type(record).__name__)
def test_every_record_comes_back_as_it_was(kind: Kind, store: Store, record: Record) -> None:
    expected = State()
    expected.put(record)
    store.commit(saved(record))
    with closing(kind.restart(store)) as next_store:
        assert next_store.load().state == expected


def test_all_records_of_a_turn_come_back_together(kind: Kind, store: Store) -> None:
    expected = State()
    for record in every_record:
        expected.put(record)
    store.commit(saved(*every_record))
    with closing(kind.restart(store)) as next_store:
        assert next_store.load().state == expected


@pytest.mark.parametrize("record", every_record, ids=lambda record: type(record).__name__)
def test_a_removed_record_is_gone(kind: Kind, store: Store, record: Record) -> None:
    store.commit(saved(record))
    store.commit(removed(record))
    with closing(kind.restart(store)) as next_store:
        assert next_store.load().state == State()


def test_removing_what_was_never_there_does_no_harm(store: Store) -> None:
    store.commit(removed(*every_record))
    store.commit(Changes(topics_dropped=["party.p1"], numberings_removed=[("alice", 1)]))
    assert store.load().state == State()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (user("alice", 1), user("alice", 2, b"another key")),
        (session("alice", "s1"), session("alice", "s2")._replace(away_since=3, away_text="brb")),
        (Party("p", "a", (Seat("a", 1, None), Seat("b", 2, None))), Party("p", "b", (Seat("b", 2, 50),))),
        (Party("p", "a", (Seat("a", 1, None),)), Party("p", "a", (Seat("a", 1, None), Seat("b", 2, None)))),
        (Invitation("p", "a", "b", 1), Invitation("p", "a", "c", 2)),
        (Waiting("a", 1, "b", 2), Waiting("a", 1, "c", 3)),
        (Ban(b"k", "Bob", "Root", 5, None, "", ""), Ban(b"k", "bobby", "Op", 6, 60, "192.0.2.1", "again")),
        (Mute(b"k", "Bob", "Root", 5, 60, ""), Mute(b"k", "Bob", "Op", 6, None, "again")),
        (AccessCode(b"d", 600, "", None), AccessCode(b"d", 600, "", 7)),
    ],
)
def test_a_changed_record_takes_the_place_of_the_old_one(store: Store, before: Record, after: Record) -> None:
    expected = State()
    expected.put(after)
    store.commit(saved(before))
    store.commit(saved(after))
    assert store.load().state == expected


def test_members_stand_in_the_order_of_joining(store: Store) -> None:
    seats = (Seat("zoe", 1, None), Seat("bob", 3, None), Seat("alice", 9, 77))
    store.commit(saved(Party("p", "bob", seats)))
    assert store.load().state.parties["p"].seats == seats


def test_a_look_alike_may_follow_in_the_turn_in_which_the_first_name_goes(store: Store) -> None:
    first, second = user("alice"), user("a1ice")
    store.commit(saved(first))
    store.commit(Changes(records={record_key(second): second, record_key(first): None}))
    assert store.load().state.looks["alice"] == "a1ice"


def test_what_is_loaded_shares_nothing_with_the_store(store: Store) -> None:
    store.commit(saved(*every_record))
    store.commit(Changes(answers=[answer("alice", 1, 1)], messages=[message("public", 1)]))
    spoilt = store.load().state
    expected = deepcopy(spoilt)
    spoilt.users.clear()
    spoilt.invitations["p1"].clear()
    spoilt.numberings["alice"][1].answers.clear()
    spoilt.last_seq.clear()
    assert store.load().state == expected


# -- the audit table --------------------------------------------------------------------------------------------------


def test_what_was_noted_stays_in_order_of_the_turns(kind: Kind, store: Store) -> None:
    entries = [
        AuditEntry(7, "Root", "ban", "żółw", 9, "2001:db8::1", "spam\nand more"),
        AuditEntry(7, "Root", "kick", "Bob", None, "", ""),
        AuditEntry(8, "command line", "invite", "", 60, "", "for carol"),
    ]
    store.commit(Changes(position=1, audited=entries[:2]))
    store.commit(Changes(position=2, audited=entries[2:]))
    with closing(kind.restart(store)) as next_store:
        assert next_store.audit() == entries
