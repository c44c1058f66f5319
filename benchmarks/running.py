"""A server under measurement: its process, and what the operating system accounts to it."""

import contextlib
import os
import random
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

HOST: Final = "127.0.0.1"
_READY_S: Final = 30.0
_END_S: Final = 10.0
_POLL_S: Final = 0.01
_PORTS: Final = 3
_NS: Final = 1e9
_ROOT: Final = Path(__file__).parents[1]


class Running:
    """A process of which all threads are counted."""

    def __init__(self, popen: "subprocess.Popen[bytes]", port: int) -> None:
        self.popen = popen
        self.port = port

    def cpu_s(self) -> float:
        """The CPU that the process has used so far, from the scheduler's own account: nanoseconds, not ticks.

        Threads that have ended are not in it: no server here ends one while it is measured.
        """
        used_ns = 0
        for task in Path(f"/proc/{self.popen.pid}/task").iterdir():
            with contextlib.suppress(OSError):
                used_ns += int((task / "schedstat").read_text().split()[0])
        return used_ns / _NS

    def main_cpu_s(self) -> float:
        """The CPU that its main thread has used so far."""
        pid = self.popen.pid
        return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0]) / _NS

    def resident_kib(self) -> int:
        """The memory that the process holds now."""
        lines = Path(f"/proc/{self.popen.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])

    def kill(self) -> None:
        """Ends the process as a power cut would."""
        self.popen.kill()
        self.popen.wait()


@contextmanager
def run(command: list[str], port: int, log: Path, ready_port: int | None = None) -> Iterator[Running]:
    """The process, once it listens on its port; it has ended when the block ends."""
    with log.open("ab") as output:
        popen = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=log.parent, env=environment()
        )
    try:
        wait_for(lambda: _listens(popen, ready_port or port, log), f"{command[0]} to listen", _READY_S)
        yield Running(popen, port)
    finally:
        end(popen)


def environment() -> dict[str, str]:
    """This process's environment without settings of zchat's, and with the benchmarks to import."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ZCHAT_")}
    return kept | {"PYTHONPATH": str(_ROOT)}


def end(popen: "subprocess.Popen[bytes]") -> None:
    """Ends a process: politely, then not."""
    popen.terminate()
    try:
        popen.wait(_END_S)
    except subprocess.TimeoutExpired:
        popen.kill()
        popen.wait()


def wait_for(condition: Callable[[], bool], what: str, deadline_s: float) -> None:
    """Returns when the condition holds. Raises TimeoutError."""
    end_s = time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() > end_s:
            raise TimeoutError(f"waited {deadline_s:.0f} s for {what}")
        time.sleep(_POLL_S)


def free_port() -> int:
    """The first of three ports in a row on which nobody listens."""
    while True:
        port = random.randrange(12_000, 31_000)
        if all(_is_free(port + offset) for offset in range(_PORTS)):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _listens(popen: "subprocess.Popen[bytes]", port: int, log: Path) -> bool:
    if popen.poll() is not None:
        raise ChildProcessError(f"a server ended at once: {log.read_text(errors='replace')[-300:]}")
    try:
        socket.create_connection((HOST, port), 1.0).close()
    except OSError:
        return False
    return True
