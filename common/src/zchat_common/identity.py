"""A CURVE key pair: a client's identity or a broker's. X25519 (RFC 7748), which is what ZeroMQ's CURVE uses."""

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from zchat_common.private_files import write_private

KEY_BYTES = 32
_OTHERS = 0o077


class DamagedKey(ValueError):
    """A key file that holds no key."""


class ExposedKey(DamagedKey):
    """A key file that others on this machine may read: it may be theirs too by now."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A key pair, 32 raw bytes each. The secret part never shows in a repr."""

    public: bytes
    secret: bytes = field(repr=False)

    @classmethod
    def of_secret(cls, secret: bytes) -> "Identity":
        """The pair that a secret key belongs to."""
        public = X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
        return cls(public, secret)

    @classmethod
    def create(cls) -> "Identity":
        """A fresh random pair."""
        return cls.of_secret(X25519PrivateKey.generate().private_bytes_raw())


def load_or_create_identity(path: Path) -> Identity:
    """The identity in the file; a fresh one is written there when there is no file.

    Raises DamagedKey (ExposedKey is one) and OSError.
    """
    try:
        return load_identity(path)
    except FileNotFoundError:
        identity = Identity.create()
        save_identity(path, identity)
        return identity


def save_identity(path: Path, identity: Identity) -> None:
    """Writes the identity into the file, for its owner only. Raises OSError."""
    write_private(path, identity.secret.hex().encode() + b"\n")


def load_identity(path: Path) -> Identity:
    """The identity in the file, which holds the secret key in hexadecimal.

    Raises DamagedKey, with a sentence for people, and OSError (FileNotFoundError if there is no such file). As ssh
    does, it refuses a file that others may read (ExposedKey, which is a DamagedKey).
    """
    with path.open("rb") as file:
        content, mode = file.read(), os.fstat(file.fileno()).st_mode
    try:
        secret = bytes.fromhex(content.decode("ascii").strip())
    except ValueError as error:  # UnicodeDecodeError is one
        raise DamagedKey(f"{path} holds no key; restore it from a backup or move it away") from error
    if len(secret) != KEY_BYTES:
        raise DamagedKey(f"{path} holds no key; restore it from a backup or move it away")
    # Windows has no such modes; there the user's own folders are private.
    if sys.platform != "win32" and mode & _OTHERS:
        raise ExposedKey(f"{path} can be read by others; if nobody else has it yet: chmod 600 {path}")
    return Identity.of_secret(secret)
