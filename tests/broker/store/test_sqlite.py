"""What only the store in a file does: it survives kills and a full disk, and lets others read what admins did."""

import os
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.broker.store.files import ALICE, full_disk, overwrite_table, posix_only, turn
from zchat_broker.rules.state import AuditEntry, Party, Seat, State
from zchat_broker.store import Changes, KeptAnswer, KeptMessage, StoreFailed, StoreUnusable, record_key
from zchat_broker.store.sqlite import SqliteStore, read_audit
from zchat_common import wire
from zchat_common.messages import Answer


def seqs(store: SqliteStore, topic: str = "public") -> list[int]:
    return [int(kept.body.split()[1]) for kept in store.page(topic, 0, None, 10_000)]


def limit_pages(store: SqliteStore, extra: int) -> None:
    """The disk is full after so many pages more; the limit belongs to the store's own connection."""
    (pages,) = store._db.execute("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count = {pages + extra}")


# -- what a process leaves behind -------------------------------------------------------------------------------------


CHILD = """
import sys
from pathlib import Path
from tests.broker.store.files import turn
from zchat_broker.store.sqlite import SqliteStore

store = SqliteStore(Path(sys.argv[1]))
number = store.load().position
while True:
    number += 1
    store.commit(turn(number))
    print(number, flush=True)
"""


