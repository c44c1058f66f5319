"""Runs with very many readers, and with readers who do not read."""

import contextlib
import json
import socket
from pathlib import Path

from tests.laboratory.lab import Laboratory, let_pass
from tests.laboratory.proxy import BROKER_HOST
from tests.laboratory.subscribers_program import COMMAND, GREETING, READY_BODY, TOPIC, small_frame
from tests.system.processes import Process, environment
from zchat_broker.sockets import TOPICS_HWM
from zchat_common.limits import FRAME_MAX_BYTES

# What waits for a reader, and as much again for connections and for a heap that does not give everything back at once.
_BOUND_BYTES = TOPICS_HWM * FRAME_MAX_BYTES + 32 * 1024 * 1024
_TEXT_CHARS = 3_900
_FLOOD_TEXTS = 3 * _BOUND_BYTES // (_TEXT_CHARS // 2)


class Subscribers(Process):
    """Bare subscribers in a process of their own."""

    def __init__(self, lab: Laboratory, count: int) -> None:
        """All are subscribed when this returns."""
        self.out: list[str] = []
        env = environment(lab.house.folder, {"PYTHONPATH": str(Path(__file__).parents[2])})
        command = ["python", "-m", "tests.laboratory.subscribers_program", BROKER_HOST, str(lab.port + 1), str(count)]
        super().__init__(f"{count} subscribers", command, env)
        lab.house.own(self)
        self.wait_for(lambda: self.out[0] if self.out else None, "ready", 60.0)

    def take_line(self, line: bytes) -> None:
        self.out.append(line.decode())

    def sums(self) -> dict[str, int]:
        """What they counted; ends them."""
        assert self.popen.stdin is not None
        self.popen.stdin.close()
        found = self.wait_for(lambda: self.out[1] if len(self.out) > 1 else None, "its sums", 60.0)
        sums: dict[str, int] = json.loads(found)
        return sums


def thousand_subscribers(lab: Laboratory) -> None:
    """1,000 readers and a sender as fast as the broker takes it: no reader loses a frame."""
    lab.start_broker()
    count = round(lab.scaled(1_000, 100))
    subscribers = Subscribers(lab, count)
    sender, reader = lab.crowd("alice"), lab.crowd("bob")
    sender.talk(["alice"], f"{lab.seed}", [["public"]], window=128, pause_s=0.0, filler=200)
    let_pass(lab.scaled(20, 1.5))
    sender.hush()
    reader.wait_for(lambda: True if reader.count("shown") >= sender.count("sent") else None, "all messages", 60.0)
    # The last frames are on their way to some of them still: whoever is level is so for good.
    let_pass(2.0)
    sums = subscribers.sums()
    rate = sender.count("sent") / (sender.lines[-1][0] - sender.told("wrote")[0][0])
    lab.figures.notes.append(f"{count} subscribers, {rate:.0f} messages/s: {sums}")
    assert sums["skipped"] == 0, f"the broker outran its own readers: {sums}"
    assert sums["least"] == sums["most"], f"some were given less than others: {sums}"
    assert not reader.told("disconnected")


def readers_who_do_not_read(lab: Laboratory) -> None:
    """Readers subscribe and never read, under a flood of several times what may wait for them: memory keeps its bound.

    They stop together, and so the same frames wait for all of them. Those who stop at different times do not share.
    """
    lab.start_broker()
    count = 20
    sender, reader = lab.crowd("alice"), lab.crowd("bob")
    before = resident_bytes(lab.broker.popen.pid)
    with contextlib.ExitStack() as sleepers:
        for _ in range(count):
            lab.fault("reader who does not read")
            sleepers.enter_context(_subscribed(lab))
        sender.talk(["alice"], f"{lab.seed}", [["public"]], window=128, pause_s=0.0, filler=_TEXT_CHARS)
        sender.wait_for(lambda: True if sender.count("sent") >= _FLOOD_TEXTS else None, "a flood", 120.0)
        held = resident_bytes(lab.broker.popen.pid) - before
        sender.hush()
    mib = 1024 * 1024
    figure = f"{held // mib} MiB held, bound {_BOUND_BYTES // mib} MiB"
    lab.figures.notes.append(f"{count} who do not read, {sender.count('sent'):,} texts: {figure}")
    assert held < _BOUND_BYTES, figure
    assert not reader.told("disconnected")


def _subscribed(lab: Laboratory) -> socket.socket:
    """A connection that has subscribed to ``public`` and is never read from again."""
    connection = socket.create_connection((BROKER_HOST, lab.port + 1), 10.0)
    connection.sendall(GREETING + small_frame(COMMAND, READY_BODY))
    connection.recv(len(GREETING))
    connection.sendall(small_frame(0, b"\x01" + TOPIC))
    return connection


def resident_bytes(pid: int) -> int:
    """What a process holds in memory."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"process {pid} has no memory")
