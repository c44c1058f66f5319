"""Runs in which the network between clients and broker fails, each link in its own way."""

import signal
import time

from tests.laboratory.crowd import Crowd
from tests.laboratory.lab import Laboratory, let_pass
from tests.laboratory.proxy import Door, Proxy

ALL = [["public"], ["public"], ["user", "alice"], ["user", "bob"], ["user", "carol"]]
_NOTICE_S = 10.0


def _two_sides(lab: Laboratory, pause_s: float = 0.02) -> tuple[Proxy, Crowd, Crowd]:
    """Alice and Bob behind a proxy, Carol at the broker; all of them talk."""
    lab.start_broker()
    proxy = lab.proxy()
    behind, beside = lab.crowd("alice", "bob", proxy=proxy), lab.crowd("carol")
    behind.talk(["alice", "bob"], f"{lab.seed}", ALL, pause_s=pause_s)
    beside.talk(["carol"], f"{lab.seed}", ALL, pause_s=pause_s)
    return proxy, behind, beside


def _finish(lab: Laboratory, behind: Crowd, beside: Crowd) -> None:
    behind.hush()
    beside.hush()
    assert not beside.told("disconnected"), "the others' network was good all the time"


def _cut_again_and_again(lab: Laboratory, which: str) -> None:
    proxy, behind, beside = _two_sides(lab)
    door: Door = getattr(proxy, which)
    for _ in range(round(lab.scaled(20, 2))):
        let_pass(lab.dice.uniform(0.3, 1.5))
        start = len(behind.lines)
        lab.fault(f"{which} link cut")
        if lab.dice.random() < 0.5:
            door.reset()
        else:
            door.cut()
            for name in behind.names:
                behind.wait(name, "disconnected", start=start)
            let_pass(lab.dice.uniform(0.0, 1.5))
            door.open()
        lab.await_return(behind, behind.names, start, lab.steady_s())
    _finish(lab, behind, beside)


def topics_link_cut(lab: Laboratory) -> None:
    """Only the topics link is cut, for a moment or for a while."""
    _cut_again_and_again(lab, "topics")


def commands_link_cut(lab: Laboratory) -> None:
    """Only the commands link is cut, for a moment or for a while."""
    _cut_again_and_again(lab, "commands")


def _half_open(lab: Laboratory, proxy: Proxy, doors: tuple[Door, ...], behind: Crowd, for_s: float, how: str) -> None:
    """These doors are half-open: clients notice within 10 s, and are back when they are open again."""
    start, cut_s = len(behind.lines), time.monotonic()
    for door in doors:
        getattr(door, how)()
    for name in behind.names:
        line = behind.wait(name, "disconnected", start=start, deadline_s=2 * _NOTICE_S)
        lab.figures.notices_s.append(line[0] - cut_s)
        assert line[0] - cut_s < _NOTICE_S, f"{name} noticed the cut after {line[0] - cut_s:.1f} s"
    let_pass(max(0.0, cut_s + for_s - time.monotonic()))
    proxy.open()
    lab.await_return(behind, behind.names, start, lab.steady_s())


def both_links_half_open(lab: Laboratory) -> None:
    """All ports swallow, or hold back, every byte for 20 s."""
    proxy, behind, beside = _two_sides(lab)
    for how in ("swallow", "freeze")[: round(lab.scaled(2, 1))]:
        let_pass(1.0)
        lab.fault("both links half-open")
        _half_open(lab, proxy, proxy.doors, behind, lab.scaled(20, 9), how)
    _finish(lab, behind, beside)


def one_link_half_open(lab: Laboratory) -> None:
    """One of the two links is half-open while the other one works: it is noticed as well."""
    proxy, behind, beside = _two_sides(lab)
    for door in proxy.links:
        let_pass(1.0)
        lab.fault("one link half-open")
        _half_open(lab, proxy, (door,), behind, 0.0, "swallow")
    _finish(lab, behind, beside)


