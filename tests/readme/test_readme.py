"""What the README tells people to type works as it stands there.

The lines run in a network namespace of their own, so that the default ports are free and the README's example address
is this machine's.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.system.processes import environment
from zchat_client.keys import identity_of

ROOT: Final = Path(__file__).resolve().parents[2]
README: Final = (ROOT / "README.md").read_text("utf-8")
DEADLINE_S: Final = 40.0

CHAT: Final = "make chat"
TEST: Final = "make test"
BROKER: Final = "make broker"
JOIN: Final = ".venv/bin/zchat-client --host 192.0.2.7"
SCRIPT: Final = "printf 'the build is green\\n' | .venv/bin/zchat-client --name builder --json"
EXPORT: Final = ".venv/bin/zchat-client identity export alice alice.zchat"
IMPORT: Final = ".venv/bin/zchat-client identity import alice.zchat"
BACK_UP: Final = (".venv/bin/zchat-broker backup ~/zchat.backup", ".venv/bin/zchat-broker check")
PUT_BACK: Final = (
    "mv ~/.local/share/zchat/broker-5555 ~/broker-before",
    "mkdir -p -m 700 ~/.local/share/zchat/broker-5555",
    "cp ~/zchat.backup ~/.local/share/zchat/broker-5555/zchat.db",
)
WITHOUT_MAKE: Final = (
    "python3 -m venv .venv",
    ".venv/bin/pip install ./common ./client",
    ".venv/bin/zchat-client --help",
)
# Run by tests/compose (service by service, since there may be no Docker engine here) and by tests/demo.
ELSEWHERE: Final = re.compile(r"docker compose .*|make demo")


def shell_lines() -> list[str]:
    """Every line that the README gives to a shell."""
    return [line.strip() for line in re.findall(r"^    \S.*$", README, re.MULTILINE) if not in_fence(line)]


def in_fence(line: str) -> bool:
    return any(line in fence for fence in fences())


def fences() -> list[str]:
    return re.findall(r"^```.*?^```", README, re.MULTILINE | re.DOTALL)


class Network:
    """A network namespace with nothing in it but loopback and the README's address."""

    def __init__(self) -> None:
        setup = "ip link set lo up && ip addr add 192.0.2.7/32 dev lo && echo up && exec sleep 600"
        self._holder = subprocess.Popen(
            ["unshare", "--map-root-user", "--net", "sh", "-c", setup], stdout=subprocess.PIPE, text=True
        )
        assert self._holder.stdout is not None
        self.is_up = self._holder.stdout.readline() == "up\n"

    def start(self, line: str, env: dict[str, str]) -> "subprocess.Popen[str]":
        """Starts a line of the README in a shell, in the folder that it is meant for."""
        enter = ["nsenter", "--target", str(self._holder.pid), "--user", "--net", "--preserve-credentials"]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [*enter, "sh", "-c", line],
            cwd=ROOT,
            env=env,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            text=True,
            start_new_session=True,
        )

    def run(self, line: str, typed: str, env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
        """Runs a line to its end, with what a person types."""
        process = self.start(line, env)
        try:
            out, err = process.communicate(typed, DEADLINE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise
        return subprocess.CompletedProcess(line, process.returncode, out, err)

    def close(self) -> None:
        self._holder.kill()
        self._holder.communicate()


@pytest.fixture
def network() -> Iterator[Network]:
    if not (shutil.which("unshare") and shutil.which("nsenter") and shutil.which("ip")):
        pytest.skip("needs unshare, nsenter and ip (util-linux, iproute2)")
    found = Network()
    try:
        if not found.is_up:
            pytest.skip("this system does not let us make a network namespace")
        yield found
    finally:
        found.close()


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    # A make above this one would hand its own options and variables down.
    own = ("MAKE", "ARGS", "PORT", "NAME")
    return {name: value for name, value in environment(tmp_path).items() if not name.startswith(own)}


@pytest.fixture
def broker(network: Network, env: dict[str, str]) -> Iterator[list[str]]:
    """``make broker``; what it has said on stderr and stdout until it was ready."""
    with running_broker(network, env) as said:
        yield said


@contextlib.contextmanager
def running_broker(network: Network, env: dict[str, str]) -> Iterator[list[str]]:
    process = network.start(BROKER + " 2>&1", env)
    assert process.stdout is not None
    said: list[str] = []
    try:
        while not any(line.startswith("zchat-broker ready:") for line in said):
            line = process.stdout.readline()
            assert line, said
            said.append(line)
        yield said
    finally:
        os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C does in a terminal
        process.communicate(timeout=DEADLINE_S)


def wait_gone(pid: int) -> None:
    end = time.monotonic() + DEADLINE_S
    while Path(f"/proc/{pid}").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z":
        assert time.monotonic() < end, f"the broker {pid} does not end"
        time.sleep(0.02)


def test_every_line_that_the_readme_gives_is_run_by_a_test() -> None:
    known = {CHAT, TEST, BROKER, JOIN, SCRIPT, EXPORT, IMPORT, *BACK_UP, *PUT_BACK, *WITHOUT_MAKE}
    assert [line for line in shell_lines() if line not in known and not ELSEWHERE.fullmatch(line)] == []
    assert known <= set(shell_lines())


def test_the_test_command_is_the_one_that_is_run_for_every_change() -> None:
    assert re.search(rf"^{TEST}\b", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)


def test_one_command_sets_everything_up_and_opens_a_client(network: Network, env: dict[str, str]) -> None:
    first = network.run(CHAT, "alice\nhello\n/exit\n", env)
    started = re.search(r"started a broker .*\(pid (\d+)", first.stderr)
    assert started, first.stderr
    try:
        assert first.returncode == 0
        assert "Username: " in first.stderr
        assert "alice: hello" in first.stdout
        second = network.run(CHAT, "bob\nhello alice\n", env)
        assert "started a broker" not in second.stderr
        assert "alice: hello" in second.stdout, "what was said before is shown to a newcomer"
    finally:
        os.kill(int(started[1]), signal.SIGTERM)
        wait_gone(int(started[1]))


def test_others_join_with_the_line_that_the_broker_prints(
    network: Network, env: dict[str, str], broker: list[str]
) -> None:
    assert any("zchat-client --host 192.0.2.7" in line for line in broker)
    joined = network.run(JOIN, "carol\n/who\n", env)
    assert (joined.returncode, "here: carol" in joined.stdout) == (0, True), joined


def test_a_shell_script_can_chat(network: Network, env: dict[str, str], broker: list[str]) -> None:
    assert broker
    chat = network.run(SCRIPT, "", env)
    assert chat.returncode == 0
    assert '"event":"sent"' in chat.stdout


def test_a_name_moves_to_another_machine(tmp_path: Path, env: dict[str, str]) -> None:
    """Two homes are two machines, and the checkout a link to this one."""
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")

    def run(line: str, machine: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
        home = env | environment(tmp_path / machine, {"PATH": env["PATH"]})
        return subprocess.run(["sh", "-c", line], cwd=tmp_path, env=home, input=typed, capture_output=True, text=True)

    identity_of(tmp_path / "old" / "share" / "zchat" / "client", "alice")
    assert run(EXPORT, "old", "a passphrase\n").returncode == 0
    imported = run(IMPORT, "new", "a passphrase\n")
    assert imported.returncode == 0, imported.stderr
    show = ".venv/bin/zchat-client identity show"
    assert run(show, "new").stdout == run(show, "old").stdout != ""


def test_a_backup_is_made_and_put_back(network: Network, env: dict[str, str]) -> None:
    # The README's folder is the one of a home without XDG's variables.
    env = {name: value for name, value in env.items() if name != "XDG_DATA_HOME"}
    with running_broker(network, env) as before:
        assert network.run(JOIN, "alice\nsaid before\n", env).returncode == 0
        for line in BACK_UP:
            done = network.run(line, "", env)
            assert (done.returncode, "is well: 1 users" in done.stdout) == (0, True), done
        assert network.run(JOIN, "alice\nsaid after\n", env).returncode == 0
    for line in PUT_BACK:
        done = network.run(line, "", env)
        assert (done.returncode, done.stderr) == (0, ""), done
    with running_broker(network, env) as again:
        assert again[-1] == before[-1], "it has the same key"
        back = network.run(JOIN, "alice\n/history\n", env)
        assert (back.returncode, "said before" in back.stdout, "said after" in back.stdout) == (0, True, False), back


def test_the_python_example_runs(network: Network, env: dict[str, str], broker: list[str], tmp_path: Path) -> None:
    assert broker
    (example,) = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    program = tmp_path / "bot.py"
    program.write_text(example)
    bot = network.start(f"exec {sys.executable} -u {program}", env)
    assert bot.stdout is not None
    try:
        while "text='hello'" not in (line := bot.stdout.readline()):
            assert line, bot.communicate()
    finally:
        bot.kill()
        bot.communicate()


@pytest.mark.timeout(180)
def test_the_client_can_be_set_up_without_make(tmp_path: Path, env: dict[str, str]) -> None:
    for name in ("common", "client"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    lines = " && ".join(WITHOUT_MAKE)
    done = subprocess.run(["sh", "-c", lines], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--takeover" in done.stdout
