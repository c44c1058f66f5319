"""The command table: what arguments each command takes, and which code says that they are wrong."""

import pytest

from tests.broker.rules.conversation import SETTINGS, Chat, key_of
from zchat_broker.rules.commands import COMMANDS
from zchat_common.limits import AWAY_MAX_CHARS, BODY_MAX_BYTES, TEXT_MAX_CHARS
from zchat_common.messages import SEALED, Scalar

KEY = key_of("bob")
GOOD: dict[str, tuple[Scalar, ...]] = {
    "say": ("hi", False),
    "whisper": ("bob", KEY, SEALED, b"hi"),
    "received": (0,),
    "away": ("",),
    "back": (),
    "exit": (),
    "party_invite": ("dave",),
    "party_accept": ("",),
    "party_decline": ("",),
    "party_say": ("hi", False),
    "party_leave": (),
    "party_kick": ("carol",),
    "party_lead": ("carol",),
    "kick": ("bob", ""),
    "ban": ("bob", False, 60, "spam"),
    "unban": ("bob",),
    "mute": ("bob", 0, ""),
    "unmute": ("bob",),
    "announce": ("hi",),
    "release": ("bob",),
}
EXAMPLES: tuple[Scalar, ...] = (None, True, 1, -1, 2**64 - 1, "bob", b"bob")
TYPES: dict[str, tuple[type, ...]] = {
    "say": (str, bool),
    "whisper": (str, bytes, str, bytes),
    "received": (int,),
    "away": (str,),
    "party_invite": (str,),
    "party_accept": (str,),
    "party_decline": (str,),
    "party_say": (str, bool),
    "party_kick": (str,),
    "party_lead": (str,),
    "kick": (str, str),
    "ban": (str, bool, int, str),
    "unban": (str,),
    "mute": (str, int, str),
    "unmute": (str,),
    "announce": (str,),
    "release": (str,),
}
# What a party's leader and the broker's admin says, so that nothing but the arguments is wrong.
LEADER = "alice"


def led() -> Chat:
    chat = Chat("alice", "bob", "carol", "dave", settings=SETTINGS._replace(admins=("alice",)))
    chat.party("alice", "bob", "carol")
    return chat


def wrong_types() -> list[tuple[str, tuple[Scalar, ...]]]:
    found = []
    for op, types in TYPES.items():
        for place, expected in enumerate(types):
            for value in EXAMPLES:
                if type(value) is not expected:
                    args = list(GOOD[op])
                    args[place] = value
                    found.append((op, tuple(args)))
    return found


def test_every_command_is_looked_at_here() -> None:
    assert GOOD.keys() == COMMANDS.keys()
    assert {op: len(row.parameters) for op, row in COMMANDS.items()} == {op: len(GOOD[op]) for op in GOOD}


@pytest.mark.parametrize("op", GOOD)
def test_the_wrong_number_of_arguments_is_malformed(op: str) -> None:
    chat = led()
    assert chat.refused(LEADER, op, *GOOD[op], "more") == "malformed"
    if GOOD[op]:
        assert chat.refused(LEADER, op, *GOOD[op][:-1]) == "malformed"


def test_an_argument_of_the_wrong_type_is_malformed() -> None:
    chat = led()
    for op, args in wrong_types():
        assert chat.refused(LEADER, op, *args) == "malformed", (op, args)


@pytest.mark.parametrize("op", ["", "SAY", "party", "__class__", "x" * 10_000, "\x1b[31m"])
def test_an_unknown_command_is_refused_in_a_short_sentence_that_is_safe_to_show(op: str) -> None:
    chat = led()
    effects = chat.do("alice", op, "hi")
    assert "unknown_type" in repr(effects)
    assert "\x1b" not in str(effects[0])
    assert len(repr(effects)) < 500


def test_who_may_comes_before_what_is_wrong_with_it() -> None:
    chat = led()
    assert chat.refused("dave", "party_say", 1, 2, 3) == "not_in_party"
    assert chat.refused("bob", "party_kick", 1) == "not_leader"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty_text"),
        (" \n\t ", "empty_text"),
        ("x" * (TEXT_MAX_CHARS + 1), "too_long"),
        ("bell\x07", "bad_text"),
        ("\u202eevil", "bad_text"),
    ],
)
def test_a_text_that_cannot_be_sent_says_why(text: str, code: str) -> None:
    chat = led()
    assert chat.refused("alice", "say", text, False) == code
    assert chat.refused("alice", "party_say", text, False) == code
    if text.strip():
        assert chat.refused("alice", "away", text) == code


def test_the_reason_of_an_absence_is_short_or_empty() -> None:
    chat = led()
    chat.ok("alice", "away", " \n ")
    chat.ok("alice", "away", "x" * AWAY_MAX_CHARS)
    assert chat.refused("alice", "away", "x" * (AWAY_MAX_CHARS + 1)) == "too_long"


def test_the_longest_text_after_trimming_is_taken() -> None:
    chat = led()
    chat.ok("alice", "say", "  " + "𝄞" * TEXT_MAX_CHARS + "\n", False)


def test_the_bounds_of_a_body() -> None:
    chat = led()
    chat.ok("alice", "whisper", "bob", KEY, SEALED, b"x" * BODY_MAX_BYTES)
    assert chat.refused("alice", "whisper", "bob", KEY, SEALED, b"x" * (BODY_MAX_BYTES + 1)) == "too_long"
    assert chat.refused("alice", "whisper", "bob", KEY, SEALED, b"") == "empty_text"


@pytest.mark.parametrize("kind", ["text", "plain", "", "Sealed", "sealed ", "k" * 10_000])
def test_a_whisper_that_is_not_sealed_is_not_taken(kind: str) -> None:
    assert led().refused("alice", "whisper", "bob", KEY, kind, b"hello bob") == "malformed"


@pytest.mark.parametrize("key", [b"", KEY[:-1], KEY + b"\0"], ids=len)
def test_a_key_has_32_bytes(key: bytes) -> None:
    assert led().refused("alice", "whisper", "bob", key, SEALED, b"x") == "malformed"


@pytest.mark.parametrize("name", ["", " ", "a b", "x" * 10_000, "\ud800", "\x00", "\u202ebob", "user.bob", "..."])
def test_a_name_that_can_be_nobodys_is_no_such_user(name: str) -> None:
    chat = led()
    effects = chat.do("alice", "party_invite", name)
    assert "no_such_user" in repr(effects)
    assert len(repr(effects)) < 600
    for op in ("party_kick", "party_lead", "party_invite"):
        assert chat.refused("alice", op, name) == "no_such_user"


def test_a_negative_seq_is_malformed_and_a_huge_one_is_not() -> None:
    chat = led()
    assert chat.refused("alice", "received", -1) == "malformed"
    chat.ok("alice", "received", 2**64 - 1)
