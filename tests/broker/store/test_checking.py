"""A check finds nothing wrong with what the rules made, names whatever else is in the file, and changes nothing."""

import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from tests.broker.rules.random_log import RandomLog
from tests.broker.store.files import PAGE_BYTES, files, overwrite_table, say
from zchat_broker.digests import Digests
from zchat_broker.links import Links
from zchat_broker.outcome import Outcome
from zchat_broker.presence import Gathering
from zchat_broker.profile import Profile
from zchat_broker.publisher import Publisher
from zchat_broker.rules import Rules, State
from zchat_broker.rules.state import Party, Record, Seat, Session, User, Waiting
from zchat_broker.store import Changes, KeptAnswer, KeptMessage, RecordKey, StoreUnusable, record_key
from zchat_broker.store.checking import Report, check
from zchat_broker.store.schema import MIGRATIONS
from zchat_broker.store.sqlite import SqliteStore
from zchat_common import wire
from zchat_common.messages import Answer, PartyChanged, Say


def commit_log(store: SqliteStore, entries: int, *, prune: bool) -> None:
    """What the rules make of a random log, in turns of three entries."""
    rules, draw = Rules(State()), random.Random(4).randbytes
    digests = Digests(draw, {})
    outcome = new_outcome(digests, draw)
    for position, entry in enumerate(RandomLog(rules, seed=4).entries(entries), start=1):
        effects = rules.apply(entry)
        outcome.note(effects, rules.state.at)
        if position % 3 == 0:
            store.commit(outcome.changes(rules.state, position))
            outcome = new_outcome(digests, draw)
        if prune and position % 200 == 0:
            store.prune(rules.state.at - 60_000, 20)


def new_outcome(digests: Digests, draw: Callable[[int], bytes]) -> Outcome:
    publisher = Publisher(draw)
    return Outcome(Profile("Lab", 5555, 5556), Links(), publisher, digests, Gathering(publisher, 0), draw)


