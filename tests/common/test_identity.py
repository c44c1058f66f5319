"""A key pair is made once, kept in a file, and never half believed."""

import stat
import sys
from pathlib import Path

import pytest
import zmq
from zmq.utils import z85

from zchat_common.identity import DamagedKey, ExposedKey, Identity, load_or_create_identity


def test_each_identity_is_another_one() -> None:
    assert Identity.create() != Identity.create()


def test_the_pair_is_what_zeromq_makes_of_the_secret() -> None:
    identity = Identity.create()
    assert len(identity.public) == len(identity.secret) == 32
    assert z85.decode(zmq.curve_public(z85.encode(identity.secret))) == identity.public
    assert Identity.of_secret(identity.secret) == identity


def test_the_secret_does_not_show(tmp_path: Path) -> None:
    identity = load_or_create_identity(tmp_path / "key")
    assert identity.secret.hex() not in repr(identity)
    assert repr(identity.secret) not in repr(identity)


def test_it_is_made_at_first_use_and_read_ever_after(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "alice.key"
    made = load_or_create_identity(path)
    content = path.read_bytes()
    assert content == made.secret.hex().encode() + b"\n"
    assert load_or_create_identity(path) == made
    assert path.read_bytes() == content


@pytest.mark.skipif(sys.platform == "win32", reason="modes are a thing of POSIX")
def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "alice.key"
    load_or_create_identity(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_key_that_somebody_copied_by_hand_is_read(tmp_path: Path) -> None:
    path = tmp_path / "key"
    identity = Identity.create()
    path.write_text(f"  {identity.secret.hex().upper()}\r\n\n")
    path.chmod(0o600)
    assert load_or_create_identity(path) == identity


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"00" * 31, b"00" * 33, b"0" * 63, b"zz" * 32, b"\xff" * 32, "ключ".encode(), bytes(range(32))],
    ids=["empty", "blank", "short", "long", "odd", "no hex", "no ascii", "a word", "raw"],
)
def test_a_damaged_file_is_said_and_left_alone(tmp_path: Path, content: bytes) -> None:
    """A fresh key in its place would lose the name that the old one owns."""
    path = tmp_path / "alice.key"
    path.write_bytes(content)
    with pytest.raises(DamagedKey, match=r"alice\.key holds no key; restore it from a backup or move it away"):
        load_or_create_identity(path)
    assert path.read_bytes() == content


def test_what_is_no_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="directory"):
        load_or_create_identity(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="modes are a thing of POSIX")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_key_that_others_may_read_is_refused_and_what_to_do_is_said(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "alice.key"
    identity = load_or_create_identity(path)
    path.chmod(mode)
    with pytest.raises(ExposedKey, match=f"chmod 600 {path}"):
        load_or_create_identity(path)
    path.chmod(0o400)
    assert load_or_create_identity(path) == identity
