"""A defect in the middle of a chat: the terminal is as it was, and what was not sent is told."""

import sys
from pathlib import Path
from typing import Final

from tests.system.processes import House, environment, unique
from tests.system.screens import ENTER, Terminal

# The program, with a defect in what takes events in; no widget and nobody's call has anything to do with that.
_PROGRAM: Final = """
from zchat_client.cli import main
from zchat_client.tui.story import Story

take = Story.take

def defect(story, event):
    if getattr(event, "typed", None) == "a defect":
        raise RuntimeError("met a defect")
    take(story, event)

Story.take = defect
main()
"""


def test_a_defect_gives_the_terminal_back_and_tells_what_was_not_sent(house: House, tmp_path: Path) -> None:
    broker = house.broker()
    arguments = ["-c", _PROGRAM, "--port", str(broker.port), "--data", str(tmp_path / "a"), "--name", unique("alice")]
    env = environment(house.folder, {"TERM": "xterm-256color", "XDG_CONFIG_HOME": str(tmp_path)})
    terminal = Terminal(arguments, env, 120, 40, (Path(sys.executable).name,))
    try:
        terminal.wait_for("Say something to everyone")
        broker.kill()
        terminal.wait_for("reconnecting")
        terminal.types("a text that waits" + ENTER)
        terminal.wait_for("1 queued")
        terminal.types("a defect" + ENTER)
        assert terminal.exit_code() == 1
        rows = "\n".join(terminal.everything())
        assert "RuntimeError: met a defect" in rows
        assert "not sent: a text that waits" in rows
        assert terminal.echoes
        assert terminal.raw.rindex(b"\x1b[?1049l") > terminal.raw.rindex(b"\x1b[?1049h")
    finally:
        terminal.close()
