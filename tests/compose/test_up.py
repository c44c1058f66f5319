"""``docker compose up`` and ``run`` without an engine: every service's exact command line, environment and health check
as local processes, in network namespaces with the services' names where those work.
"""

import json
import os
import pty
import select
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, Self

import pytest

from tests.compose.compose_file import read_compose
from tests.compose.containers import Container, Project
from tests.compose.networks import Loopback, best_network

_USERS: Final = ("alice", "bob", "dave")
_DEMO_S: Final = 40.0
_ANSWER_S: Final = 15.0
_POLL_S: Final = 0.05


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    compose = read_compose("client")
    with best_network(list(compose.services), tmp_path, say=print) as network:
        yield Project(compose, network, tmp_path)


def test_network_namespaces_work_here(tmp_path: Path) -> None:
    reasons: list[str] = []
    with best_network(["broker"], tmp_path, say=reasons.append):
        pass
    if reasons:
        # The other tests run all the same, on loopback.
        pytest.skip(reasons[0])


def test_up_plays_the_demo_and_a_second_up_does_so_again(project: Project) -> None:
    assert not project.is_healthy("broker")
    with _up(project) as broker:
        _play(project, {})
        assert broker.stop() == 0
    with _up(project) as broker:
        # Only this once quicker than it is written: the exact command line has been seen above.
        _play(project, {"ZCHAT_PACE": "0"})
        memory_bytes = project.compose.services["broker"].memory_bytes
        assert memory_bytes is not None
        assert broker.peak_memory_bytes < memory_bytes / 4
        assert broker.stop() == 0
    assert not project.is_healthy("broker")


def test_run_opens_an_interactive_client_in_the_same_chat(project: Project) -> None:
    with (
        _up(project),
        project.running("client", ["--name", "erin", "--json"]) as erin,
        Terminal() as terminal,
        project.running("client", ["--name", "carol"], terminal=terminal.theirs) as carol,
    ):
        terminal.read_until(lambda: b"carol" in terminal.shown)
        terminal.type(b"hello from a terminal\r")
        terminal.read_until(lambda: ("carol", "hello from a terminal") in _said(erin))
        terminal.type(b"/exit\r")
        terminal.read_until(lambda: carol.process.poll() is not None)
        assert carol.wait(0) == 0
        erin.end_input()
        assert erin.wait(_ANSWER_S) == 0


def test_the_services_run_on_loopback_where_there_are_no_namespaces(tmp_path: Path) -> None:
    project = Project(read_compose("client"), Loopback(), tmp_path)
    with _up(project) as broker:
        _play(project, {"ZCHAT_PACE": "0"})
        assert broker.stop() == 0
    assert not project.is_healthy("broker")


@contextmanager
def _up(project: Project) -> Iterator[Container]:
    with project.running("broker") as broker:
        project.wait_until_healthy("broker")
        yield broker


def _play(project: Project, environment: dict[str, str]) -> None:
    """All users of the demo, each in a container; every one of them must find that he got exactly what was his."""
    with ExitStack() as stack:
        users = [stack.enter_context(project.running(name, environment=environment)) for name in _USERS]
        deadline = time.monotonic() + _DEMO_S
        codes = [user.wait(deadline - time.monotonic()) for user in users]
        assert codes == [0, 0, 0], "\n".join(user.log for user in users)
        assert all("nothing foreign" in user.log for user in users)


class Terminal:
    """A terminal with somebody at it."""

    def __init__(self) -> None:
        self.shown = b""
        self._mine, self.theirs = pty.openpty()
        termios.tcsetwinsize(self.theirs, (24, 80))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._mine)
        os.close(self.theirs)

    def type(self, keys: bytes) -> None:
        """Types these keys."""
        os.write(self._mine, keys)

    def read_until(self, met: Callable[[], bool]) -> None:
        """Reads what is shown until the condition is met. Fails when that takes too long."""
        deadline = time.monotonic() + _ANSWER_S
        while not met():
            assert time.monotonic() < deadline, f"in vain; the terminal shows {self.shown!r}"
            if select.select([self._mine], [], [], _POLL_S)[0]:
                self.shown += os.read(self._mine, 65536)


def _said(reader: Container) -> list[tuple[str, str]]:
    """The messages that a client with --json has shown."""
    events = [json.loads(line) for line in reader.log.splitlines() if line.startswith("{")]
    return [(event["sender"], event["text"]) for event in events if event["event"] == "message"]
