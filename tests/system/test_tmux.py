"""The terminal UI in tmux, which keeps some keys and sequences for itself: a first evening, with other window sizes."""

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.system.processes import DEADLINE_S, PROGRAMS, Broker, House, environment, unique, wait_until

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed (Debian: package tmux)")

_PANE: Final = "zchat"
# Longer than the client takes somebody for one who has not seen yet what has just come.
_READ_S: Final = 0.25
# What a shell does: it has the terminal again when the program has ended.
_IN_SHELL: Final = '"$@"; echo "ended with $?"; exec cat'


class Tmux:
    """A tmux server of this test's own with one pane, in which a program runs."""

    def __init__(self, folder: Path, env: dict[str, str], command: list[str]) -> None:
        self._env = env | {"TMUX_TMPDIR": str(folder), "LC_ALL": "C.UTF-8"}
        self._env.pop("TMUX", None)
        self("new-session", "-d", "-s", _PANE, "-x", "100", "-y", "30", "sh", "-c", _IN_SHELL, "sh", *command)

    def __call__(self, *words: str) -> str:
        """What tmux answers."""
        command = ["tmux", "-u", "-f", "/dev/null", *words]
        ran = subprocess.run(command, env=self._env, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def types(self, text: str, *keys: str) -> None:
        """Types a text, then presses keys by tmux's names."""
        if text:
            self("send-keys", "-t", _PANE, "-l", text)
        if keys:
            self("send-keys", "-t", _PANE, *keys)

    def resizes(self, columns: int, lines: int) -> None:
        self("resize-window", "-t", _PANE, "-x", str(columns), "-y", str(lines))

    def rows(self) -> list[str]:
        """What is on the pane."""
        return self("capture-pane", "-p", "-t", _PANE).splitlines()

    def tells(self, what: str) -> str:
        """One of tmux's variables."""
        return self("display-message", "-p", "-t", _PANE, f"#{{{what}}}").strip()

    def wait(self, holds: Callable[[list[str]], bool], what: str) -> None:
        try:
            wait_until(lambda: holds(self.rows()), what)
        except AssertionError as error:
            raise AssertionError(f"{error}:\n" + "\n".join(self.rows())) from None

    def sees(self, *texts: str) -> None:
        """Waits until each of these stands in a row."""
        self.wait(lambda rows: all(any(text in row for row in rows) for text in texts), repr(texts))

    def is_read(self) -> None:
        """Lets a moment pass, as everybody does who reads what has just come before answering it."""
        read_s = time.monotonic() + _READ_S
        wait_until(lambda: time.monotonic() > read_s, "a moment")


@pytest.fixture
def tmux(house: House, broker: Broker) -> Iterator[Tmux]:
    data = house.folder / "alice"
    command = [str(PROGRAMS / "zchat-client"), "--port", str(broker.port), "--data", str(data)]
    # A socket's path may not be long.
    with tempfile.TemporaryDirectory() as folder:
        pane = Tmux(Path(folder), environment(house.folder, {"XDG_CONFIG_HOME": str(data / "config")}), command)
        try:
            yield pane
        finally:
            pane("kill-server")


def test_a_first_evening_in_tmux(house: House, broker: Broker, tmux: Tmux) -> None:
    (bob,) = house.join(broker, unique("bob"))
    name = unique("alice")
    tmux.sees("Choose the name")
    tmux.types(name, "Enter")
    tmux.sees(f"{name} at Lab", "First contact with this broker", "public ›")
    tmux.types("hello from tmux", "Enter")
    assert bob.wait("message", text="hello from tmux")["sender"] == name
    tmux.sees("hello from tmux ✓")

    tmux.types("copy me")
    tmux.sees("public › copy me")
    # Once to the start of the line, once more to select it.
    tmux.types("", "C-a", "C-a", "C-c")
    wait_until(lambda: "copy me" in tmux("list-buffers"), "the text in tmux's buffer")
    tmux.types("", "C-u")

    bob.types(f"/w {name} are you there?")
    tmux.sees(f"2 @{bob.name}")
    tmux.is_read()
    tmux.types("/r yes", "Enter")
    assert bob.wait("whisper", text="yes")["sender"] == name
    tmux.sees(f"@{bob.name} ›", "are you there?", "yes ✓✓")

    bob.types(f"/party invite {name}")
    tmux.sees("Accept F2")
    tmux.types("", "F2")
    bob.wait("party", change="joined", name=name)
    tmux.sees("party ›", "You joined the party")
    tmux.types("two", "M-Enter")
    tmux.types("lines", "Enter")
    assert bob.wait("message", text="two\nlines")["topic"] == "party"
    tmux.sees("lines ✓")

    tmux.resizes(60, 20)
    tmux.wait(lambda rows: "Conversations" not in "".join(rows) and "3 party" in rows[0], "the narrow screen")
    tmux.sees("lines ✓", "party ›")
    tmux.resizes(150, 40)
    tmux.sees("Conversations", "Here (2)", f"{bob.name} ★", "lines ✓")
    tmux.types("", "M-1")
    tmux.sees("public ›", "hello from tmux ✓")

    assert tmux.tells("alternate_on") == "1"
    tmux.types("", "C-q")
    tmux.sees("ended with 0")
    assert (tmux.tells("alternate_on"), tmux.tells("mouse_any_flag"), tmux.tells("cursor_flag")) == ("0", "0", "1")
    tmux.types("the shell's turn")
    tmux.sees("the shell's turn")


TALK: Final = (
    "नमस्ते दुनिया, आप कैसे हैं?",
    "வணக்கம், நீங்கள் எப்படி இருக்கிறீர்கள்?",
    "আপনি কেমন আছেন?",
    "ក្រុង ༄༅།བོད་ ကျေးဇူး 〮 ㅤ ﾠ ☰⚊ 𝌆 𝍠 ㉈ \u0378 🫩",
)


def test_no_script_moves_a_pane(house: House, broker: Broker, tmux: Tmux) -> None:
    (bob,) = house.join(broker, unique("bob"))
    tmux.resizes(130, 30)
    tmux.sees("Choose the name")
    tmux.types("தமிழ்" + unique("").lstrip("-"), "Enter")
    tmux.sees("public ›", "Here (2)")
    bob.types(*TALK, "after it")
    tmux.sees("after it")
    tmux.wait(lambda rows: all(panes(row) == 3 for row in log_of(rows)), "three lines between the panes in each row")
    tmux.types("नमस्ते दुनिया हैं", "Enter")
    tmux.sees("दुनिया हैं ✓")
    bob.types(*TALK, "the end")
    tmux.sees("the end")
    rows = log_of(tmux.rows())
    assert len(rows) >= 9
    assert all(panes(row) == 3 for row in rows), "\n".join(rows)


def log_of(rows: list[str]) -> list[str]:
    """The rows of the log in which somebody says something."""
    return [row for row in rows if re.search(r"\d\d:\d\d", row)]


def panes(row: str) -> int:
    """How many lines there are between what stands side by side."""
    return row.count("│")
