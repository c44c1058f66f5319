"""``zchat-broker COMMAND``: looking after a broker's folder from the shell."""

import subprocess
from pathlib import Path

from tests.system.processes import DEADLINE_S, PROGRAMS, House, environment


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
