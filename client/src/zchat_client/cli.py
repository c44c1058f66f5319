"""``zchat-client``: the command line."""

import asyncio
import math
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NoReturn

import click
from click.core import ParameterSource

from zchat_client.client import Client
from zchat_client.completion import completions
from zchat_client.events import Connected, Event
from zchat_client.jsonl import json_line
from zchat_client.lines import LineFrontEnd, exit_now
from zchat_client.own_names import OwnNames, login_name
from zchat_client.plain import renderer_for
from zchat_client.subcommands import COMMANDS
from zchat_client.terminal import (
    Lines,
    PipeLines,
    TerminalLines,
    has_screen,
    lines_for_people,
    open_closed_streams,
)
from zchat_common.errors import Code, ZchatError
from zchat_common.identity import DamagedKey
from zchat_common.names import BadName, check_name

_EXIT_USAGE = 2
_EXIT_INTERRUPTED = 130
# A person who was asked for his name is asked for another one.
_NAME_NOT_OURS = (Code.NAME_OWNED, Code.NAME_LOOKALIKE)
_NAME_REFUSED = (Code.NAME_IN_USE, *_NAME_NOT_OURS)
# Programs that read --json take what they can; a person's terminal needs no more than this either.
_BUFFERED_EVENTS = 100_000


def _number(context: click.Context, option: click.Parameter, value: float) -> float:
    if math.isnan(value):
        raise click.BadParameter("a number of seconds", context, option)
    return value


@click.group(invoke_without_command=True, context_settings={"auto_envvar_prefix": "ZCHAT", "show_default": True})
@click.option("--host", default="127.0.0.1", help="Where the broker runs.")
@click.option("--port", default=5555, type=click.IntRange(1, 65533), help="First of the broker's three ports.")
@click.option("--name", help="Your name; asked for if it is not given.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Folder for keys and positions.")
@click.option("--plain", is_flag=True, help="Readable lines.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.", envvar="ZCHAT_JSON")
@click.option("--takeover", is_flag=True, help="End your session elsewhere.")
@click.option("--accept-key", metavar="FINGERPRINT", help="Accept the broker's new key.")
@click.option("--invite", default="", metavar="CODE", help="Invitation code, for a broker that asks for one.")
@click.option(
    "--wait",
    default=60.0,
    type=click.FloatRange(0),
    callback=_number,
    help="Seconds to wait for a broker at the end.",
)
@click.version_option(package_name="zchat-client")
@click.pass_context
def main(
    context: click.Context,
    host: str,
    port: int,
    name: str | None,
    data: Path | None,
    plain: bool,
    as_json: bool,
    takeover: bool,
    accept_key: str | None,
    invite: str,
    wait: float,
) -> None:
    """Talks with everybody at a zchat broker. With a COMMAND it looks after your keys."""
    open_closed_streams()
    if context.invoked_subcommand is not None:
        return
    as_json = _as_json(context, plain, as_json)
    _check_host(host)
    connect = partial(
        Client,
        host=host,
        port=port,
        data=data,
        takeover=takeover,
        accept_key=accept_key,
        invite=invite,
        buffer=_BUFFERED_EVENTS,
    )
    names = OwnNames(data, host, port)
    try:
        if not (plain or as_json) and has_screen():
            _open_screen(connect, name, f"{host}, port {port}", names)
        # What is offered first was not chosen if it has to be asked for again.
        offered = names.offered("")
        while True:
            chosen = _ask_name(as_json, offered) if name is None else name
            check_name(chosen)
            with asyncio.Runner(loop_factory=_loop_factory()) as runner:
                runner.run(_talk(partial(connect, chosen), names, as_json, wait, may_ask=name is None))
            offered = ""
    except (ZchatError, DamagedKey, BadName) as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"cannot use the data folder: {error}; choose another --data")
    except KeyboardInterrupt:
        # The shell's prompt does not belong behind ours.
        click.echo(err=True)
        sys.exit(_EXIT_INTERRUPTED)


for command in COMMANDS:
    main.add_command(command)


def _open_screen(connect: "partial[Client]", name: str | None, place: str, names: OwnNames) -> None:
    """The terminal UI, from the question for a name to the end of the process."""
    # Imported here: it takes half a second, which no script should wait for.
    from zchat_client.tui.next_client import Options
    from zchat_client.tui.run import run

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        exit_now(runner.run(run(Options(connect, name, place, names, names.offered(login_name())))))


async def _talk(connect: Callable[[], Client], names: OwnNames, as_json: bool, wait_s: float, may_ask: bool) -> None:
    """One client from beginning to end, and the end of the process. Returns if a person may choose another name."""
    client = connect()
    if as_json:
        lines: Lines = PipeLines()
        render: Callable[[Event], str | None] = json_line
    else:
        lines = lines_for_people(lambda typed: completions(typed, client.names(), client.is_admin))
        render = _noting(names, renderer_for(sys.stdout.isatty()))
    can_ask = not as_json and sys.stdin.isatty()
    code = await LineFrontEnd(client, lines, render, wait_s, can_ask=can_ask).run()
    refusal = None if client.end is None else client.end.code
    if refusal in _NAME_NOT_OURS and not as_json:
        names.refused(client.name)
    if may_ask and isinstance(lines, TerminalLines) and refusal in _NAME_REFUSED:
        return
    # Not by returning: a thread that still waits for input or for a full pipe would hold the process back.
    exit_now(code)


def _noting(names: OwnNames, render: Callable[[Event], str | None]) -> Callable[[Event], str | None]:
    """Makes the lines of events, and keeps the name with which one got in."""

    def render_and_note(event: Event) -> str | None:
        if isinstance(event, Connected):
            names.let_in(event.name)
        return render(event)

    return render_and_note


def _as_json(context: click.Context, plain: bool, as_json: bool) -> bool:
    """An option on the command line goes before a variable in the environment."""
    if not (plain and as_json):
        return as_json
    typed = [name for name in ("plain", "as_json") if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    if len(typed) != 1:
        raise click.UsageError("--plain and --json exclude each other")
    return typed == ["as_json"]


def _check_host(host: str) -> None:
    """An address with its port behind it is a habit from elsewhere."""
    name, colon, port = host.partition(":")
    if colon and port.isdigit():
        raise click.UsageError(f"--host has no port in it: type --host {name} --port {port}")


def _ask_name(as_json: bool, offered: str) -> str:
    """Asks for the name. On a terminal a bad one is asked for again, and an empty line takes the ``offered`` one;
    elsewhere it ends the program.
    """
    ask = sys.stderr if as_json or not sys.stdout.isatty() else sys.stdout
    if as_json or not sys.stdin.isatty():
        offered = ""
    if offered:
        ask.write(f"Enter alone takes the name {offered}.\n")
    while True:
        ask.write("Username: ")
        ask.flush()
        # Read without a text layer, whose buffer would swallow the lines after the name.
        line = sys.stdin.buffer.readline()
        if not line:
            ask.write("\n")
            _fail("no name was given")
        name = line.decode("utf-8", "replace").strip() or offered
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