def test_what_was_committed_survives_kill_9_at_any_moment(path: Path) -> None:
    committed = 0
    for commits_to_see in (1, 50, 400):
        command = [sys.executable, "-c", CHILD, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            for _ in range(commits_to_see):
                committed = int(child.stdout.readline())
            child.kill()
        with closing(SqliteStore(path)) as store:
            loaded = store.load()
            assert loaded.position >= committed
            last = loaded.position
            assert loaded.state.last_seq == {"public": last}
            assert loaded.state.users == {"alice": ALICE._replace(last_seen=last)}
            assert loaded.state.numberings["alice"][1].last_n == last
            assert seqs(store) == list(range(1, last + 1))


@posix_only
def test_only_the_owner_may_read_any_of_the_files(path: Path) -> None:
    umask = os.umask(0)
    try:
        with closing(SqliteStore(path)) as store:
            store.commit(turn(1))
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    finally:
        os.umask(umask)
    assert modes == {"zchat.db": 0o600, "zchat.db-wal": 0o600, "zchat.db-shm": 0o600}


def test_a_closed_store_is_one_file_that_opens_elsewhere(path: Path, tmp_path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        store.commit(turn(1))
    assert list(path.parent.iterdir()) == [path]
    moved = path.rename(tmp_path / "moved.db")
    with closing(SqliteStore(moved)) as store:
        assert store.load().position == 1


def test_what_was_dropped_or_pruned_cannot_be_found_in_the_file(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        for number in range(1, 200):
            store.commit(turn(number, "party.secret", size=300))
            # Enough to lie in pages of its own.
            store.commit(Changes(messages=[KeptMessage("public", number, number, b"forgotten " * 900)]))
        store.commit(Changes(topics_dropped=["party.secret"]))
        while store.prune(1_000, 50):
            pass
        store.commit(Changes(messages=[KeptMessage("public", 200, 1_000, b"remembered")]))
    content = path.read_bytes()
    assert b"remembered" in content
    assert b"forgotten" not in content
    assert b"x" * 20 not in content


def test_dropping_a_topic_leaves_its_deletion_to_prune(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        for number in range(1, 11):
            store.commit(turn(number, "party.p"))
        store.commit(Changes(topics_dropped=["party.p"]))
        assert [store.prune(0, 4) for _ in range(4)] == [True, True, False, False]


def test_a_party_that_is_over_leaves_no_seats_behind(path: Path) -> None:
    party = Party("p", "alice", (Seat("alice", 1, None), Seat("bob", 2, None)))
    with closing(SqliteStore(path)) as store:
        store.commit(Changes(records={record_key(party): party}))
        store.commit(Changes(records={record_key(party): None}))
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT * FROM seats").fetchall() == []


# -- faults -----------------------------------------------------------------------------------------------------------


def test_nothing_of_a_turn_is_kept_when_the_disk_is_full_and_the_next_is_kept_when_it_is_not(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        store.commit(turn(1))
        before = store.load()
        limit_pages(store, 2)
        full = turn(2, size=50_000)
        full.records[Party, "p"] = Party("p", "alice", (Seat("alice", 1, None),))
        full.numberings_removed.append(("alice", 9))
        for _ in range(3):
            with pytest.raises(StoreFailed, match="full"):
                store.commit(full)
            assert store.load() == before
            assert seqs(store) == [1]
        limit_pages(store, 1_000)
        store.commit(full)
        assert store.load().position == 2
        assert seqs(store) == [1, 2]


def test_a_failed_turn_leaves_no_numbers_behind_that_others_could_get(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        limit_pages(store, 2)
        failing = turn(1, "user.a")
        failing.answers = [KeptAnswer("alice", 1, 1, 1, b"x" * 50_000)]
        with pytest.raises(StoreFailed):
            store.commit(failing)
        limit_pages(store, 1_000)
        store.commit(Changes(messages=[KeptMessage("user.b", 1, 1, b"user.b 1")]))
        store.commit(Changes(answers=[KeptAnswer("bob", 2, 1, 1, wire.encode(Answer(2, 1, 1, "", 0, "")))]))
        store.commit(turn(1, "user.a"))
        assert (seqs(store, "user.a"), seqs(store, "user.b")) == ([1], [1])
        numberings = store.load().state.numberings
        assert {user: list(found) for user, found in numberings.items()} == {"bob": [2], "alice": [1]}


def test_a_topic_whose_drop_failed_goes_on(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        store.commit(turn(1))
        limit_pages(store, 0)
        failing = turn(1, size=50_000)
        failing.topics_dropped.append("public")
        failing.numberings_removed.append(("alice", 1))
        with pytest.raises(StoreFailed):
            store.commit(failing)
        limit_pages(store, 1_000)
        store.commit(turn(2))
        assert seqs(store) == [1, 2]
        assert store.load().state.numberings["alice"][1].last_n == 2


def test_who_holds_the_file_makes_commits_fail_until_he_lets_go(path: Path) -> None:
    with closing(SqliteStore(path)) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
        store._db.execute("PRAGMA busy_timeout = 0")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreFailed, match="locked"):
            store.commit(turn(1))
        with pytest.raises(StoreFailed, match="locked"):
            store.prune(1, 1)
        other.execute("ROLLBACK")
        store.commit(turn(1))
        assert seqs(store) == [1]


def test_a_probe_tells_a_disk_that_takes_nothing_and_changes_nothing(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        store.commit(turn(1))
        before = store.load()
        store.probe()
        assert store.load() == before
        with full_disk():
            with pytest.raises(StoreFailed):
                store.probe()
            assert store.load() == before
            assert seqs(store) == [1]
        store.probe()
        store.commit(turn(2))
        assert seqs(store) == [1, 2]


def test_a_probe_does_not_wait_for_who_holds_the_file_but_a_commit_does(path: Path) -> None:
    with closing(SqliteStore(path)) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        started_s = time.monotonic()
        with pytest.raises(StoreFailed, match="locked"):
            store.probe()
        probed_s = time.monotonic()
        with pytest.raises(StoreFailed, match="locked"):
            store.commit(turn(1))
        assert time.monotonic() - probed_s >= 0.9 > probed_s - started_s
        other.execute("ROLLBACK")


def test_a_value_that_no_column_can_hold_leaves_nothing_of_its_turn(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        changes = turn(1)
        changes.answers.append(KeptAnswer("alice", 2**64, 1, 1, b""))
        with pytest.raises(OverflowError):
            store.commit(changes)
        assert store.load().state == State()
        store.commit(turn(1))
        assert seqs(store) == [1]


def test_damage_among_the_messages_fails_what_reads_them(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        for number in range(1, 101):
            store.commit(turn(number))
    overwrite_table(path, "messages")
    with closing(SqliteStore(path)) as store:
        assert store.load().position == 100
        for read in (lambda: store.page("public", None, None, 9), lambda: store.first_seq("public")):
            with pytest.raises(StoreFailed, match="malformed"):
                read()
        with pytest.raises(StoreFailed, match="malformed"):
            store.prune(50, 9)


# -- the audit table while the broker runs ----------------------------------------------------------------------------


def test_the_audit_is_read_beside_a_broker_that_writes(path: Path) -> None:
    entry = AuditEntry(7, "Root", "kick", "Bob", None, "", "spam")
    with closing(SqliteStore(path)) as store:
        store.commit(Changes(audited=[entry]))
        assert read_audit(path) == [entry]
        store.commit(Changes(audited=[entry]))
        assert read_audit(path) == [entry, entry]
    assert read_audit(path) == [entry, entry]


def test_the_audit_of_a_broker_that_never_was_makes_no_file(path: Path) -> None:
    with pytest.raises(StoreUnusable, match="was its broker ever started"):
        read_audit(path)
    assert not path.exists()
