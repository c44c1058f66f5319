"""Where the broker's CPU goes, message by message: ``python -m benchmarks.profiles public`` (or whisper).

py-spy samples the broker's main thread under load; each sample counts for the innermost stage on its stack. ZeroMQ's
own thread is the rest of the process's account.
"""

import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import click

from benchmarks.bench import fresh_folder
from benchmarks.measures import talk
from benchmarks.measures.talk import whispers
from benchmarks.running import Running
from benchmarks.servers import readers_of
from benchmarks.servers.zchat import Zchat
from benchmarks.tables import table
from benchmarks.users import Crowd

# Frames as py-spy writes them under Python 3.11 and newer. The innermost one that is here names the sample.
_STAGES: Final = {
    "Server._drain (zchat_broker/server.py": "receive: ROUTER, CURVE already opened by ZeroMQ's thread",
    "decode_upstream (zchat_common/wire.py": "decode: MessagePack, every field checked",
    "Hub._command (zchat_broker/hub.py": "admit: session, rate, entry",
    "Hub._take (zchat_broker/hub.py": "admit: session, rate, entry",
    "Rules.apply (zchat_broker/rules/machine.py": "rules: exactly once, who may, next seq",
    "perform (zchat_broker/rules/commands.py": "rules: the command itself",
    "Outcome.note (zchat_broker/outcome.py": "encode what is kept",
    "SqliteStore.commit (zchat_broker/store/sqlite.py": "commit: SQLite",
    "Outcome.carry_out (zchat_broker/outcome.py": "gather what is published and answered",
    "Publisher.flush (zchat_broker/publisher.py": "seal: ChaCha20-Poly1305",
    "Server._publish (zchat_broker/server.py": "hand frames to the PUB",
    "Server._send (zchat_broker/server.py": "hand answers to the ROUTER",
    "Pace.keep (zchat_broker/pace.py": "pace: the own reader",
}
_ELSEWHERE: Final = "loop: asyncio, waiting, the rest"
_RATE: Final = 500
_ROOM: Final = 100
_WARM_UP: Final = 5_000


class Share(NamedTuple):
    """What one stage takes."""

    stage: str
    us: float


@click.command()
@click.argument("kind", type=click.Choice(["public", "whisper"]))
@click.option("--count", default=100_000, show_default=True, help="Messages under the profiler.")
def main(kind: str, count: int) -> None:
    """Shows the microseconds of the broker's CPU that each message takes, by stage."""
    with fresh_folder() as folder, Zchat().run(folder) as running:
        load = _public if kind == "public" else _whispers
        shares = load(running, count)
    rows = [[share.stage, f"{share.us:.2f}"] for share in shares]
    click.echo(table(["stage", "µs"], [*rows, ["all", f"{sum(share.us for share in shares):.2f}"]]))


def _public(running: Running, count: int) -> list[Share]:
    with readers_of(Zchat(), running, _ROOM) as readers:
        publisher = Zchat().publisher(running)
        readers.arm(publisher.start)
        publisher.publish(_WARM_UP, readers)
        try:
            return _profiled(running, count, lambda: publisher.publish(count, readers))
        finally:
            publisher.close()


def _whispers(running: Running, count: int) -> list[Share]:
    crowd = Crowd(running.port)
    try:
        crowd.join(f"user{number}" for number in range(1_000))
        whispers(crowd, running, _WARM_UP)
        shares: list[Share] = []

        def timed(crowd: Crowd, running: Running) -> tuple[float, float]:
            shares.extend(_profiled(running, count, lambda: talk.timed(crowd, running)))
            return 1.0, 1.0

        whispers(crowd, running, count, timed=timed)
        return shares
    finally:
        crowd.close()


def _profiled(running: Running, count: int, load: Callable[[], object]) -> list[Share]:
    begin_s, begin_main_s = running.cpu_s(), running.main_cpu_s()
    with _sampled(running) as samples:
        load()
    main_us = (running.main_cpu_s() - begin_main_s) / count * 1e6
    all_us = (running.cpu_s() - begin_s) / count * 1e6
    total = sum(samples.values())
    shares = [Share(stage, main_us * size / total) for stage, size in samples.most_common()]
    return [*shares, Share("ZeroMQ's thread: CURVE, TCP, a copy for each reader", all_us - main_us)]


@contextmanager
def _sampled(running: Running) -> Iterator[Counter[str]]:
    """Samples by stage, filled in when the block has ended."""
    spy = shutil.which("py-spy", path=str(Path(sys.executable).parent))
    if spy is None:
        raise click.ClickException("needs py-spy: make bench-peers")
    samples: Counter[str] = Counter()
    with tempfile.NamedTemporaryFile() as raw:
        command = [spy, "record", "--format", "raw", "--rate", str(_RATE), "--output", raw.name]
        popen = subprocess.Popen([*command, "--pid", str(running.popen.pid)], stderr=subprocess.DEVNULL)
        try:
            yield samples
        finally:
            # py-spy writes when it is interrupted.
            popen.send_signal(2)
            popen.wait(60)
        for line in Path(raw.name).read_text().splitlines():
            stack, _, size = line.rpartition(" ")
            samples[stage_of(stack)] += int(size)


def stage_of(stack: str) -> str:
    """The stage of a sampled stack, outermost frame first."""
    for frame in reversed(stack.split(";")):
        for beginning, stage in _STAGES.items():
            if frame.startswith(beginning):
                return stage
    return _ELSEWHERE


if __name__ == "__main__":
    main()
