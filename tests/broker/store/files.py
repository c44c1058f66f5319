"""A store in a file, its turns, and what can happen to the file."""

import os
import resource
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from zchat_broker.rules.state import User
from zchat_broker.store import Changes, KeptAnswer, KeptMessage, record_key
from zchat_common import wire
from zchat_common.messages import Answer, Say

ALICE = User("alice", "Alice", b"k" * 32, 1)
PAGE_BYTES = 4096

posix_only = pytest.mark.skipif(os.name != "posix", reason="modes of files are a matter of POSIX")


def say(seq: int, at: int, text: str = "hello") -> KeptMessage:
    return KeptMessage("public", seq, at, wire.encode(Say(seq, at, "Alice", text, action=False)))


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


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if not file.name.endswith("-shm")}
