"""Every message becomes bytes and comes back; whatever else arrives is a WireError and nothing worse."""

import random
import tracemalloc
from collections.abc import Callable, Iterator
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zchat_common import messages as m
from zchat_common import wire
from zchat_common.limits import COMMAND_MAX_BYTES, FRAME_MAX_BYTES

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
UPSTREAM: tuple[type, ...] = get_args(m.Upstream)
DOWNSTREAM: tuple[type, ...] = get_args(m.Downstream)
PUBLISHED: tuple[type, ...] = get_args(m.Published)
KEPT: tuple[type, ...] = get_args(m.Kept)
MESSAGES = UPSTREAM + DOWNSTREAM + PUBLISHED
DECODERS: tuple[Callable[[bytes], object], ...] = (
    wire.decode_upstream,
    wire.decode_kept,
    wire.decode_kept_answers,
    lambda payload: list(wire.decode_downstream(payload)),
    lambda payload: [message for message, _ in wire.decode_frame(payload)],
)
# One value of every kind that MessagePack has, and whole numbers at the edges.
ANYTHING: tuple[object, ...] = (
    *(None, True, 0, -1, INT_MIN, INT_MAX, 2**63, 2**64 - 1, 1.5, "text", "", b"bytes", b""),
    *([], [1], ["text"], [[]], {}, {"key": 1}, msgpack.ExtType(5, b"x"), msgpack.Timestamp(1)),
)

# There are many messages, and what is tested is the same few converters.
few = settings(max_examples=25)
each_message = pytest.mark.parametrize("cls", MESSAGES, ids=lambda cls: cls.__name__)


def arms(hint: Any) -> tuple[Any, ...]:
    """The types that a field may have."""
    return get_args(hint) if isinstance(hint, UnionType) else (hint,)


def fields(cls: type) -> list[Any]:
    """The types of a message's fields, in their order."""
    return list(get_type_hints(cls).values())


