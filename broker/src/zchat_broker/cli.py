"""``zchat-broker``: the command line."""

import asyncio
import contextlib
import gc
import logging
import signal
import sys
from collections.abc import Callable
from functools import partial
from math import isnan
from pathlib import Path

import click

from zchat_broker.admins import folded_admins
from zchat_broker.door import Door, codes_folder
from zchat_broker.guard import ADDRESS_CONNECTIONS, Guard
from zchat_broker.machine import CannotStart, claim_folder, joining_addresses, numeric_address, raise_descriptor_limit
from zchat_broker.profile import Profile
from zchat_broker.rules import Settings
from zchat_broker.server import Server
from zchat_broker.sockets import endpoint
from zchat_broker.store import StoreFailed, StoreUnusable
from zchat_broker.store.opening import Durability
from zchat_broker.store.sqlite import SqliteStore
from zchat_broker.subcommands import COMMANDS, data_option, folder_of, port_option
from zchat_common.identity import DamagedKey, Identity, load_or_create_identity
from zchat_common.introduction import fingerprint
from zchat_common.private_files import write_private

_log = logging.getLogger("zchat.broker")
# New objects, more than a turn makes.
_COLLECT_AFTER = 20_000
_EXIT_CANNOT_START = 2
# The broker waits on ZeroMQ's descriptors, which Windows' default loop cannot.
_LOOP = asyncio.SelectorEventLoop if sys.platform == "win32" else None


def _finite(_context: click.Context, _option: click.Parameter, value: float) -> float:
    if isnan(value):
        raise click.BadParameter("nan is no number")
    return value


@click.group(invoke_without_command=True, context_settings={"auto_envvar_prefix": "ZCHAT", "show_default": True})
@click.option("--host", default="0.0.0.0", help="Address to listen on.")
@port_option
@data_option
@click.option("--title", default="zchat", help="What users see as this broker's name.")
@click.option(
    "--grace",
    default=120.0,
    type=click.FloatRange(0, 1e9),
    callback=_finite,
    help="Seconds a lost party member keeps his seat.",
)
@click.option(
    "--rate",
    default=10.0,
    type=click.FloatRange(0, 1e9),
    callback=_finite,
    help="Messages per second and user; 0 lifts it.",
)
@click.option("--burst", default=30, type=click.IntRange(1), help="Messages that a user may send at once.")
@click.option(
    "--history-days", default=30.0, type=click.FloatRange(0, 1e9), callback=_finite, help="Days that messages are kept."
)
@click.option(
    "--name-days",
    default=30.0,
    type=click.FloatRange(0, 1e9),
    callback=_finite,
    help="Days that an unused name stays owned.",
)
@click.option(
    "--durability",
    default=Durability.PROCESS.value,
    type=click.Choice([each.value for each in Durability]),
    help="What is acknowledged survives the death of the process, or (full) a power cut as well.",
)
@click.option(
    "--address-connections",
    default=ADDRESS_CONNECTIONS,
    type=click.IntRange(0),
    help="Connections of one address, two per client; ten times that from this machine; 0 lifts it.",
)
@click.option(
    "--access",
    type=click.Choice(["open", "invited"]),
    default="open",
    help="Who may come in: everybody, or whom `invite` or --keys lets in.",
)
@click.option(
    "--keys",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File of keys or fingerprints that may come in, one a line.",
)
@click.option(
    "--admin", multiple=True, metavar="NAME", callback=folded_admins, help="Who keeps order; may be given again."
)
@click.version_option(package_name="zchat-broker")
@click.pass_context
def main(
    context: click.Context,
    host: str,
    port: int,
    data: Path | None,
    title: str,
    grace: float,
    rate: float,
    burst: int,
    history_days: float,
    name_days: float,
    durability: str,
    address_connections: int,
    access: str,
    keys: Path | None,
    admin: tuple[str, ...],
) -> None:
    """Runs a zchat broker: the box that everybody's zchat-client talks to. With a COMMAND it only looks at the
    broker's folder.
    """
    if context.invoked_subcommand is not None:
        return
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    folder = folder_of(data, port)
    if keys is not None and access != "invited":
        raise click.UsageError("--keys says who may come in with --access invited; with open access everybody may")
    settings = Settings(grace, name_days, access == "invited", admin)
    profile = Profile(title, port, port + 1, settings, rate, burst, history_days, address_connections)
    try:
        _run(host, profile, folder, Durability(durability), keys)
    except (CannotStart, DamagedKey, StoreUnusable, StoreFailed) as error:
        click.echo(f"zchat-broker: {error}", err=True)
        sys.exit(_EXIT_CANNOT_START)


for command in COMMANDS:
    main.add_command(command)


def _run(host: str, profile: Profile, folder: Path, durability: Durability, keys: Path | None) -> None:
    descriptors = raise_descriptor_limit()
    guard = Guard(profile.address_connections, descriptors)
    with claim_folder(folder), contextlib.closing(SqliteStore(folder / "zchat.db", durability)) as store:
        identity = _identity(folder, store)
        door = Door(keys, codes_folder(folder))
        server = Server(numeric_address(host), profile, store, identity, door, guard)
        # What lives now lives to the end: the collector need not look at it again. A turn makes thousands of tuples and
        # no cycle; to look for cycles after each 700 of them took 7 % of the whole.
        gc.collect()
        gc.freeze()
        gc.set_threshold(_COLLECT_AFTER)
        with asyncio.Runner(loop_factory=_LOOP) as runner:
            runner.run(_serve(server, partial(_announce, host, profile, fingerprint(identity.public))))


def _identity(folder: Path, store: SqliteStore) -> Identity:
    """The broker's key: its file, else what a backup carried, else a new one."""
    path = folder / "broker.key"
    try:
        carried = store.carried_key()
        if carried is not None:
            if not path.exists():
                write_private(path, carried)
            store.drop_carried_key()
        return load_or_create_identity(path)
    except OSError as error:
        raise CannotStart(f"cannot write to {folder} ({error.strerror}); choose another --data") from None


async def _serve(server: Server, announce: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Windows has no signal handlers on its loop; there Ctrl-C ends the process.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, server.stop, "the broker was stopped")
    # Whoever reads the line may stop the broker at once.
    announce()
    try:
        await server.serve()
    finally:
        # A second signal has nothing left to stop, and would meet a loop that is being closed.
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):
                loop.remove_signal_handler(number)
                signal.signal(number, signal.SIG_IGN)


def _announce(host: str, profile: Profile, key: str) -> None:
    for address in joining_addresses(host):
        port = "" if profile.commands_port == 5555 else f" --port {profile.commands_port}"
        _log.info("others join with: zchat-client --host %s%s", address, port)
    commands = endpoint(host, profile.commands_port)
    topics = endpoint(host, profile.topics_port)
    introductions = endpoint(host, profile.topics_port + 1)
    click.echo(f"zchat-broker ready: commands {commands} topics {topics} introductions {introductions} key {key}")
    sys.stdout.flush()
