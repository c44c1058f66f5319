"""Real brokers and real clients: processes that are started, listened to, and ended whatever becomes of the test."""

import contextlib
import itertools
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self, TypeVar

from tests.system.contract import Event, read_line, story_mistakes

T = TypeVar("T")
P = TypeVar("P", bound="Process")

# Far more than anything takes that is not meant to take long; only a failing test waits for it.
DEADLINE_S: Final = 20.0
_END_S: Final = 5.0
# Of a client in a report; some events carry thousands of characters.
_SHOWN_EVENTS: Final = 60
_SHOWN_CHARS: Final = 400
# Below every system's range for outgoing connections, so that none of those sits on a port that was found free.
_FIRST_PORT, _LAST_PORT = 10_000, 32_000
_PORTS: Final = 3
# As many test runners as may work side by side, each with ports of its own.
_RUNNERS: Final = 16
PROGRAMS: Final = Path(sys.executable).parent
_READY: Final = re.compile(
    r"zchat-broker ready: commands tcp://(\S+):(\d+) topics tcp://(\S+):(\d+) "
    r"introductions tcp://(\S+):(\d+) key (SHA256:\S+)"
)

_numbers = itertools.count(1)


def unique(name: str) -> str:
    """A name that no other test uses."""
    return f"{name}-{next(_numbers)}"


def _triples() -> Iterator[int]:
    """The ports to try, each once in a run, from a place of this run's own: others on this machine begin elsewhere."""
    runner = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _RUNNERS
    triples = range(_FIRST_PORT + runner * _PORTS, _LAST_PORT - _PORTS, _RUNNERS * _PORTS)
    start = random.SystemRandom().randrange(len(triples))
    return itertools.cycle([*triples[start:], *triples[:start]])


_ports = _triples()


def free_port(host: str = "127.0.0.1") -> int:
    """The first of three consecutive ports that nobody listens on, and that no test of this run was given before."""
    return next(port for port in _ports if all(_is_free(host, port + offset) for offset in range(_PORTS)))


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As the broker binds: connections that linger in TIME_WAIT are in nobody's way.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError:
            return False
    return True


def wait_until(condition: Callable[[], bool], what: str, deadline_s: float = DEADLINE_S) -> None:
    """Returns when the condition holds, for what no line of a process tells."""
    end = time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline_s} s for {what}")
        time.sleep(0.02)


