"""(a) Public fan-out at saturation: a closed loop, nothing lost, for rooms of every size."""

import time
from typing import Final

from benchmarks.bench import Bench, fresh_folder, say
from benchmarks.figures import Fanout
from benchmarks.readers import Readers
from benchmarks.running import Running
from benchmarks.servers import Publisher, Server, readers_of

TITLE: Final = "public fan-out"
_PROBE: Final = 50
_FEWEST, _MOST = 100, 150_000


def measure(bench: Bench) -> None:
    """Every server with every room."""
    for server in bench.servers:
        for room in bench.scale.rooms:
            say(f"{server.name}, {room} readers")
            with bench.attempt(server, f"fan-out to {room}"), fresh_folder() as folder, server.run(folder) as running:
                bench.note(fanout(server, running, room, bench.scale.run_s))


def fanout(server: Server, running: Running, room: int, run_s: float, store: int = 0) -> Fanout:
    """One room; as many messages as take about ``run_s``."""
    with readers_of(server, running, room) as readers:
        publisher = server.publisher(running)
        try:
            readers.arm(publisher.start)
            count = _enough(publisher, readers, run_s)
            begin_s, begin_cpu_s = time.monotonic(), running.cpu_s()
            publisher.publish(count, readers)
            took_s, cpu_s = time.monotonic() - begin_s, running.cpu_s() - begin_cpu_s
        finally:
            publisher.close()
    return Fanout(server.name, room, count, count / took_s, cpu_s / (count * room) * 1e6, store)


def _enough(publisher: Publisher, readers: Readers, run_s: float) -> int:
    """Doubles what it publishes until that takes a good part of the time, and reckons from there; warms up, too.

    A server that gathers is much faster at many messages than at few, so a small part would not tell.
    """
    count = _PROBE
    while True:
        begin_s = time.monotonic()
        publisher.publish(count, readers)
        took_s = time.monotonic() - begin_s
        if took_s > run_s / 3 or count >= _MOST:
            return int(min(_MOST, max(_FEWEST, count * run_s / took_s)))
        count *= 2
