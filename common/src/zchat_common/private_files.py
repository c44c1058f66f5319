"""Small files that only their owner may read: keys, pins, positions."""

import os
import tempfile
from pathlib import Path


def make_private_folder(folder: Path) -> None:
    """Makes the folder (and its parents) if it is not there; nobody else may look into a new one."""
    # Path.mkdir gives its mode to the last folder only.
    if not folder.parent.exists():
        make_private_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)


def write_private(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Replaces the file by one with this content, wholly or not at all, readable by its owner only (mode 0600).

    Raises OSError. The death of the process leaves either the old content or the new one; with ``durable`` so does a
    power cut.
    """
    make_private_folder(path.parent)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name + ".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        Path(temporary).replace(path)
        if durable:
            sync_folder(path.parent)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def append_private(path: Path, line: bytes) -> None:
    """Adds a line to the end of a file that its owner only may read (mode 0600). Raises OSError.

    Others may do the same at the same time: each line is written at once and stays whole.
    """
    make_private_folder(path.parent)
    with open(path, "a+b", buffering=0, opener=_open_private) as file:
        # Somebody's editor may have left the last line without its end.
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        begin = b"" if file.read(1) in (b"", b"\n") else b"\n"
        file.write(begin + line + b"\n")
        os.fsync(file.fileno())


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def sync_folder(folder: Path) -> None:
    """Returns when the disk knows which files are in the folder: till then a power cut may take a new one's name."""
    if os.name != "posix":
        return  # elsewhere a folder cannot be opened for that
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