def environment(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without zchat's settings, and with a home that is not the developer's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ZCHAT_")}
    return kept | {"HOME": str(home), "XDG_DATA_HOME": str(home / "share")} | dict(extra or {})


class Process:
    """A program that was started. What it prints is read by threads, so that it never waits for the test."""

    def __init__(
        self,
        label: str,
        command: list[str],
        env: Mapping[str, str],
        *,
        stdout: int = subprocess.PIPE,
        prepare: Callable[[], None] | None = None,
    ) -> None:
        """``stdout`` may be a descriptor of the test's own; then nothing is read. ``prepare`` runs in the child."""
        self.label = label
        self.err: list[str] = []
        self.changed = threading.Condition()
        self._reading = 0
        self._ending = False
        command = [str(PROGRAMS / command[0]), *command[1:]]
        self.popen = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=stdout, stderr=subprocess.PIPE, env=env, preexec_fn=prepare
        )
        self._threads: list[threading.Thread] = []
        if self.popen.stdout is not None:
            self._read(self.popen.stdout, self.take_line)
        if self.popen.stderr is not None:
            self._read(self.popen.stderr, lambda line: self.err.append(line.decode("utf-8", "replace").rstrip("\n")))

    def take_line(self, line: bytes) -> None:
        """Takes in a line of stdout; called by a thread, with ``changed`` held."""
        raise NotImplementedError

    # -- waiting ------------------------------------------------------------------------------------------------------

    def wait_for(self, find: Callable[[], T | None], what: str, deadline_s: float = DEADLINE_S) -> T:
        """What ``find`` finds, as soon as it does; fails when the process ends before, or at the deadline."""
        end = time.monotonic() + deadline_s
        with self.changed:
            while (found := find()) is None:
                left_s = end - time.monotonic()
                if left_s <= 0 or not self._reading:
                    ended = "ended" if not self._reading else f"had {deadline_s} s"
                    raise AssertionError(f"{self.label} {ended} without {what}\n{self.report()}")
                self.changed.wait(left_s)
        return found

    def wait_for_err(self, words: str, deadline_s: float = DEADLINE_S) -> str:
        """The first line on stderr with these words in it."""
        return self.wait_for(
            lambda: next((line for line in self.err if words in line), None), f"{words!r} on stderr", deadline_s
        )

    def exit_code(self, deadline_s: float = DEADLINE_S) -> int:
        """The exit code, when the process has ended and all that it printed was read."""
        try:
            self.popen.wait(deadline_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.label} did not end within {deadline_s} s\n{self.report()}") from None
        self._join()
        return self.popen.returncode

    @property
    def is_running(self) -> bool:
        return self.popen.poll() is None

    # -- ending -------------------------------------------------------------------------------------------------------

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to this process and to no other."""
        self.popen.send_signal(number)

    def kill(self) -> None:
        """Ends the process as a power cut would, and waits until it is gone."""
        self.popen.kill()
        self.popen.wait()
        self._join()

    def begin_end(self) -> None:
        """Asks the process to end, if it still runs."""
        self._ending = True
        if self.is_running:
            self.popen.terminate()

    def end(self) -> None:
        """The process has ended when this returns, by itself or not."""
        if not self._ending:
            self.begin_end()
        try:
            self.popen.wait(_END_S)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
        self._join()
        for pipe in (self.popen.stdin, self.popen.stdout, self.popen.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    # -- judging ------------------------------------------------------------------------------------------------------

    def faults(self) -> list[str]:
        """What no process may ever do, whatever the test is about."""
        signs = ("Traceback", "was never retrieved", "was never awaited", "Warning:")
        return [f"{self.label} on stderr: {line}" for line in self.err if any(sign in line for sign in signs)]

    def report(self) -> str:
        """Everything that was seen of the process, for whoever has to find out why a test failed."""
        state = "running" if self.is_running else f"ended with {self.popen.returncode}"
        return "\n".join([f"--- {self.label} ({state}), stderr:", *self.err])

    # -- inside -------------------------------------------------------------------------------------------------------

    def _read(self, pipe: IO[bytes], take: Callable[[bytes], None]) -> None:
        def read() -> None:
            for line in iter(pipe.readline, b""):
                with self.changed:
                    take(line)
                    self.changed.notify_all()
            with self.changed:
                self._reading -= 1
                self.changed.notify_all()

        self._reading += 1
        thread = threading.Thread(target=read, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _join(self) -> None:
        for thread in self._threads:
            thread.join(DEADLINE_S)


class Broker(Process):
    """A broker; ``out`` is what it printed on stdout."""

    def __init__(
        self,
        label: str,
        options: list[str],
        env: Mapping[str, str],
        *,
        port: int,
        data: Path,
        prepare: Callable[[], None] | None = None,
        program: Sequence[str] = ("zchat-broker",),
    ) -> None:
        """``port`` and ``data`` are only noted here: ``options`` hold them. ``program`` may be another broker."""
        self.port = port
        self.data = data
        self.out: list[str] = []
        super().__init__(label, [*program, *options], env, prepare=prepare)

    def take_line(self, line: bytes) -> None:
        """Takes in a line of stdout."""
        self.out.append(line.decode())

    def ready_line(self) -> str:
        """The line that says that the broker is ready, as soon as it comes."""
        return self.wait_for(lambda: self.out[0] if self.out else None, "its ready line")

    @property
    def fingerprint(self) -> str:
        """The key that the ready line names."""
        match = _READY.fullmatch(self.ready_line().rstrip("\n"))
        assert match is not None, self.out
        return match[7]

    def report(self) -> str:
        """Everything that was seen."""
        return "\n".join([super().report(), "stdout:", *self.out])


class Client(Process):
    """A client under ``--json``. ``events`` is everything it has printed so far."""

    def __init__(
        self,
        name: str,
        options: list[str],
        env: Mapping[str, str],
        *,
        data: Path,
        stdout: int = subprocess.PIPE,
        program: Sequence[str] = ("zchat-client",),
    ) -> None:
        """``name`` and ``data`` are only noted here: ``options`` hold them. ``program`` may be another client."""
        self.name = name
        self.data = data
        self.events: list[Event] = []
        self._taken: set[int] = set()
        self._start = 0
        self._mistakes: list[str] = []
        super().__init__(name, [*program, *options], env, stdout=stdout)

    def __str__(self) -> str:
        return self.name

    def take_line(self, line: bytes) -> None:
        """Takes in a line of stdout."""
        event, mistakes = read_line(line)
        self.events.append(event)
        self._mistakes += mistakes

    def types(self, *lines: str) -> None:
        """Types lines, each with Enter."""
        self.types_bytes("".join(f"{line}\n" for line in lines).encode())

    def types_bytes(self, data: bytes) -> None:
        """Types just this."""
        assert self.popen.stdin is not None
        self.popen.stdin.write(data)
        self.popen.stdin.flush()

    def closes_input(self) -> None:
        """The end of file on stdin."""
        assert self.popen.stdin is not None
        self.popen.stdin.close()

    def wait(self, kind: str, *, deadline_s: float = DEADLINE_S, **fields: object) -> Event:
        """The first event of this kind with these fields that was not returned before; fails with all that was seen."""

        def find() -> Event | None:
            for index in range(self._start, len(self.events)):
                if index not in self._taken and _matches(self.events[index], kind, fields):
                    self._taken.add(index)
                    return self.events[index]
            return None

        wanted = ", ".join(f"{name}={value!r}" for name, value in fields.items())
        return self.wait_for(find, f"{kind}({wanted})", deadline_s)

    def seen(self, kind: str, **fields: object) -> list[Event]:
        """All events of this kind with these fields that have come so far."""
        with self.changed:
            return [event for event in self.events[self._start :] if _matches(event, kind, fields)]

    def forget(self) -> None:
        """What has come so far is neither waited for nor seen any more."""
        self._start = len(self.events)

    def texts(self, topic: str = "public") -> list[str]:
        """The texts of a topic as they were shown."""
        return [event["text"] for event in self.seen("message", topic=topic)]

    def begin_end(self) -> None:
        """A client whose broker is away would wait for it to say goodbye, for some seconds."""
        links = [event["event"] for event in self.events if event.get("event") in ("disconnected", "reconnected")]
        if links[-1:] == ["disconnected"] and self.is_running:
            self.popen.kill()
        super().begin_end()

    def faults(self) -> list[str]:
        """Also whatever the contract does not allow."""
        return super().faults() + [f"{self.name}: {mistake}" for mistake in self._mistakes + self._story()]

    def report(self) -> str:
        """Everything that was seen."""
        shown = [_short(str(event)) for event in self.events[-_SHOWN_EVENTS:]]
        return "\n".join([super().report(), f"the last of {len(self.events)} events:", *shown])

    def _story(self) -> list[str]:
        return [] if self._mistakes else story_mistakes(self.events)


def _short(line: str) -> str:
    return line if len(line) <= _SHOWN_CHARS else f"{line[:_SHOWN_CHARS]} ..."


def _matches(event: Event, kind: str, fields: Mapping[str, object]) -> bool:
    return event.get("event") == kind and all(name in event and event[name] == fields[name] for name in fields)


class House:
    """Starts brokers and clients, each with a folder of its own, and ends them all."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is empty and this house's own."""
        self.folder = folder
        self.processes: list[Process] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Clients first: they say goodbye to a broker that is still there.
        clients = [process for process in self.processes if not isinstance(process, Broker)]
        brokers = [process for process in self.processes if isinstance(process, Broker)]
        for group in (clients, brokers):
            for process in group:
                process.begin_end()
            for process in group:
                process.end()

    def faults(self) -> list[str]:
        """What went wrong in any process, once all have ended."""
        return [fault for process in self.processes for fault in process.faults()]

    def report(self) -> str:
        """Everything that was seen of every process."""
        return "\n".join(process.report() for process in self.processes)

    def broker(
        self,
        *options: str,
        port: int | None = None,
        data: Path | None = None,
        host: str = "127.0.0.1",
        env: Mapping[str, str] | None = None,
        prepare: Callable[[], None] | None = None,
        program: Sequence[str] = ("zchat-broker",),
    ) -> Broker:
        """Starts a broker and waits until it is ready."""
        broker = self.start_broker(*options, port=port, data=data, host=host, env=env, prepare=prepare, program=program)
        broker.ready_line()
        return broker

    def start_broker(
        self,
        *options: str,
        port: int | None = None,
        data: Path | None = None,
        host: str = "127.0.0.1",
        env: Mapping[str, str] | None = None,
        prepare: Callable[[], None] | None = None,
        program: Sequence[str] = ("zchat-broker",),
    ) -> Broker:
        """Starts a broker, on free ports and in a folder of its own unless it is told which."""
        port = free_port(host) if port is None else port
        data = self.folder / f"broker-{port}" if data is None else data
        given = ["--host", host, "--port", str(port), "--data", str(data), *options]
        label, where = f"broker {port}", environment(self.folder, env)
        broker = Broker(label, given, where, port=port, data=data, prepare=prepare, program=program)
        self.processes.append(broker)
        return broker

    def client(
        self,
        name: str,
        at: Broker | int,
        *options: str,
        data: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdout: int = subprocess.PIPE,
        program: Sequence[str] = ("zchat-client",),
    ) -> Client:
        """Starts a client at a broker (or a port), with a data folder of its own unless it is told which."""
        port = at if isinstance(at, int) else at.port
        data = self.folder / name if data is None else data
        given = ["--json", "--port", str(port), "--name", name, "--data", str(data), *options]
        client = Client(name, given, environment(self.folder, env), data=data, stdout=stdout, program=program)
        self.processes.append(client)
        return client

    def join(self, at: Broker | int, *names: str) -> list[Client]:
        """Starts clients side by side and returns when all of them have their place."""
        clients = [self.client(name, at) for name in names]
        for client in clients:
            client.wait("connected")
        return clients

    def own(self, process: P) -> P:
        """Takes a process in that the test has started itself."""
        self.processes.append(process)
        return process


def level(*clients: Client) -> None:
    """Returns when each client has been shown all that was published before the call, whatever its topic.

    Frames on a connection keep their order, and answers on the other one: what a client was to be shown came before
    the words said here.
    """
    for client in clients:
        word = unique("level")
        client.types(word)
        client.wait("sent", typed=word)
        for each in clients:
            each.wait("message", text=word)
