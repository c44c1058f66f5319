"""Messages to bytes and back: the only module that knows how a message looks on the wire.

A message is one MessagePack array: its tag, then its fields in the order of :mod:`zchat_common.messages`. Decoding
checks every type, so that what comes out can be trusted to have the shape it claims. Further elements at the end of an
array are passed over: a later version may add fields there (``docs/protocol.md``, versioning).
"""

from collections.abc import Callable, Iterator
from types import NoneType, UnionType
from typing import Any, Final, NamedTuple, cast, get_args, get_origin, get_type_hints

import msgpack

from zchat_common import messages as m

_TAGS: Final[dict[type, str]] = {
    m.Register: "register",
    m.Ping: "ping",
    m.Do: "do",
    m.AskRoster: "ask_roster",
    m.AskParty: "ask_party",
    m.AskHistory: "ask_history",
    m.AskKeys: "ask_keys",
    m.AskBans: "ask_bans",
    m.AskUser: "ask_user",
    m.Registered: "registered",
    m.Rejected: "rejected",
    m.Answer: "answer",
    m.Refusal: "refusal",
    m.Expected: "expected",
    m.Roster: "roster",
    m.Party: "party",
    m.History: "history",
    m.Keys: "keys",
    m.Bans: "bans",
    m.User: "user",
    m.Denied: "denied",
    m.Ended: "ended",
    m.Probe: "probe",
    m.Say: "say",
    m.Whisper: "whisper",
    m.Delivered: "delivered",
    m.Invited: "invited",
    m.PartyChanged: "party_changed",
    m.Announcement: "announcement",
    m.Moderated: "moderated",
    m.Pong: "pong",
    m.Presence: "presence",
    m.NewKey: "new_key",
    m.Stopping: "stopping",
}

# MessagePack knows larger integers; nothing here does, and SQLite could not keep them.
_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1
# The array that a roster is, as far as its tag.
_ROSTER_HEAD: Final[bytes] = msgpack.Packer().pack_array_header(1 + len(m.Roster._fields)) + msgpack.packb(
    _TAGS[m.Roster]
)
# An array is made as long as it claims to be before its elements come: without this 32 KiB from a stranger, claims
# within claims, took 80 MiB and a quarter of a second.
_UPSTREAM_ARRAY_MAX = 256


class WireError(ValueError):
    """The bytes are no message of this protocol; the sender is at fault."""


class UnknownType(WireError):
    """The bytes are a well-formed message of a type that this version does not know."""


Convert = Callable[[object], object]


class _Decoder(NamedTuple):
    """How the fields of a message become one."""

    cls: type
    converts: tuple[Convert, ...]
    # The type of each field; None if there are several for one, or if it is built of parts.
    shape: tuple[type, ...] | None
    # The fields of such a shape that have to be looked into: integers have a range, arrays have elements.
    looked_into: tuple[tuple[int, Convert], ...]


# Kept, since making one costs as much as packing with it. Packing never lets another thread in between.
_pack: Final = msgpack.Packer().pack


def encode(message: m.Message) -> bytes:
    """The bytes of a message."""
    return cast("bytes", _pack((_TAGS[type(message)], *message)))


def pack_roster(version: int, entries: tuple[m.RosterEntry, ...]) -> bytes:
    """What all who ask for the roster are told alike, to be encoded once: for :func:`roster_reply`."""
    return cast("bytes", msgpack.packb(version)) + cast("bytes", msgpack.packb(entries))


def roster_reply(ask: int, packed: bytes) -> bytes:
    """The bytes of a :class:`~zchat_common.messages.Roster` that answers this question."""
    return _ROSTER_HEAD + cast("bytes", msgpack.packb(ask)) + packed


def decode_upstream(payload: bytes) -> m.Upstream:
    """What a client sent. Raises WireError (or its UnknownType)."""
    return cast("m.Upstream", _build(_UPSTREAM, _unpack(payload, max_array_len=_UPSTREAM_ARRAY_MAX)))


def decode_downstream(frame: bytes) -> Iterator[m.Downstream]:
    """The messages of one frame of the commands link, in order; those of an unknown type are passed over.

    Raises WireError.
    """
    for value, _ in _values(frame):
        try:
            yield cast("m.Downstream", _build(_DOWNSTREAM, value))
        except UnknownType:
            continue


def decode_kept(payload: bytes) -> m.Kept | m.Unknown:
    """One message as the store keeps it and a history page carries it. Raises WireError.

    A type that this version does not know still has its place in the topic: it comes back as Unknown.
    """
    value = _unpack(payload)
    try:
        return cast("m.Kept", _build(_KEPT, value))
    except UnknownType:
        return cast("m.Unknown", _fields(_UNKNOWN, cast("tuple[object, ...]", value)[1:]))


def decode_kept_answers(payload: bytes) -> list[m.Answer | m.Refusal]:
    """Answers to commands, one after another, as the broker's own store keeps them. Raises WireError.

    The types of the fields are not checked again: a start reads 256 answers for each user, and takes half the time.
    """
    try:
        return [_ANSWERS[value[0]]._make(value[1:]) for value, _ in _values(payload)]  # type: ignore[index]
    except (IndexError, KeyError, TypeError) as error:
        raise WireError(f"no answer: {error}") from error


def decode_frame(plain: bytes) -> Iterator[tuple[m.Published, bytes]]:
    """The messages of one opened frame, in order, each with its bytes; those of an unknown type are passed over.

    Raises WireError.
    """
    for value, body in _values(plain):
        try:
            yield cast("m.Published", _build(_PUBLISHED, value)), body
        except UnknownType:
            continue


