"""``make demo`` as its reader starts it, and every way in which it ends."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
PROC: Final = Path("/proc/self").parent
_DEADLINE_S: Final = 40.0
_POLL_S: Final = 0.02


@contextmanager
def _demo(*options: str, root: Path = ROOT) -> Iterator["subprocess.Popen[str]"]:
    """The demo in a process group of its own, as a terminal starts it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "demo", *options],
        cwd=root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1"},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _assert_nobody_left(demo: "subprocess.Popen[str]") -> None:
    """The whole process group is gone. It was when the demo was, but init may take a moment to bury its orphans."""

    def gone() -> bool:
        try:
            os.killpg(demo.pid, 0)
        except ProcessLookupError:
            return True
        return False

    _until(gone, "the end of every process")


def _find(leader: int, words: str) -> int:
    """The process of the group that was started with these words in its command line."""
    found: list[int] = []

    def look() -> bool:
        for folder in PROC.glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                if words in command and os.getpgid(int(folder.name)) == leader:
                    found.append(int(folder.name))
        return bool(found)

    _until(look, f"a process with {words!r}")
    return found[0]


def _read_until(demo: "subprocess.Popen[str]", text: str) -> None:
    assert demo.stdout is not None
    assert any(text in line for line in demo.stdout), f"the demo ended before it showed {text!r}"


def _until(met: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _DEADLINE_S
    while not met():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(_POLL_S)


def test_the_demo_plays_before_your_eyes_in_less_than_20_s() -> None:
    begin = time.monotonic()
    with _demo() as demo:
        shown, _ = demo.communicate(timeout=_DEADLINE_S)
        assert demo.returncode == 0, shown
        assert time.monotonic() - begin < 20
        _assert_nobody_left(demo)
    assert "Everyone got exactly what was theirs" in shown
    assert "\x1b" not in shown
    assert all(len(line) <= 80 for line in shown.splitlines())


def test_somebody_who_sees_what_is_not_his_makes_it_exit_with_1(tmp_path: Path) -> None:
    # As if the whisper had been for bob alone: then alice sees something foreign.
    shutil.copytree(ROOT / "demo", tmp_path / "demo")
    play = tmp_path / "demo" / "play.py"
    whisper = '_these("alice bob", Seen("whisper", "whisper", "alice to bob", _BIRTHDAY))'
    text = play.read_text("utf-8")
    assert whisper in text
    play.write_text(text.replace(whisper, whisper.replace("alice bob", "bob", 1)), "utf-8")
    with _demo("--pace", "0", root=tmp_path) as demo:
        shown, _ = demo.communicate(timeout=_DEADLINE_S)
        assert demo.returncode == 1, shown
        _assert_nobody_left(demo)
    assert "alice: foreign: whisper whisper alice to bob" in shown
    assert "Not everyone got exactly what was theirs" in shown


@pytest.mark.skipif(not PROC.exists(), reason="finds the process to kill in /proc")
@pytest.mark.parametrize("shown_first", ["A broker on port", "dave has gone"])
def test_it_ends_with_1_when_the_broker_dies(shown_first: str) -> None:
    with _demo("--pace", "0") as demo:
        _read_until(demo, shown_first)
        os.kill(_find(demo.pid, "zchat-broker"), signal.SIGKILL)
        shown, _ = demo.communicate(timeout=_DEADLINE_S)
        assert demo.returncode == 1, shown
        _assert_nobody_left(demo)
    assert "The demo failed" in shown


@pytest.mark.parametrize("until", ["A broker on port", "bob: I am", "dave has gone"])
@pytest.mark.parametrize(("number", "to_all"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_ctrl_c_and_sigterm_end_every_process(number: signal.Signals, to_all: bool, until: str) -> None:
    with _demo("--pace", "0") as demo:
        _read_until(demo, until)
        if to_all:
            os.killpg(demo.pid, number)
        else:
            demo.send_signal(number)
        shown, _ = demo.communicate(timeout=_DEADLINE_S)
        assert demo.returncode == 128 + number, shown
        _assert_nobody_left(demo)
    assert "Traceback" not in shown


def test_a_reader_who_has_seen_enough_does_not_leave_processes_behind() -> None:
    with _demo("--pace", "0") as demo:
        assert demo.stdout is not None
        demo.stdout.readline()
        demo.stdout.close()
        _until(lambda: demo.poll() is not None, "the end of the demo")
        _assert_nobody_left(demo)
