"""What a commit has done when it returns, as the system calls show it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

COMMITS = 5
COMMITTER = """
import os, sys
from pathlib import Path
from tests.broker.store.files import turn
from zchat_broker.store.opening import Durability
from zchat_broker.store.sqlite import SqliteStore

store = SqliteStore(Path(sys.argv[1]), Durability(sys.argv[2]))
for number in range(1, 6):
    os.write(1, b"begin\\n")
    store.commit(turn(number))
    os.write(1, b"kept\\n")
"""


def synced_commits(tmp_path: Path, durability: str) -> int:
    """Of five commits, how many had the disk write down their log before they returned."""
    if shutil.which("strace") is None:
        pytest.skip("needs strace")
    trace, path = tmp_path / "trace", tmp_path / "zchat.db"
    watched = ["strace", "-y", "-e", "trace=fdatasync,fsync,write", "-o", str(trace)]
    done = subprocess.run(
        [*watched, sys.executable, "-c", COMMITTER, str(path), durability], capture_output=True, text=True, check=False
    )
    if "PTRACE" in done.stderr or "ptrace" in done.stderr:
        pytest.skip("this system does not let us watch system calls")
    assert done.stdout == "begin\nkept\n" * COMMITS, done.stderr
    calls = trace.read_text()
    commits = [part.split('"kept\\n"')[0] for part in calls.split('"begin\\n"')[1:]]
    return sum("sync(" in commit and "zchat.db-wal" in commit for commit in commits)


def test_full_durability_has_every_commit_on_the_disk_before_it_is_told(tmp_path: Path) -> None:
    assert synced_commits(tmp_path, "full") == COMMITS


def test_without_it_a_commit_does_not_wait_for_the_disk(tmp_path: Path) -> None:
    # The first one writes down the head of its log.
    assert synced_commits(tmp_path, "process") <= 1