def slow_network(lab: Laboratory) -> None:
    """Every byte takes 0.3 s: slow, and nothing else."""
    proxy, behind, beside = _two_sides(lab)
    lab.fault("links delayed")
    for door in proxy.links:
        door.delay(0.3)
    let_pass(lab.scaled(20, 5))
    proxy.open()
    _finish(lab, behind, beside)
    assert not behind.told("disconnected"), "slow is not dead"


def reader_stopped(lab: Laboratory) -> None:
    """A reader is stopped (SIGSTOP) for 30 s under a flood, and continued: he misses nothing, and slows nobody down."""
    lab.start_broker()
    senders, reader = lab.crowd("alice", "bob"), lab.crowd("carol")
    senders.talk(["alice", "bob"], f"{lab.seed}", ALL, window=32, pause_s=0.002, filler=400)
    let_pass(lab.scaled(5, 2))
    before = _latencies(senders, 0)
    lab.fault("reader stopped")
    middle = len(senders.lines)
    reader.signal(signal.SIGSTOP)
    try:
        let_pass(lab.scaled(30, 4))
    finally:
        reader.signal(signal.SIGCONT)
    during = _latencies(senders, middle)
    let_pass(1.0)
    senders.hush()
    assert not senders.told("disconnected")
    was_ms, is_ms = [p99(latencies) * 1000 for latencies in (before, during)]
    lab.figures.notes.append(f"acknowledgement p99 {was_ms:.0f} ms, {is_ms:.0f} ms while a reader stood still")
    assert is_ms < 2 * was_ms + 100, "a stopped reader slows the others down"


def reader_throttled(lab: Laboratory) -> None:
    """A reader at 10 kB/s per link, under more than that, and coming back after an outage to a long history."""
    lab.start_broker()
    proxy = lab.proxy()
    for door in proxy.links:
        door.throttle(10_000)
    sender, reader = lab.crowd("alice"), lab.crowd("bob", proxy=proxy)
    lab.fault("reader throttled")
    sender.talk(["alice"], f"{lab.seed}", [["public"], ["user", "bob"]], pause_s=0.02, filler=1500)
    let_pass(lab.scaled(10, 1))
    sender.hush()
    wait_level(sender, reader, 60 + lab.scaled(120))
    # It is all behind him when he comes: in pages down the commands link, longer than a heartbeat waits.
    for door in proxy.doors:
        door.cut()
    reader.wait("bob", "disconnected")
    wanted = sender.count("sent") + round(lab.scaled(500, 60))
    sender.talk(["alice"], f"{lab.seed}", [["public"]], pause_s=0.002, filler=3900)
    sender.wait_for(lambda: True if sender.count("sent") >= wanted else None, "a long history")
    sender.hush()
    start = len(reader.lines)
    proxy.open()
    for door in proxy.links:
        door.throttle(10_000)
    reader.wait("bob", "reconnected", start=start, deadline_s=60 + lab.scaled(180))
    wait_level(sender, reader, 60)
    count = reader.count("disconnected")
    assert count == 1, f"a slow link is not a dead one: {count} outages"


def wait_level(sender: Crowd, reader: Crowd, deadline_s: float) -> None:
    """Returns when the reader was shown all that the sender has acknowledged."""
    sent = {line[3] for line in sender.told("sent")}

    def is_level() -> bool | None:
        shown = {line[5] for line in reader.lines if line[2] == "shown"}
        return True if sent <= shown else None

    reader.wait_for(is_level, "all that was sent", deadline_s)


def _latencies(crowd: Crowd, start: int) -> list[float]:
    wrote = {line[3]: line[0] for line in crowd.told("wrote", start)}
    return [line[0] - wrote[line[3]] for line in crowd.told("sent", start) if line[3] in wrote]


def p99(values: list[float]) -> float:
    """The value that 99 of 100 do not exceed."""
    return sorted(values)[int(len(values) * 0.99)]
