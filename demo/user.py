"""One user of the demo: ``python -m demo.user NAME``. Exit code 0 if he got exactly what was his, 1 if not."""

import sys
from pathlib import Path
from typing import Final

import click

from demo import stopping
from demo.play import CAST
from demo.player import Failed, Player
from demo.reports import JsonLines, OwnScreen
from zchat_client import Client, ZchatError

# A line is read in this time, and the whole play stays below 20 s.
PACE_S: Final = 0.5


@click.command(context_settings={"auto_envvar_prefix": "ZCHAT", "show_default": True})
@click.argument("name", type=click.Choice(CAST))
@click.option("--host", default="127.0.0.1", help="Where the broker runs.")
@click.option("--port", default=5555, type=click.IntRange(1, 65533), help="First of the broker's three ports.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Folder for keys and positions.")
@click.option("--pace", default=PACE_S, type=click.FloatRange(0), help="Seconds to think before each line.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.", envvar="ZCHAT_JSON")
def main(name: str, host: str, port: int, data: Path | None, pace: float, as_json: bool) -> None:
    """Plays one user's part of the conversation, and checks that he got exactly what was his."""

    def connect() -> Client:
        return Client(name, host=host, port=port, data=data)

    async def play() -> int:
        report = JsonLines() if as_json else OwnScreen()
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