def chained(digests: Digests, messages: list[KeptMessage]) -> list[KeptMessage]:
    return [message._replace(digest=digests.add(message.topic, message.body)[0]) for message in messages]


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A public topic from seq 3 on, a user with answers and one to whom a whisper waits: small enough to spoil."""
    path = tmp_path_factory.mktemp("chat") / "zchat.db"
    with closing(SqliteStore(path)) as store:
        users = [User(name, name.title(), b"k" * 32, 1) for name in ("alice", "bob")]
        answers = [KeptAnswer("alice", 7, n, n, wire.encode(Answer(7, n, n, "public", n, ""))) for n in (1, 2, 3)]
        whisper = KeptMessage("user.bob", 1, 10, wire.encode(Say(1, 10, "Alice", "for bob", action=False)))
        digests = Digests(random.Random(1).randbytes, {})
        messages = chained(digests, [*[say(seq, 10 * seq) for seq in range(1, 41)], whisper])
        ends = {topic: digests.now(topic) for topic in ("public", "user.bob")}
        records: list[Record] = [
            *users,
            Session("alice", "s1", 1, 1, "192.0.2.1", None, ""),
            Waiting("bob", 1, "alice", 1),
        ]
        kept: dict[RecordKey, Record | None] = {record_key(record): record for record in records}
        for answer in answers[:2]:
            store.commit(Changes(answers=[answer]))
        turn = Changes(position=9, at=1_000, messages=messages, answers=answers[2:], records=kept, digests=ends)
        store.commit(turn)
        store.prune(25, 100)
    return path


@pytest.fixture
def path(chat: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(chat, tmp_path / "zchat.db"))


def spoil(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statement in statements:
            db.execute(statement)


def mistakes(path: Path) -> list[str]:
    return check(path, alone=True).mistakes


@pytest.mark.parametrize("prune", [False, True])
def test_whatever_the_rules_make_is_well_pruned_or_not(tmp_path: Path, *, prune: bool) -> None:
    path = tmp_path / "zchat.db"
    with closing(SqliteStore(path)) as store:
        commit_log(store, 2_000, prune=prune)
        live = check(path, alone=False)
    assert live.mistakes == []
    assert min(live.users, live.topics, live.messages, live.answers) > 3
    assert check(path, alone=True) == live


def test_a_chat_is_counted(path: Path) -> None:
    assert check(path, alone=True) == Report(users=2, topics=2, messages=38, answers=3)


def test_nothing_is_changed_neither_in_a_stopped_brokers_folder_nor_in_a_running_or_a_killed_ones(path: Path) -> None:
    stopped = files(path.parent)
    assert mistakes(path) == []
    assert files(path.parent) == stopped
    with closing(SqliteStore(path)) as store:
        store.commit(Changes(position=10, at=1_000, messages=[say(41, 500)]))
        running = files(path.parent)
        assert check(path, alone=False).messages == 39
        assert files(path.parent) == running
        killed = path.parent / "killed"
        killed.mkdir()
        for name in running:
            shutil.copy(path.with_name(name), killed)
    left = files(killed)
    assert sorted(left) == ["zchat.db", "zchat.db-wal"]
    assert check(killed / "zchat.db", alone=True).messages == 39
    assert files(killed) == left


# A say ends with whether it is an action.
MADE_ACTION: Final = "UPDATE messages SET body = CAST(substr(body, 1, length(body) - 1) || x'c3' AS BLOB) "
SPOILT: Final[list[tuple[str, str]]] = [
    ("DELETE FROM messages WHERE id = (1 << 36) + 20", "messages 20 to 20 of public are missing"),
    ("DELETE FROM messages WHERE id < (1 << 36) + 20", "message 20 of public is the oldest, but not from"),
    ("DELETE FROM messages WHERE id = (1 << 36) + 40", "public ends at 39, not at 40"),
    ("DELETE FROM messages", "all messages of public are gone, up to 40"),
    ("UPDATE topics SET last_seq = 50 WHERE name = 'public'", "public ends at 40, not at 50"),
    ("UPDATE topics SET first_at = NULL WHERE name = 'public'", "message 3 of public is the oldest, but not from"),
    ("DELETE FROM topics WHERE name = 'public'", "38 messages of a topic 1 that is not there"),
    ("UPDATE messages SET at = 15 WHERE at = 200", "message 20 of public is out of time"),
    ("UPDATE messages SET at = 5000 WHERE at = 400", "message 40 of public is out of time"),
    ("UPDATE messages SET body = x'c1' WHERE at = 200", "message 20 of public cannot be read"),
    ("UPDATE messages SET body = 7 WHERE at = 200", "message 20 of public cannot be read"),
    (
        "UPDATE messages SET body = (SELECT body FROM messages WHERE at = 210) WHERE at = 200",
        "message 20 of public says that it is message 21",
    ),
    (MADE_ACTION + "WHERE at = 200", "message 21 of public does not follow"),
    (MADE_ACTION + "WHERE at = 400", "message 40 of public is not the one that"),
    ("UPDATE messages SET digest = randomblob(32) WHERE at = 200", "message 20 of public does not follow"),
    ("UPDATE messages SET digest = x'' WHERE at = 200", "message 20 of public does not follow"),
    ("UPDATE messages SET digest = 7 WHERE at = 200", "message 20 of public does not follow"),
    ("UPDATE topics SET digest = randomblob(32) WHERE name = 'public'", "message 40 of public is not the one that"),
    ("DELETE FROM answers WHERE id % 256 = 2", "an answer of alice is lost that may be asked again"),
    ("DELETE FROM numberings", "belongs to no numbering"),
    ("UPDATE answers SET id = id + 1 WHERE id % 256 = 3", "answer 3 of alice is not in its place"),
    ("UPDATE numberings SET instance = 8", "is not of his numbering"),
    (
        "UPDATE answers SET body = CAST((SELECT body FROM answers WHERE id % 256 = 1) || body AS BLOB)"
        " WHERE id % 256 = 3",
        "of alice leaves one out",
    ),
    ("UPDATE answers SET body = x'' WHERE id % 256 = 2", "is not of his numbering"),
    ("UPDATE answers SET body = x'c1' WHERE id % 256 = 2", "of alice is none"),
    ("DELETE FROM users WHERE folded = 'alice'", "alice has a session but no name"),
    ("INSERT INTO users VALUES ('aiice', 'AIice', x'00', 1)", "shares its looks"),
    ("UPDATE waiting SET seq = 2", "whisper 2 waits for bob, whose topic does not reach so far"),
    ("INSERT INTO seats VALUES ('p', 1, 'alice', 1, NULL)", "seats of a party p that is not there"),
    ("UPDATE meta SET at = 'noon'", "makes no sense"),
    ("DELETE FROM meta", "is damaged"),
]


@pytest.mark.parametrize(("statement", "mistake"), SPOILT)
def test_what_is_wrong_is_named(path: Path, statement: str, mistake: str) -> None:
    spoil(path, statement)
    found = mistakes(path)
    assert any(mistake in line for line in found), found
    assert all("\n" not in line for line in found)


def test_messages_of_before_there_were_digests_are_well_and_so_is_what_follows_on_them(path: Path) -> None:
    spoil(path, "UPDATE messages SET digest = x'' WHERE at < 200")
    assert mistakes(path) == []


def changed(seq: int, change: str) -> KeptMessage:
    news = PartyChanged(seq, 500, "p", change, "Bob", "Alice", ("Alice",), "")
    return KeptMessage("party.p", seq, 500, wire.encode(news))


def test_a_partys_digest_begins_anew_with_its_key_only(path: Path) -> None:
    digests = Digests(random.Random(2).randbytes, {})
    kept = chained(digests, [changed(1, "created"), changed(2, "invited")])
    digests.restart("party.p")
    kept += chained(digests, [changed(3, "joined"), changed(4, "leader")])
    # As when the last one goes, which only his own topic tells.
    ends = {"party.p": digests.restart("party.p")}
    party = Party("p", "alice", (Seat("alice", 1, None),))
    with closing(SqliteStore(path)) as store:
        turn = Changes(position=10, at=1_000, messages=kept, digests=ends, records={record_key(party): party})
        store.commit(turn)
    assert mistakes(path) == []
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE messages SET body = ? WHERE body = ?", (changed(3, "leader").body, kept[2].body))
    (first, second) = mistakes(path)
    assert "message 3 of party.p does not follow" in first
    assert "message 4 of party.p does not follow" in second


def test_a_dropped_topics_messages_are_only_waiting_to_be_deleted(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        store.commit(Changes(position=10, at=1_000, topics_dropped=["public"]))
    report = check(path, alone=True)
    assert (report.mistakes, report.messages) == ([], 38)


def test_a_topic_that_was_pruned_to_nothing_is_well(path: Path) -> None:
    with closing(SqliteStore(path)) as store:
        store.prune(10_000, 1_000)
    assert check(path, alone=True) == Report(users=2, topics=2, messages=0, answers=3)


def test_much_that_is_wrong_is_counted_and_not_all_of_it_named(path: Path) -> None:
    spoil(path, "UPDATE messages SET body = x'c1'")
    report = check(path, alone=True)
    assert len([line for line in report.mistakes if "cannot be read" in line]) == 3
    spoil(
        path,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
        " INSERT INTO seats SELECT 'p' || i, 1, 'alice', 1, NULL FROM n",
    )
    report = check(path, alone=True)
    assert (len(report.mistakes), report.mistakes_found) == (100, 503)


def _no_database(path: Path) -> None:
    path.write_bytes(b"no database at all\n" * 1_000)


def _no_content(path: Path) -> None:
    path.write_bytes(b"")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: 5 * PAGE_BYTES])


def _messages_page(path: Path) -> None:
    overwrite_table(path, "messages")


def _users_page(path: Path) -> None:
    overwrite_table(path, "users")


@pytest.mark.parametrize("damage", [_no_database, _no_content, _cut, _messages_page, _users_page])
def test_damage_of_the_file_itself_is_said_and_nothing_is_changed(path: Path, damage: Callable[[Path], None]) -> None:
    damage(path)
    before = files(path.parent)
    assert check(path, alone=True).mistakes_found > 0
    assert files(path.parent) == before


def test_what_cannot_be_looked_at_is_no_mistake_of_the_store(path: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreUnusable, match="cannot be used"):
        check(tmp_path / "folder", alone=True)
    spoil(path, "PRAGMA application_id = 9")
    with pytest.raises(StoreUnusable, match="no database of zchat-broker"):
        check(path, alone=True)


def test_a_store_of_an_earlier_version_is_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "zchat.db"
    SqliteStore(path).close()
    later = (*MIGRATIONS, ("ALTER TABLE meta ADD COLUMN motto TEXT",))
    monkeypatch.setattr("zchat_broker.store.checking.MIGRATIONS", later)
    with pytest.raises(StoreUnusable, match="start its broker once"):
        check(path, alone=True)


MANY = """
import resource, sys
from pathlib import Path
from zchat_broker.store.checking import check

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
report = check(Path(sys.argv[1]), alone=True)
print(report.messages, report.mistakes_found, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB only there")
def test_memory_does_not_grow_with_the_messages(tmp_path: Path) -> None:
    path = tmp_path / "zchat.db"
    with closing(SqliteStore(path)) as store:
        for start in range(0, 60_000, 10_000):
            messages = [say(seq, seq, "x" * 1_000) for seq in range(start + 1, start + 10_001)]
            store.commit(Changes(position=start + 1, at=60_000, messages=messages))
    ran = subprocess.run([sys.executable, "-c", MANY, str(path)], capture_output=True, text=True, check=True)
    looked_at, found, grown_kib = map(int, ran.stdout.split())
    assert (looked_at, found) == (60_000, 0)
    assert path.stat().st_size > 60_000_000
    assert grown_kib < 20_000
