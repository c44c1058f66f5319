"""The introduction: what a broker says to whoever connects to its third port, before anything else.

One line of ASCII over plain TCP: ``zchat VERSION COMMANDS_PORT TOPICS_PORT KEY`` and a newline; KEY is the broker's
CURVE public key in hexadecimal. It is not secret; the client pins it on first use as ssh does with ``known_hosts``.
"""

import base64
import hashlib
from dataclasses import dataclass

MAX_BYTES = 256
KEY_BYTES = 32
_MAGIC = "zchat"
_WORDS = 5


class IntroductionError(ValueError):
    """What answered on the introductions port is no zchat broker."""


@dataclass(frozen=True, slots=True)
class Introduction:
    """A broker's first words: protocol version, its two ports and its CURVE public key (32 bytes)."""

    version: int
    commands_port: int
    topics_port: int
    key: bytes


def encode_introduction(introduction: Introduction) -> bytes:
    """The line to send."""
    i = introduction
    return f"{_MAGIC} {i.version} {i.commands_port} {i.topics_port} {i.key.hex()}\n".encode()


def decode_introduction(line: bytes) -> Introduction:
    """The introduction in a line. Raises IntroductionError. A later version may add words; they are passed over."""
    if not line:
        raise IntroductionError(
            "what listens there hangs up at once: a zchat broker does so to an address with too many connections"
        )
    words = line.decode("ascii", "replace").split()
    if len(words) < _WORDS or words[0] != _MAGIC:
        raise IntroductionError("what answered there is not a zchat broker")
    try:
        version, commands, topics = (int(word) for word in words[1:4])
        key = bytes.fromhex(words[4])
    except ValueError as error:
        raise IntroductionError("the broker's introduction is damaged") from error
    if len(key) != KEY_BYTES or not (0 < commands < 65536 and 0 < topics < 65536):
        raise IntroductionError("the broker's introduction is damaged")
    return Introduction(version, commands, topics, key)


def fingerprint(key: bytes) -> str:
    """A public key as people compare it: ``SHA256:`` and the digest in base64, as ssh shows host keys."""
    digest = base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")
    return f"SHA256:{digest}"
