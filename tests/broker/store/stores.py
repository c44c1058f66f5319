"""A store of each kind, and things to keep in it."""

from pathlib import Path

from zchat_broker.rules.state import Record, Session, User
from zchat_broker.store import Changes, KeptAnswer, KeptMessage, Store, record_key
from zchat_broker.store.memory import MemoryStore
from zchat_broker.store.sqlite import SqliteStore
from zchat_common import wire
from zchat_common.messages import Answer


class Kind:
    """A way to make a store, and to come back to it as the next broker does."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self._path = folder / "zchat.db"

    def open(self) -> Store:
        return MemoryStore() if self.name == "memory" else SqliteStore(self._path)

    def restart(self, store: Store) -> Store:
        store.close()
        return store if self.name == "memory" else SqliteStore(self._path)


def user(folded: str, last_seen: int = 1, key: bytes = b"k" * 32) -> User:
    return User(folded, folded.title(), key, last_seen)


def session(owner: str, session_id: str = "s1") -> Session:
    return Session(owner, session_id, -5, 7, "192.0.2.1", None, "")


def saved(*records: Record) -> Changes:
    return Changes(records={record_key(record): record for record in records})


def removed(*records: Record) -> Changes:
    return Changes(records={record_key(record): None for record in records})


def message(topic: str, seq: int, at: int = 0) -> KeptMessage:
    return KeptMessage(topic, seq, at, f"{topic} {seq}".encode(), f"before {seq}".encode())


def messages(topic: str, first: int, last: int, at: int = 0) -> list[KeptMessage]:
    return [message(topic, seq, at) for seq in range(first, last + 1)]


def bodies(topic: str, first: int, last: int) -> list[bytes]:
    return [kept.body for kept in messages(topic, first, last)]


def answer(owner: str, instance: int, n: int, at: int = 9) -> KeptAnswer:
    return KeptAnswer(owner, instance, n, at, wire.encode(Answer(instance, n, at, "public", n, "")))


def answers(owner: str, instance: int, first: int, last: int) -> list[KeptAnswer]:
    return [answer(owner, instance, n) for n in range(first, last + 1)]


def everything_of(store: Store, topic: str) -> list[bytes]:
    return page(store, topic, 0, None, 10_000)


def page(store: Store, topic: str, after: int | None, before: int | None, limit: int) -> list[bytes]:
    return [kept.body for kept in store.page(topic, after, before, limit)]


def prune_all(store: Store, before_at: int, limit: int = 10_000) -> None:
    while store.prune(before_at, limit):
        pass
