"""The contract of every store: one turn is kept wholly, and what is loaded equals what the rules had."""

from collections.abc import Iterator
from contextlib import closing
from copy import deepcopy
from dataclasses import replace
from itertools import accumulate, count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.broker.rules.random_log import RandomLog
from zchat_broker.rules import Rules
from zchat_broker.rules.effects import Answered, Effect, NumberingRemoved, Posted, Removed, Saved, TopicDropped
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
    User,
    Waiting,
)
from zchat_broker.store import Changes, KeptAnswer, KeptMessage, Loaded, Store, record_key
from zchat_broker.store.memory import MemoryStore
from zchat_broker.store.sqlite import SqliteStore
from zchat_common import wire
from zchat_common.errors import Code
from zchat_common.limits import ANSWERS_KEPT
from zchat_common.messages import Answer, Refusal


class Kind:
    """A way to make a store, and to come back to it as the next broker does."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self._path = folder / "zchat.db"

    def open(self) -> Store:
        return MemoryStore() if self.name == "memory" else SqliteStore(self._path)

    def restart(self, store: Store) -> Store:
        store.close()
        return store if self.name == "memory" else SqliteStore(self._path)


@pytest.fixture(params=["memory", "sqlite"])
def kind(request: pytest.FixtureRequest, tmp_path: Path) -> Kind:
    return Kind(request.param, tmp_path)


@pytest.fixture
def store(kind: Kind) -> Iterator[Store]:
    with closing(kind.open()) as opened:
        yield opened


def user(folded: str, last_seen: int = 1, key: bytes = b"k" * 32) -> User:
    return User(folded, folded.title(), key, last_seen)


def session(owner: str, session_id: str = "s1") -> Session:
    return Session(owner, session_id, -5, 7, "192.0.2.1", None, "")


def saved(*records: Record) -> Changes:
    return Changes(records={record_key(record): record for record in records})


def removed(*records: Record) -> Changes:
    return Changes(records={record_key(record): None for record in records})


def message(topic: str, seq: int, at: int = 0) -> KeptMessage:
    return KeptMessage(topic, seq, at, f"{topic} {seq}".encode(), f"before {seq}".encode())


def messages(topic: str, first: int, last: int, at: int = 0) -> list[KeptMessage]:
    return [message(topic, seq, at) for seq in range(first, last + 1)]


def bodies(topic: str, first: int, last: int) -> list[bytes]:
    return [kept.body for kept in messages(topic, first, last)]


def answer(owner: str, instance: int, n: int, at: int = 9) -> KeptAnswer:
    return KeptAnswer(owner, instance, n, at, wire.encode(Answer(instance, n, at, "public", n, "")))


def answers(owner: str, instance: int, first: int, last: int) -> list[KeptAnswer]:
    return [answer(owner, instance, n) for n in range(first, last + 1)]


def everything_of(store: Store, topic: str) -> list[bytes]:
    return page(store, topic, 0, None, 10_000)


def page(store: Store, topic: str, after: int | None, before: int | None, limit: int) -> list[bytes]:
    return [kept.body for kept in store.page(topic, after, before, limit)]


def prune_all(store: Store, before_at: int, limit: int = 10_000) -> None:
    while store.prune(before_at, limit):
        pass


# -- what is loaded -------------------------------------------------------------------------------------------------


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


# -- messages -------------------------------------------------------------------------------------------------------


def test_a_page_holds_the_oldest_after_a_seq_or_the_newest_before_one(store: Store) -> None:
    store.commit(Changes(messages=messages("public", 1, 9)))
    assert page(store, "public", 0, None, 3) == bodies("public", 1, 3)
    assert page(store, "public", 4, None, 3) == bodies("public", 5, 7)
    assert page(store, "public", 7, None, 3) == bodies("public", 8, 9)
    assert page(store, "public", 9, None, 3) == []
    assert page(store, "public", None, None, 3) == bodies("public", 7, 9)
    assert page(store, "public", None, 4, 2) == bodies("public", 2, 3)
    assert page(store, "public", None, 3, 5) == bodies("public", 1, 2)
    assert page(store, "public", None, 1, 5) == []
    assert page(store, "public", 2, 6, 10) == bodies("public", 3, 5)
    assert page(store, "public", 2, 3, 10) == []
    assert page(store, "public", 6, 2, 10) == []


@pytest.mark.parametrize("far", [2**36 - 1, 2**36, 2**40, 2**63 - 1])
def test_no_bound_however_far_leads_into_another_topic(store: Store, far: int) -> None:
    topics = ["user.a", "user.b", "user.c"]
    store.commit(Changes(messages=[message(topic, 1) for topic in topics]))
    for topic in topics:
        assert page(store, topic, -far, far, 9) == bodies(topic, 1, 1)
        assert page(store, topic, None, far, 9) == bodies(topic, 1, 1)
        assert page(store, topic, far, None, 9) == []
        assert page(store, topic, far, far, 9) == []
        assert page(store, topic, None, -far, 9) == []


def test_topics_that_take_turns_keep_apart(kind: Kind, store: Store) -> None:
    for seq in range(1, 5):
        store.commit(Changes(messages=[message("user.a", seq), message("user.ab", seq), message("public", seq)]))
    with closing(kind.restart(store)) as next_store:
        for topic in ("user.a", "user.ab", "public"):
            assert everything_of(next_store, topic) == bodies(topic, 1, 4)
        assert next_store.load().state.last_seq == {"user.a": 4, "user.ab": 4, "public": 4}


def test_an_unknown_topic_is_empty_and_starts_at_one(store: Store) -> None:
    assert everything_of(store, "public") == []
    assert store.first_seq("public") == 1


def test_a_body_may_be_any_bytes(store: Store) -> None:
    body = bytes(range(256)) * 96
    store.commit(Changes(messages=[KeptMessage("public", 1, 0, body), KeptMessage("public", 2, 0, b"")]))
    assert everything_of(store, "public") == [body, b""]


# -- what is dropped ------------------------------------------------------------------------------------------------


def test_a_dropped_topic_is_out_of_reach_at_once(kind: Kind, store: Store) -> None:
    store.commit(Changes(messages=messages("party.p1", 1, 5) + messages("public", 1, 2)))
    store.commit(Changes(topics_dropped=["party.p1"]))
    with closing(kind.restart(store)) as next_store:
        assert everything_of(next_store, "party.p1") == []
        assert next_store.first_seq("party.p1") == 1
        assert next_store.load().state.last_seq == {"public": 2}
        assert everything_of(next_store, "public") == bodies("public", 1, 2)


def test_a_topic_may_come_back_in_the_turn_in_which_it_was_dropped(kind: Kind, store: Store) -> None:
    store.commit(Changes(messages=messages("user.a", 1, 5)))
    store.commit(Changes(topics_dropped=["user.a"], messages=[KeptMessage("user.a", 1, 9, b"new")]))
    prune_all(store, 0)
    with closing(kind.restart(store)) as next_store:
        assert everything_of(next_store, "user.a") == [b"new"]
        assert next_store.load().state.last_seq == {"user.a": 1}


def test_a_topic_may_be_dropped_in_the_turn_in_which_it_began(store: Store) -> None:
    changes = Changes(messages=messages("party.p1", 1, 5))
    changes.drop_topic("party.p1")
    store.commit(changes)
    assert store.load().state.last_seq == {}


def test_a_topic_may_be_dropped_again_and_again(store: Store) -> None:
    for _ in range(5):
        store.commit(Changes(messages=messages("user.a", 1, 3)))
        store.commit(Changes(topics_dropped=["user.a"]))
    store.commit(Changes(messages=messages("user.a", 1, 2)))
    prune_all(store, 0, 2)
    assert everything_of(store, "user.a") == bodies("user.a", 1, 2)


# -- answers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("last", [1, 255, 256, 257, 511, 512, 700])
def test_the_last_answers_of_a_numbering_come_back_in_order(kind: Kind, store: Store, last: int) -> None:
    for first in range(1, last + 1, 100):
        store.commit(Changes(answers=answers("alice", -7, first, min(last, first + 99))))
    with closing(kind.restart(store)) as next_store:
        numbering = next_store.load().state.numberings["alice"][-7]
    oldest = max(1, last - ANSWERS_KEPT + 1)
    assert numbering.last_n == last
    assert [kept.n for kept in numbering.answers] == list(range(oldest, last + 1))
    assert numbering.answers.maxlen == ANSWERS_KEPT


# One store for all examples: a numbering for each.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(turns=st.lists(st.integers(1, 300), min_size=1, max_size=8))
def test_the_last_answers_come_back_however_many_each_turn_gave(store: Store, turns: list[int]) -> None:
    instance = len(store.load().state.numberings.get("alice", {})) + 1
    ends = list(accumulate(turns))
    for given_at_once, last in zip(turns, ends, strict=True):
        store.commit(Changes(answers=answers("alice", instance, last - given_at_once + 1, last)))
    kept = store.load().state.numberings["alice"][instance].answers
    assert [answer.n for answer in kept] == list(range(max(1, ends[-1] - ANSWERS_KEPT + 1), ends[-1] + 1))


def test_more_answers_in_one_turn_than_are_kept_leave_the_last_ones(store: Store) -> None:
    store.commit(Changes(answers=answers("alice", 1, 1, 600)))
    assert [kept.n for kept in store.load().state.numberings["alice"][1].answers] == list(range(345, 601))


def test_a_refusal_is_an_answer_too(store: Store) -> None:
    refusal = Refusal(5, 1, Code.NO_SUCH_USER, "Nobody here is called 'bob'.", None)
    store.commit(Changes(answers=[KeptAnswer("alice", 5, 1, 77, wire.encode(refusal))]))
    numbering = store.load().state.numberings["alice"][5]
    assert (numbering.last_n, numbering.used_at, list(numbering.answers)) == (1, 77, [refusal])


def test_numberings_keep_apart_by_user_and_by_instance(store: Store) -> None:
    keys = [("alice", 1), ("alice", 2), ("bob", 1), ("bob", 2**63 - 1), ("bob", -(2**63))]
    for n in range(1, 4):
        store.commit(Changes(answers=[answer(owner, instance, n, at=n) for owner, instance in keys]))
    state = store.load().state
    for owner, instance in keys:
        numbering = state.numberings[owner][instance]
        assert (numbering.last_n, numbering.used_at) == (3, 3)
        assert [(kept.instance, kept.n) for kept in numbering.answers] == [(instance, n) for n in (1, 2, 3)]


def test_a_removed_numbering_is_gone_with_its_answers(kind: Kind, store: Store) -> None:
    store.commit(Changes(answers=answers("alice", 1, 1, 300) + answers("alice", 2, 1, 2)))
    store.commit(Changes(numberings_removed=[("alice", 1)]))
    store.commit(Changes(answers=[answer("bob", 3, 1)]))
    with closing(kind.restart(store)) as next_store:
        numberings = next_store.load().state.numberings
    assert {owner: list(of_owner) for owner, of_owner in numberings.items()} == {"alice": [2], "bob": [3]}
    assert [kept.n for kept in numberings["bob"][3].answers] == [1]


def test_a_numbering_may_begin_anew_in_the_turn_in_which_it_was_removed(store: Store) -> None:
    store.commit(Changes(answers=answers("alice", 1, 1, 300)))
    store.commit(Changes(numberings_removed=[("alice", 1)], answers=[answer("alice", 1, 1)]))
    numbering = store.load().state.numberings["alice"][1]
    assert (numbering.last_n, [kept.n for kept in numbering.answers]) == (1, [1])


# -- pruning --------------------------------------------------------------------------------------------------------


def test_pruning_deletes_what_is_older_and_nothing_else(kind: Kind, store: Store) -> None:
    store.commit(Changes(messages=[message("public", seq, at=seq * 10) for seq in range(1, 8)]))
    store.commit(Changes(messages=[message("user.a", 1, at=75), message("user.b", 1, at=39)]))
    assert not store.prune(40, 100)
    with closing(kind.restart(store)) as next_store:
        assert everything_of(next_store, "public") == bodies("public", 4, 7)
        assert next_store.first_seq("public") == 4
        assert everything_of(next_store, "user.a") == bodies("user.a", 1, 1)
        assert everything_of(next_store, "user.b") == []


def test_pruning_lowers_neither_the_last_seq_nor_what_follows(kind: Kind, store: Store) -> None:
    store.commit(Changes(messages=messages("public", 1, 3, at=10)))
    prune_all(store, 100)
    assert store.first_seq("public") == 4
    store.commit(Changes(messages=messages("public", 4, 5, at=200)))
    with closing(kind.restart(store)) as next_store:
        assert next_store.load().state.last_seq == {"public": 5}
        assert everything_of(next_store, "public") == bodies("public", 4, 5)
        assert next_store.first_seq("public") == 4


def test_what_follows_after_everything_was_pruned_is_pruned_in_its_time(store: Store) -> None:
    for seq in range(1, 4):
        store.commit(Changes(messages=[message("public", seq, at=seq * 10)]))
        assert not store.prune(seq * 10, 100)
        assert everything_of(store, "public") == bodies("public", seq, seq)
    assert not store.prune(31, 100)
    assert store.first_seq("public") == 4


def test_pruning_deletes_at_most_so_many_at_a_time_and_says_whether_there_is_more(store: Store) -> None:
    topics = ["public", "user.a", "user.b"]
    store.commit(Changes(messages=[kept for topic in topics for kept in messages(topic, 1, 5, at=1)]))
    left = [15]
    while store.prune(2, 4):
        left.append(sum(len(everything_of(store, topic)) for topic in topics))
    assert left == [15, 11, 7, 3]
    assert all(everything_of(store, topic) == [] for topic in topics)
    assert not store.prune(2, 4)


def test_pruning_does_not_end_before_the_last_of_many_topics(store: Store) -> None:
    topics = [f"user.u{number}" for number in range(450)]
    store.commit(Changes(messages=[message(topic, 1, at=1) for topic in topics]))
    prune_all(store, 2)
    assert all(store.first_seq(topic) == 2 for topic in topics)


# -- turns of the rules ---------------------------------------------------------------------------------------------


def note(changes: Changes, effects: list[Effect]) -> None:
    for effect in effects:
        match effect:
            case Posted(topic, posted):
                changes.messages.append(KeptMessage(topic, posted.seq, posted.at, wire.encode(posted)))
            case Answered(_, owner, given_answer):
                body = wire.encode(given_answer)
                kept = KeptAnswer(owner, given_answer.instance, given_answer.n, changes.at, body)
                changes.answers.append(kept)
            case Saved(record):
                changes.records[record_key(record)] = record
            case Removed(record):
                changes.records[record_key(record)] = None
            case NumberingRemoved(owner, instance):
                changes.remove_numbering(owner, instance)
            case TopicDropped(topic):
                changes.drop_topic(topic)
            case _:
                pass


@pytest.mark.parametrize("entries_per_turn", [1, 7, 50])
def test_after_every_turn_of_the_rules_what_is_loaded_equals_their_state(store: Store, entries_per_turn: int) -> None:
    rules, changes = Rules(State()), Changes()
    for position, entry in enumerate(RandomLog(rules, seed=1).entries(1_500), start=1):
        effects = rules.apply(entry)
        changes.at, changes.position = rules.state.at, position
        changes.roster_version = rules.state.roster_version
        note(changes, effects)
        if position % entries_per_turn == 0:
            store.commit(changes)
            changes = Changes()
        if position % 350 == 0:
            loaded = store.load()
            assert loaded.position == position
            assert replace(loaded.state, settings=rules.state.settings) == rules.state


# -- the audit table ------------------------------------------------------------------------------------------------


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


# -- any turns at all -----------------------------------------------------------------------------------------------

topics = st.sampled_from(["public", "user.a", "user.b", "party.p1"])
users = st.sampled_from("abc")
few = st.integers(0, 3)


def parties(party_id: str, members: str) -> st.SearchStrategy[Party]:
    seats = st.lists(st.builds(Seat, st.sampled_from(members), few, st.none() | few), unique_by=lambda seat: seat.user)
    return st.builds(Party, st.just(party_id), users, seats.map(tuple))


records = st.one_of(
    st.builds(lambda folded, seen: user(folded, seen), users, few),
    st.builds(lambda owner, number: session(owner, f"{owner}{number}"), users, few),
    # Nobody sits in two parties.
    parties("p1", "ab"),
    parties("p2", "cd"),
    st.builds(Invitation, st.just("p1"), users, users, few),
    st.builds(Waiting, users, few, users, few),
    st.builds(Tail, users, users, few, few, few, few),
    st.builds(lambda name, until: Ban(name.encode(), name, "root", 1, until, "", ""), users, st.none() | few),
    st.builds(lambda name, until: Mute(name.encode(), name, "root", 1, until, ""), users, st.none() | few),
    st.builds(lambda name, used: AccessCode(name.encode(), 9, "", used), users, st.none() | few),
    st.builds(lambda name: Guest(name.encode(), 1, ""), users),
)


class Log:
    """Makes turns as the rules do: seq and n follow one another without a gap, time never goes back."""

    def __init__(self) -> None:
        self._at = count(1)
        self._seqs: dict[str, int] = {}
        self._ns: dict[tuple[str, int], int] = {}

    def turn(self, draw: st.DataObject) -> Changes:
        at = next(self._at)
        changes = Changes(position=at, at=at, roster_version=draw.draw(few))
        for topic in draw.draw(st.lists(topics, max_size=2)):
            changes.drop_topic(topic)
            self._seqs.pop(topic, None)
        for key in draw.draw(st.lists(st.tuples(users, few), max_size=2)):
            changes.remove_numbering(*key)
            self._ns.pop(key, None)
        for topic in draw.draw(st.lists(topics, max_size=6)):
            self._seqs[topic] = self._seqs.get(topic, 0) + 1
            kept = KeptMessage(topic, self._seqs[topic], at, f"{topic} {self._seqs[topic]} {at}".encode(), b"before")
            changes.messages.append(kept)
        for topic in draw.draw(st.lists(st.sampled_from(["public", *self._seqs]), max_size=3)):
            changes.digests[topic] = f"{topic} at {at}".encode()
        for owner, instance in draw.draw(st.lists(st.tuples(users, few), max_size=3)):
            self._answer(changes, owner, instance, draw.draw(st.sampled_from([1, 2, 200])))
        for record in draw.draw(st.lists(records, max_size=4)):
            changes.records[record_key(record)] = draw.draw(st.sampled_from([record, None]))
        return changes

    def _answer(self, changes: Changes, owner: str, instance: int, how_many: int) -> None:
        for _ in range(how_many):
            n = self._ns[owner, instance] = self._ns.get((owner, instance), 0) + 1
            changes.answers.append(answer(owner, instance, n, changes.at))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_both_stores_hold_the_same_after_any_turns(data: st.DataObject) -> None:
    log, memory = Log(), MemoryStore()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "zchat.db"
        store = SqliteStore(path)
        for _ in range(data.draw(st.integers(1, 8))):
            changes = log.turn(data)
            memory.commit(changes)
            store.commit(changes)
            if data.draw(st.booleans()):
                before_at, limit = data.draw(st.tuples(st.integers(0, 9), st.integers(1, 5)))
                prune_all(memory, before_at, limit)
                prune_all(store, before_at, limit)
            if data.draw(st.booleans()):
                store.close()
                store = SqliteStore(path)
            for topic in ("public", "user.a", "user.b", "party.p1"):
                after, before = data.draw(st.tuples(st.none() | few, st.none() | st.integers(0, 9)))
                assert store.page(topic, after, before, 3) == memory.page(topic, after, before, 3)
                assert store.first_seq(topic) == memory.first_seq(topic)
            assert store.load() == memory.load()
        store.close()


# -- running digests ------------------------------------------------------------------------------------------------


def test_a_page_has_the_digest_before_each_message(store: Store) -> None:
    store.commit(Changes(messages=messages("public", 1, 3)))
    assert [kept.digest for kept in store.page("public", 1, None, 9)] == [b"before 2", b"before 3"]
    assert [kept.digest for kept in store.page("public", None, None, 2)] == [b"before 2", b"before 3"]


def test_the_digest_of_a_topic_is_the_one_kept_last_with_a_message_or_without(kind: Kind, store: Store) -> None:
    store.commit(Changes(messages=messages("party.p", 1, 1), digests={"party.p": b"one"}))
    assert store.load().digests == {"party.p": b"one"}
    store.commit(Changes(messages=messages("party.p", 2, 2)))
    assert store.load().digests == {"party.p": b"one"}
    store.commit(Changes(messages=messages("public", 1, 1), digests={"party.p": b"anew", "public": b"two"}))
    with closing(kind.restart(store)) as next_store:
        assert next_store.load().digests == {"party.p": b"anew", "public": b"two"}


def test_the_digest_of_a_topic_goes_with_it(store: Store) -> None:
    store.commit(Changes(messages=messages("party.p", 1, 1), digests={"party.p": b"one"}))
    changes = Changes(digests={"party.p": b"two"})
    changes.drop_topic("party.p")
    store.commit(changes)
    assert store.load().digests == {}
