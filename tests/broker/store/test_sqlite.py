"""What only the store in a file does: it survives kills, a full disk and upgrades, and refuses what it cannot read."""

import os
import resource
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from zchat_broker.rules.state import AuditEntry, Party, Seat, State, User
from zchat_broker.store import Changes, KeptAnswer, KeptMessage, StoreDamaged, StoreFailed, StoreUnusable, record_key
from zchat_broker.store.schema import APPLICATION_ID, MIGRATIONS
from zchat_broker.store.sqlite import SqliteStore, read_audit
from zchat_common import wire
from zchat_common.limits import ANSWERS_KEPT
from zchat_common.messages import Answer

ALICE = User("alice", "Alice", b"k" * 32, 1)
PAGE_BYTES = 4096

posix_only = pytest.mark.skipif(os.name != "posix", reason="modes of files are a matter of POSIX")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "zchat.db"


def turn(number: int, topic: str = "public", size: int = 100) -> Changes:
    """A turn with one message, its answer and a user; ``number`` is position, time, seq and n."""
    answer = wire.encode(Answer(1, number, number, topic, number, ""))
    user = ALICE._replace(last_seen=number)
    return Changes(
        position=number,
        at=number,
        messages=[KeptMessage(topic, number, number, f"{topic} {number} ".encode() + b"x" * size)],
        answers=[KeptAnswer("alice", 1, number, number, answer)],
        records={record_key(user): user},
    )


def seqs(store: SqliteStore, topic: str = "public") -> list[int]:
    return [int(kept.body.split()[1]) for kept in store.page(topic, 0, None, 10_000)]


def limit_pages(store: SqliteStore, extra: int) -> None:
    """The disk is full after so many pages more; the limit belongs to the store's own connection."""
    (pages,) = store._db.execute("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count = {pages + extra}")


@contextmanager
def full_disk() -> Iterator[None]:
    """Nothing can be written to any file of this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    was = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, was)


def overwrite_table(path: Path, table: str) -> None:
    """Spoils the root page of a table in a closed file."""
    with closing(sqlite3.connect(path)) as db:
        found = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        (page,) = db.execute(found, (table,)).fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * PAGE_BYTES)
        file.write(b"\xff" * PAGE_BYTES)


# -- what a process leaves behind -----------------------------------------------------------------------------------

CHILD = """
import sys
from pathlib import Path
from tests.broker.store.test_sqlite import turn
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


# -- faults ---------------------------------------------------------------------------------------------------------


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


# -- what cannot be opened ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"xy", b"no database at all\n" * 1_000, b"SQLite format 3\0" + b"\xff" * 8_000])
def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StoreUnusable, match=r"zchat\.db is damaged .* move it away"):
        SqliteStore(path)
    assert path.read_bytes() == content


