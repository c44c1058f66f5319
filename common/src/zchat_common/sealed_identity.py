"""An identity on its way to another machine: a small text file that opens with a passphrase only.

    zchat identity 1
    alice
    scrypt 17 8 1 SALT
    SEALED

The secret key is sealed by ChaCha20-Poly1305 under a key that scrypt (RFC 7914) makes of passphrase and salt; the lines
before it are authenticated with it. SALT and SEALED are hexadecimal. (Not PKCS 8, whose passphrase the library
stretches by 2,048 rounds only: a fast machine tries millions a second.)
"""

import os
import unicodedata
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from zchat_common.identity import KEY_BYTES, Identity
from zchat_common.names import BadName, check_name

_FIRST_LINE = "zchat identity 1"
_SALT_BYTES = 16
# 128 MiB and a third of a second for each try.
_LOG_N, _R, _P = 17, 8, 1
# The key seals once.
_NONCE = bytes(12)
_LINES = 4


class CannotOpen(ValueError):
    """A file that is no sealed identity, or not under this passphrase; the text says which."""


class Carried(NamedTuple):
    """A name, as its owner typed it, and its key pair."""

    name: str
    identity: Identity


def seal_identity(carried: Carried, passphrase: str) -> str:
    """The content of the file."""
    salt = os.urandom(_SALT_BYTES)
    header = f"{_FIRST_LINE}\n{carried.name}\nscrypt {_LOG_N} {_R} {_P} {salt.hex()}\n"
    cipher = ChaCha20Poly1305(_stretch(passphrase, salt, _LOG_N))
    return f"{header}{cipher.encrypt(_NONCE, carried.identity.secret, header.encode()).hex()}\n"


def open_identity(content: str, passphrase: str) -> Carried:
    """What was sealed. Raises CannotOpen."""
    lines = content.replace("\r\n", "\n").strip().split("\n")
    if len(lines) != _LINES or lines[0] != _FIRST_LINE:
        raise CannotOpen("that file holds no exported identity")
    header = "".join(f"{line}\n" for line in lines[:3])
    try:
        check_name(lines[1])
        scheme, log_n, r, p, salt = lines[2].split(" ")
        sealed = bytes.fromhex(lines[3])
        if (scheme, int(r), int(p)) != ("scrypt", _R, _P) or int(log_n) < 1:
            raise CannotOpen("that identity was exported by another version of zchat")
        if int(log_n) > _LOG_N:
            # A file from elsewhere might ask for all memory that there is.
            raise CannotOpen(
                "that file asks for more memory than zchat ever needs to open one; export the identity again"
            )
        key = _stretch(passphrase, bytes.fromhex(salt), int(log_n))
        secret = ChaCha20Poly1305(key).decrypt(_NONCE, sealed, header.encode())
    except CannotOpen:
        raise
    except InvalidTag:
        raise CannotOpen("wrong passphrase (or the file was changed)") from None
    except (BadName, ValueError):
        raise CannotOpen("that exported identity is damaged; export it again") from None
    if len(secret) != KEY_BYTES:
        raise CannotOpen("that exported identity is damaged; export it again")
    return Carried(lines[1], Identity.of_secret(secret))


def _stretch(passphrase: str, salt: bytes, log_n: int) -> bytes:
    # Two keyboards may type the same letter in two ways.
    typed = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogateescape")
    return Scrypt(salt=salt, length=32, n=2**log_n, r=_R, p=_P).derive(typed)
