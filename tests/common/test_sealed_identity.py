"""An exported identity opens with its passphrase, and with nothing else."""

import pytest

from zchat_common.identity import Identity
from zchat_common.sealed_identity import CannotOpen, Carried, open_identity, seal_identity

ALICE = Carried("Alice", Identity.create())
PASSPHRASE = "correct horse \u00e9"
SEALED = seal_identity(ALICE, PASSPHRASE)


def refused(content: str, passphrase: str = PASSPHRASE) -> str:
    with pytest.raises(CannotOpen) as error:
        open_identity(content, passphrase)
    return str(error.value)


def changed(line: int, old: str, new: str) -> str:
    lines = SEALED.split("\n")
    assert old in lines[line]
    lines[line] = lines[line].replace(old, new, 1)
    return "\n".join(lines)


def test_it_opens_with_its_passphrase() -> None:
    assert open_identity(SEALED, PASSPHRASE) == ALICE


def test_neither_line_ends_nor_the_way_of_typing_matter() -> None:
    assert open_identity(SEALED.replace("\n", "\r\n") + "\n", PASSPHRASE) == ALICE
    assert open_identity(SEALED, PASSPHRASE.replace("\u00e9", "e\u0301")) == ALICE


def test_another_passphrase_is_said_to_be_wrong() -> None:
    assert "wrong passphrase" in refused(SEALED, "correct horse")


def test_the_key_does_not_stand_in_it_and_no_two_are_alike() -> None:
    assert ALICE.identity.secret.hex() not in SEALED
    again = seal_identity(ALICE, PASSPHRASE)
    assert again.split("\n")[:2] == SEALED.split("\n")[:2]
    assert again.split("\n")[3] != SEALED.split("\n")[3]


def test_the_name_cannot_be_changed() -> None:
    assert "changed" in refused(changed(1, "Alice", "Alicia"))


@pytest.mark.parametrize(
    "content",
    ["", "\n", "nonsense", "-----BEGIN OPENSSH PRIVATE KEY-----\n\n\n\n", changed(0, "1", "2"), SEALED * 2],
)
def test_what_is_no_export_is_said_to_be_none(content: str) -> None:
    assert "no exported identity" in refused(content)


@pytest.mark.parametrize(
    "content",
    [
        changed(1, "Alice", "two words"),
        changed(2, "17", "x"),
        changed(2, "scrypt ", ""),
        changed(3, SEALED[-9:-1], "zz"),
    ],
)
def test_a_damaged_export_is_said_to_be_damaged(content: str) -> None:
    assert "damaged" in refused(content)


@pytest.mark.parametrize("content", [changed(2, "17", "0"), changed(2, "8", "4096"), changed(2, "8 1", "8 1000")])
def test_a_file_whose_passphrase_is_stretched_in_another_way_is_not_tried(content: str) -> None:
    assert "another version" in refused(content)


@pytest.mark.parametrize("log_n", [18, 20, 40, 10**9])
def test_a_file_cannot_ask_for_more_memory_than_one_of_ours(log_n: int) -> None:
    assert "more memory" in refused(changed(2, "17", str(log_n)))
