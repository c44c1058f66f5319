"""Runs in which the broker is killed, stopped, stalled, or has the wrong time."""

import signal
from pathlib import Path

from tests.laboratory.crowd import Crowd
from tests.laboratory.lab import Laboratory, let_pass
from tests.laboratory.runs_links import p99

SENDERS = ("alice", "bob", "carol", "dave")
READERS = ("erin", "frank")
EVERYWHERE = [["public"], ["public"], ["public"], *[["user", name] for name in (*SENDERS[:2], *READERS[:1])]]
FIFTY = [f"user{number}" for number in range(50)]
# 99 of 100 returns of fifty clients take less than this.
_RETURN_S = 2.0


def _talkers(lab: Laboratory, pause_s: float = 0.008) -> list[Crowd]:
    """Four who write to everyone and to each other, and two who only read, in two processes."""
    crowds = [lab.crowd(*SENDERS), lab.crowd(*READERS)]
    crowds[0].talk(SENDERS, f"{lab.seed}", EVERYWHERE, pause_s=pause_s)
    return crowds


def _restart(lab: Laboratory, crowds: list[Crowd], *, kill: bool) -> None:
    """The broker goes down and comes back; so do all clients."""
    starts = [len(crowd.lines) for crowd in crowds]
    if kill:
        lab.kill_broker()
    else:
        lab.stop_broker()
    for crowd, start in zip(crowds, starts, strict=True):
        for name in crowd.names:
            crowd.wait(name, "disconnected", start=start)
    let_pass(lab.dice.choice((0.0, 0.0, 0.3, 1.0)))
    ready_s = lab.start_broker()
    for crowd, start in zip(crowds, starts, strict=True):
        lab.await_return(crowd, crowd.names, start, ready_s)


def broker_killed(lab: Laboratory) -> None:
    """SIGKILL every 2 s under load."""
    lab.start_broker()
    crowds = _talkers(lab)
    for _ in range(round(lab.scaled(20, 2))):
        let_pass(lab.dice.uniform(0.8, 1.8))
        _restart(lab, crowds, kill=True)
    crowds[0].hush()


def broker_stopped_under_fifty(lab: Laboratory) -> None:
    """SIGTERM and a new start, 20 times, under 50 clients of whom some talk, with the limits that a broker has."""
    lab.start_broker("--rate", "10")
    crowds = [lab.crowd(*FIFTY[:25]), lab.crowd(*FIFTY[25:])]
    talkers = FIFTY[:3]
    crowds[0].talk(talkers, f"{lab.seed}", [["public"], ["user", FIFTY[40]]], pause_s=0.05)
    for _ in range(round(lab.scaled(20, 2))):
        let_pass(lab.dice.uniform(0.2, 1.0))
        _restart(lab, crowds, kill=lab.dice.random() < 0.3)
    crowds[0].hush(talkers)
    took_s = p99(lab.figures.returns_s)
    assert took_s < _RETURN_S, f"99 of 100 are back within {took_s:.2f} s"


def broker_stands_still(lab: Laboratory) -> None:
    """SIGSTOP for 30 s: nobody is expired by the broker's own stall."""
    lab.start_broker()
    crowds = _talkers(lab, 0.05)
    let_pass(1.0)
    starts = [len(crowd.lines) for crowd in crowds]
    lab.fault("broker stood still")
    lab.broker.signal(signal.SIGSTOP)
    try:
        let_pass(lab.scaled(30, 17))
    finally:
        lab.broker.signal(signal.SIGCONT)
    ready_s = lab.steady_s()
    for crowd, start in zip(crowds, starts, strict=True):
        lab.await_return(crowd, crowd.names, start, ready_s)
    # Whoever were to be expired, if anybody is, would be within these.
    let_pass(3.0)
    crowds[0].hush()
    for crowd, start in zip(crowds, starts, strict=True):
        gone = [line for line in crowd.told("presence", start) if line[4] == "offline"]
        assert not gone, f"somebody was expired by the broker's own stall: {gone}"


def clock_jumps(lab: Laboratory) -> None:
    """The broker's clock is set forward and back, by minutes and by a day: nothing is expired or out of order."""
    clock = lab.house.folder / "clock"
    clock.write_text("0")
    path = str(Path(__file__).parent / "wrong_clock")
    lab.start_broker("--rate", "0", "--grace", "5", env={"PYTHONPATH": path, "LABORATORY_CLOCK": str(clock)})
    crowds = _talkers(lab, 0.05)
    for jump_s in (600, -300, 86_400, -90_000, 0):
        lab.fault("clock set")
        # A file of its own in place of the old one: nobody reads half a number.
        (lab.house.folder / "clock.new").write_text(str(jump_s))
        (lab.house.folder / "clock.new").rename(clock)
        let_pass(lab.scaled(4.0, 1.0))
    crowds[0].hush()
    for crowd in crowds:
        assert not crowd.told("disconnected")
        assert not [line for line in crowd.told("presence") if line[4] == "offline"]
        for name in crowd.names:
            for topic in ("public", "user"):
                times = [line[7] for line in crowd.told("shown") if line[1] == name and line[3] == topic]
                assert times == sorted(times), f"{name}'s times of {topic} go back"
    days = {line[7] // 86_400_000 for line in crowds[1].told("shown")}
    assert len(days) >= 2, "the clock was never set"
