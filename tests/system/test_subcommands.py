"""``zchat-broker COMMAND``: looking after a broker's folder from the shell."""

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.system.processes import DEADLINE_S, PROGRAMS, Broker, House, environment


def run(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [str(PROGRAMS / "zchat-broker"), *words]
    env = environment(folder, settings)
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=DEADLINE_S, check=False)


def test_key_shows_the_fingerprint_of_the_ready_line(house: House) -> None:
    broker = house.broker()
    shown = run(house.folder, "key", "--data", str(broker.data))
    assert (shown.returncode, shown.stdout.strip()) == (0, broker.fingerprint)
    assert run(house.folder, "key", ZCHAT_DATA=str(broker.data)).stdout == shown.stdout


def test_key_of_a_broker_that_never_was_says_so(tmp_path: Path) -> None:
    shown = run(tmp_path, "key", "--data", str(tmp_path / "nowhere"))
    assert (shown.returncode, shown.stdout) == (2, "")
    assert "there is no broker in" in shown.stderr
    assert not (tmp_path / "nowhere").exists()


@pytest.fixture
def used(house: House) -> Broker:
    """A running broker with two users who said something."""
    broker = house.broker()
    alice, bob = house.join(broker, "alice", "bob")
    alice.types("hello", "/w bob psst")
    bob.wait("whisper")
    return broker


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_check_says_that_all_is_well_of_a_running_a_killed_and_a_stopped_broker(house: House, used: Broker) -> None:
    options = ("check", "--data", str(used.data))
    running = run(house.folder, *options)
    assert running.stdout.startswith(f"{used.data / 'zchat.db'} is well: 2 users, 3 topics, 3 messages, "), running
    used.kill()
    killed = names(used.data)
    assert run(house.folder, *options).returncode == 0
    assert names(used.data) == killed
    again = house.broker(port=used.port, data=used.data)
    again.end()
    stopped = names(used.data)
    shown = run(house.folder, "check", ZCHAT_DATA=str(used.data))
    assert (shown.returncode, shown.stderr) == (0, "")
    assert names(used.data) == stopped == ["broker.key", "lock", "pid", "zchat.db"]


def test_check_says_in_a_line_each_what_is_wrong(house: House, used: Broker) -> None:
    used.end()
    with closing(sqlite3.connect(used.data / "zchat.db", isolation_level=None)) as db:
        db.execute("DELETE FROM users WHERE folded = 'bob'")
        db.execute("UPDATE topics SET last_seq = 9 WHERE name = 'public'")
    shown = run(house.folder, "check", "--data", str(used.data))
    assert shown.returncode == 1
    lines = shown.stdout.splitlines()
    assert "public ends at 1, not at 9" in lines
    assert len(lines) >= 2
    assert any("bob" in line for line in lines)


def test_check_and_backup_of_a_broker_that_never_was_say_so(tmp_path: Path) -> None:
    for words in (["check"], ["backup", str(tmp_path / "backup")]):
        shown = run(tmp_path, *words, "--data", str(tmp_path / "nowhere"))
        assert (shown.returncode, shown.stdout) == (2, "")
        assert "there is no broker in" in shown.stderr
    assert list(tmp_path.iterdir()) == []


def test_backup_makes_a_new_file_or_says_why_not(house: House, used: Broker) -> None:
    target = house.folder / "backup"
    options = ("backup", str(target), "--data", str(used.data))
    shown = run(house.folder, *options)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "2 users, 3 topics, 3 messages" in shown.stdout
    content = target.read_bytes()
    again = run(house.folder, *options)
    assert (again.returncode, again.stdout) == (2, "")
    assert "is there already; name a new file" in again.stderr
    assert target.read_bytes() == content


def test_a_backup_of_a_damaged_database_is_not_made(house: House, used: Broker) -> None:
    used.end()
    with closing(sqlite3.connect(used.data / "zchat.db", isolation_level=None)) as db:
        db.execute("DELETE FROM topics")
    target = house.folder / "backup"
    shown = run(house.folder, "backup", str(target), "--data", str(used.data))
    assert (shown.returncode, target.exists()) == (1, False)
    assert "of a topic 1 that is not there" in shown.stdout


def test_a_backup_is_a_broker_with_its_key_on_another_machine(house: House, used: Broker) -> None:
    target = house.folder / "backup"
    assert run(house.folder, "backup", str(target), "--data", str(used.data)).returncode == 0
    used.kill()
    shutil.rmtree(used.data)
    used.data.mkdir()
    shutil.copy(target, used.data / "zchat.db")
    restored = house.broker(port=used.port, data=used.data)
    assert restored.fingerprint == used.fingerprint
    restored.end()
    key = (used.data / "broker.key").read_bytes()
    assert key.strip() not in (used.data / "zchat.db").read_bytes()
    (used.data / "broker.key").unlink()
    assert house.broker(port=used.port, data=used.data).fingerprint != used.fingerprint
