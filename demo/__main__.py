"""``make demo``: a broker and the users of the play, each a process of its own, and what they see of each other.

Exit code 0 if everyone got exactly what was theirs, 1 if not, 128 and the signal's number when it was stopped.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from asyncio.subprocess import Process
from pathlib import Path
from typing import Final

import click

from demo import stopping
from demo.checks import Verdict
from demo.play import CAST, Seen
from demo.processes import Failed, running_broker, running_user, stopped_cleanly
from demo.rows import Rows
from demo.screen import Screen
from demo.user import PACE_S
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
        screen.heading(f"A broker on port {broker.port} and three users, each a process of its own")
        rows = Rows(screen)

        async def follow(name: str) -> Verdict:
            async with running_user(name, broker.port, folder / name, pace_s) as user:
                return await _listen(name, user, rows)

        try:
            async with asyncio.TaskGroup() as group:
                users = {name: group.create_task(follow(name)) for name in CAST}
                watch = group.create_task(_watch(broker.process))
                await asyncio.wait(users.values())
                watch.cancel()
        except* Failed as failures:
            raise Failed("; ".join(map(str, failures.exceptions))) from None
        finally:
            rows.flush()
        return {name: user.result() for name, user in users.items()}, await stopped_cleanly(broker.process)


async def _listen(name: str, user: Process, rows: Rows) -> Verdict:
    """Passes on what a user reports, until he ends. Raises Failed."""
    assert user.stdout is not None
    verdict: Verdict | None = None
    async for line in user.stdout:
        match json.loads(line):
            case {"scene": str(title)}:
                rows.scene(title)
            case {"typed": str(typed)}:
                rows.typed(name, typed)
            case {"seen": [str(topic), str(what), str(who), str(text)]}:
                rows.seen(name, Seen(topic, what, who, text))
            case {"verdict": dict(fields)}:
                verdict = Verdict(**fields)
            case {"failed": str(text)}:
                raise Failed(text)
            case other:
                raise Failed(f"{name} reports what nobody understands: {other}")
    code = await user.wait()
    if verdict is None or (code == 0) != verdict.good:
        raise Failed(f"{name} ended with exit code {code}")
    return verdict


async def _watch(broker: Process) -> None:
    raise Failed(f"the broker ended with exit code {await broker.wait()}")


if __name__ == "__main__":
    main()
