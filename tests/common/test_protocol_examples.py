"""docs/protocol.md against the code: its tables list what there is, its examples are what the code makes of them."""

import contextlib
import hashlib
import hmac
import json
import re
from hashlib import sha256
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final, NamedTuple, cast, get_args, get_origin, get_type_hints

import msgpack
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from zchat_broker.rules.commands import COMMANDS, Who
from zchat_common import limits, wire
from zchat_common import messages as m
from zchat_common.errors import Code
from zchat_common.identity import Identity
from zchat_common.introduction import decode_introduction, encode_introduction, fingerprint
from zchat_common.limits import FRAME_MAX_BYTES
from zchat_common.names import fold, skeleton
from zchat_common.sealing import OpeningKey, SealedFrame, SealError, SealingKey, subscription, take_apart
from zchat_common.whispers import Party, Whisperer, safety_code

DOCUMENT: Final = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text("utf-8")

MESSAGES: Final = cast("tuple[type[m.Message], ...]", get_args(m.Message))
PARTS: Final = (m.TopicKey, m.TopicState, m.RosterEntry, m.PartyState, m.OpenInvitation, m.Restraint)
SCALARS: Final = {int: "int", str: "str", bytes: "bytes", bool: "bool", NoneType: "nil"}
WHO: Final = {Who.ANYONE: "anyone", Who.MEMBER: "member", Who.LEADER: "leader", Who.ADMIN: "admin"}


class Block(NamedTuple):
    """A fenced block: the words after the fence, and its lines."""

    words: tuple[str, ...]
    body: str

    def field(self, name: str) -> str:
        """The text after ``name:``, with the lines that continue it."""
        found = re.search(rf"^{name}: (.*(?:\n  .*)*)", self.body, re.MULTILINE)
        assert found is not None, f"a block {' '.join(self.words)} without {name}"
        return found[1]

    def bytes_of(self, name: str) -> bytes:
        return bytes.fromhex(self.field(name))

    def value_of(self, name: str) -> Any:
        # Long bytes are continued on the next line, within their JSON string.
        return json.loads(self.field(name), strict=False, object_hook=lambda item: bytes.fromhex(item["hex"]))


def blocks(kind: str) -> list[Block]:
    found = re.findall(r"^```(\S.*)\n((?:(?!```).*\n)*)```$", DOCUMENT, re.MULTILINE)
    every = [Block(tuple(words.split()), body) for words, body in found]
    return [block for block in every if block.words[0] == kind]


def section(title: str) -> str:
    """What stands under a heading, up to the next one of any level."""
    found = re.search(rf"^#+ (?:[\d.]+ )?{re.escape(title)}$\n((?:(?!#+ ).*\n)*)", DOCUMENT, re.MULTILINE)
    assert found is not None, f"no section {title}"
    return found[1]


def table(title: str) -> list[list[str]]:
    """The cells of the first table of a section, without its head and without back quotes."""
    found = re.search(r"(?:^\|.*\|$\n)+", section(title), re.MULTILINE)
    assert found is not None, f"no table in section {title}"
    return [[cell.strip().strip("`") for cell in row[1:-1].split("|")] for row in found[0].splitlines()[2:]]


def snake_case(cls: type) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", cls.__name__).lower()


def type_words(hint: Any) -> str:
    """How the document writes the type of a field."""
    if hint == m.Scalar:
        return "scalar"
    if get_origin(hint) is tuple:
        return f"array of {type_words(get_args(hint)[0])}"
    if isinstance(hint, UnionType):
        return " or ".join(type_words(arm) for arm in get_args(hint))
    return SCALARS.get(hint) or snake_case(hint)


def listed(value: Any) -> Any:
    """Tuples, and those within them, as the lists that JSON makes."""
    return [listed(item) for item in value] if isinstance(value, tuple) else value


def values(messages: list[m.Published]) -> Any:
    return [[snake_case(type(message)), *listed(message)] for message in messages]


