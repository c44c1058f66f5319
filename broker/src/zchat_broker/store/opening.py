"""How the SQLite file is opened: to serve from it, or only to look."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final

from zchat_broker.store import StoreDamaged, StoreUnusable
from zchat_broker.store.schema import Migration, check_ours, migrate

# Only somebody who opened the file by hand can be in the way; the broker stands still while it waits for him.
LOCK_WAIT_MS: Final = 1_000
# What the log keeps of its size after a reader (a backup, a check) had kept it from being begun anew.
_WAL_KEPT_BYTES: Final = 16 * 1024 * 1024
_CACHE_KIB: Final = 16 * 1024
_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Durability(StrEnum):
    """What a commit survives (ADR 8)."""

    PROCESS = "process"
    """The death of the process. A power cut may take the last commits, but never damages the file."""
    FULL = "full"
    """A power cut as well: ``commit`` returns when the disk has it."""


_SYNCHRONOUS: Final = {Durability.PROCESS: "NORMAL", Durability.FULL: "FULL"}


def open_to_serve(path: Path, migrations: tuple[Migration, ...], durability: Durability) -> sqlite3.Connection:
    """The file to work with, made if it is missing, brought to the last version. Raises StoreUnusable."""
    _require_whole(path)
    try:
        if not path.exists():
            _make(path, migrations)
        db = sqlite3.connect(path, timeout=LOCK_WAIT_MS / 1000, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise unusable(path, error) from error
    with _closed_on_error(db, path):
        check_ours(db, path, len(migrations))
        _settle(db, path, durability)
        migrate(db, migrations)
        _try_to_write(db)
    return db


def open_to_look(path: Path, migrations: tuple[Migration, ...], *, alone: bool) -> sqlite3.Connection:
    """The file as it stands, also while a broker works with it; neither it nor its log is changed.

    ``alone``: the caller sees to it that nobody else opens the file. Raises StoreUnusable, also for a database that is
    not of the last version.
    """
    _require_whole(path)
    # To read a database with a log SQLite has to make the log's files; where there is none it need not, and must not.
    how = "mode=ro&immutable=1" if alone and not _beside(path, "-wal").exists() else "mode=ro"
    try:
        db = sqlite3.connect(
            f"{path.absolute().as_uri()}?{how}", uri=True, timeout=LOCK_WAIT_MS / 1000, isolation_level=None
        )
    except sqlite3.Error as error:
        raise unusable(path, error) from error
    with _closed_on_error(db, path):
        check_ours(db, path, len(migrations))
        (found,) = db.execute("PRAGMA user_version").fetchone()
        if found < len(migrations):
            raise StoreUnusable(f"{path} is of an earlier version; start its broker once, which brings it forward")
    return db


def is_damage(error: BaseException) -> bool:
    """Whether the error says that what is in the file is wrong, and not that it cannot be reached."""
    code = getattr(error, "sqlite_errorcode", None)
    return not isinstance(error, (sqlite3.Error, OSError)) or (code is not None and code & 0xFF in _DAMAGED)


def unusable(path: Path, error: Exception) -> StoreUnusable:
    """What the error means for whoever runs the broker."""
    if is_damage(error):
        return StoreDamaged(
            f"{path} is damaged ({error}); move it away, put a backup in its place, or start without one"
        )
    return StoreUnusable(f"{path} cannot be used ({error}); make it writable, or choose another --data")


def _require_whole(path: Path) -> None:
    """Refuses what SQLite would take for an empty or an older database."""
    if path.is_file() and path.stat().st_size == 0:
        raise StoreDamaged(f"{path} is empty, what was in it is lost; put a backup in its place, or remove it")
    # A broker that was killed leaves both files of its log, one that was stopped neither of them.
    log, index = _beside(path, "-wal"), _beside(path, "-shm")
    if index.exists() and not log.exists():
        raise StoreDamaged(
            f"{log} is missing, and with it what was kept last; put it back, or remove {index} to go on without"
        )


@contextlib.contextmanager
def _closed_on_error(db: sqlite3.Connection, path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        db.close()
        raise unusable(path, error) from error
    except StoreUnusable:
        db.close()
        raise


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _make(path: Path, migrations: tuple[Migration, ...]) -> None:
    """A new database, whole from the moment on that it has its name: a file without content was a database once."""
    new = _beside(path, ".new")
    for left in (new, _beside(new, "-journal")):
        left.unlink(missing_ok=True)
    # SQLite gives its -wal and -shm the mode of this file.
    os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with contextlib.closing(sqlite3.connect(new, isolation_level=None)) as db:
        migrate(db, migrations)
    new.replace(path)


def _settle(db: sqlite3.Connection, path: Path, durability: Durability) -> None:
    (journal,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
    if journal != "wal":
        raise StoreUnusable(f"{path} cannot be used (its file system has no write-ahead log); choose another --data")
    db.execute(f"PRAGMA synchronous = {_SYNCHRONOUS[durability]}")
    # On macOS only this reaches the disk itself.
    db.execute(f"PRAGMA fullfsync = {durability is Durability.FULL}")
    db.execute(f"PRAGMA journal_size_limit = {_WAL_KEPT_BYTES}")
    # Whispers among many users touch a page each, and the busy ones stay in memory (measured among 1,000 users: a
    # seventh less for each commit; docs/performance.md).
    db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    # What is deleted is overwritten: a dissolved party's texts must not be found in a stolen file.
    db.execute("PRAGMA secure_delete = ON")


def _try_to_write(db: sqlite3.Connection) -> None:
    """A file that can only be read is found now, not in the first turn."""
    db.execute("BEGIN IMMEDIATE")
    db.execute("UPDATE meta SET at = at")
    db.execute("ROLLBACK")
