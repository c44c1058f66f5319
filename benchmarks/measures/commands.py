"""(e) Acknowledged commands a second from few and many senders, and a pure MessagePack echo for comparison."""

import time
from typing import Final

from benchmarks.bench import Bench, fresh_folder, say
from benchmarks.figures import Throughput
from benchmarks.running import Running
from benchmarks.servers import TEXT
from benchmarks.servers.echo import Echo
from benchmarks.users import Crowd
from zchat_common.limits import IN_FLIGHT_MAX

TITLE: Final = "commands"
_WARM_UP: Final = 200


def measure(bench: Bench) -> None:
    """Zchat and the echo."""
    for senders in bench.scale.senders:
        say(f"commands from {senders} senders")
        with bench.attempt(bench.zchat, f"commands from {senders}"), fresh_folder() as folder:
            with bench.zchat.run(folder) as running:
                bench.note(commands("zchat", running, senders, bench.scale.commands))
            with Echo().run(folder) as running:
                bench.note(commands("MessagePack echo", running, senders, bench.scale.commands))


def commands(server: str, running: Running, senders: int, count: int) -> Throughput:
    """Public messages with nobody to read them; the echo takes the same bytes and answers as many."""
    crowd = Crowd(running.port)
    try:
        crowd.join(f"sender{number}" for number in range(senders))
        _say(crowd, _WARM_UP)
        for user in crowd.users:
            for _ in range(count // senders):
                user.will("say", TEXT.decode(), False)
        begin_s, begin_cpu_s = time.monotonic(), running.cpu_s()
        crowd.run(crowd.users, IN_FLIGHT_MAX - 1)
        took_s, cpu_s = time.monotonic() - begin_s, running.cpu_s() - begin_cpu_s
    finally:
        crowd.close()
    count = count // senders * senders
    return Throughput(server, f"commands, senders: {senders}", count, count / took_s, cpu_s / count * 1e6)


def _say(crowd: Crowd, count: int) -> None:
    for number in range(count):
        crowd.users[number % len(crowd.users)].will("say", TEXT.decode(), False)
    crowd.run(crowd.users, IN_FLIGHT_MAX - 1)
