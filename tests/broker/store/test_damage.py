"""Whatever page of the file is damaged, it is a clear error at the start, or one when it is read; nothing else."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.broker.store.files import PAGE_BYTES, say
from zchat_broker.rules.state import Session, User
from zchat_broker.store import Changes, KeptAnswer, StoreFailed, StoreUnusable, record_key
from zchat_broker.store.checking import check
from zchat_broker.store.sqlite import SqliteStore
from zchat_common import wire
from zchat_common.messages import Answer

USERS, MESSAGES = 300, 400


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Several pages of users, sessions, answers and messages, under trees of two levels."""
    path = tmp_path / "zchat.db"
    changes = Changes(position=1, at=MESSAGES, roster_version=USERS)
    for number in range(USERS):
        user = User(f"user{number}", f"User{number}", b"k" * 32, 1)
        session = Session(user.folded, f"session {number}", 1, 1, "192.0.2.1", None, "")
        changes.records |= {record_key(user): user, record_key(session): session}
        changes.answers.append(KeptAnswer(user.folded, 7, 1, 1, wire.encode(Answer(7, 1, 1, "", 0, ""))))
    changes.messages = [say(seq, seq, "x" * 200) for seq in range(1, MESSAGES + 1)]
    with closing(SqliteStore(path)) as store:
        store.commit(changes)
    return path


def _ones(page: bytes) -> bytes:
    return b"\xff" * len(page)


def _zeros(page: bytes) -> bytes:
    return bytes(len(page))


def _half(page: bytes) -> bytes:
    """As after a write that was cut off by a power cut."""
    return page[: len(page) // 2] + bytes(len(page) // 2)


def _flipped(page: bytes) -> bytes:
    """Every 97th byte is another one."""
    return bytes(byte ^ 0x55 if index % 97 == 50 else byte for index, byte in enumerate(page))


@pytest.mark.parametrize("damage", [_ones, _zeros, _half, _flipped])
def test_every_page_may_be_damaged(path: Path, damage: Callable[[bytes], bytes]) -> None:
    # Half a page, or a flipped byte, may be one that nothing stands in, or a letter of a name.
    always_shows = damage in (_ones, _zeros)
    whole = path.read_bytes()
    refused, failing = 0, 0
    for start in range(0, len(whole), PAGE_BYTES):
        spoilt = whole[:start] + damage(whole[start : start + PAGE_BYTES]) + whole[start + PAGE_BYTES :]
        path.write_bytes(spoilt)
        found = check(path, alone=True).mistakes_found
        assert found > 0 or not always_shows, f"page {start // PAGE_BYTES + 1}"
        text = said_at_start(path)
        if text:
            refused += 1
            assert str(path) in text
            assert path.read_bytes() == spoilt
            continue
        with closing(SqliteStore(path)) as store:
            whole_messages = reads_all(store)
        failing += not whole_messages
        assert whole_messages or found > 0
    assert refused >= 10
    assert failing >= 10


def said_at_start(path: Path) -> str:
    try:
        with closing(SqliteStore(path)) as store:
            store.load()
    except StoreUnusable as error:
        return str(error)
    return ""


def reads_all(store: SqliteStore) -> bool:
    """False if some of the messages cannot be read, and that is said as it should be."""
    bodies: list[bytes] = []
    try:
        store.first_seq("public")
        for after in range(0, MESSAGES, 50):
            bodies += [kept.body for kept in store.page("public", after, after + 51, 50)]
    except StoreFailed:
        return False
    return bodies == [say(seq, seq, "x" * 200).body for seq in range(1, MESSAGES + 1)]
