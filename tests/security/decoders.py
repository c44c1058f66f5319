"""Everything that makes sense of bytes or texts from elsewhere, as functions that may be given any bytes.

Each returns, or fails an assertion: what a decoder raises for its callers is caught, and nothing else.
"""

import contextlib
import json
import os
import tempfile
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.people import whisperer
from tests.security.grammar import Grammar
from zchat_broker.door import Door, _listed, digest_of
from zchat_broker.machine import CannotStart
from zchat_client.core.contacts import Read
from zchat_client.core.keyring import Keyring
from zchat_client.core.showing import event_of
from zchat_client.jsonl import json_line
from zchat_client.keys import KnownBrokers, KnownContacts
from zchat_client.notes import Notes
from zchat_client.plain import PlainRenderer
from zchat_client.typed import parse
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.durations import BadDuration, parse_duration
from zchat_common.errors import ZchatError
from zchat_common.identity import DamagedKey, Identity, load_identity
from zchat_common.introduction import Introduction, IntroductionError, decode_introduction, encode_introduction
from zchat_common.names import BadName, check_name, fold, skeleton
from zchat_common.sealed_identity import CannotOpen as SealedIdentityError
from zchat_common.sealed_identity import open_identity
from zchat_common.sealing import SealError, SealingKey, take_apart
from zchat_common.text import BadText, check_text, clean_text
from zchat_common.whispers import CannotOpen, Party, _text

Decoder = Callable[[bytes], object]
_KEY: Final = m.TopicKey("public", 7, b"k" * 32)
_plain: Final = PlainRenderer(colours=True)


def upstream(data: bytes) -> None:
    with contextlib.suppress(wire.WireError):
        message = wire.decode_upstream(data)
        assert wire.decode_upstream(wire.encode(message)) == message


def downstream(data: bytes) -> None:
    with contextlib.suppress(wire.WireError):
        for message in wire.decode_downstream(data):
            assert list(wire.decode_downstream(wire.encode(message))) == [message]


def frame(data: bytes) -> None:
    with contextlib.suppress(wire.WireError):
        found = list(wire.decode_frame(data))
        assert b"".join(body for _, body in found) in data
        for message, _ in found:
            wire.encode(message)


def kept(data: bytes) -> None:
    with contextlib.suppress(wire.WireError):
        message = wire.decode_kept(data)
        if not isinstance(message, m.Unknown):
            _shown(message)


def _shown(message: m.Kept) -> None:
    """What a screen is sent of it, whoever made it."""

    def read(whisper: m.Whisper) -> Read:
        return Read(whisper.body.decode("utf-8", "replace"), changed=False)

    event = event_of("public", message, False, read)
    line, words = json_line(event), _plain(event)
    assert "\n" not in line
    json.loads(line)
    bare = (words or "").replace("\x1b[", "")
    assert "\x1b" not in bare, words


def sealed_frame(data: bytes) -> None:
    with contextlib.suppress(SealError):
        parts = take_apart(data)
        assert parts.topic.encode() + b"\0" == data[: len(parts.topic.encode()) + 1]
    keyring = Keyring()
    keyring.add(_KEY)
    with contextlib.suppress(SealError):
        keyring.open(data, lambda _topic: True)


def whisper(data: bytes) -> None:
    for own in (False, True):
        with contextlib.suppress(CannotOpen):
            whisperer("bob").open(data, "alice", "bob", own=own)
    with contextlib.suppress(CannotOpen):
        _text(data)


def introduction(data: bytes) -> None:
    with contextlib.suppress(IntroductionError):
        found = decode_introduction(data)
        assert decode_introduction(encode_introduction(found)) == found


def name(data: bytes) -> None:
    typed = data.decode("utf-8", "surrogateescape")
    with contextlib.suppress(BadName):
        fold(typed)
        folded = check_name(typed)
        assert check_name(folded) == folded == fold(folded)
        assert folded.split() == [folded]
        assert clean_text(typed) == typed
        assert skeleton(folded)
        assert skeleton(typed)
        assert unicodedata.normalize("NFC", folded) == folded
    if len(typed) < 100:
        skeleton(typed)


def text(data: bytes) -> None:
    typed = data.decode("utf-8", "surrogateescape")
    clean = clean_text(typed)
    assert clean_text(clean) == clean
    with contextlib.suppress(BadText):
        checked = check_text(typed)
        assert check_text(checked) == checked == clean_text(checked)


def typed_line(data: bytes) -> None:
    line = data.decode("utf-8", "replace")
    with contextlib.suppress(ZchatError):
        parse(line)
    with contextlib.suppress(BadDuration):
        parse_duration(line)
    digest_of(line)


def _in_file(data: bytes) -> Path:
    folder = Path(tempfile.gettempdir()) / f"zchat-fuzz-{os.getpid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    # Named as an invitation code is: by its digest.
    path = folder / "00.json"
    path.write_bytes(data)
    path.chmod(0o600)
    return path


def file_of_ours(data: bytes) -> None:
    path = _in_file(data)
    try:
        Notes(path).items()
        with contextlib.suppress(DamagedKey):
            KnownContacts(path).read()
        with contextlib.suppress(DamagedKey):
            load_identity(path)
        with contextlib.suppress(ZchatError, DamagedKey):
            KnownBrokers(path).knows("h", 1)
        Door(None, path.parent).issued()
        with contextlib.suppress(CannotStart):
            _listed(path, data.decode("utf-8", "replace"))
        with contextlib.suppress(SealedIdentityError):
            open_identity(data.decode("utf-8", "surrogateescape"), "x")
    finally:
        path.unlink()


DECODERS: Final[dict[str, Decoder]] = {
    each.__name__: each
    for each in (
        *(upstream, downstream, frame, kept, sealed_frame, whisper),
        *(introduction, name, text, typed_line, file_of_ours),
    )
}


def seeds(decoder: str) -> list[bytes]:
    """What it was made for."""
    grammar = Grammar(5)
    unions = {"upstream": m.Upstream, "downstream": m.Downstream, "frame": m.Published, "kept": m.Kept}
    if decoder in unions:
        return [wire.encode(grammar.message(unions[decoder])) for _ in range(60)]
    bob = Party("bob", whisperer("bob").key)
    return {
        "sealed_frame": [SealingKey(_KEY).seal(b"plain")],
        "whisper": [whisperer("alice").seal("psst", "alice", bob, 5, 1), b"\0\4psst\0\0"],
        "introduction": [encode_introduction(Introduction(1, 5555, 5556, b"k" * 32))],
        "name": [
            each.encode()
            for each in ("Alice", "J\u00f6rg", "\u0440\u0430\u0443", "\uff22\uff2f\uff22", "\u05d0\u05d1", "a.b-c_1")
        ],
        "text": [b"hello\r\n\tthere", "\U0001f469\u200d\U0001f680 \u202e".encode()],
        "typed_line": [b"/w bob hi", b"/party invite bob", b"/ban bob for 1h spam", b"//x", b"/history party 5", b"hi"],
        "file_of_ours": [
            b'{"public": 5, "x": null}',
            f"bob {'0' * 64}\n".encode(),
            f"127.0.0.1:5555 {'0' * 64}\n".encode(),
            Identity.create().secret.hex().encode(),
            b'{"expires": 5, "note": "x"}',
            b"SHA256:" + b"A" * 43 + b" # carol\n",
            b"zchat identity 1\nalice\nscrypt 1 8 1 00\n00\n",
        ],
    }[decoder]