def test_a_file_that_was_cut_off_is_refused_and_left_alone(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        store.commit(turn(1, size=100_000))
    content = path.read_bytes()[: 10 * PAGE_BYTES]
    path.write_bytes(content)
    with pytest.raises(StoreUnusable, match="is damaged"):
        SqliteStore(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "table", ["meta", "users", "sessions", "parties", "seats", "invitations", "waiting", "bans", "codes"]
)
def test_damage_among_the_records_shows_at_the_start(path: Path, table: str) -> None:
    SqliteStore(path).close()
    overwrite_table(path, table)
    with pytest.raises(StoreUnusable, match="is damaged"), closing(SqliteStore(path)) as store:
        store.load()


def test_an_answer_that_is_none_shows_at_the_start(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        store.commit(Changes(answers=[KeptAnswer("alice", 1, 1, 1, b"\xc1")]))
        with pytest.raises(StoreUnusable, match="is damaged"):
            store.load()


@pytest.mark.parametrize(
    "made_by",
    [
        "CREATE TABLE theirs (x)",
        "PRAGMA application_id = 7",
        f"PRAGMA application_id = {APPLICATION_ID + 1}",
        "PRAGMA user_version = 1",
    ],
)
def test_a_database_of_another_program_is_refused_and_left_alone(path: Path, made_by: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(made_by)
    content = path.read_bytes()
    with pytest.raises(StoreUnusable, match="no database of zchat-broker; move it away"):
        SqliteStore(path)
    assert path.read_bytes() == content


def test_an_empty_file_is_refused_for_it_was_a_database_once(path: Path) -> None:
    path.touch()
    with pytest.raises(StoreDamaged, match=r"is empty, .* put a backup in its place"):
        SqliteStore(path)
    assert [file.stat().st_size for file in path.parent.iterdir()] == [0]


def test_what_a_killed_first_start_left_is_in_nobodys_way(path: Path) -> None:
    for name in ("zchat.db.new", "zchat.db.new-journal"):
        path.with_name(name).write_bytes(b"half of it")
    SqliteStore(path).close()
    assert list(path.parent.iterdir()) == [path]


def test_a_log_that_was_taken_away_is_missed(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        store.commit(turn(1))
        for file in ("zchat.db", "zchat.db-shm"):
            shutil.copy(path.with_name(file), path.with_name(f"copy-{file}"))
    left = path.with_name("copy-zchat.db")
    content = left.read_bytes()
    with pytest.raises(StoreDamaged, match=r"-wal is missing, .* put it back, or remove .*-shm"):
        SqliteStore(left)
    assert left.read_bytes() == content
    path.with_name("copy-zchat.db-shm").unlink()
    with closing(SqliteStore(left)) as store:
        assert store.load().position == 0


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match="choose another --data"):
        SqliteStore(tmp_path / "missing" / "zchat.db")


def test_a_path_that_is_a_folder_is_said(path: Path) -> None:
    path.mkdir()
    with pytest.raises(StoreUnusable, match="choose another --data"):
        SqliteStore(path)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write to everything")
def test_a_file_that_cannot_be_written_is_said_at_once(path: Path) -> None:
    SqliteStore(path).close()
    path.chmod(0o400)
    with pytest.raises(StoreUnusable, match="make it writable"):
        SqliteStore(path)


# -- the audit table while the broker runs --------------------------------------------------------------------------


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


# -- versions -------------------------------------------------------------------------------------------------------

NEXT = (
    "ALTER TABLE meta ADD COLUMN motto TEXT NOT NULL DEFAULT 'onwards'",
    "UPDATE topics SET last_seq = last_seq + 100",
)
BROKEN = ("UPDATE topics SET last_seq = 0", "INSERT INTO nowhere VALUES (1)")


def version_of(path: Path) -> tuple[int, int]:
    with closing(sqlite3.connect(path)) as db:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        (application_id,) = db.execute("PRAGMA application_id").fetchone()
    return version, application_id


def last_seqs(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as db:
        return [last_seq for (last_seq,) in db.execute("SELECT last_seq FROM topics")]


def test_a_new_store_has_the_last_version_and_our_mark(path: Path) -> None:
    SqliteStore(path).close()
    assert version_of(path) == (len(MIGRATIONS), APPLICATION_ID)


def test_a_store_of_an_earlier_version_is_brought_forward_once_and_keeps_what_it_holds(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        store.commit(turn(5))
    for _ in range(2):
        SqliteStore(path, migrations=(*MIGRATIONS, NEXT)).close()
        assert version_of(path) == (len(MIGRATIONS) + 1, APPLICATION_ID)
        assert last_seqs(path) == [105]


def test_messages_of_before_there_were_digests_have_none_and_their_topics_begin_at_random(path: Path) -> None:
    SqliteStore(path, migrations=MIGRATIONS[:2]).close()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("INSERT INTO topics (name, last_seq, first_at) VALUES ('public', 1, 1)")
        db.execute("INSERT INTO messages VALUES (?, 1, 'public 1')", (1 << 36 | 1,))
    with closing(SqliteStore(path)) as store:
        ((_, digest),) = store.page("public", 0, None, 9)
        assert digest == b""
        assert len(store.load().digests["public"]) == 32
    with closing(SqliteStore(path)) as again:
        assert again.load().digests["public"] != bytes(32)


def test_a_store_of_a_later_version_is_refused_and_left_alone(path: Path) -> None:
    SqliteStore(path, migrations=(*MIGRATIONS, NEXT)).close()
    content = path.read_bytes()
    with pytest.raises(StoreUnusable, match=r"by a later zchat-broker .* install that one again"):
        SqliteStore(path)
    assert path.read_bytes() == content


def test_a_step_that_fails_leaves_the_version_before_it(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        store.commit(turn(5))
    with pytest.raises(StoreUnusable, match="nowhere"):
        SqliteStore(path, migrations=(*MIGRATIONS, NEXT, BROKEN))
    assert version_of(path) == (len(MIGRATIONS) + 1, APPLICATION_ID)
    assert last_seqs(path) == [105]


@pytest.mark.parametrize("count", [1, 7, 100, 255, 256, 300])
def test_answers_that_nobody_may_ask_for_again_go(path: Path, count: int) -> None:
    with closing(SqliteStore(path)) as store:
        for last in range(count, 12 * count, count):
            given = [KeptAnswer("alice", 1, n, n, b"1234567") for n in range(last - count + 1, last + 1)]
            store.commit(Changes(answers=given))
        rows, size = store._db.execute("SELECT count(*), sum(length(body)) FROM answers").fetchone()
    # The place of each row is that of its last answer; what a later turn covers is free.
    covered: set[int] = set()
    for last in reversed(range(count, 12 * count, count)):
        if last % ANSWERS_KEPT not in covered:
            rows -= 1
        covered |= {n % ANSWERS_KEPT for n in range(max(last - count, last - ANSWERS_KEPT) + 1, last + 1)}
    assert rows == 0
    # The oldest row may hold some of before the last 256.
    assert size <= 7 * (2 * ANSWERS_KEPT - 1)
