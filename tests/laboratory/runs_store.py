"""Runs in which the broker's disk is full, its database damaged, or an older one put back."""

import contextlib
import hashlib
import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.laboratory.crowd import Crowd
from tests.laboratory.lab import Laboratory, let_pass

NAMES = ("alice", "bob", "carol")
TO_ALL = [["public"], ["user", "alice"], ["user", "carol"]]
_DISK_BYTES = 8 * 1024 * 1024


def disk_full_and_freed(lab: Laboratory) -> None:
    """The disk is full and freed again under load: what is refused is nowhere, what is acknowledged everywhere."""
    with small_disk(lab) as fill:
        lab.start_broker()
        crowd = lab.crowd(*NAMES)
        crowd.talk(NAMES, f"{lab.seed}", TO_ALL, pause_s=0.02)
        for _ in range(round(lab.scaled(5, 2))):
            let_pass(lab.dice.uniform(0.2, 1.0))
            with fill():
                lab.fault("disk full")
                crowd.wait_for(partial(_more, crowd, "failed", crowd.count("failed")), "a refusal")
                let_pass(lab.dice.uniform(0.2, 1.5))
            crowd.wait_for(partial(_more, crowd, "sent", crowd.count("sent") + 20), "what is kept again")
            if lab.dice.random() < 0.5:
                start = len(crowd.lines)
                lab.kill_broker()
                for name in NAMES:
                    crowd.wait(name, "disconnected", start=start)
                ready_s = lab.start_broker()
                lab.await_return(crowd, list(NAMES), start, ready_s)
        crowd.hush()
        codes = {line[4] for line in crowd.told("failed")}
        assert codes == {"storage_failed"}, codes
        # Before the disk goes.
        lab.stop_broker()


def _more(crowd: Crowd, what: str, count: int) -> bool | None:
    return True if crowd.count(what) > count else None


@contextlib.contextmanager
def small_disk(lab: Laboratory) -> Iterator[Callable[[], contextlib.AbstractContextManager[None]]]:
    """The broker's data folder on a disk of its own, and what fills that.

    Where no disk can be mounted (that takes root) no file of the broker may grow while it is full.
    """
    lab.data.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_BYTES}", "zchat-laboratory", str(lab.data)]
    if os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0:
        lab.figures.notes.append("the full disk is a file system of its own")
        try:
            yield lambda: _filled(lab.data / "filler")
        finally:
            if lab.broker.is_running:
                lab.broker.kill()
            subprocess.run(["umount", str(lab.data)], check=True)
    else:
        lab.figures.notes.append("the full disk is a limit on the broker's files")
        yield lambda: _limited(lab)


@contextlib.contextmanager
def _filled(filler: Path) -> Iterator[None]:
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for block in (1 << 16, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while file.write(bytes(block)):
                    pass
    try:
        yield
    finally:
        filler.unlink()


@contextlib.contextmanager
def _limited(lab: Laboratory) -> Iterator[None]:
    pid = lab.broker.popen.pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


def database_damaged(lab: Laboratory) -> None:
    """The database is damaged before a start: a clear error, and not one byte is overwritten."""
    lab.start_broker()
    crowd = lab.crowd(*NAMES)
    crowd.talk(NAMES, f"{lab.seed}", TO_ALL, pause_s=0.001, filler=1_000)
    let_pass(lab.scaled(3, 1))
    crowd.hush()
    lab.stop_broker()
    whole = lab.house.folder / "whole"
    shutil.copytree(lab.data, whole)
    for number in range(round(lab.scaled(12, 4))):
        what = _damage(lab, number)
        lab.fault("database damaged")
        before = _digests(lab.data)
        broker = lab.house.start_broker("--rate", "0", port=lab.port, data=lab.data, host="127.0.0.2")
        assert broker.exit_code(30.0) == 2, f"{what}: {broker.report()}"
        lines = [line for line in broker.err if "INFO" not in line]
        assert len(lines) == 1, f"{what}: {lines}"
        assert "damaged" in lines[0] or "not a database" in lines[0], f"{what}: {lines}"
        assert _digests(lab.data) == before, f"{what}: something was overwritten"
        shutil.rmtree(lab.data)
        shutil.copytree(whole, lab.data)
    start = len(crowd.lines)
    ready_s = lab.start_broker()
    lab.await_return(crowd, list(NAMES), start, ready_s)


def _damage(lab: Laboratory, number: int) -> str:
    """Damages the database in a way of the dice; what was done."""
    file = max(lab.data.glob("*.db*"), key=lambda path: path.stat().st_size)
    content = bytearray(file.read_bytes())
    what = ("its head", "its end", "everything")[number % 3]
    match what:
        case "its head":
            content[:16] = lab.dice.randbytes(16)
        case "its end":
            del content[lab.dice.randrange(4096, len(content) - 4096) :]
        case _:
            content = bytearray(lab.dice.randbytes(len(content)))
    file.write_bytes(content)
    return what


def _digests(folder: Path) -> dict[str, str]:
    """Of every file that holds anything of the database."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.db"))}


def older_backup(lab: Laboratory) -> None:
    """An older database is put back: every client says so, and follows the broker from there."""
    lab.start_broker()
    crowd = lab.crowd(*NAMES)
    crowd.talk(NAMES, f"{lab.seed} 1", TO_ALL, pause_s=0.005)
    let_pass(lab.scaled(2, 0.5))
    crowd.hush()
    lab.stop_broker()
    backup = lab.house.folder / "backup"
    shutil.copytree(lab.data, backup)
    kept = max(line[4] for line in crowd.told("sent") if _is_public(crowd.lines, line[3]))
    start = len(crowd.lines)
    ready_s = lab.start_broker()
    lab.await_return(crowd, list(NAMES), start, ready_s)
    crowd.talk(NAMES, f"{lab.seed} 2", TO_ALL, pause_s=0.005)
    let_pass(lab.scaled(2, 0.5))
    crowd.hush()
    assert not lab.judge().violations
    start = len(crowd.lines)
    lab.kill_broker()
    for name in NAMES:
        crowd.wait(name, "disconnected", start=start)
    shutil.rmtree(lab.data)
    shutil.copytree(backup, lab.data)
    lab.fault("older backup put back")
    ready_s = lab.start_broker()
    lab.await_return(crowd, list(NAMES), start, ready_s)
    for name in NAMES:
        crowd.wait(name, "error", "history_changed", start=start)
    # What was before is not of this history any more.
    crowd.judged_from, lab.public_from = len(crowd.lines), kept + 1
    crowd.talk(NAMES, f"{lab.seed} 3", TO_ALL, pause_s=0.005)
    let_pass(lab.scaled(2, 0.5))
    crowd.hush()


def _is_public(lines: list[list[object]], label: object) -> bool:
    return any(line[2:5] == ["wrote", label, "public"] for line in lines)
