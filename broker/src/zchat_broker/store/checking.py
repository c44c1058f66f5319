"""Whether what is kept is what was written: the file, the state against the rules' invariants, message by message."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

from zchat_broker.rules.invariants import broken_invariants
from zchat_broker.rules.state import State
from zchat_broker.store import StoreDamaged
from zchat_broker.store.loading import ODD, SEQ_MAX, load, topic_number
from zchat_broker.store.opening import is_damage, open_to_look, unusable
from zchat_broker.store.schema import MIGRATIONS
from zchat_common import wire
from zchat_common.limits import ANSWERS_KEPT
from zchat_common.messages import Answer, Kept, PartyChanged, Refusal, Unknown
from zchat_common.topics import party_of, user_topic

# Whoever reads the report needs to know what kind of damage it is, not every row of it.
_MISTAKES_NAMED: Final = 100
_MISTAKES_PER_TOPIC: Final = 3
_TOPICS: Final = "SELECT number, name, last_seq, first_at, digest FROM topics"

Message = tuple[int, int, bytes, bytes]

# With each of its keys a party's digest begins anew, just before the message that tells why.
_CHANGES_KEY: Final = ("created", "joined", "left", "kicked")


class Topic(NamedTuple):
    """A row of the topics. One that was dropped has no name, and waits for its messages to be deleted."""

    number: int
    name: str | None
    last_seq: int
    first_at: int | None
    digest: bytes


@dataclass(slots=True)
class Report:
    """What was looked at, and what is wrong with it: at most a hundred sentences, and how many there would be."""

    users: int = 0
    topics: int = 0
    messages: int = 0
    answers: int = 0
    mistakes: list[str] = field(default_factory=list)
    mistakes_found: int = 0

    def add(self, mistakes: Iterable[str]) -> None:
        """Takes in what is wrong, as far as it can be found out before the file cannot be read on."""
        try:
            for mistake in mistakes:
                self._note(mistake)
        except StoreDamaged as error:
            self._note(str(error))
        except sqlite3.Error as error:
            if not is_damage(error):
                raise
            self._note(f"what follows cannot be read: {error}")
        except ODD as error:
            self._note(f"what follows makes no sense: {error}")

    def _note(self, mistake: str) -> None:
        self.mistakes_found += 1
        if len(self.mistakes) < _MISTAKES_NAMED:
            self.mistakes.append(mistake)


def check(path: Path, *, alone: bool) -> Report:
    """Reads the whole database as it is at this moment, also while a broker works with it, and changes nothing.

    Needs as much memory as the broker's state, however many messages there are. ``alone``: the caller keeps others
    from opening the file. Raises StoreUnusable if it cannot look.
    """
    report = Report()
    try:
        with closing(open_to_look(path, MIGRATIONS, alone=alone)) as db:
            _look(db, path, report)
    except StoreDamaged as error:
        report.add((str(error),))
    except sqlite3.Error as error:
        raise unusable(path, error) from error
    return report


def _look(db: sqlite3.Connection, path: Path, report: Report) -> None:
    db.execute("BEGIN")
    report.add(_file(db))
    report.add(_state(db, path, report))
    report.add(_seats(db))
    report.add(_answers(db, report))
    report.add(_messages(db, report))


def _file(db: sqlite3.Connection) -> Iterator[str]:
    for (line,) in db.execute(f"PRAGMA integrity_check({_MISTAKES_NAMED})"):
        if line != "ok":
            yield from line.splitlines()


def _state(db: sqlite3.Connection, path: Path, report: Report) -> Iterator[str]:
    state = load(db, path).state
    report.users = len(state.users)
    report.topics = len(state.last_seq)
    yield from broken_invariants(state)
    yield from _waiting(state)


def _waiting(state: State) -> Iterator[str]:
    for user, whispers in state.waiting.items():
        for whisper in whispers.values():
            if whisper.seq > state.last_seq.get(user_topic(user), 0):
                yield f"whisper {whisper.seq} waits for {user}, whose topic does not reach so far"


def _seats(db: sqlite3.Connection) -> Iterator[str]:
    stray = "SELECT DISTINCT party FROM seats WHERE party NOT IN (SELECT id FROM parties)"
    for (party,) in db.execute(stray):
        yield f"seats of a party {party} that is not there"


def _answers(db: sqlite3.Connection, report: Report) -> Iterator[str]:
    """Each answer is its numbering's, and the last one of each turn in its place of the ring."""
    rows = db.execute(
        "SELECT answers.id, answers.body, user, instance FROM answers LEFT JOIN numberings"
        " ON numberings.id = answers.id / ? ORDER BY answers.id",
        (ANSWERS_KEPT,),
    )
    for ring_id, body, user, instance in rows:
        if user is None:
            yield f"answer {ring_id} belongs to no numbering"
            continue
        try:
            answers = list(wire.decode_downstream(body))
        except (wire.WireError, TypeError) as error:
            yield f"answer {ring_id} of {user} is none: {error}"
            continue
        report.answers += len(answers)
        numbers = [reply.n for reply in answers if isinstance(reply, Answer | Refusal) and reply.instance == instance]
        if len(numbers) < len(answers) or not numbers:
            yield f"answer {ring_id} of {user} is not of his numbering"
        elif numbers != list(range(numbers[0], numbers[0] + len(numbers))):
            yield f"answer {ring_id} of {user} leaves one out"
        elif numbers[-1] % ANSWERS_KEPT != ring_id % ANSWERS_KEPT:
            yield f"answer {numbers[-1]} of {user} is not in its place"


