"""The broker's disk: full, failing, slow to be sure. What cannot be kept is said at once, and nothing else happens."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.system.processes import PROGRAMS, Broker, Client, House, Process, environment, free_port, level, wait_until
from tests.system.test_subcommands import run

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")


@contextlib.contextmanager
def failing(broker: Broker, calls: str, *, only: str = "") -> Iterator[None]:
    """These system calls of the broker fail with an I/O error, those on files with ``only`` in their path."""
    chosen = [word for file in ([only] if only else []) for word in ("-P", str(broker.data / file))]
    command = ["strace", "-f", "-p", str(broker.popen.pid), "-o", os.devnull, "-e", f"inject={calls}:error=EIO"]
    strace = subprocess.Popen([*command, *chosen], stderr=subprocess.PIPE, text=True)
    assert strace.stderr is not None
    try:
        first = strace.stderr.readline()
        if "attached" not in first:
            pytest.skip(f"this system does not let us watch system calls: {first}")
        yield
    finally:
        strace.send_signal(signal.SIGINT)
        strace.communicate(timeout=20)


def refused(client: Client, *lines: str) -> None:
    client.types(*lines)
    for line in lines:
        assert client.wait("error", typed=line)["code"] == "storage_failed"


def sent(client: Client, line: str) -> None:
    client.types(line)
    client.wait("sent", typed=line)


@needs_strace
@pytest.mark.parametrize(("options", "env"), [(["--durability", "full"], {}), ([], {"ZCHAT_DURABILITY": "full"})])
def test_with_full_durability_nothing_is_acknowledged_that_the_disk_does_not_have(
    house: House, options: list[str], env: dict[str, str]
) -> None:
    broker = house.broker(*options, "--rate", "0", env=env)
    alice, bob = house.join(broker, "alice", "bob")
    sent(alice, "before")
    with failing(broker, "fdatasync"):
        refused(alice, "lost", "/w bob lost", "lost too")
        alice.types("/history")
        assert [message["text"] for message in alice.wait("history")["messages"]] == ["before"]
    sent(alice, "after")
    bob.wait("message", text="after")
    level(alice, bob)
    assert bob.texts()[:2] == ["before", "after"]
    assert not bob.seen("whisper")
    assert not alice.seen("disconnected")


@needs_strace
def test_without_it_a_message_is_acknowledged_before_the_disk_has_it(house: House) -> None:
    broker = house.broker("--rate", "0")
    (alice,) = house.join(broker, "alice")
    sent(alice, "before")
    with failing(broker, "fdatasync"):
        sent(alice, "kept")
    assert not alice.seen("error")


@needs_strace
def test_a_disk_that_fails_is_said_and_gets_over(house: House) -> None:
    broker = house.broker("--rate", "0")
    alice, bob = house.join(broker, "alice", "bob")
    sent(alice, "before")
    with failing(broker, "pwrite64", only="zchat.db-wal"):
        refused(alice, "lost", "/party invite bob", "lost too")
        late = house.client("carol", broker)
        broker.wait_for_err("nothing can be kept")
    late.wait("connected")
    sent(alice, "after")
    bob.wait("message", text="after")
    broker.wait_for_err("everything can be kept again")
    assert bob.texts() == ["before", "after"]
    assert not bob.seen("invited")
    assert not alice.seen("disconnected")


# -- a small disk ---------------------------------------------------------------------------------------------------


MOUNT: Final = """
mount -t tmpfs -o size=2m,mode=700 tmpfs "$1" && exec "$2" --rate 0 --host 127.0.0.1 --port "$3" --data "$1"
"""


class SmallDisk(Broker):
    """A broker in a mount namespace of its own, with two megabytes for its folder; ``root`` is how we see that."""

    def __init__(self, house: House) -> None:
        self.port = free_port()
        self.data = house.folder / "small"
        self.data.mkdir()
        self.out: list[str] = []
        program = str(PROGRAMS / "zchat-broker")
        script = ["sh", "-c", MOUNT, "sh", str(self.data), program, str(self.port)]
        command = [shutil.which("unshare") or "", "--map-root-user", "--mount", *script]
        Process.__init__(self, "small", command, environment(house.folder))
        house.own(self)
        self.ready_line()
        self.root = Path(f"/proc/{self.popen.pid}/root{self.data}")

    def fill(self) -> None:
        """Not a byte is left."""
        with (self.root / "ballast").open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 4096)

    def free(self) -> None:
        """There is room again."""
        (self.root / "ballast").unlink()


@pytest.fixture
def disk(house: House) -> SmallDisk:
    can = ["unshare", "--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs tmpfs /mnt"]
    if shutil.which("unshare") is None or subprocess.run(can, capture_output=True, check=False).returncode != 0:
        pytest.skip("this system does not let us mount a small disk")
    return SmallDisk(house)


def test_a_full_disk_refuses_at_once_goes_on_reading_and_gets_over_when_it_is_freed(
    house: House, disk: SmallDisk
) -> None:
    alice, bob = house.join(disk, "alice", "bob")
    sent(alice, "before")
    disk.fill()
    begun_s = time.monotonic()
    refused(alice, *[f"lost {number}" for number in range(50)])
    assert time.monotonic() - begun_s < 10
    alice.types("/history 1", "/who")
    assert alice.wait("history")["messages"][0]["text"] == "before"
    assert len(alice.wait("who")["users"]) == 2
    disk.free()

    def goes_on() -> bool:
        alice.types("after")
        return bool(alice.seen("sent", typed="after"))

    wait_until(goes_on, "the broker to go on", 40)
    bob.wait("message", text="after")
    assert not [text for text in bob.texts() if "lost" in text]
    assert not alice.seen("disconnected")
    assert disk.is_running
    copy = house.folder / "copy"
    copy.mkdir()
    for name in ("zchat.db", "zchat.db-wal"):
        shutil.copy(disk.root / name, copy)
    assert run(house.folder, "check", "--data", str(copy)).returncode == 0
