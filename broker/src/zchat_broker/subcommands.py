"""The commands beside serving: ``zchat-broker COMMAND`` looks after the folder of a broker, running or not."""

import sys
from pathlib import Path
from typing import Final, NoReturn

import click
import platformdirs

from zchat_broker.machine import kept_from_starting
from zchat_broker.store import StoreUnusable
from zchat_broker.store.backup import BackupFailed, back_up
from zchat_broker.store.checking import Report
from zchat_broker.store.checking import check as examine
from zchat_common.identity import DamagedKey, load_identity
from zchat_common.introduction import fingerprint

_PORTS = 3
_EXIT_WRONG = 1
_EXIT_FAILED = 2

# Their variables are named here: click would put a subcommand's own name into them.
port_option = click.option(
    "--port",
    default=5555,
    type=click.IntRange(1, 65535 - _PORTS + 1),
    envvar="ZCHAT_PORT",
    help="First of three ports.",
)
data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="ZCHAT_DATA",
    help="Folder for key and database.",
)


def folder_of(data: Path | None, port: int) -> Path:
    """The folder of the broker with these options."""
    return data or Path(platformdirs.user_data_dir("zchat", appauthor=False)) / f"broker-{port}"


def fail(text: str) -> NoReturn:
    """Says on stderr what is wrong and what to do, and ends the program."""
    click.echo(f"zchat-broker: {text}", err=True)
    sys.exit(_EXIT_FAILED)


@click.command()
@port_option
@data_option
def key(port: int, data: Path | None) -> None:
    """Shows the fingerprint of the broker's key, which users see at first contact."""
    folder = folder_of(data, port)
    try:
        identity = load_identity(folder / "broker.key")
    except FileNotFoundError:
        fail(f"there is no broker in {folder}; start one first, or name its --port or --data")
    except (DamagedKey, OSError) as error:
        fail(str(error))
    else:
        click.echo(fingerprint(identity.public))


@click.command()
@port_option
@data_option
def check(port: int, data: Path | None) -> None:
    """Looks whether all that the broker keeps is whole; it may be running.

    Ends with 0 if it is, with 1 and a line for each mistake if not, with 2 if it could not look.
    """
    folder = folder_of(data, port)
    path = _database(folder)
    try:
        with kept_from_starting(folder) as alone:
            report = examine(path, alone=alone)
    except (StoreUnusable, OSError) as error:
        fail(str(error))
    else:
        _show(path, report)


@click.command()
@port_option
@data_option
@click.argument("file", type=click.Path(path_type=Path))
def backup(port: int, data: Path | None, file: Path) -> None:
    """Copies all that the broker keeps, its key as well, into a new FILE; it may be running.

    The copy is checked before it gets its name. Ends with 0, with 1 if what the broker keeps is damaged, with 2 if
    there can be no copy; nothing is left behind then.
    """
    folder = folder_of(data, port)
    path = _database(folder)
    try:
        key_file = (folder / "broker.key").read_bytes()
        with kept_from_starting(folder) as alone:
            report = back_up(path, key_file, file, alone=alone)
    except (StoreUnusable, BackupFailed, OSError) as error:
        fail(str(error))
    else:
        _show(path, report)


def _database(folder: Path) -> Path:
    path = folder / "zchat.db"
    if not path.exists():
        fail(f"there is no broker in {folder}; start one first, or name its --port or --data")
    return path


def _show(path: Path, report: Report) -> None:
    if not report.mistakes_found:
        counts = f"{report.users} users, {report.topics} topics, {report.messages} messages, {report.answers} answers"
        click.echo(f"{path} is well: {counts}")
        return
    for mistake in report.mistakes:
        click.echo(mistake)
    if report.mistakes_found > len(report.mistakes):
        click.echo(f"and {report.mistakes_found - len(report.mistakes)} more")
    sys.exit(_EXIT_WRONG)


COMMANDS: Final = (key, check, backup)
