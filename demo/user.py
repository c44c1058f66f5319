"""One user of the demo: ``python -m demo.user NAME``. Exit code 0 if he got exactly what was his, 1 if not."""

import os
import sys
from functools import partial
from pathlib import Path
from typing import Final

import click

from demo import stopping
from demo.checks import Verdict
from demo.play import CAST, Seen
from demo.player import PACE_S, Failed, Player
from zchat_client import Client, ZchatError
from zchat_client.events import Event
from zchat_client.plain import PlainRenderer, wants_colours

ALL_RIGHT: Final = "nothing missing, nothing doubled, nothing foreign, all in order"


class OwnScreen:
    """What a person at his terminal would see: his typed lines, and what ``--plain`` shows."""

    def __init__(self) -> None:
        colours = wants_colours(sys.stdout.isatty(), os.environ)
        self._render = PlainRenderer(colours)
        self._bold = "\x1b[1m{}\x1b[0m" if colours else "{}"

    def scene(self, title: str) -> None:
        """A title above what begins here."""
        print(self._bold.format(f"=== {title}"), flush=True)

    def typed(self, name: str, line: str) -> None:
        """The line behind a prompt."""
        print(f"{name}> {line}", flush=True)

    def shown(self, name: str, event: Event, seen: Seen | None) -> None:
        """The line or lines of an event."""
        del name, seen
        line = self._render(event)
        if line is not None:
            print(line, flush=True)

    def verdict(self, name: str, verdict: Verdict) -> None:
        """What he got of each kind, and whatever is wrong."""
        counts = ", ".join(f"{verdict.right[topic]} of {count} {topic}" for topic, count in verdict.expected.items())
        print(self._bold.format(f"=== {name} got {counts}"))
        for line in verdict.complaints or (ALL_RIGHT,):
            print(f"    {line}", flush=True)

    def failed(self, text: str) -> None:
        """The play was not played to its end."""
        print(f"demo: {text}", file=sys.stderr, flush=True)


@click.command(context_settings={"auto_envvar_prefix": "ZCHAT", "show_default": True})
@click.argument("name", type=click.Choice(CAST))
@click.option("--host", default="127.0.0.1", help="Where the broker runs.")
@click.option("--port", default=5555, type=click.IntRange(1, 65533), help="First of the broker's three ports.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Folder for keys and positions.")
@click.option("--pace", default=PACE_S, type=click.FloatRange(0), help="Seconds to think before each line.")
def main(name: str, host: str, port: int, data: Path | None, pace: float) -> None:
    """Plays one user's part of the conversation, and checks that he got exactly what was his."""
    connect = partial(Client, name, host=host, port=port, data=data)

    async def play() -> int:
        report = OwnScreen()
        try:
            verdict = await Player(name, connect, report, pace).perform()
        except (Failed, ZchatError) as error:
            report.failed(str(error))
            return 1
        report.verdict(name, verdict)
        return 0 if verdict.good else 1

    sys.exit(stopping.run(play()))


if __name__ == "__main__":
    main()