def decode(payload: bytes) -> m.Message:
    """A message of any direction. Raises WireError if none knows it."""
    with contextlib.suppress(wire.UnknownType):
        return wire.decode_upstream(payload)
    found: list[m.Message] = list(wire.decode_downstream(payload))
    found += [published for published, _ in wire.decode_frame(payload)]
    (message,) = found
    return message


# -- messages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("block", blocks("message"), ids=lambda block: block.words[1])
def test_an_example_is_what_the_code_makes_of_it(block: Block) -> None:
    message = decode(block.bytes_of("hex"))

    assert [block.words[1], *listed(message)] == block.value_of("value")
    assert snake_case(type(message)) == block.words[1]
    assert wire.encode(message) == block.bytes_of("hex")


def test_each_type_of_message_has_one_example_in_its_own_section() -> None:
    assert sorted(block.words[1] for block in blocks("message")) == sorted(snake_case(cls) for cls in MESSAGES)
    for cls in MESSAGES:
        assert f"```message {snake_case(cls)}\n" in section(snake_case(cls))


@pytest.mark.parametrize("cls", [*MESSAGES, *PARTS], ids=snake_case)
def test_the_table_of_a_message_lists_its_fields_in_their_order_with_their_types(cls: type) -> None:
    rows = [(row[0], row[1]) for row in table(snake_case(cls))]

    assert rows == [(name, type_words(hint)) for name, hint in get_type_hints(cls).items()]


def test_a_kept_message_in_a_history_page_is_one_that_a_client_can_read() -> None:
    (block,) = [block for block in blocks("message") if block.words[1] == "history"]
    history = decode(block.bytes_of("hex"))

    assert isinstance(history, m.History)
    assert [wire.decode_kept(body).seq for body in history.messages] == [41, 42]


def test_every_kept_message_begins_with_seq_and_time() -> None:
    assert all(tuple(get_type_hints(cls))[:2] == ("seq", "at") for cls in get_args(m.Kept))


# -- frames ---------------------------------------------------------------------------------------------------------


def frame_key(block: Block) -> m.TopicKey:
    return m.TopicKey(block.value_of("topic"), int(block.field("number")), block.bytes_of("key"))


def test_the_frame_opens_under_its_key_and_holds_its_messages() -> None:
    (block,) = blocks("frame")

    plain, missed = OpeningKey(frame_key(block)).open(take_apart(block.bytes_of("frame")))

    assert (plain, missed) == (block.bytes_of("plain"), 0)
    assert values([message for message, _ in wire.decode_frame(plain)]) == block.value_of("value")


def test_the_frame_is_laid_out_as_the_document_says() -> None:
    (block,) = blocks("frame")
    key, counter = frame_key(block), int(block.field("counter"))
    plain, frame = block.bytes_of("plain"), block.bytes_of("frame")
    associated = key.topic.encode() + b"\0" + key.number.to_bytes(8, "big")

    assert block.bytes_of("nonce") == bytes(4) + counter.to_bytes(8, "big")
    assert block.bytes_of("associated_data") == associated
    assert frame.startswith(associated + counter.to_bytes(8, "big"))
    assert len(frame) == len(associated) + 8 + len(plain) + 16
    assert b"".join(msgpack.packb(value) for value in block.value_of("value")) == plain


def test_the_frame_is_what_a_publisher_seals() -> None:
    (block,) = blocks("frame")
    key = SealingKey(frame_key(block))
    for _ in range(int(block.field("counter")) - 1):
        key.seal(b"")

    assert key.seal(block.bytes_of("plain")) == block.bytes_of("frame")


def test_the_frame_does_not_open_a_second_time_nor_changed() -> None:
    (block,) = blocks("frame")
    parts, key = take_apart(block.bytes_of("frame")), OpeningKey(frame_key(block))
    changed = SealedFrame(parts.topic, parts.number, parts.counter, parts.sealed[:-1] + b"\0")

    with pytest.raises(SealError):
        key.open(changed)
    key.open(parts)
    with pytest.raises(SealError):
        key.open(parts)


