"""The records of the rules as rows: how each kind of them is saved and removed. :mod:`.loading` reads them."""

import sqlite3
from collections.abc import Mapping
from typing import Final, cast

from zchat_broker.rules.state import (
    AccessCode,
    Ban,
    Guest,
    Invitation,
    Mute,
    Party,
    Record,
    Session,
    Tail,
    User,
    Waiting,
)
from zchat_broker.store import RecordKey

_SAVE: Final[dict[type[Record], str]] = {
    User: "INSERT OR REPLACE INTO users VALUES (?, ?, ?, ?)",
    Session: "INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?)",
    Party: "INSERT OR REPLACE INTO parties VALUES (?, ?)",
    Invitation: "INSERT OR REPLACE INTO invitations VALUES (?, ?, ?, ?)",
    Waiting: "INSERT OR REPLACE INTO waiting VALUES (?, ?, ?, ?)",
    Tail: "INSERT OR REPLACE INTO tails VALUES (?, ?, ?, ?, ?, ?)",
    Ban: "INSERT OR REPLACE INTO bans VALUES (?, ?, ?, ?, ?, ?, ?)",
    Mute: "INSERT OR REPLACE INTO mutes VALUES (?, ?, ?, ?, ?, ?)",
    AccessCode: "INSERT OR REPLACE INTO codes VALUES (?, ?, ?, ?)",
    Guest: "INSERT OR REPLACE INTO guests VALUES (?, ?, ?)",
}
_REMOVE: Final[dict[type[Record], str]] = {
    User: "DELETE FROM users WHERE folded = ?",
    Session: "DELETE FROM sessions WHERE user = ?",
    Party: "DELETE FROM parties WHERE id = ?",
    Invitation: "DELETE FROM invitations WHERE party = ? AND invitee = ?",
    Waiting: "DELETE FROM waiting WHERE user = ? AND seq = ?",
    Tail: "DELETE FROM tails WHERE user = ? AND told_seq = ?",
    Ban: "DELETE FROM bans WHERE key = ?",
    Mute: "DELETE FROM mutes WHERE key = ?",
    AccessCode: "DELETE FROM codes WHERE digest = ?",
    Guest: "DELETE FROM guests WHERE key = ?",
}


def keep_records(db: sqlite3.Connection, records: Mapping[RecordKey, Record | None]) -> None:
    """Saves each record, and removes those that are None; a part of the caller's transaction."""
    saved: dict[type[Record], list[Record]] = {}
    for key, record in records.items():
        if record is not None:
            saved.setdefault(key[0], []).append(record)
            continue
        db.execute(_REMOVE[key[0]], key[1:])
        if key[0] is Party:
            db.execute("DELETE FROM seats WHERE party = ?", key[1:])
    for kind, kept in saved.items():
        if kind is Party:
            _save_parties(db, cast("list[Party]", kept))
        else:
            db.executemany(_SAVE[kind], kept)


def _save_parties(db: sqlite3.Connection, parties: list[Party]) -> None:
    db.executemany(_SAVE[Party], [(party.id, party.leader) for party in parties])
    db.executemany("DELETE FROM seats WHERE party = ?", [(party.id,) for party in parties])
    seats = [(party.id, place, *seat) for party in parties for place, seat in enumerate(party.seats)]
    db.executemany("INSERT INTO seats VALUES (?, ?, ?, ?, ?)", seats)
