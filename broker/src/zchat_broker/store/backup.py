"""A copy of the database that a broker works with, with the broker's key in it, in one new file."""

import contextlib
import os
import sqlite3
import tempfile
from pathlib import Path
from typing import Final

from zchat_broker.store.carried import put_key
from zchat_broker.store.checking import Report, check
from zchat_broker.store.opening import is_damage, open_to_look, unusable
from zchat_broker.store.schema import MIGRATIONS
from zchat_common.private_files import sync_folder

_ALL_PAGES: Final = -1


class BackupFailed(Exception):
    """There is no copy, and nothing of it is left. The text says what to do."""


def back_up(path: Path, key_file: bytes, target: Path, *, alone: bool) -> Report:
    """Copies the database to ``target``, a file that only its owner may read, and says what is in it.

    The target is there, whole, checked and on the disk, or not at all: it is not when the report has mistakes.
    ``alone`` as in :func:`zchat_broker.store.checking.check`. Raises BackupFailed and StoreUnusable.
    """
    if os.path.lexists(target):
        raise BackupFailed(f"{target} is there already; name a new file")
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")  # mode 0600
    except OSError as error:
        raise BackupFailed(f"cannot write to {target.parent} ({error.strerror}); name another place") from None
    os.close(handle)
    copy = Path(name)
    try:
        _copy(path, key_file, copy, alone=alone)
        report = check(copy, alone=True)
        report.mistakes = [mistake.replace(str(copy), str(path)) for mistake in report.mistakes]
        if not report.mistakes_found:
            _name(copy, target)
    except sqlite3.Error as error:
        if is_damage(error):
            raise unusable(path, error) from None
        raise BackupFailed(f"{path} cannot be copied to {target} ({error}); is that disk full?") from None
    except OSError as error:
        raise BackupFailed(f"{target} cannot be written ({error.strerror}); name another place") from None
    finally:
        for left in (copy, *[copy.with_name(copy.name + suffix) for suffix in ("-journal", "-wal", "-shm")]):
            left.unlink(missing_ok=True)
    return report


def _copy(path: Path, key_file: bytes, copy: Path, *, alone: bool) -> None:
    source = open_to_look(path, MIGRATIONS, alone=alone)
    with contextlib.closing(source), contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as target:
        # In one step: between two of them a broker's commit would make the copy begin anew, again and again.
        source.backup(target, pages=_ALL_PAGES)
        # One file, without a log beside it.
        target.execute("PRAGMA journal_mode = DELETE")
        put_key(target, key_file)


def _name(copy: Path, target: Path) -> None:
    """Gives the copy its name, unless somebody has taken it meanwhile."""
    try:
        os.link(copy, target)
    except FileExistsError:
        raise BackupFailed(f"{target} is there already; name a new file") from None
    except OSError:
        copy.rename(target)  # a file system without links, such as a memory stick's
    sync_folder(target.parent)
