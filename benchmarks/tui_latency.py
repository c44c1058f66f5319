"""How long a key takes to the screen of the terminal UI while a room is flooded.

    .venv/bin/python benchmarks/tui_latency.py [--rate 1000] [--before 100000] [--keys 200] [--columns 200] [--lines 50]

A real broker, a real client in a pseudo terminal, senders that say ``--rate`` messages a second. When ``--before``
messages have arrived, ``--keys`` keys are typed one after another; each is timed from the write to the first read in
which its character stands at the cursor. Nothing sleeps to wait for the screen; it is read all the time.
"""

import argparse
import asyncio
import contextlib
import os
import pty
import random
import re
import select
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.system.processes import House, environment
from tests.system.screens import Terminal
from zchat_client import Client
from zchat_client.results import Receipt

LETTERS = "abcdefghijklmnopqrstuvwxyz"
KEY_PAUSE_S = (0.05, 0.25)
SHOWN_WITHIN_S = 5
CLEAR_LINE = "\x15"
IN_FLIGHT = 400


async def flood(port: int, folder: str, before: int, rate: float) -> None:
    """Says ``before`` messages as fast as it goes, then ``rate`` a second until its input ends."""
    over = asyncio.Event()
    asyncio.get_running_loop().add_reader(0, over.set)
    async with Client("flood", port=port, data=folder, buffer=1) as client:
        said = 0
        waiting: set[asyncio.Future[Receipt]] = set()
        begin_s = 0.0
        while not over.is_set():
            due = before if not begin_s else before + (time.monotonic() - begin_s) * rate
            while said < due and len(waiting) < IN_FLIGHT:
                said += 1
                call = asyncio.ensure_future(client.say(f"message {said} {'lorem ipsum dolor ' * 3}"))
                waiting.add(call)
                call.add_done_callback(waiting.discard)
            if said >= before and not begin_s and not waiting:
                begin_s = time.monotonic()
                print("full", flush=True)
            await asyncio.sleep(0.01)
        print((said - before) / (time.monotonic() - begin_s), flush=True)


def measure(terminal: Terminal, keys: int) -> list[float]:
    """Types keys and times each until it stands in the input, in milliseconds; the shortest first."""
    took: list[float] = []
    for number in range(keys):
        read_for(terminal, random.uniform(*KEY_PAUSE_S))
        took.append(press(terminal, LETTERS[number % len(LETTERS)]) * 1000)
        if number % 60 == 59:
            terminal.types(CLEAR_LINE)
    return sorted(took)


def read_for(terminal: Terminal, seconds: float) -> None:
    """Reads what the client draws, as a terminal does, until that time is over."""
    end_s = time.monotonic() + seconds
    while (left_s := end_s - time.monotonic()) > 0:
        drawn(terminal, left_s)


def press(terminal: Terminal, letter: str) -> float:
    """Types a letter and returns after how many seconds it stands at the cursor."""
    begin_s = time.monotonic()
    terminal.types(letter)
    seen = b""
    # The cell of the letter is drawn with the cursor's cell after it; colours stand between.
    pattern = re.compile(re.escape(letter.encode()) + rb"(?:\x1b\[[0-9;]*m)+ ")
    while time.monotonic() < begin_s + SHOWN_WITHIN_S:
        if more := drawn(terminal, 0.5):
            seen += more
            if pattern.search(seen):
                return time.monotonic() - begin_s
    raise AssertionError(f"{letter} was not shown: {seen[-300:]!r}")


def drawn(terminal: Terminal, seconds: float) -> bytes:
    """What the client draws next; empty if it draws nothing within that time."""
    if not select.select([terminal._descriptor], [], [], seconds)[0]:
        return b""
    return os.read(terminal._descriptor, 1 << 20)


