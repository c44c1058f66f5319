"""The files that say who may come in: codes as they are typed, codes on their way, and the list of keys."""

import logging
import os
from pathlib import Path

import pytest

from zchat_broker.door import CODE_BYTES, Door, Issued, code_of, digest_of, leave_code, leave_withdrawal
from zchat_broker.machine import CannotStart
from zchat_common.introduction import fingerprint

DIGEST = b"d" * 32
ALICE, BOB, CAROL = (bytes([number]) * 32 for number in range(3))


def test_a_code_is_short_groups_that_nobody_misreads() -> None:
    assert code_of(bytes(CODE_BYTES)) == "0000-0000-0000-0000"
    assert code_of(b"\xff" * CODE_BYTES) == "ZZZZ-ZZZZ-ZZZZ-ZZZZ"
    assert not set(code_of(bytes(range(CODE_BYTES)))) & set("ILOU")


def test_a_code_is_the_same_however_it_is_typed() -> None:
    code = code_of(bytes(range(100, 100 + CODE_BYTES)))
    misread = code.replace("0", "O").replace("1", "l")
    for typed in (code, code.lower(), code.replace("-", ""), f" {code} ", misread):
        assert digest_of(typed) == digest_of(code)
    assert digest_of(code[:-1]) != digest_of(code)
    assert code.encode() not in digest_of(code)
    assert digest_of(" - ") == digest_of("") == b""


def test_a_code_waits_until_it_is_taken(tmp_path: Path) -> None:
    issued, other = Issued(b"d" * 32, 7, "für Carol"), Issued(b"e" * 32, 8, "")
    door = Door(None, tmp_path / "codes")
    assert door.issued() == []
    for each in (other, issued):
        leave_code(tmp_path / "codes", each)
    assert door.issued() == [issued, other]
    door.taken(issued)
    door.taken(issued)
    assert door.issued() == [other]


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"expires": "soon", "note": ""}', b"\xff"])
def test_a_file_that_is_no_code_is_passed_over(tmp_path: Path, content: bytes) -> None:
    (tmp_path / f"{'ab' * 32}.json").write_bytes(content)
    assert Door(None, tmp_path).issued() == []


def test_what_cannot_be_read_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / f"{'ab' * 32}.json").write_bytes(b"{}")
    door = Door(None, tmp_path)
    for _ in range(3):
        assert door.issued() == []
    assert len(caplog.records) == 1


def test_a_file_that_cannot_be_deleted_does_not_end_the_broker(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody made it with other rights; a folder in its place cannot be deleted by root either."""
    door = Door(None, tmp_path)
    (tmp_path / f"{DIGEST.hex()}.json").mkdir()
    for _ in range(2):
        door.taken(Issued(DIGEST, 1, ""))
    assert [record.message.count("cannot be deleted") for record in caplog.records] == [1]


def test_what_is_taken_back_is_left_for_the_broker_and_a_code_that_waits_is_gone(tmp_path: Path) -> None:
    door = Door(None, tmp_path)
    leave_code(tmp_path, Issued(DIGEST, 2**50, ""))
    leave_withdrawal(tmp_path, DIGEST, b"")
    leave_withdrawal(tmp_path, b"", ALICE)
    (tmp_path / "nonsense.guest").touch()
    assert door.issued() == []
    assert door.withdrawn() == [(DIGEST, b""), (b"", ALICE)]
    door.took_back(DIGEST, b"")
    assert door.withdrawn() == [(b"", ALICE)]


def write(path: Path, text: str) -> None:
    """Replaces the file, as an editor does."""
    path.with_suffix(".new").write_text(text)
    os.replace(path.with_suffix(".new"), path)


def test_keys_are_listed_as_they_are_or_by_fingerprint(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(f"# the lab\n\n{ALICE.hex().upper()}  # Alice\n  {fingerprint(BOB)}\n")
    door = Door(path)
    assert [door.lists(key) for key in (ALICE, BOB, CAROL)] == [True, True, False]


def test_the_list_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(ALICE.hex())
    door = Door(path)
    write(path, BOB.hex())
    assert [door.lists(key) for key in (ALICE, BOB)] == [False, True]


def test_a_list_that_is_spoiled_later_is_said_once_and_the_last_good_one_holds(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "keys"
    path.write_text(ALICE.hex())
    door = Door(path)
    write(path, f"{BOB.hex()}\nnonsense\n")
    with caplog.at_level(logging.ERROR):
        assert [door.lists(key) for key in (ALICE, BOB, ALICE)] == [True, False, True]
    assert [record.message.count("line 2") for record in caplog.records] == [1]
    path.unlink()
    assert door.lists(ALICE)


@pytest.mark.parametrize("line", ["alice", "SHA256:short", "ab" * 31, "zz" * 32, "SHA1:" + "a" * 43])
def test_a_broker_does_not_start_with_a_list_that_it_cannot_read(tmp_path: Path, line: str) -> None:
    path = tmp_path / "keys"
    path.write_text(f"{ALICE.hex()}\n{line}\n")
    with pytest.raises(CannotStart, match="line 2"):
        Door(path)
    with pytest.raises(CannotStart, match="cannot be read"):
        Door(tmp_path / "nowhere")


def test_without_files_nobody_is_listed_and_nothing_waits() -> None:
    assert not Door().lists(ALICE)
    assert Door().issued() == []
