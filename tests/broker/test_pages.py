"""History around damage: what can be read is read, what cannot is passed over, and nobody asks for ever."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.broker.store.files import PAGE_BYTES, say
from zchat_broker.pages import Pages
from zchat_broker.store import Changes, MessagesDamaged
from zchat_broker.store.sqlite import SqliteStore
from zchat_common import wire
from zchat_common.messages import AskHistory

LAST = 1_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "zchat.db"
    with closing(SqliteStore(path)) as store:
        messages = [say(seq, seq, "x" * 300) for seq in range(1, LAST + 1)]
        store.commit(Changes(position=1, at=LAST, messages=messages))
    return path


class Reading(NamedTuple):
    shown: list[int]
    asked: int


def ask(after: int | None, before: int | None = None, limit: int = 200) -> AskHistory:
    return AskHistory(b"token", 1, "public", after, before, limit)


def read(path: Path, position: int = 0, before: int | None = None) -> Reading:
    """As a client reads a gap: it goes on at `first`, or at the last one it got, until nothing is missing."""
    end = LAST if before is None else before - 1
    shown: list[int] = []
    asked = 0
    with closing(SqliteStore(path)) as store:
        pages = Pages(store)
        while position < end:
            first, page = pages.page(ask(position, before), 1, LAST)
            asked += 1
            position = max(position, first - 1)
            for kept in page:
                seq = wire.decode_kept(kept.body).seq
                assert seq == position + 1
                position = seq
                shown.append(seq)
            assert asked <= 40, "the client asks again and again"
    return Reading(shown, asked)


def spoil(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(statement)


def test_without_damage_everything_is_read_in_full_pages(path: Path) -> None:
    assert read(path) == Reading(list(range(1, LAST + 1)), 5)
    assert read(path, 100, 300) == Reading(list(range(101, 300)), 1)


@pytest.mark.parametrize(
    ("where", "lost"),
    [
        ("= 1", range(1, 2)),
        ("= 500", range(500, 501)),
        ("= 1000", range(1000, 1001)),
        ("BETWEEN 150 AND 420", range(150, 421)),
        ("<= 700", range(1, 701)),
        (">= 700", range(700, 1001)),
        (">= 1", range(1, 1001)),
    ],
)
@pytest.mark.parametrize("statement", ["UPDATE messages SET body = x'c1' WHERE at ", "DELETE FROM messages WHERE at "])
def test_what_is_spoilt_or_missing_is_passed_over(path: Path, statement: str, where: str, lost: range) -> None:
    spoil(path, statement + where)
    assert read(path).shown == [seq for seq in range(1, LAST + 1) if seq not in lost]
    assert read(path, 480, 520).shown == [seq for seq in range(481, 520) if seq not in lost]


def test_every_page_of_the_file_may_be_damaged(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    whole = path.read_bytes()
    with closing(sqlite3.connect(path)) as db:
        (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'messages'").fetchone()
    partly = 0
    for start in range(20 * PAGE_BYTES, len(whole), PAGE_BYTES):
        path.write_bytes(whole[:start] + b"\xff" * PAGE_BYTES + whole[start + PAGE_BYTES :])
        partly += 900 <= len(read(path).shown) < LAST
    assert partly > 50
    assert "zchat-broker check" in caplog.text
    path.write_bytes(whole[: (root - 1) * PAGE_BYTES] + bytes(PAGE_BYTES) + whole[root * PAGE_BYTES :])
    assert read(path).shown == []


def test_the_newest_are_given_as_far_as_they_can_be_read(path: Path) -> None:
    spoil(path, "UPDATE messages SET body = x'c1' WHERE at = 990")
    with closing(SqliteStore(path)) as store:
        pages = Pages(store)
        _, page = pages.page(ask(None), 1, LAST)
        assert [wire.decode_kept(kept.body).seq for kept in page] == list(range(991, 1_001))
        with pytest.raises(MessagesDamaged):
            pages.page(ask(None, 991), 1, LAST)
