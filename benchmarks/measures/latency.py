"""(b) Latency at fixed rates: from sending to arrival, over all messages and readers."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from benchmarks.bench import Bench, fresh_folder, say
from benchmarks.figures import Latency, percentile
from benchmarks.readers import Progress
from benchmarks.running import Running
from benchmarks.servers import Paced, Server, readers_of

TITLE: Final = "latency"
_FEWEST: Final = 50
_WARM_UP: Final = 20
_NS_PER_MS: Final = 1e6


def measure(bench: Bench) -> None:
    """Every server at every rate: the best of some rounds, each with all servers in turn.

    One stall of the machine makes a p99 ten times as high, for whoever is measured then.
    """
    for rate in bench.scale.latency_rates:
        found: dict[str, list[Latency]] = {}
        for round_number in range(bench.scale.latency_rounds):
            for server in bench.servers:
                say(f"{server.name}, {rate} messages/s, round {round_number + 1}")
                with (
                    bench.attempt(server, f"latency at {rate}/s"),
                    fresh_folder() as folder,
                    server.run(folder) as running,
                ):
                    found.setdefault(server.name, []).append(_at_rate(bench, server, running, rate))
        for rounds in found.values():
            say(f"  p99 of the rounds: {[round(each.p99_ms, 2) for each in rounds]}")
            bench.note(min(rounds, key=lambda each: each.p99_ms))


def _at_rate(bench: Bench, server: Server, running: Running, rate: int) -> Latency:
    room, count = bench.scale.latency_readers, max(_FEWEST, int(rate * bench.scale.latency_s))
    readers = readers_of(server, running, room, recording=True)
    with readers:
        publisher = server.publisher(running, 1)
        try:
            readers.arm(publisher.start)
            publisher.publish(_WARM_UP, readers)
            paced = publisher.pace(rate, count, readers)
        finally:
            publisher.close()
        progress = readers.close()
    ms = sorted(latencies_ms(paced, progress, room))
    assert len(ms) == count * room, "a delivery has no latency"
    return Latency(server.name, rate, room, percentile(ms, 0.5), percentile(ms, 0.99), percentile(ms, 0.999))


def latencies_ms(paced: Paced, progress: Sequence[Progress], readers: int) -> list[float]:
    """One for each message and reader: its count was reached at the first progress that is not below it."""
    at: list[list[int]] = [[] for _ in range(readers)]
    counts: list[list[int]] = [[] for _ in range(readers)]
    for reader, at_ns, count in progress:
        at[reader].append(at_ns)
        counts[reader].append(count)
    found: list[float] = []
    for reader in range(readers):
        for sent_ns, wanted in zip(paced.sent_ns, paced.counts, strict=True):
            index = bisect_left(counts[reader], wanted)
            if index < len(counts[reader]):
                found.append((at[reader][index] - sent_ns) / _NS_PER_MS)
    return found
