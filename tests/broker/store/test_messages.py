"""The messages of a topic: read in pages, dropped with it, deleted when they are old, proved by digests."""

from contextlib import closing

import pytest

from tests.broker.store.stores import Kind, bodies, everything_of, message, messages, page, prune_all
from zchat_broker.store import Changes, KeptMessage, Store

# -- messages ---------------------------------------------------------------------------------------------------------


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


# -- what is dropped --------------------------------------------------------------------------------------------------


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


# -- pruning ----------------------------------------------------------------------------------------------------------


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


# -- running digests --------------------------------------------------------------------------------------------------


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
