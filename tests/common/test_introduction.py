"""A broker's first words: one line, read by whoever comes, believed only if it is whole."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zchat_common.introduction import (
    MAX_BYTES,
    Introduction,
    IntroductionError,
    decode_introduction,
    encode_introduction,
    fingerprint,
)

KEY = bytes(range(32))
LINE = b"zchat 1 5555 5556 " + KEY.hex().encode() + b"\n"

ports = st.integers(1, 65_535)
introductions = st.builds(Introduction, st.integers(0, 2**63 - 1), ports, ports, st.binary(min_size=32, max_size=32))


def test_the_line_is_as_documented() -> None:
    assert encode_introduction(Introduction(1, 5555, 5556, KEY)) == LINE
    assert decode_introduction(LINE) == Introduction(1, 5555, 5556, KEY)


@given(introductions)
def test_it_comes_back_as_it_was_and_is_short(introduction: Introduction) -> None:
    line = encode_introduction(introduction)
    assert decode_introduction(line) == introduction
    assert len(line) <= MAX_BYTES
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1


def test_a_later_version_may_add_words_and_windows_line_ends_do_no_harm() -> None:
    expected = Introduction(1, 5555, 5556, KEY)
    assert decode_introduction(LINE.rstrip() + b" tls=yes more\n") == expected
    assert decode_introduction(LINE.rstrip() + b"\r\n") == expected


def test_who_is_hung_up_on_is_told_why_that_may_be() -> None:
    with pytest.raises(IntroductionError, match="too many connections"):
        decode_introduction(b"")


@pytest.mark.parametrize("line", [b"\n", b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 400 Bad Request\r\n", b"zchat\n"])
def test_another_program_is_told_apart(line: bytes) -> None:
    with pytest.raises(IntroductionError, match="not a zchat broker"):
        decode_introduction(line)


@pytest.mark.parametrize(
    "words",
    [
        f"zchat x 5555 5556 {KEY.hex()}",
        f"zchat 1 0 5556 {KEY.hex()}",
        f"zchat 1 5555 65536 {KEY.hex()}",
        f"zchat 1 -5555 5556 {KEY.hex()}",
        f"zchat 1 5555 5556 {KEY.hex()[:-2]}",
        f"zchat 1 5555 5556 {KEY.hex()}00",
        f"zchat 1 5555 5556 {KEY.hex()[:-1]}",
        "zchat 1 5555 5556 " + "zz" * 32,
        f"zchat 1 {'9' * 5_000} 5556 {KEY.hex()}",
    ],
)
def test_a_damaged_introduction_is_refused(words: str) -> None:
    with pytest.raises(IntroductionError, match="damaged"):
        decode_introduction(words.encode())


@given(st.binary(max_size=MAX_BYTES) | st.binary(max_size=80).map(lambda noise: LINE[:20] + noise))
def test_no_bytes_raise_anything_but_an_introduction_error(line: bytes) -> None:
    try:
        introduction = decode_introduction(line)
    except IntroductionError:
        return
    assert len(introduction.key) == 32


def test_a_fingerprint_is_the_digest_as_ssh_shows_it() -> None:
    shown = fingerprint(KEY)
    assert shown.startswith("SHA256:")
    assert "=" not in shown
    assert base64.b64decode(shown.removeprefix("SHA256:") + "=") == hashlib.sha256(KEY).digest()


def test_another_key_has_another_fingerprint() -> None:
    assert fingerprint(KEY) != fingerprint(KEY[::-1])
