"""``make bench``: zchat and its peers in turn on this machine; tables, plots and figures in ``benchmarks/results``."""

import resource
import sys
from pathlib import Path
from typing import Final

import click

from benchmarks.bench import SMALL, Bench, Scale, say
from benchmarks.figures import Gone
from benchmarks.machine import about
from benchmarks.measures import commands, fanout, growth, history, latency, memory, returning, talk
from benchmarks.plots import draw
from benchmarks.servers import Missing, Server
from benchmarks.servers.peers import PEERS
from benchmarks.servers.zchat import Zchat
from benchmarks.tables import document, with_tables

RESULTS: Final = Path(__file__).with_name("results")
# A whole run puts its tables and plots into this page.
_PAGE: Final = Path(__file__).parents[1] / "docs" / "performance.md"
_PLOTS: Final = """\
![CPU per delivery](../benchmarks/results/fanout.svg)
![deliveries per second](../benchmarks/results/deliveries.svg)
![latency](../benchmarks/results/latency.svg)

"""
_MEASURES: Final = {
    "fanout": fanout.measure,
    "latency": latency.measure,
    "talk": talk.measure,
    "commands": commands.measure,
    "memory": memory.measure,
    "returning": returning.measure,
    "history": history.measure,
    "growth": growth.measure,
}


@click.command()
@click.option("--only", multiple=True, type=click.Choice(list(_MEASURES)), help="Only this measure; may be repeated.")
@click.option("--no-peers", is_flag=True, help="zchat alone.")
@click.option("--small", is_flag=True, help="Small sizes: shows that everything works, says nothing about speed.")
@click.option("--results", default=RESULTS, show_default=True, type=click.Path(path_type=Path), help="Where to write.")
def main(only: tuple[str, ...], no_peers: bool, small: bool, results: Path) -> None:
    """Measures zchat beside its peers. Exit code 1 if zchat lost a message or could not be measured."""
    _raise_descriptor_limit()
    bench = Bench(SMALL if small else Scale(), Zchat(), [])
    bench.figures.about |= about()
    for peer in [] if no_peers else PEERS:
        _look_for(bench, peer)
    for name, measure in _MEASURES.items():
        if not only or name in only:
            say(f"== {name}")
            measure(bench)
            # What was measured stays, whatever comes.
            bench.figures.save(results)
    text = document(bench.figures)
    (results / "tables.md").write_text(text, "utf-8")
    draw(bench.figures, results)
    click.echo(text)
    if results == RESULTS and not (only or no_peers or small):
        _PAGE.write_text(with_tables(_PAGE.read_text("utf-8"), _PLOTS + text), "utf-8")
    sys.exit(1 if bench.failed else 0)


def _look_for(bench: Bench, peer: Server) -> None:
    try:
        bench.figures.about[peer.name] = peer.version()
        bench.peers.append(peer)
    except Missing as missing:
        bench.note(Gone(peer.name, "everything", str(missing)))


def _raise_descriptor_limit() -> None:
    """5,000 readers and what feeds them; the servers inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    main()
