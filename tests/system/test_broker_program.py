"""The broker as a program: its one line, its settings, how it stops, and why it does not start."""

import contextlib
import os
import re
import resource
import shutil
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system.processes import Broker, House, environment, free_port, level, unique


def test_the_only_line_on_stdout_says_where_the_broker_is(house: House) -> None:
    broker = house.broker()
    (alice,) = house.join(broker, "alice")
    level(alice)
    broker.end()
    (line,) = broker.out
    at = [f"tcp://127.0.0.1:{broker.port + offset}" for offset in range(3)]
    start = f"zchat-broker ready: commands {at[0]} topics {at[1]} introductions {at[2]} key "
    assert line.startswith(start)
    assert re.fullmatch(r"SHA256:[A-Za-z0-9+/]{43}\n", line.removeprefix(start))


def test_stderr_says_first_of_all_how_others_join(house: House) -> None:
    broker = house.broker("--title", "Lab \x1b[2J", host="0.0.0.0")
    broker.wait_for_err("zchat-client --host ")
    joining = [line for line in broker.err if "zchat-client --host " in line]
    assert joining
    assert broker.err[: len(joining)] == joining
    assert all(line.endswith(f" --port {broker.port}") for line in joining)
    (alice,) = house.join(broker, "alice")
    assert alice.seen("connected")[0]["title"] == "Lab \N{REPLACEMENT CHARACTER}[2J"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_broker_says_so_once_and_ends_with_0(number: signal.Signals, house: House) -> None:
    broker = house.broker()
    alice, bob = house.join(broker, "alice", "bob")
    level(alice, bob)
    broker.signal(number)
    assert broker.exit_code() == 0
    for each in (alice, bob):
        assert each.wait("disconnected")["reason"]
    again = house.broker(port=broker.port, data=broker.data)
    for each in (alice, bob):
        assert each.wait("reconnected")["replayed"] == 0
    level(alice, bob)
    for each in (alice, bob):
        assert len(each.seen("disconnected")) == len(each.seen("reconnected")) == 1
    assert again.fingerprint == broker.fingerprint


def test_a_broker_is_ready_to_be_stopped_as_soon_as_it_is_ready(house: House) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        broker = house.broker()
        broker.signal(number)
        assert broker.exit_code(deadline_s=5) == 0


# -- why it does not start ---------------------------------------------------------------------------------------------


def complaint(broker: Broker) -> str:
    """The one clear line of a broker that cannot start."""
    assert broker.exit_code() == 2
    assert broker.out == []
    lines = [line for line in broker.err if "descriptors" not in line]
    assert len(lines) == 1, lines
    assert lines[0].startswith("zchat-broker: ")
    return lines[0]


def test_a_port_in_use(house: House) -> None:
    holder = house.broker()
    others = [house.start_broker(port=holder.port + offset, data=house.folder / f"{offset}") for offset in range(3)]
    for other in others:
        line = complaint(other)
        assert str(other.port) in line
        assert "--port" in line
    (alice,) = house.join(holder, "alice")
    level(alice)


def test_another_broker_on_the_same_data_folder(house: House) -> None:
    first = house.broker()
    second = house.start_broker(data=first.data)
    line = complaint(second)
    assert str(first.data) in line
    assert "--data" in line
    (alice,) = house.join(first, "alice")
    level(alice)
    # Only a living broker is in the way: a killed one leaves nothing behind that somebody has to clean up.
    first.kill()
    house.broker(port=second.port, data=first.data)


def test_a_data_folder_that_is_none(house: House) -> None:
    file = house.folder / "file"
    file.write_text("")
    line = complaint(house.start_broker(data=file / "inside"))
    assert str(file) in line
    assert "--data" in line


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may write everywhere")
def test_a_data_folder_that_may_not_be_written(house: House) -> None:
    folder = house.folder / "mine"
    folder.mkdir(mode=0o500)
    line = complaint(house.start_broker(data=folder))
    assert str(folder) in line
    assert "--data" in line


def test_a_data_folder_on_a_full_disk(house: House) -> None:
    def full_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    broker = house.start_broker(prepare=full_disk)
    assert str(broker.data) in complaint(broker)


def _garbage(database: Path) -> None:
    database.write_bytes(b"this is no database, and never was one. " * 500)


