"""Whispers open for the two that they are between, as they were sealed, and for nobody else."""

import struct

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.people import identity_of, key_of, whisperer
from zchat_common.limits import BODY_MAX_BYTES, TEXT_MAX_CHARS
from zchat_common.whispers import BadKey, CannotOpen, Party, Whisperer, safety_code

HEADER = 81
TAG = 16
# The points of small order on the curve (RFC 7748, section 6.1): every secret with them is zero.
NO_KEYS = [
    bytes(32),
    (1).to_bytes(32, "little"),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    (2**255 - 20).to_bytes(32, "little"),
    (2**255 - 19).to_bytes(32, "little"),
]
ALICE, BOB = Party("alice", key_of("alice")), Party("bob", key_of("bob"))

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


def seal(text: str = "psst", instance: int = 7, n: int = 1) -> bytes:
    return whisperer("alice").seal(text, "alice", BOB, instance, n)


def read(body: bytes, who: str = "bob", sender: str = "alice", recipient: str = "bob") -> str:
    return whisperer(who).open(body, sender, recipient, own=who == sender).text


def by_hand(plain: bytes, key: bytes = BOB.key) -> bytes:
    """A body from alice to bob with whatever she likes in it, and in place of his key."""
    shared = X25519PrivateKey.from_private_bytes(identity_of("alice").secret).exchange(
        X25519PublicKey.from_public_bytes(BOB.key)
    )
    info = b"zchat whisper 1" + b"".join(
        len(party.folded).to_bytes(2, "big") + party.folded.encode() + party.key
        for party in (ALICE, BOB._replace(key=key))
    )
    salt = struct.pack(">QQ", 7, 1)
    derived = HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(shared)
    header = b"\x01" + salt + ALICE.key + key
    return header + ChaCha20Poly1305(derived).encrypt(bytes(12), plain, header)


# -- for two ----------------------------------------------------------------------------------------------------------


@given(texts, st.integers(0, 2**63 - 1), st.integers(1, 2**63 - 1))
def test_both_read_what_was_sealed(text: str, instance: int, n: int) -> None:
    body = seal(text, instance, n)
    assert read(body) == read(body, "alice") == text


def test_the_body_says_whose_keys_it_is_between() -> None:
    opened = whisperer("bob").open(seal(), "alice", "bob", own=False)
    assert (opened.sender_key, opened.recipient_key) == (ALICE.key, BOB.key)


def test_it_is_what_the_document_says() -> None:
    assert seal("hi") == by_hand(b"\x00\x02hi" + bytes(60))


def test_a_body_that_names_another_key_than_one_s_own_does_not_open() -> None:
    with pytest.raises(CannotOpen, match="another key"):
        read(by_hand(b"\x00\x02hi", key=key_of("carol")))


def test_nobody_else_opens_it() -> None:
    with pytest.raises(CannotOpen):
        read(seal(), "carol")
    with pytest.raises(CannotOpen):
        whisperer("carol").open(seal(), "alice", "bob", own=True)