def drawn(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a field."""
    if isinstance(hint, UnionType):
        return st.one_of([drawn(arm) for arm in arms(hint)])
    if get_origin(hint) is tuple:
        return st.lists(drawn(get_args(hint)[0]), max_size=3).map(tuple)
    simple: dict[Any, st.SearchStrategy[Any]] = {
        NoneType: st.none(),
        bool: st.booleans(),
        int: st.integers(INT_MIN, INT_MAX),
        str: st.text(max_size=20),
        bytes: st.binary(max_size=20),
    }
    return simple[hint] if hint in simple else st.builds(hint, *[drawn(each) for each in fields(hint)])


def sample(hint: Any) -> Any:
    """One value of a field, with something in every array and optional."""
    if get_origin(hint) is tuple:
        return (sample(get_args(hint)[0]),) * 2
    (first, *_) = [arm for arm in arms(hint) if arm is not NoneType]
    simple: dict[Any, object] = {bool: True, int: 7, str: "seven", bytes: b"\x07"}
    return simple[first] if first in simple else first(*[sample(each) for each in fields(first)])


def fits(hint: Any, value: object) -> bool:
    """Whether a field may have this value, as it comes out of MessagePack."""
    if get_origin(hint) is tuple:
        return isinstance(value, list) and all(fits(get_args(hint)[0], each) for each in value)
    if isinstance(hint, UnionType):
        return any(fits(arm, value) for arm in arms(hint))
    if hint is int:
        return type(value) is int and INT_MIN <= value <= INT_MAX
    if hint in (str, bytes, bool, NoneType):
        return type(value) is hint
    wanted = fields(hint)
    return isinstance(value, list) and len(value) >= len(wanted) and all(map(fits, wanted, value))


def lists(value: object) -> object:
    """Tuples as the arrays that they are on the wire."""
    return [lists(each) for each in value] if isinstance(value, tuple) else value


def elements(message: m.Message) -> list[Any]:
    """A message as the array on the wire: its tag and its fields."""
    unpacked: list[Any] = msgpack.unpackb(wire.encode(message))
    return unpacked


def packed(value: object) -> bytes:
    data: bytes = msgpack.packb(value)
    return data


def decoder_of(cls: type) -> Callable[[bytes], object]:
    """Who decodes this message; of a frame the only message in it."""
    if cls in UPSTREAM:
        return wire.decode_upstream
    if cls in DOWNSTREAM:
        return lambda payload: next(wire.decode_downstream(payload))
    return lambda payload: next(iter(wire.decode_frame(payload)))[0]


# -- what is well formed --------------------------------------------------------------------------------------------


@each_message
@few
@given(data=st.data())
def test_every_message_comes_back_as_it_was(cls: type, data: st.DataObject) -> None:
    message = data.draw(drawn(cls))
    back = decoder_of(cls)(wire.encode(message))
    # A named tuple equals any tuple: the repr tells that every part has its type again.
    assert repr(back) == repr(message)


@pytest.mark.parametrize("cls", KEPT, ids=lambda cls: cls.__name__)
@few
@given(data=st.data())
def test_what_the_store_keeps_comes_back_as_it_was(cls: type, data: st.DataObject) -> None:
    message = data.draw(drawn(cls))
    assert repr(wire.decode_kept(wire.encode(message))) == repr(message)


@pytest.mark.parametrize("cls", [m.Answer, m.Refusal], ids=lambda cls: cls.__name__)
@few
@given(data=st.data())
def test_an_answer_that_the_store_keeps_comes_back_as_it_was(cls: type, data: st.DataObject) -> None:
    message = data.draw(drawn(cls))
    body = wire.encode(message)
    assert repr(wire.decode_kept_answers(body + body)) == repr([message, message])


def test_what_the_store_keeps_as_an_answer_is_one() -> None:
    short = packed(elements(sample(m.Answer))[:-1])
    for payload in (short, wire.encode(sample(m.Expected)), b"\x93", packed([]), packed("answer"), packed([[], 1])):
        with pytest.raises(wire.WireError):
            wire.decode_kept_answers(payload)


def test_every_message_has_a_tag_of_its_own() -> None:
    tags = {elements(sample(cls))[0] for cls in MESSAGES}
    assert len(tags) == len(MESSAGES)


def test_a_message_is_an_array_of_its_tag_and_its_fields_in_order() -> None:
    assert elements(m.Say(3, 1_700_000_000_000, "Alice", "hi", False)) == [
        *("say", 3, 1_700_000_000_000, "Alice", "hi", False)
    ]


@given(st.lists(st.sampled_from(PUBLISHED), max_size=6).flatmap(lambda each: st.tuples(*map(drawn, each))))
def test_a_frame_holds_messages_one_after_another(messages: tuple[m.Published, ...]) -> None:
    plain = b"".join(wire.encode(message) for message in messages)
    assert repr(tuple(message for message, _ in wire.decode_frame(plain))) == repr(messages)


# -- later versions -------------------------------------------------------------------------------------------------


@each_message
def test_surplus_fields_are_passed_over(cls: type) -> None:
    message = sample(cls)
    payload = packed([*elements(message), "of a later version", [1, {"x": None}]])
    assert decoder_of(cls)(payload) == message


def test_surplus_fields_of_a_part_are_passed_over() -> None:
    payload = packed(["party", 1, ["p1", "Alice", ["Alice"], "later"]])
    assert list(wire.decode_downstream(payload)) == [m.Party(1, m.PartyState("p1", "Alice", ("Alice",)))]


def test_an_unknown_type_is_told_apart_from_nonsense() -> None:
    with pytest.raises(wire.UnknownType, match="'dance'"):
        wire.decode_upstream(packed(["dance", 1, 2]))


@pytest.mark.parametrize("cls", UPSTREAM, ids=lambda cls: cls.__name__)
def test_what_only_a_client_says_is_unknown_from_a_broker(cls: type) -> None:
    payload = wire.encode(sample(cls))
    assert list(wire.decode_downstream(payload)) == []
    assert list(wire.decode_frame(payload)) == []


@pytest.mark.parametrize("cls", DOWNSTREAM + PUBLISHED, ids=lambda cls: cls.__name__)
def test_what_only_a_broker_says_is_unknown_from_a_client(cls: type) -> None:
    with pytest.raises(wire.UnknownType):
        wire.decode_upstream(wire.encode(sample(cls)))


def test_a_long_unknown_type_is_not_repeated_whole() -> None:
    with pytest.raises(wire.UnknownType) as unknown:
        wire.decode_upstream(packed(["x" * 10_000]))
    assert len(str(unknown.value)) < 100


def test_a_frame_passes_over_messages_of_unknown_types() -> None:
    known = m.Stopping("update")
    plain = packed(["dance", 1]) + wire.encode(known) + packed(["sing"])
    assert [message for message, _ in wire.decode_frame(plain)] == [known]


def test_a_kept_message_of_an_unknown_type_keeps_its_place() -> None:
    assert wire.decode_kept(packed(["dance", 41, 1_700, "what", "ever"])) == m.Unknown(41, 1_700)


@pytest.mark.parametrize("rest", [[], [41], ["41", 1_700], [41, None], [2**63, 1_700]])
def test_a_kept_message_of_an_unknown_type_has_at_least_a_seq_and_a_time(rest: list[object]) -> None:
    with pytest.raises(wire.WireError):
        wire.decode_kept(packed(["dance", *rest]))


# -- what is not ----------------------------------------------------------------------------------------------------


@each_message
def test_every_truncation_is_refused(cls: type) -> None:
    payload = wire.encode(sample(cls))
    for end in range(len(payload)):
        for decode in (wire.decode_upstream, wire.decode_kept):
            with pytest.raises(wire.WireError):
                decode(payload[:end])
        if end:
            with pytest.raises(wire.WireError):
                list(wire.decode_frame(wire.encode(m.Stopping("")) + payload[:end]))
            with pytest.raises(wire.WireError):
                list(wire.decode_downstream(wire.encode(m.Probe()) + payload[:end]))


def test_a_frame_that_breaks_off_gives_what_came_before() -> None:
    first, second = m.Stopping("one"), m.Stopping("two")
    found: list[tuple[m.Published, bytes]] = []
    messages = wire.decode_frame(wire.encode(first) + wire.encode(second)[:-1])
    with pytest.raises(wire.WireError, match="breaks off"):
        found.extend(messages)
    assert found == [(first, wire.encode(first))]
    assert list(wire.decode_frame(b"")) == []


@each_message
def test_every_missing_field_is_refused(cls: type) -> None:
    whole = elements(sample(cls))
    for count in range(len(whole)):
        with pytest.raises(wire.WireError):
            decoder_of(cls)(packed(whole[:count]))


@each_message
def test_every_field_takes_its_own_type_only(cls: type) -> None:
    whole = elements(sample(cls))
    for place, hint in enumerate(fields(cls), start=1):
        for value in ANYTHING:
            payload = packed([*whole[:place], value, *whole[place + 1 :]])
            if fits(hint, value):
                decoder_of(cls)(payload)
                continue
            with pytest.raises(wire.WireError):
                decoder_of(cls)(payload)


def changed_parts(value: Any) -> Iterator[Any]:
    """The value with one thing somewhere inside it replaced."""
    yield from ANYTHING
    if isinstance(value, list):
        for place, part in enumerate(value):
            for other in changed_parts(part):
                yield [*value[:place], other, *value[place + 1 :]]


@pytest.mark.parametrize("cls", [m.Registered, m.Roster, m.Pong, m.NewKey, m.Do], ids=lambda cls: cls.__name__)
def test_every_part_of_a_part_takes_its_own_type_only(cls: type) -> None:
    whole = elements(sample(cls))
    for place, hint in enumerate(fields(cls), start=1):
        for value in changed_parts(whole[place]):
            payload = packed([*whole[:place], value, *whole[place + 1 :]])
            if fits(hint, value):
                decoder_of(cls)(payload)
                continue
            with pytest.raises(wire.WireError):
                decoder_of(cls)(payload)


@pytest.mark.parametrize("number", [2**63, 2**64 - 1])
def test_no_integer_is_beyond_64_bits_with_sign(number: int) -> None:
    """SQLite could not keep it."""
    for payload in (
        packed(["ask_roster", b"token", number]),
        packed(["ask_history", b"token", 1, "public", number, None, 20]),
        packed(["do", b"token", number, 1, "back", []]),
        packed(["do", b"token", 1, 1, "received", [number]]),
    ):
        with pytest.raises(wire.WireError, match="64 bits"):
            wire.decode_upstream(payload)


def test_the_largest_and_the_smallest_integer_pass() -> None:
    for number in (INT_MIN, INT_MAX):
        do = m.Do(b"token", 1, 1, "received", (number,))
        assert wire.decode_upstream(wire.encode(do)) == do


@pytest.mark.parametrize(
    "value", [*ANYTHING, ["ping"], [b"ping", b"token", 1, "public"], [["ping"], 1], [None], [7, 1, 2]], ids=repr
)
def test_a_message_is_an_array_that_begins_with_its_type(value: object) -> None:
    for decode in (wire.decode_upstream, wire.decode_kept):
        with pytest.raises(wire.WireError):
            decode(packed(value))


def test_nothing_may_follow_a_message() -> None:
    payload = wire.encode(m.AskRoster(b"token", 1))
    with pytest.raises(wire.WireError):
        wire.decode_upstream(payload + b"\x00")
    with pytest.raises(wire.WireError):
        wire.decode_upstream(payload + payload)


def test_a_text_must_be_utf_8() -> None:
    for bad in (b"\xff", b"\xed\xa0\x80", b"\xc0\x80"):
        with pytest.raises(wire.WireError):
            wire.decode_upstream(packed(["register", 1]) + bad)
        payload = wire.encode(m.AskHistory(b"t", 1, "?" * len(bad), None, None, 1)).replace(b"?" * len(bad), bad)
        with pytest.raises(wire.WireError):
            wire.decode_upstream(payload)


# -- what a stranger sends ------------------------------------------------------------------------------------------


def test_five_thousand_random_and_mutated_payloads_raise_nothing_but_wire_errors() -> None:
    dice = random.Random(20_261_122)
    whole = [wire.encode(sample(cls)) for cls in MESSAGES]
    for number in range(5_000):
        payload = (
            dice.randbytes(dice.randrange(60)) if number % 5 == 0 else mutated(dice, bytearray(dice.choice(whole)))
        )
        for decode in DECODERS:
            try:
                decode(payload)
            except wire.WireError:
                continue


def mutated(dice: random.Random, payload: bytearray) -> bytes:
    """The payload with a few bytes changed, removed or put in."""
    for _ in range(dice.randrange(1, 5)):
        place = dice.randrange(len(payload) + 1)
        match dice.randrange(4):
            case 0:
                payload[place : place + 1] = dice.randbytes(1)
            case 1:
                payload[place:place] = dice.randbytes(dice.randrange(1, 4))
            case 2:
                del payload[place : place + dice.randrange(1, 4)]
            case _:
                # The heads of arrays, maps, strings, extensions and long numbers.
                payload[place : place + 1] = bytes([dice.randrange(0xC0, 0xE0)])
    return bytes(payload)


@pytest.mark.parametrize(
    "head", [b"\xdd\x00\x00\x7f\xf0", b"\xdc\x7f\xf0", b"\xdf\x00\x00\x3f\xf0", b"\xdd\xff\xff\xff\xff"]
)
def test_a_command_that_claims_endless_arrays_costs_no_more_than_its_size(head: bytes) -> None:
    """Each head makes an array of the length that it claims: 32 KiB of them took 80 MiB and a quarter of a second."""
    payload = (head * COMMAND_MAX_BYTES)[:COMMAND_MAX_BYTES]
    tracemalloc.start()
    try:
        with pytest.raises(wire.WireError):
            wire.decode_upstream(payload)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * 1024 * 1024


@pytest.mark.parametrize("open_array", [b"\x91", b"\x81\xa1x"])
def test_deep_nesting_is_refused(open_array: bytes) -> None:
    payload = open_array * 10_000
    for decode in DECODERS:
        with pytest.raises(wire.WireError):
            decode(payload)


def test_a_frame_as_large_as_frames_get_is_read_and_an_endless_one_refused() -> None:
    text = wire.encode(m.Say(1, 1, "Alice", "x" * 4_000, False))
    count = FRAME_MAX_BYTES // len(text)
    assert len(list(wire.decode_frame(text * count))) == count
    with pytest.raises(wire.WireError):
        list(wire.decode_frame(b"\xc0" * 3 * 1024 * 1024))


@pytest.mark.parametrize("ask", [0, 1, 127, 128, -1, 2**40, 2**63 - 1])
@pytest.mark.parametrize("size", [0, 1, 1_000])
def test_a_roster_that_is_packed_once_answers_everybody(ask: int, size: int) -> None:
    entries = tuple([m.RosterEntry(f"user{number}", "away", 2**41, "lunch") for number in range(size)])
    for version in (0, 200, 2**40):
        roster = m.Roster(ask, version, entries)
        assert wire.roster_reply(ask, wire.pack_roster(version, entries)) == wire.encode(roster)
