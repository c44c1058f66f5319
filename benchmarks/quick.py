"""``make bench-quick``: has zchat become slower, measured by ratios that do not depend on the machine?

Two figures, each over one of the same run: the broker's CPU for an acknowledged command over that of a MessagePack
echo, and for a delivery to 100 readers over that of the bare C forwarder, which needs a C compiler. Each is the least
of some rounds, taken in turn: what else the machine does only ever adds. What is recorded comes from a quiet machine.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import click

from benchmarks.bench import fresh_folder, say
from benchmarks.machine import about
from benchmarks.measures.commands import commands
from benchmarks.measures.fanout import fanout
from benchmarks.native import CannotBuild, readers_program
from benchmarks.servers import Missing, Server
from benchmarks.servers.echo import Echo
from benchmarks.servers.peers import FORWARDER
from benchmarks.servers.plain import PlainServer
from benchmarks.servers.zchat import Zchat

RECORDED: Final = Path(__file__).with_name("recorded.json")
REGRESSION: Final = 1.3
_ROUNDS: Final = 3
_COMMANDS: Final = 20_000
_SENDERS: Final = 10
_READERS: Final = 100
_RUN_S: Final = 1.0


class Verdict(NamedTuple):
    """One ratio against what was recorded for it (None: nothing was)."""

    what: str
    ratio: float
    recorded: float | None

    @property
    def is_regression(self) -> bool:
        """Whether it is worse than noise explains."""
        return self.recorded is not None and self.ratio > self.recorded * REGRESSION

    def __str__(self) -> str:
        if self.recorded is None:
            return f"{self.what}: {self.ratio:.2f}; nothing is recorded"
        change = (self.ratio / self.recorded - 1) * 100
        words = f"REGRESSION of more than {(REGRESSION - 1) * 100:.0f} %" if self.is_regression else "good"
        return f"{self.what}: {self.ratio:.2f}, recorded {self.recorded:.2f} ({change:+.0f} %): {words}"


@click.command()
@click.option("--record", is_flag=True, help="Keeps this run's ratios as what later ones are held against.")
def main(record: bool) -> None:
    """Exit code 1 if a ratio is more than 30 % worse than the recorded one."""
    ratios = dict(_ratios())
    if record:
        RECORDED.write_text(json.dumps({"about": about(), "ratios": ratios}, indent=1) + "\n")
        click.echo(f"recorded {ratios} at a load of {os.getloadavg()[0]:.1f}")
        return
    found = verdicts(ratios, json.loads(RECORDED.read_text())["ratios"])
    for verdict in found:
        click.echo(str(verdict))
    sys.exit(1 if any(verdict.is_regression for verdict in found) else 0)


def verdicts(ratios: dict[str, float], recorded: dict[str, float]) -> list[Verdict]:
    """Each measured ratio beside the recorded one."""
    return [Verdict(what, ratio, recorded.get(what)) for what, ratio in ratios.items()]


def _ratios() -> Iterator[tuple[str, float]]:
    yield (
        "CPU per acknowledged command, over a MessagePack echo's",
        _least_ratio(lambda: _command_us(Zchat()), lambda: _command_us(Echo())),
    )
    forwarder = PlainServer(FORWARDER)
    try:
        readers_program()
        forwarder.version()
    except (CannotBuild, Missing) as reason:
        say(f"fan-out is not checked: {reason}")
        return
    yield (
        f"CPU per delivery, {_READERS} readers, over the C forwarder's",
        _least_ratio(lambda: _delivery_us(Zchat()), lambda: _delivery_us(forwarder)),
    )


def _least_ratio(own: Callable[[], float], peer: Callable[[], float]) -> float:
    pairs = [(own(), peer()) for _ in range(_ROUNDS)]
    return min(own_us for own_us, _ in pairs) / min(peer_us for _, peer_us in pairs)


def _command_us(server: Zchat | Echo) -> float:
    with fresh_folder() as folder, server.run(folder) as running:
        figure = commands(server.name, running, _SENDERS, _COMMANDS)
    say(f"  {figure}")
    return figure.cpu_us


def _delivery_us(server: Server) -> float:
    with fresh_folder() as folder, server.run(folder) as running:
        figure = fanout(server, running, _READERS, _RUN_S)
    say(f"  {figure}")
    return figure.cpu_us


if __name__ == "__main__":
    main()
