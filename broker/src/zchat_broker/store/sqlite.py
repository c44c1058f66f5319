"""The store in one SQLite file: what a commit kept survives the death of the process, for a few statements per turn."""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Final, cast

from zchat_broker.rules.state import AuditEntry
from zchat_broker.store import (
    Changes,
    KeptAnswer,
    KeptMessage,
    Loaded,
    MessagesDamaged,
    Stored,
    StoreFailed,
    StoreUnusable,
)
from zchat_broker.store.carried import drop_key, read_key
from zchat_broker.store.loading import SEQ_MAX, answer_id, load, message_id
from zchat_broker.store.opening import LOCK_WAIT_MS, Durability, is_damage, open_to_serve
from zchat_broker.store.records import keep_records
from zchat_broker.store.schema import MIGRATIONS, Migration
from zchat_common.limits import ANSWERS_KEPT

# A dropped topic is older than any time that prune can be given.
_DROPPED_AT: Final = -(2**63)
# Topics that one call of prune looks at: a dropped or nearly empty one costs time too.
_TOPICS_PER_PRUNE: Final = 200

_OLDEST: Final = "SELECT body, digest FROM messages WHERE id > ? AND id < ? ORDER BY id LIMIT ?"
_NEWEST: Final = "SELECT body, digest FROM messages WHERE id > ? AND id < ? ORDER BY id DESC LIMIT ?"
_NOTE: Final = "INSERT INTO audit VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)"
_AUDIT: Final = "SELECT at, by, act, name, until, address, reason FROM audit ORDER BY number"


