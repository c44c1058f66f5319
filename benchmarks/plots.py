"""The figures as SVG plots."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.figures import Fanout, Figures, Latency

T = TypeVar("T", Fanout, Latency)

# The same run makes the same file.
mpl.rcParams["svg.hashsalt"] = "zchat"


def draw(figures: Figures, folder: Path) -> None:
    """Writes all plots into the folder."""
    fanout: list[Fanout] = figures.of(Fanout)
    latency: list[Latency] = figures.of(Latency)
    if fanout:
        path = folder / "fanout.svg"
        _lines(path, "Server CPU per delivery", "readers", "µs", fanout, lambda f: f.readers, lambda f: f.cpu_us)
        path = folder / "deliveries.svg"
        _lines(path, "Deliveries at saturation", "readers", "/s", fanout, lambda f: f.readers, lambda f: f.deliveries_s)
    if latency:
        title = f"p99 latency, {latency[0].readers} readers"
        path = folder / "latency.svg"
        _lines(path, title, "messages/s", "ms", latency, lambda f: f.rate, lambda f: f.p99_ms)


def _lines(
    path: Path, title: str, x_is: str, y_is: str, found: Sequence[T], x: Callable[[T], float], y: Callable[[T], float]
) -> None:
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.subplots()
    for server in dict.fromkeys(each.server for each in found):
        own = [each for each in found if each.server == server]
        width = 3 if server == "zchat" else 1.2
        axes.plot([x(each) for each in own], [y(each) for each in own], marker="o", linewidth=width, label=server)
    axes.set(title=title, xlabel=x_is, ylabel=y_is, xscale="log", yscale="log")
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend(fontsize="small")
    figure.savefig(path, metadata={"Date": None})
