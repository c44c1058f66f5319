"""A CURVE key pair: a client's identity or a broker's. X25519 (RFC 7748), which is what ZeroMQ's CURVE uses."""

from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from zchat_common.private_files import write_private

KEY_BYTES = 32


class DamagedKey(ValueError):
    """A key file that holds no key."""


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
    """The identity in the file; a fresh one is written there when there is no file. Raises DamagedKey and OSError."""
    try:
        return load_identity(path)
    except FileNotFoundError:
        identity = Identity.create()
        write_private(path, identity.secret.hex().encode() + b"\n")
        return identity


def load_identity(path: Path) -> Identity:
    """The identity in the file, which holds the secret key in hexadecimal.

    Raises DamagedKey, with a sentence for people, and OSError (FileNotFoundError if there is no such file).
    """
    try:
        secret = bytes.fromhex(path.read_text("ascii").strip())
    except ValueError as error:  # UnicodeDecodeError is one
        raise DamagedKey(f"{path} holds no key; restore it from a backup or move it away") from error
    if len(secret) != KEY_BYTES:
        raise DamagedKey(f"{path} holds no key; restore it from a backup or move it away")
    return Identity.of_secret(secret)
