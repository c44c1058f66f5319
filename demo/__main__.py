"""``make demo``: a broker, the users of the play, and what they see of each other.

Exit code 0 if everyone got exactly what was theirs, 1 if not, 128 and the signal's number when it was stopped.
"""

import asyncio
import os
import sys
import tempfile
import time
from asyncio.subprocess import Process
from functools import partial
from pathlib import Path
from typing import Final

import click

from demo import stopping
from demo.checks import Verdict
from demo.play import CAST
from demo.player import PACE_S, Failed, Player
from demo.processes import HOST, running_broker, stopped_cleanly
from demo.rows import Rows
from demo.screen import Screen
from zchat_client import Client, ZchatError
from zchat_client.plain import wants_colours

# The play takes a third of this; whoever hangs is stopped then.
DEADLINE_S: Final = 60.0


@click.command()
@click.option("--pace", default=PACE_S, show_default=True, type=click.FloatRange(0), help="Seconds before each line.")
def main(pace: float) -> None:
    """Lets three users talk over a broker of their own, and checks that everyone got exactly what was theirs."""
    screen = Screen(sys.stdout, wants_colours(sys.stdout.isatty(), os.environ))
    with tempfile.TemporaryDirectory(prefix="zchat-demo-") as folder:
        code = stopping.run(_show(screen, Path(folder), pace))
    sys.exit(code)


async def _show(screen: Screen, folder: Path, pace_s: float) -> int:
    begin_s = time.monotonic()
    try:
        async with asyncio.timeout(DEADLINE_S):
            verdicts, clean = await _perform(screen, folder, pace_s)
    except Failed as failed:
        screen.end(f"The demo failed: {failed}", good=False)
        return 1
    except TimeoutError:
        screen.end(f"The demo failed: it was not over after {DEADLINE_S:.0f} s", good=False)
        return 1
    good = clean and all(verdict.good for verdict in verdicts.values())
    screen.table(verdicts, {"the broker stopped cleanly": clean})
    said = "Everyone got exactly what was theirs" if good else "Not everyone got exactly what was theirs"
    screen.end(f"{said} ({time.monotonic() - begin_s:.1f} s).", good)
    return 0 if good else 1


async def _perform(screen: Screen, folder: Path, pace_s: float) -> tuple[dict[str, Verdict], bool]:
    """What each user found, and whether the broker stopped cleanly. Leaves no process behind. Raises Failed."""
    async with running_broker(folder) as broker:
        screen.heading(f"A broker on port {broker.port}, and three users")
        rows = Rows(screen)

        def player(name: str) -> Player:
            connect = partial(Client, name, host=HOST, port=broker.port, data=folder / name)
            return Player(name, connect, rows, pace_s)

        try:
            async with asyncio.TaskGroup() as group:
                users = {name: group.create_task(player(name).perform()) for name in CAST}
                watch = group.create_task(_watch(broker.process))
                await asyncio.wait(users.values())
                watch.cancel()
        except* (Failed, ZchatError) as failures:
            raise Failed("; ".join(map(str, failures.exceptions))) from None
        finally:
            rows.flush()
        return {name: user.result() for name, user in users.items()}, await stopped_cleanly(broker.process)


async def _watch(broker: Process) -> None:
    raise Failed(f"the broker ended with exit code {await broker.wait()}")


if __name__ == "__main__":
    main()
