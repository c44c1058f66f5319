"""Whispers, sealed end to end: broker and database hold bytes that only sender and recipient can open.

A body is ``version instance n sender's key recipient's key ciphertext`` (``docs/protocol.md``, whispers). The key of
each whisper comes from the X25519 secret of the two identities by HKDF-SHA256, with (instance, n), the numbers under
which the command was first sealed, as salt. So no two texts ever share a key, which is why the nonce may be constant.
"""

import struct
from functools import lru_cache
from hashlib import sha512
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from zchat_common.identity import KEY_BYTES, Identity

_VERSION: Final = 1
_HEADER: Final = struct.Struct(">BQQ32s32s")
_SALT: Final = struct.Struct(">QQ")
_LENGTH: Final = struct.Struct(">H")
_NONCE: Final = bytes(12)
_WHISPER_LABEL: Final = b"zchat whisper 1"
_CODE_LABEL: Final = b"zchat safety code 1"
# What is said in chat mostly fits one or two small steps; a long text hides among fewer sizes.
_SMALL_STEP_BYTES, _SMALL_UP_TO_BYTES, _LARGE_STEP_BYTES = 64, 1024, 1024
# X25519 takes ten times as long as the rest of a whisper, and a secret of 32 bytes is cheap to keep.
_SECRETS_KEPT: Final = 1024
# 12 groups of five digits are 199 bits. Whoever stands in the middle may choose a key on either side, so he looks for
# a collision, which costs the square root: 2^99.
_CODE_GROUPS, _CODE_GROUP_BYTES, _CODE_GROUP_DIGITS = 12, 5, 5


class CannotOpen(ValueError):
    """The body is no whisper between these two, or was changed on its way."""


class BadKey(ValueError):
    """A public key with which nothing can be sealed."""


class Party(NamedTuple):
    """One of the two: his folded name and his public key."""

    folded: str
    key: bytes


class OpenedWhisper(NamedTuple):
    """What was in a body. The text is as its writer sealed it: clean it before it reaches a screen."""

    text: str
    sender_key: bytes
    recipient_key: bytes


class Whisperer:
    """A user's end of his whispers: seals what he sends, opens what he gets and what he has sent."""

    def __init__(self, identity: Identity) -> None:
        self.key = identity.public
        self._secret = X25519PrivateKey.from_private_bytes(identity.secret)
        self._shared = lru_cache(_SECRETS_KEPT)(self._exchange)

    def seal(self, text: str, sender: str, recipient: Party, instance: int, n: int) -> bytes:
        """The body of a whisper from the folded name ``sender``.

        (instance, n) must never be given again with another text. Raises BadKey.
        """
        plain = text.encode()
        plain = _LENGTH.pack(len(plain)) + plain
        plain += bytes(_padded(len(plain)) - len(plain))
        aead = self._aead(Party(sender, self.key), recipient, recipient.key, instance, n)
        header = _HEADER.pack(_VERSION, instance, n, self.key, recipient.key)
        return header + aead.encrypt(_NONCE, plain, header)

    def open(self, body: bytes, sender: str, recipient: str, *, own: bool) -> OpenedWhisper:
        """The whisper from one folded name to the other; ``own`` if it is the sender who opens it. Raises CannotOpen.

        That one of the keys in the body is ours is checked here; whether the other one is whose it should be is for
        the caller to say.
        """
        if len(body) < _HEADER.size:
            raise CannotOpen("too short for a whisper")
        header = body[: _HEADER.size]
        version, instance, n, sender_key, recipient_key = _HEADER.unpack(header)
        if version != _VERSION:
            raise CannotOpen("sealed in a way that this version does not know")
        mine, other = (sender_key, recipient_key) if own else (recipient_key, sender_key)
        if mine != self.key:
            raise CannotOpen("sealed for another key")
        try:
            aead = self._aead(Party(sender, sender_key), Party(recipient, recipient_key), other, instance, n)
            plain = aead.decrypt(_NONCE, body[_HEADER.size :], header)
        except (InvalidTag, BadKey) as error:
            raise CannotOpen("not what the sender sealed") from error
        return OpenedWhisper(_text(plain), sender_key, recipient_key)

    def _aead(self, sender: Party, recipient: Party, other: bytes, instance: int, n: int) -> ChaCha20Poly1305:
        info = _WHISPER_LABEL + _encoded(sender) + _encoded(recipient)
        derived = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=_SALT.pack(instance, n), info=info)
        return ChaCha20Poly1305(derived.derive(self._shared(other)))

    def _exchange(self, other: bytes) -> bytes:
        try:
            return self._secret.exchange(X25519PublicKey.from_public_bytes(other))
        except ValueError as error:  # not 32 bytes, or a point that makes every secret the same
            raise BadKey("not a key to seal with") from error


def safety_code(one: Party, other: Party) -> str:
    """What two people read to each other to be sure that nobody is in between: the same code on both sides."""
    digest = sha512(_CODE_LABEL + b"".join(sorted((_encoded(one), _encoded(other))))).digest()
    groups = [digest[start : start + _CODE_GROUP_BYTES] for start in range(0, _CODE_GROUPS * _CODE_GROUP_BYTES, 5)]
    return " ".join([f"{int.from_bytes(group) % 10**_CODE_GROUP_DIGITS:0{_CODE_GROUP_DIGITS}}" for group in groups])


def _encoded(party: Party) -> bytes:
    name = party.folded.encode()
    return _LENGTH.pack(len(name)) + name + party.key


def _padded(size: int) -> int:
    """The next step at or above a size, so that the length of a whisper tells little about its text."""
    step = _SMALL_STEP_BYTES if size <= _SMALL_UP_TO_BYTES else _LARGE_STEP_BYTES
    return -(-size // step) * step


def _text(plain: bytes) -> str:
    (size,) = _LENGTH.unpack_from(plain) if len(plain) >= _LENGTH.size else (len(plain),)
    if size > len(plain) - _LENGTH.size:
        raise CannotOpen("a length beyond its text")
    return plain[_LENGTH.size : _LENGTH.size + size].decode("utf-8", "replace")
