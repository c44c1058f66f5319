"""The commands beside serving: ``zchat-broker COMMAND`` looks after the folder of a broker, running or not."""

import sys
from pathlib import Path
from typing import Final

import click
import platformdirs

from zchat_common.identity import DamagedKey, load_identity
from zchat_common.introduction import fingerprint

_PORTS = 3
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


def fail(text: str) -> None:
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


COMMANDS: Final = (key,)
