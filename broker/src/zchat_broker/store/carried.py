"""The broker's key in a backup: the one file holds all that a broker needs to be itself on another machine."""

import sqlite3


def put_key(db: sqlite3.Connection, key_file: bytes) -> None:
    """Writes the content of a key file into a copy of a database."""
    drop_key(db)
    db.execute("CREATE TABLE broker_key (file BLOB NOT NULL)")
    db.execute("INSERT INTO broker_key VALUES (?)", (key_file,))


def read_key(db: sqlite3.Connection) -> bytes | None:
    """The content of the key file, or None if the database carries none."""
    if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'broker_key'").fetchone() is None:
        return None
    row = db.execute("SELECT file FROM broker_key").fetchone()
    return None if row is None else bytes(row[0])


def drop_key(db: sqlite3.Connection) -> None:
    """The database carries no key any more."""
    db.execute("DROP TABLE IF EXISTS broker_key")