# -- whispers -------------------------------------------------------------------------------------------------------


def identities(block: Block) -> tuple[Identity, Identity]:
    return Identity.of_secret(block.bytes_of("sender_secret")), Identity.of_secret(block.bytes_of("recipient_secret"))


def test_the_whisper_is_what_a_client_seals_and_both_open() -> None:
    (block,) = blocks("whisper")
    sender, recipient = block.value_of("sender"), block.value_of("recipient")
    alice, bob = identities(block)
    party = Party(recipient, bob.public)
    numbers = int(block.field("instance")), int(block.field("n"))
    body, text = block.bytes_of("body"), block.value_of("text")

    assert (alice.public, bob.public) == (block.bytes_of("sender_key"), block.bytes_of("recipient_key"))
    assert Whisperer(alice).seal(text, sender, party, *numbers) == body
    for identity, own in ((alice, True), (bob, False)):
        opened = Whisperer(identity).open(body, sender, recipient, own=own)
        assert opened == (text, alice.public, bob.public)


def test_the_whisper_is_derived_as_the_document_says() -> None:
    """Computed from the document alone, as somebody would who writes a client of his own."""
    (block,) = blocks("whisper")
    alice, bob = identities(block)
    shared = X25519PrivateKey.from_private_bytes(bob.secret).exchange(X25519PublicKey.from_public_bytes(alice.public))
    salt = int(block.field("instance")).to_bytes(8, "big") + int(block.field("n")).to_bytes(8, "big")
    parties = [
        len(name).to_bytes(2, "big") + name + key for name, key in ((b"alice", alice.public), (b"bob", bob.public))
    ]
    info = b"zchat whisper 1" + b"".join(parties)
    # RFC 5869 with one block of output.
    extracted = hmac.digest(salt, shared, "sha256")
    key = hmac.digest(extracted, info + b"\x01", "sha256")
    text = block.value_of("text").encode()
    plain = (len(text).to_bytes(2, "big") + text).ljust(64, b"\0")
    header = b"\x01" + salt + alice.public + bob.public

    assert shared == block.bytes_of("shared")
    assert (salt, info, key) == (block.bytes_of("salt"), block.bytes_of("info"), block.bytes_of("key"))
    assert plain == block.bytes_of("plain")
    assert header + ChaCha20Poly1305(key).encrypt(bytes(12), plain, header) == block.bytes_of("body")

    digest = hashlib.sha512(b"zchat safety code 1" + b"".join(sorted(parties))).digest()
    groups = [int.from_bytes(digest[5 * place : 5 * place + 5]) % 100_000 for place in range(12)]
    assert " ".join(f"{group:05}" for group in groups) == block.value_of("safety_code")
    assert safety_code(Party("bob", bob.public), Party("alice", alice.public)) == block.value_of("safety_code")


# -- the rest of the examples ---------------------------------------------------------------------------------------


def test_the_introduction_is_read_and_written_as_it_stands() -> None:
    (block,) = blocks("introduction")
    line = block.value_of("line").encode("ascii")

    introduction = decode_introduction(line)

    assert encode_introduction(introduction) == line
    assert introduction.version == limits.PROTOCOL_VERSION
    assert introduction.key == block.bytes_of("key")
    assert fingerprint(introduction.key) == block.value_of("fingerprint")


def test_the_digest_is_that_of_the_one_before_and_the_bytes_of_the_message() -> None:
    (block,) = blocks("digests")

    assert sha256(block.bytes_of("random") + block.bytes_of("message")).digest() == block.bytes_of("digest")
    assert wire.decode_kept(block.bytes_of("message")).seq == 42


