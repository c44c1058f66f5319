"""A file is opened as it is, brought to this version, or refused with what to do; it is never spoilt."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.broker.store.files import PAGE_BYTES, overwrite_table, turn
from zchat_broker.store import Changes, KeptAnswer, StoreDamaged, StoreUnusable
from zchat_broker.store.schema import APPLICATION_ID, MIGRATIONS
from zchat_broker.store.sqlite import SqliteStore
from zchat_common.limits import ANSWERS_KEPT

# -- what cannot be opened --------------------------------------------------------------------------------------------


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


# -- versions ---------------------------------------------------------------------------------------------------------


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
