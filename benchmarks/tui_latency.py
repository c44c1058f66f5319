"""How long a key takes to the screen of the terminal UI while a room is flooded.

    .venv/bin/python benchmarks/tui_latency.py [--rate 1000] [--before 100000] [--keys 200] [--columns 200] [--lines 50]

A real broker, a real client in a pseudo terminal, senders that say ``--rate`` messages a second. When ``--before``
messages have arrived, ``--keys`` keys are typed one after another; each is timed from the write to the first read in
which its character stands at the cursor. Nothing sleeps to wait for the screen; it is read all the time.
"""

import argparse
import asyncio
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
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.system.processes import House, environment
from tests.system.screens import Terminal
from zchat_client import Client
from zchat_client.results import Receipt

LETTERS = "abcdefghijklmnopqrstuvwxyz"
KEY_PAUSE_S = (0.05, 0.25)
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
    """Types keys and times each until it stands in the input."""
    took: list[float] = []
    typed = ""
    descriptor = terminal._descriptor
    for number in range(keys):
        quiet_until = time.monotonic() + random.uniform(*KEY_PAUSE_S)
        while (left := quiet_until - time.monotonic()) > 0:
            if select.select([descriptor], [], [], left)[0]:
                os.read(descriptor, 1 << 20)
        letter = LETTERS[number % len(LETTERS)]
        begin_s = time.monotonic()
        terminal.types(letter)
        typed = typed[-20:] + letter
        seen = b""
        # The cell of the letter is drawn with the cursor's cell after it; colours stand between.
        pattern = re.compile(re.escape(letter.encode()) + rb"(?:\x1b\[[0-9;]*m)+ ")
        while time.monotonic() < begin_s + 5:
            if select.select([descriptor], [], [], 0.5)[0]:
                seen += os.read(descriptor, 1 << 20)
                if pattern.search(seen):
                    took.append(time.monotonic() - begin_s)
                    break
        else:
            raise AssertionError(f"key {number} ({letter}) was not shown: {seen[-300:]!r}")
        if number % 60 == 59:
            terminal.types("\x15")
    return took


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=1000)
    parser.add_argument("--before", type=int, default=100_000)
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--columns", type=int, default=200)
    parser.add_argument("--lines", type=int, default=50)
    parser.add_argument("--flood", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.flood is not None:
        asyncio.run(flood(options.flood, options.folder, options.before, options.rate))
        return
    with tempfile.TemporaryDirectory() as folder, House(Path(folder)) as house:
        broker = house.broker("--rate", "0", "--title", "Lab")
        env = environment(house.folder, {"TERM": "xterm-256color", "XDG_CONFIG_HOME": folder})
        arguments = ["--name", "alice", "--port", str(broker.port), "--data", str(house.folder / "alice")]
        terminal = Terminal(arguments, env, options.columns, options.lines)
        try:
            terminal.wait_for("at Lab")
            flooder = subprocess.Popen(
                [
                    *[sys.executable, __file__, "--flood", str(broker.port), "--folder", str(house.folder / "flood")],
                    *["--before", str(options.before), "--rate", str(options.rate)],
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert flooder.stdin is not None
            assert flooder.stdout is not None
            full = threading.Thread(target=flooder.stdout.readline)
            full.start()
            newest = 0
            while full.is_alive() or newest < options.before:
                if select.select([terminal._descriptor], [], [], 0.5)[0]:
                    numbers = re.findall(rb"message (\d+)", os.read(terminal._descriptor, 1 << 20))
                    newest = max([newest, *map(int, numbers)])
            took = sorted(each * 1000 for each in measure(terminal, options.keys))
            machine = control(options.keys)
            memory = Path(f"/proc/{terminal._process.pid}/status").read_text()
            resident = re.search(r"VmRSS:\s+(\d+)", memory)
        finally:
            terminal.close()
        flooder.stdin.close()
        rate = float(flooder.stdout.readline())
        flooder.wait(30)
    print(f"{len(took)} keys at {options.columns}x{options.lines}, {newest:,} messages before, {rate:.0f} messages/s")
    print(f"p50 {statistics.median(took):.1f} ms  p99 {took[int(len(took) * 0.99) - 1]:.1f} ms  max {took[-1]:.1f} ms")
    print(f"a program that only answers, at the same time: p99 {machine:.1f} ms")
    if resident is not None:
        print(f"memory of the client: {int(resident[1]) // 1024} MiB; load of the machine: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