def _messages(db: sqlite3.Connection, report: Report) -> Iterator[str]:
    (at,) = db.execute("SELECT at FROM meta").fetchone()
    topics = {row[0]: Topic(*row) for row in db.execute(_TOPICS)}
    rows: Iterator[Message] = db.execute("SELECT id, at, body, digest FROM messages ORDER BY id")
    for number, messages in groupby(_counted(rows, report), key=lambda message: topic_number(message[0])):
        # One hole may be thousands of mistakes; the rest of the topic is read all the same.
        for count, mistake in enumerate(_topic(number, topics.pop(number, None), messages, at)):
            if count < _MISTAKES_PER_TOPIC:
                yield mistake
    for topic in topics.values():
        if topic.name is not None and topic.first_at is not None:
            yield f"all messages of {topic.name} are gone, up to {topic.last_seq}"


def _counted(rows: Iterator[Message], report: Report) -> Iterator[Message]:
    for row in rows:
        report.messages += 1
        yield row


def _topic(number: int, topic: Topic | None, messages: Iterator[Message], now: int) -> Iterator[str]:
    """From the first that is kept to the last that was posted: each there, each what it was, none before another."""
    if topic is None:
        yield f"{sum(1 for _ in messages)} messages of a topic {number} that is not there"
        return
    if topic.name is None:
        for _ in messages:
            pass  # dropped: on its way out, from the oldest on
        return
    seq, at = 0, 0
    # The running digest that is to follow; None after what cannot be told.
    follows: bytes | None = None
    for message_id, posted_at, body, digest in messages:
        expected, before = seq + 1, at
        seq, at = message_id & SEQ_MAX, posted_at
        where = f"message {seq} of {topic.name}"
        if before == 0 and at != topic.first_at:
            yield f"{where} is the oldest, but not from when the oldest is said to be"
        elif before != 0 and seq != expected:
            yield f"messages {expected} to {seq - 1} of {topic.name} are missing"
            follows = None
        if not before <= at <= now:
            yield f"{where} is out of time"
        message = _decoded(body)
        if isinstance(message, str):
            yield f"{where} {message}"
            follows = None
            continue
        if (message.seq, message.at) != (seq, at):
            yield f"{where} says that it is message {message.seq}"
        elif follows is not None and digest != follows and not _begins_anew(topic.name, message, follows):
            yield f"{where} does not follow on what comes before it: one of the two was changed"
        follows = _next(digest, body)
    if seq != topic.last_seq:
        yield f"{topic.name} ends at {seq}, not at {topic.last_seq}"
    elif follows and topic.digest != follows and party_of(topic.name) is None:
        # That of a party whose last member left has begun anew, with no message more.
        yield f"message {seq} of {topic.name} is not the one that was posted last"


def _decoded(body: bytes) -> Kept | Unknown | str:
    """The message, or what is wrong with it."""
    try:
        return wire.decode_kept(body)
    except (wire.WireError, TypeError) as error:
        return f"cannot be read: {error}"


def _begins_anew(topic: str, message: Kept | Unknown, follows: bytes) -> bool:
    """Whether the digest need not follow: the first after messages that had none, or under another key of a party."""
    if not follows:
        return True
    return party_of(topic) is not None and isinstance(message, PartyChanged) and message.change in _CHANGES_KEY


def _next(digest: bytes, body: bytes) -> bytes | None:
    if type(digest) is not bytes:
        return None
    return sha256(digest + body).digest() if digest else b""
