"""Messages that nearly are ones of the protocol: valid ones, made by its own types, and spoiled field by field."""

import random
import struct
from copy import deepcopy
from types import NoneType, UnionType
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

import msgpack

from zchat_common import messages as m
from zchat_common import wire

_TAGS: Final = wire._TAGS
_INTS: Final = (0, 1, 2, 3, 7, 200, -1, 2**31, 2**63 - 1, -(2**63), 1_700_000_000_000)
_STRINGS: Final = (
    *("", "alice", "Bob", "public", "user.alice", "party.x", "say", "whisper", "party_invite", "away", "sealed"),
    *("online", "joined", "left", "offline", "{", "{0}", "a\nb", "\x1b[2J", "\u202e", "x" * 300, "\x00", "e\u0301"),
)
_BYTES: Final = (b"", b"t" * 16, b"k" * 32, bytes(81), b"\x01" + b"x" * 200)
# No message has one of these anywhere, or not in most places.
_ODD: Final[tuple[Any, ...]] = (
    *(None, True, 1.5, float("nan"), -1, 2**63 - 1, 2**64 - 1, -(2**63), "", b"", "x" * 9000, b"x" * 9000),
    *([], [[]], [None] * 300, {}, {"a": 1}, msgpack.ExtType(5, b"x"), msgpack.Timestamp(1, 2)),
)
_DEEP: Final = b"\x91" * 600
_CLAIMS: Final = (b"\xdd\xff\xff\xff\xff", b"\xdc\xff\xff", b"\xdb\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff", b"\xc1")


class Grammar:
    """Draws messages; the same seed draws the same ones."""

    def __init__(self, seed: int, tokens: tuple[bytes, ...] = ()) -> None:
        """``tokens`` are of sessions that live, so that some of what is drawn is looked at more closely."""
        self.random = random.Random(seed)
        self.tokens = tokens

    def message(self, union: Any) -> m.Message:
        """A message of one of these types, whose fields are what they should be."""
        cls = self.random.choice(get_args(union))
        values = [self._value(hint) for hint in get_type_hints(cls).values()]
        if cls in get_args(m.Upstream) and cls is not m.Register and self.tokens:
            values[0] = self.random.choice(self.tokens)
        found: m.Message = cls(*values)
        # Who leaves is not looked at any more.
        return found._replace(op="back") if isinstance(found, m.Do) and found.op == "exit" else found

    def kept(self, seq: int) -> m.Kept:
        """A message with its place in a topic, whatever its other fields say."""
        cls = self.random.choice(get_args(m.Kept))
        found: m.Kept = cls(*[self._value(hint) for hint in get_type_hints(cls).values()])
        return found._replace(seq=seq)

    def spoiled(self, union: Any) -> bytes:
        """The bytes of such a message with something wrong with it, mostly."""
        message = self.message(union)
        fields: list[Any] = [_TAGS[type(message)], *_plain(message)]
        for _ in range(self.random.choice((0, 1, 1, 1, 2))):
            self._spoil(fields)
        packed: bytes = msgpack.packb(fields)
        return self._spoil_bytes(packed) if self.random.random() < 0.3 else packed

    def spoiled_bytes(self, data: bytes) -> bytes:
        """Other bytes, not far from these."""
        return self._spoil_bytes(data)

    def _spoil(self, fields: list[Any]) -> None:
        place = self.random.randrange(len(fields)) if fields else 0
        if fields and isinstance(fields[place], list) and fields[place] and self.random.random() < 0.6:
            self._spoil(fields[place])
            return
        match self.random.randrange(6) if fields else 3:
            case 0 | 1:
                fields[place] = deepcopy(self.random.choice(_ODD))
            case 2:
                del fields[place]
            case 3:
                fields.insert(place, deepcopy(self.random.choice(_ODD)))
            case 4:
                fields[place] = [fields[place]]
            case _:
                self.random.shuffle(fields)

    def _spoil_bytes(self, data: bytes) -> bytes:
        place = self.random.randrange(len(data) + 1)
        match self.random.randrange(5):
            case 0:
                return data[:place]
            case 1:
                return data[:place] + self.random.choice(_CLAIMS) + data[place:]
            case 2:
                return data[:place] + _DEEP + data[place:]
            case 3:
                return data + data
            case _:
                return data[:place] + self.random.randbytes(3) + data[place + 3 :]

    def _value(self, hint: Any) -> Any:
        if get_origin(hint) is tuple:
            return tuple([self._value(get_args(hint)[0]) for _ in range(self.random.randrange(4))])
        if get_origin(hint) is Literal:
            return self.random.choice(get_args(hint))
        if isinstance(hint, UnionType):
            return self._value(self.random.choice(get_args(hint)))
        simple = {int: _INTS, str: _STRINGS, bytes: _BYTES, bool: (False, True), NoneType: (None,)}
        if hint in simple:
            return self.random.choice(simple[hint])
        return hint(*[self._value(each) for each in get_type_hints(hint).values()])


def _plain(value: Any) -> Any:
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def zmtp(kind: bytes, body: bytes, *, flags: int = 0) -> bytes:
    """A frame of ZMTP 3, as a peer without a library would write it; ``kind`` is put before the body."""
    data = kind + body
    return struct.pack(">BQ", flags | 2, len(data)) + data