def _values(plain: bytes) -> Iterator[tuple[object, bytes]]:
    unpacker = msgpack.Unpacker(use_list=False, max_buffer_size=len(plain))
    end = 0
    try:
        unpacker.feed(plain)
        for value in unpacker:
            begin, end = end, unpacker.tell()
            yield value, plain[begin:end]
    except (ValueError, msgpack.UnpackException) as error:
        raise WireError(f"not MessagePack: {error}") from error
    if end != len(plain):
        raise WireError("the last message of the frame breaks off")


def _unpack(payload: bytes, max_array_len: int = -1) -> object:
    try:
        return msgpack.unpackb(payload, use_list=False, max_array_len=max_array_len)
    except (ValueError, msgpack.UnpackException) as error:
        raise WireError(f"not MessagePack: {error}") from error


def _build(table: dict[str, _Decoder], value: object) -> object:
    if type(value) is not tuple or not value or type(value[0]) is not str:
        raise WireError("a message is an array that begins with its type")
    entry = table.get(value[0])
    if entry is None:
        raise UnknownType(f"unknown message type {value[0][:40]!r}")
    return _fields(entry, value[1:])


def _fields(entry: _Decoder, values: tuple[object, ...]) -> object:
    cls, converts, shape, looked_into = entry
    if tuple(map(type, values)) == shape:
        # All types at one stroke, which takes half the time of a look at each.
        for index, convert in looked_into:
            convert(values[index])
        return cls(*values)
    if len(values) < len(converts):
        raise WireError(f"{cls.__name__} has {len(converts)} fields, not {len(values)}")
    # A later version may add fields at the end, so surplus values are not an error.
    return cls(*[convert(value) for convert, value in zip(converts, values, strict=False)])


# -- converters, built once from the annotations --------------------------------------------------------------------


def _exactly(wanted: type) -> Convert:
    def convert(value: object) -> object:
        if type(value) is not wanted:
            raise WireError(f"expected {wanted.__name__}, not {type(value).__name__}")
        return value

    return convert


def _integer(value: object) -> object:
    if type(value) is not int:
        raise WireError(f"expected int, not {type(value).__name__}")
    if not _INT_MIN <= value <= _INT_MAX:
        raise WireError("an integer beyond 64 bits with sign")
    return value


def _one_of(wanted: tuple[type, ...]) -> Convert:
    def convert(value: object) -> object:
        if type(value) not in wanted:
            raise WireError(f"unexpected {type(value).__name__}")
        return _integer(value) if type(value) is int else value

    return convert


def _many_of(wanted: tuple[type, ...]) -> Convert:
    one_by_one = _many(_one_of(wanted))
    as_they_are = frozenset(wanted) - {int}

    def convert(value: object) -> object:
        if type(value) is tuple and as_they_are.issuperset(map(type, value)):
            return value
        return one_by_one(value)

    return convert


def _many(each: Convert) -> Convert:
    def convert(value: object) -> object:
        if type(value) is not tuple:
            raise WireError(f"expected an array, not {type(value).__name__}")
        return tuple([each(item) for item in value])

    return convert


def _optional(inner: Convert) -> Convert:
    return lambda value: None if value is None else inner(value)


def _part(cls: type) -> Convert:
    entry = _decoder(cls)

    def convert(value: object) -> object:
        if type(value) is not tuple:
            raise WireError(f"expected an array, not {type(value).__name__}")
        return _fields(entry, value)

    return convert


def _converter(hint: Any) -> Convert:
    if get_origin(hint) is tuple:
        inner = get_args(hint)[0]
        return _many_of(get_args(inner)) if isinstance(inner, UnionType) else _many(_converter(inner))
    if isinstance(hint, UnionType):
        rest = [arm for arm in get_args(hint) if arm is not NoneType]
        if len(rest) == 1:
            return _optional(_converter(rest[0]))
        return _one_of(get_args(hint))
    if hint is int:
        return _integer
    if hint in (str, bool, bytes):
        return _exactly(hint)
    return _part(hint)


def _plain_type(hint: Any) -> type | None:
    """The one type of a field that comes out as it came in."""
    if hint in (int, str, bool, bytes):
        return cast("type", hint)
    if get_origin(hint) is not tuple:
        return None
    element = get_args(hint)[0]
    kinds = get_args(element) or (element,)
    return tuple if all(kind in (int, str, bool, bytes, NoneType) for kind in kinds) else None


def _decoder(cls: type) -> _Decoder:
    hints = get_type_hints(cls).values()
    converts = tuple(_converter(hint) for hint in hints)
    types = [_plain_type(hint) for hint in hints]
    shape = tuple([each for each in types if each is not None])
    looked_into = tuple([(index, converts[index]) for index, each in enumerate(types) if each in (int, tuple)])
    return _Decoder(cls, converts, shape if len(shape) == len(types) else None, looked_into)


def _table(union: Any) -> dict[str, _Decoder]:
    return {_TAGS[cls]: _decoder(cls) for cls in get_args(union)}


_UPSTREAM: Final = _table(m.Upstream)
_DOWNSTREAM: Final = _table(m.Downstream)
_KEPT: Final = _table(m.Kept)
_UNKNOWN: Final = _decoder(m.Unknown)
_PUBLISHED: Final = _table(m.Published)
_ANSWERS: Final[dict[object, type[m.Answer] | type[m.Refusal]]] = {_TAGS[cls]: cls for cls in (m.Answer, m.Refusal)}
