"""The tables of the SQLite store, and how a database of an earlier version becomes one of this version."""

import sqlite3
from pathlib import Path
from typing import Final

from zchat_broker.store import StoreUnusable

# "zcht": tells our files from those of other programs (see `file`, and the SQLite file format, section 1.3.17).
APPLICATION_ID: Final = 0x7A636874

Migration = tuple[str, ...]
"""The statements that bring a database from one version to the next."""

_VERSION_1: Final[Migration] = (
    "CREATE TABLE meta (position INTEGER NOT NULL, at INTEGER NOT NULL, roster_version INTEGER NOT NULL)",
    "INSERT INTO meta VALUES (0, 0, 0)",
    # id is the topic's number and the seq in one, so that a topic's messages lie together and in order without a
    # second index: one costs 40 µs per message at 600,000 messages.
    "CREATE TABLE messages (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, body BLOB NOT NULL)",
    # first_at: the time of the oldest message that is kept (NULL: none is), so that pruning finds its work at once.
    # A dropped topic has no name any more, and is the oldest of all until its messages are gone.
    """CREATE TABLE topics (
        number INTEGER PRIMARY KEY CHECK (number < 1 << 27),
        name TEXT UNIQUE,
        last_seq INTEGER NOT NULL,
        first_at INTEGER
    )""",
    "CREATE INDEX topics_by_age ON topics (first_at)",
    """CREATE TABLE numberings (
        id INTEGER PRIMARY KEY,
        user TEXT NOT NULL,
        instance INTEGER NOT NULL,
        last_n INTEGER NOT NULL,
        used_at INTEGER NOT NULL,
        UNIQUE (user, instance)
    )""",
    # id is the numbering's id and the command's place in a ring: an answer takes the place of the one that it ends.
    # Since version 5 a row holds all answers of a turn, at the place of the last.
    "CREATE TABLE answers (id INTEGER PRIMARY KEY, body BLOB NOT NULL)",
    # The records of the rules: their fields are the columns.
    """CREATE TABLE users (
        folded TEXT PRIMARY KEY, name TEXT NOT NULL, key BLOB NOT NULL, last_seen INTEGER NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE sessions (
        user TEXT PRIMARY KEY, id TEXT NOT NULL, run INTEGER NOT NULL, since INTEGER NOT NULL,
        address TEXT NOT NULL, away_since INTEGER, away_text TEXT NOT NULL
    ) WITHOUT ROWID""",
    "CREATE TABLE parties (id TEXT PRIMARY KEY, leader TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE seats (
        party TEXT, place INTEGER, user TEXT NOT NULL, joined_seq INTEGER NOT NULL, absent_until INTEGER,
        PRIMARY KEY (party, place)
    ) WITHOUT ROWID""",
    """CREATE TABLE invitations (
        party TEXT, invitee TEXT, inviter TEXT NOT NULL, expires INTEGER NOT NULL,
        PRIMARY KEY (party, invitee)
    ) WITHOUT ROWID""",
    """CREATE TABLE waiting (
        user TEXT, seq INTEGER, sender TEXT NOT NULL, sender_seq INTEGER NOT NULL,
        PRIMARY KEY (user, seq)
    ) WITHOUT ROWID""",
)

_VERSION_2: Final[Migration] = (
    """CREATE TABLE tails (
        user TEXT, party TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, told_seq INTEGER,
        left_at INTEGER NOT NULL, PRIMARY KEY (user, told_seq)
    ) WITHOUT ROWID""",
)

_VERSION_3: Final[Migration] = (
    """CREATE TABLE bans (
        key BLOB PRIMARY KEY, name TEXT NOT NULL, by TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER,
        address TEXT NOT NULL, reason TEXT NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE mutes (
        key BLOB PRIMARY KEY, name TEXT NOT NULL, by TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER,
        reason TEXT NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE codes (
        digest BLOB PRIMARY KEY, expires INTEGER NOT NULL, note TEXT NOT NULL, used_at INTEGER
    ) WITHOUT ROWID""",
    "CREATE TABLE guests (key BLOB PRIMARY KEY, since INTEGER NOT NULL, note TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE audit (
        number INTEGER PRIMARY KEY, at INTEGER NOT NULL, by TEXT NOT NULL, act TEXT NOT NULL, name TEXT NOT NULL,
        until INTEGER, address TEXT NOT NULL, reason TEXT NOT NULL
    )""",
)

_VERSION_4: Final[Migration] = (
    # Running digests: before a message, and after the last one of a topic. Messages of before have none; the digests
    # of their topics begin at random.
    "ALTER TABLE messages ADD COLUMN digest BLOB NOT NULL DEFAULT x''",
    "ALTER TABLE topics ADD COLUMN digest BLOB NOT NULL DEFAULT x''",
    "UPDATE topics SET digest = randomblob(32) WHERE name IS NOT NULL",
)

# Nothing to change, but a program that looks for one answer in a row is not to read several.
_VERSION_5: Final[Migration] = ()

# The step at index n leads from version n to n + 1. A step that was released is never changed: add another one.
MIGRATIONS: Final[tuple[Migration, ...]] = (_VERSION_1, _VERSION_2, _VERSION_3, _VERSION_4, _VERSION_5)


def check_ours(db: sqlite3.Connection, path: Path, version: int) -> None:
    """Raises StoreUnusable if the database is not ours or later than ``version``. Changes nothing in it."""
    (application_id,) = db.execute("PRAGMA application_id").fetchone()
    (found,) = db.execute("PRAGMA user_version").fetchone()
    is_empty = db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None
    if application_id != APPLICATION_ID and not (is_empty and application_id == 0 and found == 0):
        raise StoreUnusable(f"{path} is no database of zchat-broker; move it away, or choose another --data")
    if found > version:
        raise StoreUnusable(
            f"{path} was written by a later zchat-broker (its version is {found}, this program knows {version}); "
            "install that one again, or choose another --data"
        )


def migrate(db: sqlite3.Connection, migrations: tuple[Migration, ...]) -> None:
    """Brings the database to the last version, each step wholly or not at all. Raises sqlite3.Error."""
    (found,) = db.execute("PRAGMA user_version").fetchone()
    for version in range(found, len(migrations)):
        db.execute("BEGIN IMMEDIATE")
        try:
            for statement in migrations[version]:
                db.execute(statement)
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {version + 1}")
            db.execute("COMMIT")
        except sqlite3.Error:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
