"""The contract of every store: one turn is kept wholly, and what is loaded equals what the rules had."""

from dataclasses import replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.broker.rules.random_log import RandomLog
from tests.broker.store.stores import answer, prune_all, session, user
from zchat_broker.rules import Rules
from zchat_broker.rules.effects import Answered, Effect, NumberingRemoved, Posted, Removed, Saved, TopicDropped
from zchat_broker.rules.state import AccessCode, Ban, Guest, Invitation, Mute, Party, Seat, State, Tail, Waiting
from zchat_broker.store import Changes, KeptAnswer, KeptMessage, Store, record_key
from zchat_broker.store.memory import MemoryStore
from zchat_broker.store.sqlite import SqliteStore
from zchat_common import wire

# -- turns of the rules -----------------------------------------------------------------------------------------------


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


# -- any turns at all -------------------------------------------------------------------------------------------------


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