def test_the_names_fold_and_look_as_the_document_says() -> None:
    (block,) = blocks("names")

    for line in block.body.splitlines():
        typed, folded, shape = json.loads(line)
        assert (fold(typed), skeleton(fold(typed))) == (folded, shape)


def test_the_session_reads_from_its_first_message_to_its_last() -> None:
    keys: dict[str, OpeningKey] = {}
    kinds: list[str] = []

    for number, block in enumerate(blocks("step"), start=1):
        assert block.words[1] == str(number)
        if block.words[2:] == ("topics", "down"):
            parts = take_apart(block.bytes_of("frame"))
            plain, missed = keys[parts.topic].open(parts)
            assert missed == 0
            assert values([message for message, _ in wire.decode_frame(plain)]) == block.value_of("value")
            kinds += [value[0] for value in block.value_of("value")]
            continue
        up = block.words[2:] == ("commands", "up")
        payload = block.bytes_of("hex")
        message: m.Message = wire.decode_upstream(payload) if up else next(wire.decode_downstream(payload))
        assert [snake_case(type(message)), *listed(message)] == block.value_of("value")
        kinds.append(block.value_of("value")[0])
        if isinstance(message, m.Registered):
            keys = {key.topic: OpeningKey(key) for key in message.keys}

    assert (kinds[0], kinds[1], kinds[-1]) == ("register", "registered", "whisper")


def test_the_session_uses_one_token_and_one_numbering() -> None:
    steps = [block for block in blocks("step") if block.words[2:] == ("commands", "up")]
    sent = [wire.decode_upstream(block.bytes_of("hex")) for block in steps]

    assert len({message.token for message in sent if not isinstance(message, m.Register)}) == 1
    commands = [message for message in sent if isinstance(message, m.Do)]
    assert [command.n for command in commands] == [1, 2]
    assert len({command.instance for command in commands}) == 1


# -- tables ---------------------------------------------------------------------------------------------------------


def test_the_limits_are_those_of_the_code() -> None:
    rows = {name: float(value.replace(",", "")) for name, value, _ in table("Limits")}

    assert rows == {name: value for name, value in vars(limits).items() if name.isupper()}


def test_every_error_code_is_in_the_table() -> None:
    assert sorted(row[0] for row in table("Error codes")) == sorted(Code)


def test_every_command_is_in_the_table_with_its_arguments_and_who_may_give_it() -> None:
    rows = {row[0]: row for row in table("The commands")}

    assert sorted(rows) == sorted(COMMANDS)
    for name, op in COMMANDS.items():
        _, arguments, who, *_ = rows[name]
        count = len(arguments.split(",")) if arguments else 0
        assert (count, who) == (len(op.parameters), WHO[op.who])


def test_every_code_that_the_document_tells_of_exists() -> None:
    mentioned = {code for row in table("The commands") for code in re.findall(r"[a-z_]+", row[3])}
    mentioned |= {row[0] for row in table("Registration and sessions")}

    assert mentioned <= set(Code)


def test_no_two_sections_have_the_same_number_and_none_is_named_that_is_not_there() -> None:
    numbers = re.findall(r"^#+ (\d+(?:\.\d+)*)\.? ", DOCUMENT, re.MULTILINE)
    assert len(set(numbers)) == len(numbers)
    assert set(re.findall(r"\bsections? (\d+(?:\.\d+)?)", DOCUMENT)) <= set(numbers)


def test_every_subscription_of_the_session_ends_in_a_zero_byte() -> None:
    for topic in ("public", "user.alice"):
        assert rf"`{topic}\0`" in section("A session")
        assert subscription(topic) == topic.encode() + b"\0"


