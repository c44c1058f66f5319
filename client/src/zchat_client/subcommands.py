"""The commands beside chatting: ``zchat-client identity`` looks after the keys that own one's names."""

import sys
from pathlib import Path
from typing import Final, NoReturn

import click

from zchat_client.folder import default_data_folder
from zchat_client.keys import key_file
from zchat_common.identity import DamagedKey, Identity, load_identity, save_identity
from zchat_common.introduction import fingerprint
from zchat_common.names import BadName, check_name
from zchat_common.private_files import write_private
from zchat_common.sealed_identity import CannotOpen, Carried, open_identity, seal_identity

_EXIT_FAILED = 2

# Its variable is named here: click would put the subcommands' own names into it.
_data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="ZCHAT_DATA",
    help="Folder for keys and positions.",
)


@click.group()
def identity() -> None:
    """Looks after the keys that own your names: whoever has a name's key has the name."""


@identity.command()
@_data_option
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def export(data: Path | None, name: str, file: Path) -> None:
    """Writes the key of NAME to FILE under a passphrase, to be imported on another machine."""
    key = _load(_key_file(data, name), name)
    if file.exists():
        _fail(f"{file} is there already; choose another file")
    sealed = seal_identity(Carried(name, key), _ask_passphrase(twice=True))
    try:
        write_private(file.absolute(), sealed.encode())
    except OSError as error:
        _fail(f"cannot write {file} ({error.strerror})")
    click.echo(f"{file} holds {name}; on the other machine: zchat-client identity import {file.name}")


@identity.command("import")
@_data_option
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def import_(data: Path | None, file: Path) -> None:
    """Takes the name in an exported FILE over to this machine. Never replaces another key."""
    try:
        carried = open_identity(file.read_text("utf-8"), _ask_passphrase(twice=False))
    except CannotOpen as error:
        _fail(str(error))
    except (OSError, UnicodeDecodeError) as error:
        _fail(f"cannot read {file} ({getattr(error, 'strerror', None) or 'it is no text'})")
    path = _key_file(data, carried.name)
    if path.exists():
        if _load(path, carried.name) != carried.identity:
            _fail(f"{path} holds another key of {carried.name}; move it away first if that name is not dear to you")
    else:
        try:
            save_identity(path, carried.identity)
        except OSError as error:
            _fail(f"cannot write to {path.parent} ({error.strerror}); choose another --data")
    click.echo(f"{carried.name} is yours here too: zchat-client --name {carried.name}")


@identity.command()
@_data_option
@click.argument("name", required=False)
def show(data: Path | None, name: str | None) -> None:
    """Shows the fingerprint of NAME's key, or of all keys here."""
    folder = _key_file(data, "any").parent
    paths = [_key_file(data, name)] if name else sorted(folder.glob("*.key"))
    for path in paths:
        click.echo(f"{path.stem} {fingerprint(_load(path, path.stem).public)}")
    if not paths:
        _fail(f"there are no keys in {folder} yet; the first start with a name makes its key")


def _key_file(data: Path | None, name: str) -> Path:
    try:
        return key_file(data or default_data_folder(), check_name(name))
    except BadName as error:
        _fail(str(error))


def _load(path: Path, name: str) -> Identity:
    try:
        return load_identity(path)
    except FileNotFoundError:
        _fail(f"there is no key of {name} in {path.parent}; the first start with that name makes it")
    except (DamagedKey, OSError) as error:
        _fail(str(error))


def _ask_passphrase(*, twice: bool) -> str:
    """From a person without showing it, or the first line of a pipe."""
    if sys.stdin.isatty():
        return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=twice, err=True))
    passphrase = sys.stdin.readline().rstrip("\r\n")
    if not passphrase:
        _fail("no passphrase was given")
    return passphrase


def _fail(text: str) -> NoReturn:
    click.echo(f"zchat-client: {text}", err=True)
    sys.exit(_EXIT_FAILED)


COMMANDS: Final = (identity,)
