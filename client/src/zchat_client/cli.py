"""``zchat-client``: the command line."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import click

from zchat_client.client import Client
from zchat_client.jsonl import json_line
from zchat_client.lines import LineFrontEnd, exit_now
from zchat_client.plain import renderer_for
from zchat_client.terminal import PipeLines, lines_for_people
from zchat_common.errors import ZchatError
from zchat_common.identity import DamagedKey
from zchat_common.names import BadName, check_name

_EXIT_USAGE = 2
_EXIT_INTERRUPTED = 130
# Programs that read --json take what they can; a person's terminal needs no more than this either.
_BUFFERED_EVENTS = 100_000


@click.command(context_settings={"auto_envvar_prefix": "ZCHAT", "show_default": True})
@click.option("--host", default="127.0.0.1", help="Where the broker runs.")
@click.option("--port", default=5555, type=click.IntRange(1, 65533), help="First of the broker's three ports.")
@click.option("--name", help="Your name; asked for if it is not given.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Folder for keys and positions.")
@click.option("--plain", is_flag=True, help="Readable lines.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.", envvar="ZCHAT_JSON")
@click.option("--takeover", is_flag=True, help="End your session elsewhere.")
@click.option("--accept-key", metavar="FINGERPRINT", help="Accept the broker's new key.")
@click.option("--wait", default=60.0, type=click.FloatRange(0), help="Seconds to wait for a broker at the end.")
@click.version_option(package_name="zchat-client")
def main(
    host: str,
    port: int,
    name: str | None,
    data: Path | None,
    plain: bool,
    as_json: bool,
    takeover: bool,
    accept_key: str | None,
    wait: float,
) -> None:
    """Talks with everybody at a zchat broker."""
    if plain and as_json:
        raise click.UsageError("--plain and --json exclude each other")
    try:
        name = _ask_name(as_json) if name is None else name
        check_name(name)
    except BadName as error:
        _fail(str(error))
    except KeyboardInterrupt:
        sys.exit(_EXIT_INTERRUPTED)

    async def run() -> None:
        client = Client(
            name,
            host=host,
            port=port,
            data=data,
            takeover=takeover,
            accept_key=accept_key,
            buffer=_BUFFERED_EVENTS,
        )
        lines, render = (PipeLines(), json_line) if as_json else (lines_for_people(), renderer_for(sys.stdout.isatty()))
        # Not by returning: a thread that still waits for input or for a full pipe would hold the process back.
        exit_now(await LineFrontEnd(client, lines, render, wait).run())

    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(run())
    except (ZchatError, DamagedKey) as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"cannot use the data folder: {error}; choose another --data")
    except KeyboardInterrupt:
        sys.exit(_EXIT_INTERRUPTED)


def _ask_name(as_json: bool) -> str:
    """Asks for the name. On a terminal a bad one is asked for again; elsewhere it ends the program."""
    ask = sys.stderr if as_json or not sys.stdout.isatty() else sys.stdout
    while True:
        ask.write("Username: ")
        ask.flush()
        # Read without a text layer, whose buffer would swallow the lines after the name.
        line = sys.stdin.buffer.readline()
        if not line:
            _fail("no name was given")
        name = line.decode("utf-8", "replace").strip()
        try:
            check_name(name)
        except BadName as error:
            if not sys.stdin.isatty():
                _fail(str(error))
            ask.write(f"{error}\n")
        else:
            return name


def _fail(text: str) -> NoReturn:
    click.echo(f"zchat-client: {text}", err=True)
    sys.exit(_EXIT_USAGE)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """ZeroMQ waits on descriptors, which Windows' default loop cannot."""
    return asyncio.SelectorEventLoop if sys.platform == "win32" else None