def test_a_text_and_a_body_of_full_length_fit_into_a_command_and_a_frame() -> None:
    text = "\U0001f600" * limits.TEXT_MAX_CHARS
    command = m.Do(bytes(16), 2**63 - 1, 2**63 - 1, "party_say", (text, True))
    whisper = m.Do(
        bytes(16),
        2**63 - 1,
        2**63 - 1,
        "whisper",
        ("\U00010400" * 32, bytes(32), m.SEALED, bytes(limits.BODY_MAX_BYTES)),
    )

    alice = Identity.of_secret(bytes(range(32)))
    assert len(Whisperer(alice).seal(text, "alice", Party("bob", alice.public), 1, 1)) <= limits.BODY_MAX_BYTES
    assert max(len(wire.encode(command)), len(wire.encode(whisper))) <= limits.COMMAND_MAX_BYTES <= FRAME_MAX_BYTES


# The longest name, and times and numbers of the longest kind.
LONGEST, LARGE, SMALL_TEXT = "\U00010400" * limits.NAME_MAX_CHARS, 2**63 - 1, "\U0001f600" * limits.AWAY_MAX_CHARS
MEMBERS = (LONGEST,) * limits.PARTY_PLACES_MAX


@pytest.mark.parametrize(
    "message",
    [
        m.PartyChanged(LARGE, LARGE, "f" * 64, "declined", LONGEST, LONGEST, MEMBERS, LONGEST * 2, LARGE, LARGE),
        m.Invited(LARGE, LARGE, "f" * 64, LONGEST, MEMBERS, LARGE),
        m.Whisper(LARGE, LARGE, LONGEST, LONGEST, m.SEALED, bytes(limits.BODY_MAX_BYTES), "stored"),
        m.Announcement(LARGE, LARGE, LONGEST, "\U0001f600" * limits.TEXT_MAX_CHARS),
    ],
    ids=lambda message: type(message).__name__,
)
def test_every_kept_message_fits_into_a_frame_and_the_frame_into_a_reader_s_bound(message: m.Kept) -> None:
    body = wire.encode(message)
    assert len(body) <= FRAME_MAX_BYTES
    topic = f"party.{'f' * 249}"
    assert len(subscription(topic)) == limits.SUBSCRIPTION_MAX_BYTES
    frame = SealingKey(m.TopicKey(topic, LARGE, bytes(32))).seal(bytes(FRAME_MAX_BYTES))
    assert len(frame) == limits.SEALED_FRAME_MAX_BYTES


def test_the_largest_replies_fit_into_a_client_s_bound() -> None:
    states = (m.TopicState("f" * 255, LARGE, LARGE, LARGE, bytes(32)),) * 20
    keys = (m.TopicKey("f" * 255, LARGE, bytes(32)),) * 3
    party = m.PartyState("f" * 64, LONGEST, MEMBERS)
    invitations = (m.OpenInvitation("f" * 64, LONGEST, MEMBERS, LARGE),) * limits.OPEN_INVITATIONS_MAX
    registered = m.Registered(
        1, 1, 1, bytes(16), LONGEST, SMALL_TEXT, LARGE, LARGE, LARGE, LARGE, LARGE, keys, states, party, invitations,
        LARGE, (LONGEST,) * 1_000,
    )  # fmt: skip
    restraint = m.Restraint("mute", LONGEST, LONGEST, LARGE, LARGE, "f" * 45, SMALL_TEXT)
    page = (bytes(limits.HISTORY_PAGE_MAX_BYTES // limits.HISTORY_PAGE_MAX),) * limits.HISTORY_PAGE_MAX
    for reply in (
        registered,
        m.Bans(LARGE, (restraint,) * limits.RESTRAINTS_SHOWN),
        m.History(LARGE, "f" * 255, LARGE, LARGE, page, bytes(32)),
    ):
        assert len(wire.encode(reply)) < 2 * 1024 * 1024 < limits.REPLY_MAX_BYTES
    entry = m.RosterEntry(LONGEST, "online", LARGE, SMALL_TEXT)
    assert len(wire.encode(m.Roster(LARGE, LARGE, (entry,) * 16_000))) < limits.REPLY_MAX_BYTES
