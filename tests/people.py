"""People of the tests with keys of their own: the same name has the same key in every test and on both sides."""

from functools import cache
from hashlib import sha256

from zchat_common import messages as m
from zchat_common.identity import Identity
from zchat_common.names import fold
from zchat_common.whispers import Party, Whisperer


@cache
def identity_of(name: str) -> Identity:
    """Whoever goes by this name, in any case."""
    return Identity.of_secret(sha256(fold(name).encode()).digest())


def key_of(name: str) -> bytes:
    """His public key."""
    return identity_of(name).public


@cache
def whisperer(name: str) -> Whisperer:
    """His end of his whispers."""
    return Whisperer(identity_of(name))


def sealed(text: str, sender: str, recipient: str, *, n: int = 1, key: bytes | None = None) -> bytes:
    """The body of a whisper from one to the other; sealed for ``key`` if that is not the recipient's own."""
    party = Party(fold(recipient), key or key_of(recipient))
    return whisperer(sender).seal(text, fold(sender), party, 1, n)


def text_in(whisper: m.Whisper) -> str:
    """What its recipient reads. Raises CannotOpen."""
    sender, recipient = fold(whisper.sender), fold(whisper.recipient)
    return whisperer(recipient).open(whisper.body, sender, recipient, own=False).text