@given(st.data())
def test_a_changed_bit_anywhere_is_found(data: st.DataObject) -> None:
    body = bytearray(seal("psst " * 20))
    body[data.draw(st.integers(0, len(body) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(CannotOpen):
        read(bytes(body))


@given(st.binary(max_size=300) | st.integers(0, 160).map(lambda size: seal()[:size]))
def test_what_is_no_whisper_does_not_open(body: bytes) -> None:
    assume(body != seal())
    with pytest.raises(CannotOpen):
        read(body)


@pytest.mark.parametrize(("sender", "recipient"), [("alicia", "bob"), ("alice", "bobby"), ("alic", "ebob")])
def test_the_names_are_sealed_too(sender: str, recipient: str) -> None:
    with pytest.raises(CannotOpen):
        read(seal(), "bob", sender, recipient)


def test_a_whisper_cannot_be_turned_round() -> None:
    """What alice sealed for bob is nothing that bob has sent to alice."""
    body = seal()
    turned = body[:17] + body[49:81] + body[17:49] + body[81:]
    for reader, own in (("bob", True), ("alice", False)):
        with pytest.raises(CannotOpen):
            whisperer(reader).open(turned, "bob", "alice", own=own)


def test_no_part_of_another_whisper_of_the_same_two_fits() -> None:
    one, other = seal("one", n=1), seal("other", n=2)
    with pytest.raises(CannotOpen):
        read(one[:HEADER] + other[HEADER:])


@pytest.mark.parametrize(("instance", "n"), [(7, 2), (8, 1), (1, 7)])
def test_each_number_has_a_key_of_its_own(instance: int, n: int) -> None:
    """With one key and one nonce the ciphertexts would differ only where the texts do."""
    first, second = seal("psst", 7, 1)[HEADER:], seal("psst", instance, n)[HEADER:]
    alike = sum(a == b for a, b in zip(first, second, strict=True))
    assert alike < 10


def test_a_later_version_is_not_read_as_this_one() -> None:
    body = seal()
    with pytest.raises(CannotOpen, match="version"):
        read(b"\x02" + body[1:])


# -- lengths ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chars", "plain"), [(0, 64), (62, 64), (63, 128), (1022, 1024), (1023, 2048), (2046, 2048), (2047, 3072)]
)
def test_a_length_shows_in_steps_only(chars: int, plain: int) -> None:
    assert len(seal("x" * chars)) == HEADER + plain + TAG


def test_the_longest_text_fits_into_a_body() -> None:
    text = "\U0001f600" * TEXT_MAX_CHARS
    body = seal(text)
    assert len(body) == 16_481 <= BODY_MAX_BYTES
    assert read(body) == text


# -- whoever writes programs of his own --------------------------------------------------------------------------------


def test_a_text_that_is_no_utf_8_is_read_as_far_as_it_goes() -> None:
    assert read(by_hand(b"\x00\x04caf\xe9")) == "caf\ufffd"


def test_without_padding_it_is_a_whisper_too() -> None:
    assert read(by_hand(b"\x00\x02hi")) == "hi"


@pytest.mark.parametrize("plain", [b"", b"\x00", b"\x00\x03hi", b"\xff\xffhi" + bytes(60)])
def test_a_length_beyond_the_text_does_not_open(plain: bytes) -> None:
    with pytest.raises(CannotOpen):
        read(by_hand(plain))


@pytest.mark.parametrize("key", [*NO_KEYS, b"", b"k" * 31, b"k" * 33], ids=lambda key: key.hex()[:8])
def test_nothing_is_sealed_for_what_is_no_key(key: bytes) -> None:
    with pytest.raises(BadKey):
        whisperer("alice").seal("psst", "alice", Party("bob", key), 1, 1)


@pytest.mark.parametrize("key", NO_KEYS, ids=lambda key: key.hex()[:8])
def test_nothing_opens_that_anybody_could_have_sealed(key: bytes) -> None:
    body = seal()
    with pytest.raises(CannotOpen):
        read(body[:17] + key + body[49:])


def test_a_program_s_dump_does_not_show_the_secret() -> None:
    assert identity_of("alice").secret.hex() not in repr(vars(Whisperer(identity_of("alice"))))


# -- safety codes -----------------------------------------------------------------------------------------------------


def test_both_sides_see_the_same_twelve_groups_of_five_digits() -> None:
    code = safety_code(ALICE, BOB)
    assert code == safety_code(BOB, ALICE)
    groups = code.split(" ")
    assert len(groups) == 12
    assert all(len(group) == 5 and group.isdigit() for group in groups)


@given(st.sampled_from([0, 1]), st.integers(0, 255))
def test_another_key_on_either_side_makes_another_code(side: int, bit: int) -> None:
    parties = [ALICE, BOB]
    key = bytearray(parties[side].key)
    key[bit // 8] ^= 1 << bit % 8
    parties[side] = parties[side]._replace(key=bytes(key))
    assert safety_code(*parties) != safety_code(ALICE, BOB)


def test_the_names_count_and_not_only_the_keys() -> None:
    assert safety_code(ALICE, BOB) != safety_code(ALICE, Party("bobby", BOB.key))
    assert safety_code(Party("ab", ALICE.key), BOB) != safety_code(Party("a", ALICE.key), BOB)