class SqliteStore:
    """A :class:`zchat_broker.store.Store` in a file. For one thread of one process; the caller sees to that."""

    def __init__(
        self, path: Path, durability: Durability = Durability.PROCESS, *, migrations: tuple[Migration, ...] = MIGRATIONS
    ) -> None:
        """Opens the file, or makes one that only its owner may read; the folder must be there.

        A database of an earlier version is brought to this one. Raises StoreUnusable, and leaves the file as it was.
        """
        self._path = path
        self._db = open_to_serve(path, migrations, durability)
        # Topics that have messages, and numberings; both may lack some that the database has.
        self._numbers: dict[str, int] = {}
        self._numbering_ids: dict[tuple[str, int], int] = {}

    def load(self) -> Loaded:
        """All that is kept but the messages. Raises StoreUnusable if any of it cannot be read.

        Reads every table but that of the messages, whose damage only shows when they are read (StoreFailed): to
        check them too takes seconds for a million of them.
        """
        return load(self._db, self._path)

    def commit(self, changes: Changes) -> None:
        """Keeps a turn, wholly or not at all. Raises StoreFailed."""
        with self._transaction():
            for topic in changes.topics_dropped:
                self._drop_topic(topic)
            for user, instance in changes.numberings_removed:
                self._remove_numbering(user, instance)
            if changes.records:
                keep_records(self._db, changes.records)
            if changes.messages or changes.digests:
                self._keep_messages(changes.messages, changes.digests)
            if changes.answers:
                self._keep_answers(changes.answers)
            self._db.executemany(_NOTE, changes.audited)
            meta = (changes.position, changes.at, changes.roster_version)
            self._db.execute("UPDATE meta SET position = ?, at = ?, roster_version = ?", meta)

    def probe(self) -> None:
        """Writes one page as it was. Raises StoreFailed, also if somebody else holds the file."""
        with self._failing():
            self._db.execute("PRAGMA busy_timeout = 0")
            try:
                with self._transaction():
                    # SQLite does not write what is equal.
                    self._db.execute("UPDATE meta SET at = at + 1")
                    self._db.execute("UPDATE meta SET at = at - 1")
            finally:
                self._db.execute(f"PRAGMA busy_timeout = {LOCK_WAIT_MS}")

    def page(self, topic: str, after: int | None, before: int | None, limit: int) -> list[Stored]:
        """At most ``limit`` messages of the topic, ascending; see the interface. Raises StoreFailed."""
        with self._failing():
            number = self._number(topic)
            if number is None:
                return []
            low = message_id(number, _clamp(after or 0))
            high = message_id(number, SEQ_MAX if before is None else _clamp(before))
            query = _NEWEST if after is None else _OLDEST
            found: list[Stored] = []
            try:
                for row in self._db.execute(query, (low, high, limit)):
                    found.append(Stored(*row))
            except sqlite3.Error as error:
                if not found or not is_damage(error):
                    raise
        return found[::-1] if after is None else found

    def first_seq(self, topic: str) -> int:
        """The seq of the oldest message still kept; the last seq plus one if there is none. Raises StoreFailed."""
        with self._failing():
            row = self._db.execute("SELECT number, last_seq FROM topics WHERE name = ?", (topic,)).fetchone()
            if row is None:
                return 1
            number, last_seq = row
            oldest = self._oldest(number, 1)
        return oldest[0][0] & SEQ_MAX if oldest else last_seq + 1

    def prune(self, before_at: int, limit: int) -> bool:
        """Deletes at most ``limit`` messages of dropped topics, and then of those older than ``before_at``.

        Returns True if more may be left to delete; call again then, after a while. Raises StoreFailed.
        """
        with self._transaction():
            for _ in range(_TOPICS_PER_PRUNE):
                row = self._db.execute(
                    "SELECT number, name FROM topics WHERE first_at < ? ORDER BY first_at, number LIMIT 1",
                    (before_at,),
                ).fetchone()
                if row is None:
                    return False
                if limit <= 0:
                    return True
                number, name = row
                limit -= self._prune_topic(number, name, before_at, limit)
        return True

    def carried_key(self) -> bytes | None:
        """The broker's key file, if this database was a backup and its key was not dropped yet. Raises StoreFailed."""
        with self._failing():
            return read_key(self._db)

    def drop_carried_key(self) -> None:
        """The key has a file of its own now. Raises StoreFailed."""
        with self._transaction():
            drop_key(self._db)

    def audit(self) -> list[AuditEntry]:
        """All that was ever noted of what admins did, the oldest first. Raises StoreFailed."""
        with self._failing():
            return [AuditEntry(*row) for row in self._db.execute(_AUDIT)]

    def close(self) -> None:
        """Ends the use of the store; all of it is in the one file then. Nothing may follow."""
        self._db.close()

    # -- the parts of a commit --------------------------------------------------------------------------------------

    def _drop_topic(self, topic: str) -> None:
        """Out of reach at once; prune deletes the messages in pieces, since there may be a million of them."""
        self._numbers.pop(topic, None)
        self._db.execute("UPDATE topics SET name = NULL, first_at = ? WHERE name = ?", (_DROPPED_AT, topic))

    def _remove_numbering(self, user: str, instance: int) -> None:
        self._numbering_ids.pop((user, instance), None)
        key = (user, instance)
        row = self._db.execute("SELECT id FROM numberings WHERE user = ? AND instance = ?", key).fetchone()
        if row is None:
            return
        ring = (answer_id(row[0], 0), answer_id(row[0], ANSWERS_KEPT - 1))
        self._db.execute("DELETE FROM answers WHERE id BETWEEN ? AND ?", ring)
        self._db.execute("DELETE FROM numberings WHERE id = ?", row)

    def _keep_messages(self, messages: list[KeptMessage], digests: dict[str, bytes]) -> None:
        numbers = self._numbers
        last_seqs: dict[str, int] = {}
        rows: list[tuple[int, int, bytes, bytes]] = []
        for topic, seq, at, body, digest in messages:
            if topic not in numbers:
                numbers[topic] = self._open_topic(topic, at)
            last_seqs[topic] = seq
            rows.append((message_id(numbers[topic], seq), at, body, digest))
        self._db.executemany("INSERT INTO messages VALUES (?, ?, ?, ?)", rows)
        lasts = [(seq, digests.get(topic), numbers[topic]) for topic, seq in last_seqs.items()]
        self._db.executemany("UPDATE topics SET last_seq = ?, digest = coalesce(?, digest) WHERE number = ?", lasts)
        anew = [(digest, topic) for topic, digest in digests.items() if topic not in last_seqs]
        if anew:
            self._db.executemany("UPDATE topics SET digest = ? WHERE name = ?", anew)

    def _open_topic(self, topic: str, at: int) -> int:
        self._db.execute(
            "INSERT INTO topics (name, last_seq, first_at) VALUES (?, 0, ?)"
            " ON CONFLICT (name) DO UPDATE SET first_at = coalesce(first_at, excluded.first_at)",
            (topic, at),
        )
        return cast("int", self._number(topic))

    def _keep_answers(self, answers: list[KeptAnswer]) -> None:
        """All of a numbering in one row, at the place of the last: half the price of a row for each."""
        ids = self._numbering_ids
        by_numbering: dict[tuple[str, int], list[KeptAnswer]] = {}
        for answer in answers:
            by_numbering.setdefault(answer[:2], []).append(answer)
        rows: list[tuple[int, bytes]] = []
        lasts: list[tuple[int, int, int]] = []
        for key, given in by_numbering.items():
            if key not in ids:
                ids[key] = self._open_numbering(key)
            last, kept = given[-1], given[-ANSWERS_KEPT:]
            if len(kept) > 1:
                self._clear_ring(ids[key], kept[0].n, last.n)
            rows.append((answer_id(ids[key], last.n), b"".join([answer.body for answer in kept])))
            lasts.append((last.n, last.at, ids[key]))
        self._db.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?)", rows)
        self._db.executemany("UPDATE numberings SET last_n = ?, used_at = ? WHERE id = ?", lasts)

    def _clear_ring(self, numbering_id: int, first_n: int, last_n: int) -> None:
        """Frees the places of these answers. What stands there is older than the last 256, and ``load`` passes over it
        anyway: this bounds how much of it there is.
        """
        first, last = answer_id(numbering_id, first_n), answer_id(numbering_id, last_n)
        begin, end = answer_id(numbering_id, 0), answer_id(numbering_id, ANSWERS_KEPT - 1)
        ranges = [(first, last)] if first <= last else [(first, end), (begin, last)]
        self._db.executemany("DELETE FROM answers WHERE id BETWEEN ? AND ?", ranges)

    def _open_numbering(self, key: tuple[str, int]) -> int:
        self._db.execute(
            "INSERT INTO numberings (user, instance, last_n, used_at) VALUES (?, ?, 0, 0)"
            " ON CONFLICT (user, instance) DO NOTHING",
            key,
        )
        row = self._db.execute("SELECT id FROM numberings WHERE user = ? AND instance = ?", key).fetchone()
        return cast("int", row[0])

    # -- topics -----------------------------------------------------------------------------------------------------

    def _number(self, topic: str) -> int | None:
        number = self._numbers.get(topic)
        if number is None:
            row = self._db.execute("SELECT number FROM topics WHERE name = ?", (topic,)).fetchone()
            number = None if row is None else row[0]
        return number

    def _oldest(self, number: int, limit: int) -> Sequence[tuple[int, int]]:
        """Id and time of the topic's oldest messages."""
        return self._db.execute(
            "SELECT id, at FROM messages WHERE id > ? AND id <= ? ORDER BY id LIMIT ?",
            (message_id(number, 0), message_id(number, SEQ_MAX), limit),
        ).fetchall()

    def _prune_topic(self, number: int, name: str | None, before_at: int, limit: int) -> int:
        """Returns how many messages it deleted. Within a topic time never goes back, so the first young one ends it."""
        oldest = self._oldest(number, limit + 1)
        old = list(takewhile(lambda message: name is None or message[1] < before_at, oldest[:limit]))
        if old:
            self._db.execute("DELETE FROM messages WHERE id BETWEEN ? AND ?", (old[0][0], old[-1][0]))
        left = oldest[len(old) :]
        if name is None and not left:
            self._db.execute("DELETE FROM topics WHERE number = ?", (number,))
        elif name is not None:
            self._db.execute("UPDATE topics SET first_at = ? WHERE number = ?", (left[0][1] if left else None, number))
            if not left:
                # The next message has to note its time as the first one.
                self._numbers.pop(name, None)
        return len(old)

    # -- transactions -----------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            kind = MessagesDamaged if is_damage(error) else StoreFailed
            raise kind(f"{self._path}: {error}") from error

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._failing():
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield
                self._db.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        # Numbers given in the transaction are gone with it, and come again for others.
        self._numbers.clear()
        self._numbering_ids.clear()
        # SQLite leaves the transaction by itself on some errors, and on every ROLLBACK, even on one that fails.
        with contextlib.suppress(sqlite3.Error):
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")


def read_audit(path: Path) -> list[AuditEntry]:
    """What :meth:`SqliteStore.audit` gives, of a file that a running broker may be writing. Raises StoreUnusable."""
    try:
        # Read only: takes no lock that the broker waits for, and makes nothing.
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            return [AuditEntry(*row) for row in db.execute(_AUDIT).fetchall()]
    except sqlite3.Error as error:
        raise StoreUnusable(f"{path} cannot be read ({error}); was its broker ever started?") from None


def _clamp(seq: int) -> int:
    """Who asks may ask for any number; none may lead into another topic."""
    return min(max(seq, 0), SEQ_MAX)
