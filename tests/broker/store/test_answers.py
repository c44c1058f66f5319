"""The last answers of each numbering are kept, in their order, and no more than those."""

from contextlib import closing
from itertools import accumulate

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.broker.store.stores import Kind, answer, answers
from zchat_broker.store import Changes, KeptAnswer, Store
from zchat_common import wire
from zchat_common.errors import Code
from zchat_common.limits import ANSWERS_KEPT
from zchat_common.messages import Refusal


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
