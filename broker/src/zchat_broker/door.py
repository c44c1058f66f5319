"""The files by which whoever runs a broker says who may come in: a list of keys, and invitation codes.

``zchat-broker invite`` leaves a file for each code in a folder of its own, and the running broker takes it in. Not the
database: two writers would wait for each other, and the broker would have to notice what it did not decide. A file
comes into being whole (it is renamed into place), codes made side by side do not meet, and a broker that is started
later finds them. The broker deletes a file only when the code is in its database: what comes twice does no harm.
"""

import hashlib
import json
import logging
from base64 import b32encode
from pathlib import Path
from typing import Final, NamedTuple

from zchat_broker.machine import CannotStart
from zchat_common.identity import KEY_BYTES
from zchat_common.introduction import fingerprint
from zchat_common.private_files import write_private

_log = logging.getLogger("zchat.broker")

CODE_BYTES: Final = 10  # 80 bits: nobody guesses one, not even with the digests at hand
_GROUP: Final = 4
# Crockford's base 32, which has no letters that are taken for digits.
_TYPED: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ")
_MISREAD: Final = str.maketrans("OIL", "011", "- ")
_FINGERPRINT_CHARS: Final = 43


class Issued(NamedTuple):
    """An invitation code that was left for the broker, known by its digest."""

    digest: bytes
    expires: int
    note: str


def code_of(random: bytes) -> str:
    """The code that these random bytes make, to be read out and typed."""
    code = b32encode(random).decode().translate(_TYPED)
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def digest_of(code: str) -> bytes:
    """What is kept of a code, however it was typed; nothing for no code."""
    typed = code.upper().translate(_MISREAD)
    return hashlib.sha256(typed.encode("utf-8", "replace")).digest() if typed else b""


def codes_folder(data: Path) -> Path:
    """Where codes wait for the broker with this data folder."""
    return data / "codes"


def leave_code(folder: Path, issued: Issued) -> Path:
    """Leaves a code for the broker; the file is gone when it has it for good. Raises OSError."""
    path = folder / f"{issued.digest.hex()}.json"
    write_private(path, json.dumps({"expires": issued.expires, "note": issued.note}).encode())
    return path


def leave_withdrawal(folder: Path, digest: bytes, key: bytes) -> Path:
    """Takes back the code with this digest, or the invitation of who has this key; one of them is empty.

    The file is gone when the broker has done so for good. Raises OSError.
    """
    (folder / f"{digest.hex()}.json").unlink(missing_ok=True)
    path = _withdrawal(folder, digest, key)
    write_private(path, b"")
    return path


def _withdrawal(folder: Path, digest: bytes, key: bytes) -> Path:
    return folder / (f"{digest.hex()}.code" if digest else f"{key.hex()}.guest")


class Door:
    """What the files say now. Without files nobody is listed, and no code was left."""

    def __init__(self, keys: Path | None = None, codes: Path | None = None) -> None:
        """``keys`` is a file with a public key or fingerprint on each line; raises CannotStart if it cannot be read."""
        self._keys_path = keys
        self._codes = codes
        self._keys: frozenset[str] = frozenset()
        self._seen: tuple[int, int, int] | None = None
        self._failed = False
        self._said: set[Path] = set()
        if keys is not None:
            self._read_keys(keys)

    def lists(self, key: bytes) -> bool:
        """Whether the key stands in the list, which is read again when the file has changed."""
        if self._keys_path is None:
            return False
        try:
            self._read_keys(self._keys_path)
            self._failed = False
        except CannotStart as error:
            if not self._failed:
                _log.error("%s; going by what it said before", error)
            self._failed = True
        return key.hex() in self._keys or fingerprint(key) in self._keys

    def issued(self) -> list[Issued]:
        """The codes that wait, in a fixed order."""
        if self._codes is None:
            return []
        found = [self._read_code(path) for path in sorted(self._codes.glob("*.json"))]
        return [issued for issued in found if issued is not None]

    def withdrawn(self) -> list[tuple[bytes, bytes]]:
        """The digests of the codes, and the keys of the guests, that are to be taken back, in a fixed order."""
        if self._codes is None:
            return []
        codes = [(_bytes_of(path), b"") for path in sorted(self._codes.glob("*.code"))]
        guests = [(b"", _bytes_of(path)) for path in sorted(self._codes.glob("*.guest"))]
        return [(digest, key) for digest, key in (*codes, *guests) if digest or key]

    def took_back(self, digest: bytes, key: bytes) -> None:
        """That is not let in any more."""
        if self._codes is not None:
            self._delete(_withdrawal(self._codes, digest, key))

    def taken(self, issued: Issued) -> None:
        """The code is in the database, or of no use any more."""
        if self._codes is not None:
            self._delete(self._codes / f"{issued.digest.hex()}.json")

    def _delete(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            self._say(path, f"{path} cannot be deleted ({error.strerror}); delete it")

    def _read_code(self, path: Path) -> Issued | None:
        try:
            content = json.loads(path.read_bytes())
            return Issued(bytes.fromhex(path.stem), int(content["expires"]), str(content["note"]))
        except FileNotFoundError:
            return None  # it was taken back just now
        except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
            self._say(path, f"{path} is no invitation code ({error}); move it away")
            return None

    def _say(self, path: Path, text: str) -> None:
        """Once: the folder is looked at several times a second."""
        if path not in self._said:
            self._said.add(path)
            _log.warning("%s", text)

    def _read_keys(self, path: Path) -> None:
        try:
            found = path.stat()
            seen = (found.st_mtime_ns, found.st_size, found.st_ino)
            if seen == self._seen:
                return
            self._keys = _listed(path, path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise CannotStart(f"the list of keys {path} cannot be read ({error})") from None
        self._seen = seen


def _listed(path: Path, text: str) -> frozenset[str]:
    found: set[str] = set()
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.partition("#")[0].strip()
        entry = _entry(words) if words else ""
        if entry is None:
            raise CannotStart(
                f"line {number} of {path} is neither a key (64 hexadecimal digits) nor a fingerprint (SHA256:...)"
            )
        found.add(entry)
    return frozenset(found)


def _entry(entry: str) -> str | None:
    if entry.startswith("SHA256:"):
        return entry if len(entry) == len("SHA256:") + _FINGERPRINT_CHARS else None
    try:
        return entry.lower() if len(bytes.fromhex(entry)) == KEY_BYTES else None
    except ValueError:
        return None


def _bytes_of(path: Path) -> bytes:
    try:
        return bytes.fromhex(path.stem)
    except ValueError:
        return b""