def _zeroed_head(database: Path) -> None:
    content = database.read_bytes()
    database.write_bytes(bytes(100) + content[100:])


def _overwritten_tables(database: Path) -> None:
    content = database.read_bytes()
    database.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))


def _cut(database: Path) -> None:
    database.write_bytes(database.read_bytes()[:5000])


def _emptied(database: Path) -> None:
    database.write_bytes(b"")


def _without_its_log(database: Path) -> None:
    # What a killed broker leaves, but for its log.
    database.with_name("zchat.db-shm").write_bytes(bytes(32_768))


def _somebody_elses(database: Path) -> None:
    database.unlink()
    with sqlite3.connect(database) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()


DAMAGES = [_garbage, _zeroed_head, _overwritten_tables, _cut, _emptied, _without_its_log, _somebody_elses]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_database(damage: Callable[[Path], None], house: House, used_folder: Path) -> None:
    data = house.folder / "data"
    data.mkdir()
    for name in ("broker.key", "zchat.db"):
        shutil.copy(used_folder / name, data / name)
    damage(data / "zchat.db")
    before = (data / "zchat.db").read_bytes()
    line = complaint(house.start_broker(data=data))
    assert str(data / "zchat.db") in line
    assert (data / "zchat.db").read_bytes() == before


def test_a_folder_in_the_place_of_the_database(house: House, used_folder: Path) -> None:
    data = house.folder / "data"
    (data / "zchat.db").mkdir(parents=True)
    assert str(data / "zchat.db") in complaint(house.start_broker(data=data))
    assert list((data / "zchat.db").iterdir()) == []


def test_clients_are_told_of_damaged_messages_and_go_on_behind_them(house: House) -> None:
    broker = house.broker("--rate", "0")
    alice, bob = house.join(broker, "alice", "bob")
    bob.types("/exit")
    assert bob.exit_code() == 0
    lines = [f"{number}" for number in range(40)]
    alice.types(*lines)
    alice.wait("sent", typed=lines[-1])
    broker.kill()
    with contextlib.closing(sqlite3.connect(broker.data / "zchat.db", isolation_level=None)) as database:
        database.execute("UPDATE messages SET body = zeroblob(30) WHERE id & 0xfff BETWEEN 11 AND 20")
    broker = house.broker("--rate", "0", port=broker.port, data=broker.data)
    back = house.client("bob", broker, data=bob.data)
    carol = house.client("carol", broker)
    for each in (back, carol):
        assert each.wait("error")["code"] == "history_changed"
        each.wait("message", text=lines[-1])
        assert each.texts() == lines[:10] + lines[20:]
    alice.types("after")
    for each in (alice, back, carol):
        each.wait("message", text="after")
        assert len(each.seen("error")) <= 1
        assert len(each.seen("disconnected")) == (each is alice)
    broker.wait_for_err("zchat-broker check")


def test_a_damaged_key(house: House, used_folder: Path) -> None:
    data = house.folder / "data"
    data.mkdir()
    (data / "broker.key").write_text("no key at all")
    assert str(data / "broker.key") in complaint(house.start_broker(data=data))


@pytest.fixture(scope="module")
def used_folder(shared: House) -> Path:
    """The data folder of a broker that was used and stopped."""
    broker = shared.broker()
    alice, bob = shared.join(broker, unique("alice"), unique("bob"))
    alice.types(f"/party invite {bob}", *[f"{number}" for number in range(20)])
    alice.wait("sent", typed="19")
    for each in (alice, bob, broker):
        each.end()
    return broker.data


def test_a_host_that_is_not_this_machine(house: House) -> None:
    hosts = ["no-such-host.invalid", "192.0.2.1"]
    for host, broker in [(host, house.start_broker(host=host, port=free_port())) for host in hosts]:
        assert host in complaint(broker)


def test_wrong_usage_ends_with_2(house: House) -> None:
    wrong = [["--port", "65534"], ["--grace", "-1"], ["--rate", "nan"], ["--burst", "0"], ["--nonsense"]]
    env = environment(house.folder)
    for broker in [house.own(Broker("broker", options, env, port=0, data=house.folder)) for options in wrong]:
        assert broker.exit_code() == 2
        assert broker.out == []
