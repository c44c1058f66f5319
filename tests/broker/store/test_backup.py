"""A backup is the whole store at one moment, taken while a broker writes, or there is none."""

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.broker.store.files import files, full_disk, overwrite_table, posix_only, say
from zchat_broker.store import Changes, StoreUnusable
from zchat_broker.store.backup import BackupFailed, back_up
from zchat_broker.store.checking import check
from zchat_broker.store.sqlite import SqliteStore

KEY = b"ab" * 32 + b"\n"

WRITER = """
import sys
from pathlib import Path
from tests.broker.store.files import say
from zchat_broker.store import Changes
from zchat_broker.store.sqlite import SqliteStore

store = SqliteStore(Path(sys.argv[1]))
number = store.load().position
while True:
    number += 1
    store.commit(Changes(position=number, at=number, messages=[say(number, number, "x" * 500)]))
    print(number, flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "broker"
    folder.mkdir()
    with closing(SqliteStore(folder / "zchat.db")) as store:
        fill(store, 1, 500)
    return folder / "zchat.db"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "disk").mkdir()
    return tmp_path / "disk" / "backup"


def fill(store: SqliteStore, first: int, last: int, size: int = 500) -> None:
    for number in range(first, last + 1):
        store.commit(Changes(position=number, at=number, messages=[say(number, number, "x" * size)]))


@contextmanager
def writing(path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that commits as fast as it can."""
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as writer:
        try:
            assert writer.stdout is not None
            writer.stdout.readline()
            yield writer
        finally:
            writer.kill()


def commits(writer: "subprocess.Popen[str]") -> int:
    """The last commit that the writer has told of; there is one after the call."""
    assert writer.stdout is not None
    return int(writer.stdout.readline())


def test_a_backup_is_the_store_as_it_stands_and_leaves_it_as_it_is(path: Path, target: Path) -> None:
    before = files(path.parent)
    report = back_up(path, KEY, target, alone=True)
    assert (report.mistakes, report.messages) == ([], 500)
    assert files(path.parent) == before
    assert list(target.parent.iterdir()) == [target]
    with closing(SqliteStore(path)) as store, closing(SqliteStore(target)) as copy:
        assert copy.load() == store.load()
        assert copy.page("public", 0, None, 1_000) == store.page("public", 0, None, 1_000)


def test_a_backup_carries_the_key_until_it_has_a_file_of_its_own(path: Path, target: Path) -> None:
    back_up(path, KEY, target, alone=True)
    assert KEY in target.read_bytes()
    with closing(SqliteStore(target)) as copy:
        assert copy.carried_key() == KEY
        copy.drop_carried_key()
        assert copy.carried_key() is None
    assert KEY not in target.read_bytes()
    assert check(target, alone=True).mistakes == []
    with closing(SqliteStore(path)) as store:
        assert store.carried_key() is None


def test_a_backup_of_a_restored_backup_carries_the_key_of_its_broker(path: Path, target: Path) -> None:
    back_up(path, b"old key", target, alone=True)
    again = target.with_name("again")
    back_up(target, KEY, again, alone=True)
    with closing(SqliteStore(again)) as copy:
        assert copy.carried_key() == KEY


@posix_only
def test_only_the_owner_may_read_a_backup(path: Path, target: Path) -> None:
    umask = os.umask(0)
    try:
        back_up(path, KEY, target, alone=True)
    finally:
        os.umask(umask)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_backup_of_a_busy_store_is_whole_and_neither_waits_for_the_other(path: Path, target: Path) -> None:
    with closing(SqliteStore(path)) as store:
        fill(store, 501, 3_000, size=4_000)
    with writing(path) as writer:
        for number in range(3):
            before = commits(writer)
            report = back_up(path, KEY, target.with_name(str(number)), alone=False)
            assert report.mistakes == []
            assert report.messages >= before
            while commits(writer) < report.messages + 10:
                pass  # it goes on


def test_a_file_that_is_there_is_not_overwritten(path: Path, target: Path) -> None:
    target.write_bytes(b"precious")
    with pytest.raises(BackupFailed, match="is there already; name a new file"):
        back_up(path, KEY, target, alone=True)
    assert files(target.parent) == {target.name: b"precious"}


def test_a_place_that_is_not_there_is_said(path: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupFailed, match="name another place"):
        back_up(path, KEY, tmp_path / "nowhere" / "backup", alone=True)


def test_a_full_disk_leaves_nothing_behind(path: Path, target: Path) -> None:
    with full_disk(), pytest.raises(BackupFailed, match="is that disk full"):
        back_up(path, KEY, target, alone=True)
    assert list(target.parent.iterdir()) == []
    back_up(path, KEY, target, alone=True)


@pytest.mark.parametrize("table", ["messages", "users"])
def test_of_a_damaged_store_there_is_no_backup(path: Path, target: Path, table: str) -> None:
    overwrite_table(path, table)
    report = back_up(path, KEY, target, alone=True)
    assert report.mistakes_found > 0
    assert str(target.parent) not in str(report.mistakes), "the copy had a name that nobody knows"
    assert list(target.parent.iterdir()) == []


def test_of_what_is_no_store_there_is_no_backup(path: Path, target: Path) -> None:
    path.write_bytes(b"")
    with pytest.raises(StoreUnusable, match="is empty"):
        back_up(path, KEY, target, alone=True)
    assert list(target.parent.iterdir()) == []


# -- what a reader does to the log ----------------------------------------------------------------------------------


def log_bytes(path: Path) -> int:
    return path.with_name("zchat.db-wal").stat().st_size


def test_the_log_stays_small_and_after_a_long_reader_is_gone_gets_small_again(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        fill(store, 501, 6_000, size=4_000)
        assert log_bytes(path) < 6_000_000
        with closing(sqlite3.connect(path, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM messages").fetchone()
            fill(store, 6_001, 10_000, size=4_000)
            assert log_bytes(path) > 17_000_000
        fill(store, 10_001, 10_003)
        assert log_bytes(path) <= 16 * 1024 * 1024
        fill(store, 10_004, 16_000, size=4_000)
        assert log_bytes(path) <= 16 * 1024 * 1024


def test_the_space_of_what_was_pruned_is_used_again(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        fill(store, 501, 3_000, size=3_000)
        sizes = []
        for start in range(3_001, 12_000, 3_000):
            while store.prune(start, 2_000):
                pass
            fill(store, start, start + 2_999, size=3_000)
            sizes.append(path.stat().st_size)
        assert sizes[-1] < 1.2 * sizes[0]
