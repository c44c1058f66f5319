"""The state out of the tables, and the ids under which the tables keep it."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from zchat_broker.rules.state import (
    AccessCode,
    Ban,
    Guest,
    Invitation,
    Mute,
    Numbering,
    Party,
    Record,
    Seat,
    Session,
    State,
    Tail,
    User,
    Waiting,
)
from zchat_broker.store import Loaded
from zchat_broker.store.opening import unusable
from zchat_common import wire
from zchat_common.limits import ANSWERS_KEPT

# A message's id is its topic's number and, in the low bits, its seq: 69 thousand million messages in each of 134
# million topics.
_SEQ_BITS: Final = 36
SEQ_MAX: Final = (1 << _SEQ_BITS) - 1
# What a damaged row makes of the code that takes it for a whole one.
ODD: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def message_id(number: int, seq: int) -> int:
    """What a message is kept under: the number of its topic, and its seq."""
    return number << _SEQ_BITS | seq


def topic_number(message_id: int) -> int:
    """The number of the topic that a message belongs to."""
    return message_id >> _SEQ_BITS


def answer_id(numbering_id: int, n: int) -> int:
    """What a turn's answers are kept under: their numbering, and the place of the last, ``n``, in the ring."""
    return numbering_id * ANSWERS_KEPT + n % ANSWERS_KEPT


def load(db: sqlite3.Connection, path: Path) -> Loaded:
    """All that is kept but the messages. Raises StoreUnusable if any of it cannot be read."""
    try:
        position, at, roster_version = db.execute("SELECT position, at, roster_version FROM meta").fetchone()
        state = State(at=at, roster_version=roster_version)
        for record in _records(db):
            state.put(record)
        _load_numberings(db, state)
        topics = "SELECT name, last_seq, digest FROM topics WHERE name IS NOT NULL ORDER BY number"
        kept = db.execute(topics).fetchall()
        state.last_seq.update([(name, last_seq) for name, last_seq, _ in kept])
    except (sqlite3.Error, *ODD) as error:
        raise unusable(path, error) from error
    return Loaded(state, position, {name: digest for name, _, digest in kept if type(digest) is bytes and digest})


def _records(db: sqlite3.Connection) -> Iterator[Record]:
    """Every record, by type and key. A record's columns are its fields, in the same order."""
    rows = db.execute
    yield from (User(*row) for row in rows("SELECT * FROM users ORDER BY folded"))
    yield from (Session(*row) for row in rows("SELECT * FROM sessions ORDER BY user"))
    seats: dict[str, list[Seat]] = {}
    for party, *seat in rows("SELECT party, user, joined_seq, absent_until FROM seats ORDER BY party, place"):
        seats.setdefault(party, []).append(Seat(*seat))
    for party, leader in rows("SELECT id, leader FROM parties ORDER BY id"):
        yield Party(party, leader, tuple(seats.get(party, ())))
    yield from (Invitation(*row) for row in rows("SELECT * FROM invitations ORDER BY party, invitee"))
    yield from (Waiting(*row) for row in rows("SELECT * FROM waiting ORDER BY user, seq"))
    yield from (Tail(*row) for row in rows("SELECT * FROM tails ORDER BY user, told_seq"))
    yield from (Ban(*row) for row in rows("SELECT * FROM bans ORDER BY key"))
    yield from (Mute(*row) for row in rows("SELECT * FROM mutes ORDER BY key"))
    yield from (AccessCode(*row) for row in rows("SELECT * FROM codes ORDER BY digest"))
    yield from (Guest(*row) for row in rows("SELECT * FROM guests ORDER BY key"))


def _load_numberings(db: sqlite3.Connection, state: State) -> None:
    by_id: dict[int, Numbering] = {}
    numberings = "SELECT id, user, instance, last_n, used_at FROM numberings ORDER BY id"
    for numbering_id, user, instance, last_n, used_at in db.execute(numberings):
        by_id[numbering_id] = Numbering(last_n, used_at)
        state.numberings.setdefault(user, {})[instance] = by_id[numbering_id]
    kept: dict[int, list[bytes]] = {}
    for ring_id, body in db.execute("SELECT id, body FROM answers ORDER BY id"):
        kept.setdefault(ring_id // ANSWERS_KEPT, []).append(body)
    for numbering_id, bodies in kept.items():
        if numbering_id not in by_id:
            raise ValueError("answers of no numbering")
        answers = wire.decode_kept_answers(b"".join(bodies))
        # Those that are too old by now, of turns with several, fall out here.
        by_id[numbering_id].answers.extend(sorted(answers, key=lambda answer: answer.n))
