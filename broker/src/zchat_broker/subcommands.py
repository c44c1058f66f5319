"""The commands beside serving: ``zchat-broker COMMAND`` looks after the folder of a broker, running or not."""

import secrets
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Final, NoReturn

import click
import platformdirs

from zchat_broker.door import CODE_BYTES, Issued, code_of, codes_folder, digest_of, leave_code, leave_withdrawal
from zchat_broker.machine import kept_from_starting
from zchat_broker.rules.state import State
from zchat_broker.store import StoreUnusable
from zchat_broker.store.backup import BackupFailed, back_up
from zchat_broker.store.checking import Report
from zchat_broker.store.checking import check as examine
from zchat_broker.store.loading import load
from zchat_broker.store.opening import open_to_look
from zchat_broker.store.schema import MIGRATIONS
from zchat_broker.store.sqlite import read_audit
from zchat_common.clock import now
from zchat_common.durations import BadDuration, parse_duration, utc_words
from zchat_common.identity import DamagedKey, load_identity
from zchat_common.introduction import fingerprint
from zchat_common.names import BadName, fold
from zchat_common.text import clean_text

_PORTS = 3
_EXIT_WRONG = 1
_EXIT_FAILED = 2
# A running broker looks for codes at least once in half a second.
_TAKEN_IN_S = 3.0
# Enough of a code's digest to name it; nothing of the code.
_CODE_ID_CHARS = 12

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


def _duration(_context: click.Context, _option: click.Parameter, value: str) -> int:
    try:
        return parse_duration(value)
    except BadDuration as error:
        raise click.BadParameter(str(error)) from None


@click.command()
@port_option
@data_option
@click.option("--for", "for_s", default="1w", callback=_duration, show_default=True, help="How long it is valid.")
@click.option("--note", default="", help="Whom it is for; stands in the audit table.")
def invite(port: int, data: Path | None, for_s: int, note: str) -> None:
    """Prints a code that lets one new user in (for a broker with --access invited)."""
    folder = folder_of(data, port)
    if not (folder / "broker.key").exists():
        fail(f"there is no broker in {folder}; start one first, or name its --port or --data")
    code = code_of(secrets.token_bytes(CODE_BYTES))
    try:
        path = leave_code(codes_folder(folder), Issued(digest_of(code), now().at + for_s * 1000, clean_text(note)))
    except OSError as error:
        fail(f"cannot write to {folder} ({error.strerror})")
    taken = _is_taken(path)
    click.echo(code)
    if not taken:
        click.echo("zchat-broker: no broker runs there now; the code is valid once it does", err=True)


@click.command()
@port_option
@data_option
def guests(port: int, data: Path | None) -> None:
    """Lists whom codes have let in, and the codes that nobody has used; also while the broker runs."""
    state = _state(folder_of(data, port))
    for guest in sorted(state.guests.values(), key=lambda each: each.since):
        names = ", ".join([user.name for user in sorted(state.users.values()) if user.key == guest.key])
        _columns(utc_words(guest.since), "guest", fingerprint(guest.key), names, guest.note)
    for code in sorted(state.codes.values(), key=lambda each: each.expires):
        if code.used_at is None:
            _columns(utc_words(code.expires), "code until", code.digest.hex()[:_CODE_ID_CHARS], "", code.note)


@click.command()
@port_option
@data_option
@click.argument("what")
def withdraw(port: int, data: Path | None, what: str) -> None:
    """Takes an invitation back.

    WHAT is a CODE, or a NAME, a fingerprint or the number of a code as `guests` lists them.

    A guest is out at once (from a broker with --access invited); his name stays his.
    """
    folder = folder_of(data, port)
    digest, key = _invitation(_state(folder), what)
    if not digest and not key and (codes_folder(folder) / f"{digest_of(what).hex()}.json").exists():
        digest = digest_of(what)  # no broker has seen it yet
    if not digest and not key:
        fail(f"nobody was invited as {what!r}, and no code is that; `zchat-broker guests` lists who and which")
    try:
        path = leave_withdrawal(codes_folder(folder), digest, key)
    except OSError as error:
        fail(f"cannot write to {folder} ({error.strerror})")
    if not _is_taken(path):
        click.echo("zchat-broker: no broker runs there now; it holds once one does", err=True)


def _invitation(state: State, what: str) -> tuple[bytes, bytes]:
    """Digest of the code or key of the guest that is meant; both empty if there is none."""
    for code in state.codes.values():
        if code.used_at is None and (code.digest == digest_of(what) or code.digest.hex()[:_CODE_ID_CHARS] == what):
            return code.digest, b""
    try:
        owner = state.users.get(fold(what))
    except BadName:
        owner = None
    for guest in state.guests.values():
        if what == fingerprint(guest.key) or (owner is not None and owner.key == guest.key):
            return b"", guest.key
    return b"", b""


def _state(folder: Path) -> State:
    path = _database(folder)
    try:
        with kept_from_starting(folder) as alone, closing(open_to_look(path, MIGRATIONS, alone=alone)) as db:
            return load(db, path).state
    except (StoreUnusable, OSError) as error:
        fail(str(error))


def _is_taken(path: Path) -> bool:
    """Whether a running broker takes a file that was left for it."""
    end_s = now().steady_s + _TAKEN_IN_S
    while path.exists() and now().steady_s < end_s:
        time.sleep(0.05)
    return not path.exists()


@click.command()
@port_option
@data_option
def audit(port: int, data: Path | None) -> None:
    """Prints what admins did and whom codes let in, the oldest first; also while the broker runs."""
    try:
        entries = read_audit(folder_of(data, port) / "zchat.db")
    except StoreUnusable as error:
        fail(str(error))
    for entry in entries:
        until = "" if entry.until is None else f"until {utc_words(entry.until)}"
        _columns(utc_words(entry.at), entry.by, entry.act, entry.name, until, entry.address, entry.reason)


def _columns(*columns: str) -> None:
    """A line, its columns parted by tabs."""
    click.echo("\t".join(" ".join(clean_text(column).split()) for column in columns))


COMMANDS: Final = (key, check, backup, invite, guests, withdraw, audit)