def control(keys: int) -> float:
    """The same measured on a program that does nothing but answer: the p99 of the machine as it is loaded now."""
    pid, descriptor = pty.fork()
    if pid == 0:
        os.execvp("sh", ["sh", "-c", "stty raw -echo; exec cat"])  # noqa: S606 - the child of a fork
    took: list[float] = []
    select.select([], [], [], 0.5)
    for _ in range(keys):
        select.select([], [], [], random.uniform(*KEY_PAUSE_S))
        begin_s = time.monotonic()
        os.write(descriptor, b"x")
        os.read(descriptor, 100)
        took.append((time.monotonic() - begin_s) * 1000)
    os.close(descriptor)
    os.waitpid(pid, 0)
    return sorted(took)[int(keys * 0.99) - 1]


def start_flood(house: House, port: int, before: int, rate: float) -> "subprocess.Popen[str]":
    """This program again, as the one that floods. It tells when all of ``before`` are said, and its rate at the end."""
    command = [sys.executable, __file__, "--flood", str(port), "--folder", str(house.folder / "flood")]
    numbers = ["--before", str(before), "--rate", str(rate)]
    return subprocess.Popen([*command, *numbers], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def read_until_full(terminal: Terminal, flooding: "subprocess.Popen[str]", before: int) -> int:
    """Reads the terminal until all the messages before were said and shown; returns the newest that was shown."""
    assert flooding.stdout is not None
    full = threading.Thread(target=flooding.stdout.readline)
    full.start()
    newest = 0
    while full.is_alive() or newest < before:
        newest = max([newest, *map(int, re.findall(rb"message (\d+)", drawn(terminal, 0.5)))])
    return newest


def rate_at_end(flooding: "subprocess.Popen[str]") -> float:
    """Ends the flood; how many messages a second it came to."""
    assert flooding.stdin is not None
    assert flooding.stdout is not None
    flooding.stdin.close()
    return float(flooding.stdout.readline())


def resident_mib(pid: int) -> int:
    """How much memory a process holds."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return 0 if found is None else int(found[1]) // 1024


@dataclass(frozen=True)
class Latency:
    """What one run came to: a time for each key, and under which circumstances."""

    took_ms: list[float]
    newest: int
    rate: float
    control_ms: float
    client_mib: int

    def report(self, size: str) -> None:
        """Prints it for people."""
        took = self.took_ms
        p99 = took[int(len(took) * 0.99) - 1]
        print(f"{len(took)} keys at {size}, {self.newest:,} messages before, {self.rate:.0f} messages/s")
        print(f"p50 {statistics.median(took):.1f} ms  p99 {p99:.1f} ms  max {took[-1]:.1f} ms")
        print(f"a program that only answers, at the same time: p99 {self.control_ms:.1f} ms")
        print(f"memory of the client: {self.client_mib} MiB; load of the machine: {os.getloadavg()[0]:.1f}")


def run(options: argparse.Namespace, folder: str) -> Latency:
    """A broker, a client in a terminal, a flood; and then the keys."""
    with House(Path(folder)) as house:
        broker = house.broker("--rate", "0", "--title", "Lab")
        env = environment(house.folder, {"TERM": "xterm-256color", "XDG_CONFIG_HOME": folder})
        arguments = ["--name", "alice", "--port", str(broker.port), "--data", str(house.folder / "alice")]
        with contextlib.closing(Terminal(arguments, env, options.columns, options.lines)) as terminal:
            terminal.wait_for("at Lab")
            with start_flood(house, broker.port, options.before, options.rate) as flooding:
                newest = read_until_full(terminal, flooding, options.before)
                took_ms = measure(terminal, options.keys)
                control_ms = control(options.keys)
                client_mib = resident_mib(terminal._process.pid)
                rate = rate_at_end(flooding)
    return Latency(took_ms, newest, rate, control_ms, client_mib)


def chosen() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=1000)
    parser.add_argument("--before", type=int, default=100_000)
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--columns", type=int, default=200)
    parser.add_argument("--lines", type=int, default=50)
    parser.add_argument("--flood", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Measures; or floods, when this program has called itself."""
    options = chosen()
    if options.flood is not None:
        asyncio.run(flood(options.flood, options.folder, options.before, options.rate))
        return
    with tempfile.TemporaryDirectory() as folder:
        latency = run(options, folder)
    latency.report(f"{options.columns}x{options.lines}")


if __name__ == "__main__":
    main()
