"""(i) Start-up, with an empty store and a full one, and (j) growth: what a full store slows down."""

import json
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.bench import Bench, fresh_folder, say
from benchmarks.figures import Fanout, Start, Throughput
from benchmarks.measures.fanout import fanout
from benchmarks.measures.talk import whispers
from benchmarks.running import HOST, Running, end, environment, free_port
from benchmarks.servers.zchat import BROKER, broker_command
from benchmarks.stored import fill
from benchmarks.users import Crowd

TITLE: Final = "start-up and growth"
_CLIENT: Final = BROKER.with_name("zchat-client")
_ROOM: Final = 100
_ROUNDS: Final = 2


def measure(bench: Bench) -> None:
    """Everything with an empty store and with a full one, in turn."""
    with bench.attempt(bench.zchat, TITLE), fresh_folder() as full:
        with fresh_folder() as empty, bench.zchat.run(empty) as running:
            _client_starts(bench, running, empty)
        say(f"a store of {bench.scale.stored} messages is made")
        fill(full / "data", bench.scale.stored)
        _broker_starts(bench, full)
        _growth(bench, full)


def _growth(bench: Bench, full: Path) -> None:
    for _ in range(_ROUNDS):
        for store in (0, bench.scale.stored):
            with fresh_folder() as empty, bench.zchat.run(full if store else empty) as running:
                say(f"fan-out and whispers after {store} messages")
                bench.note(_figure_of_growth(fanout(bench.zchat, running, _ROOM, bench.scale.run_s), store))
                bench.note(_whispers(bench, running, store))


def _figure_of_growth(figure: Fanout, store: int) -> Throughput:
    what = f"growth: fan-out to {_ROOM}"
    return Throughput(figure.server, what, figure.messages, figure.messages_s, figure.cpu_us * _ROOM, store)


def _whispers(bench: Bench, running: Running, store: int) -> Throughput:
    crowd = Crowd(running.port)
    try:
        round_name = time.monotonic_ns()
        crowd.join(f"w{round_name}.{number}" for number in range(_ROOM))
        figure = whispers(crowd, running, bench.scale.commands // 3, store)
    finally:
        crowd.close()
    what = f"growth: {figure.what}"
    return Throughput(figure.server, what, figure.count, figure.per_s, figure.cpu_us, store)


# -- start-up -------------------------------------------------------------------------------------------------------


def _client_starts(bench: Bench, running: Running, folder: Path) -> None:
    def start(number: int) -> float:
        data = ["--data", str(folder / f"client{number}"), "--name", f"starter{number}"]
        command = [str(_CLIENT), "--json", "--host", HOST, "--port", str(running.port), *data]
        return _seconds_until(command, lambda line: json.loads(line)["event"] == "connected")

    bench.note(Start("zchat-client, until connected", statistics.median(map(start, range(bench.scale.starts)))))


def _broker_starts(bench: Bench, full: Path) -> None:
    for store in (0, bench.scale.stored):
        seconds: list[float] = []
        for _ in range(bench.scale.starts):
            with fresh_folder() as empty:
                command = broker_command(free_port(), (full if store else empty) / "data")
                seconds.append(_seconds_until(command, lambda line: b" ready: " in line))
        bench.note(Start("zchat-broker, until ready", statistics.median(seconds), store))


def _seconds_until(command: list[str], is_it: Callable[[bytes], bool]) -> float:
    begin_s = time.monotonic()
    popen = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment()
    )
    try:
        assert popen.stdout is not None
        if not any(is_it(line) for line in popen.stdout):
            raise ChildProcessError(f"{command[0]} ended before it was of use")
        return time.monotonic() - begin_s
    finally:
        end(popen)
        for pipe in (popen.stdin, popen.stdout):
            if pipe is not None:
                pipe.close()
