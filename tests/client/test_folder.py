"""What a client keeps on its disk is its own user's, at one broker, and there again at the next start."""

import errno
import os
from pathlib import Path

import pytest

from tests.people import key_of
from zchat_client.core.outputs import Pin
from zchat_client.folder import Folder
from zchat_common.identity import DamagedKey

BOB, CAROL = Pin("bob", key_of("bob")), Pin("carol", key_of("carol"))


def folder(data: Path, name: str = "alice", host: str = "192.0.2.1", port: int = 5555) -> Folder:
    return Folder(data, name, host, port)


def test_the_next_start_knows_what_was_kept(tmp_path: Path) -> None:
    first = folder(tmp_path)
    first.positions.set("public", 7)
    first.positions.set("damaged", "seven")
    first.positions.flush()
    first.ignored.add("Mallory")
    assert first.keep([BOB, CAROL]) == ""
    again = folder(tmp_path)
    assert again.seqs == {"public": 7}
    assert "mallory" in again.ignored
    assert again.pins == {"bob": BOB.key, "carol": CAROL.key}
    assert again.identity == first.identity


@pytest.mark.parametrize("other", [{"name": "bob"}, {"host": "192.0.2.2"}, {"port": 6666}])
def test_another_user_and_another_broker_have_their_own(tmp_path: Path, other: dict[str, str | int]) -> None:
    first = folder(tmp_path)
    first.positions.set("public", 7)
    first.positions.flush()
    first.keep([BOB])
    second = folder(tmp_path, **other)  # type: ignore[arg-type]
    assert (second.seqs, second.pins) == ({}, {})
    assert (second.identity == first.identity) == ("name" not in other)


def test_an_address_of_any_kind_makes_a_folder_s_name(tmp_path: Path) -> None:
    assert folder(tmp_path, host="fe80::1%eth0/64").keep([BOB]) == ""
    assert [path.name for path in (tmp_path / "contacts").iterdir()] == ["fe80__1%eth0_64_5555"]


def test_why_keys_could_not_be_kept_names_the_file(tmp_path: Path) -> None:
    alice = folder(tmp_path)
    file = tmp_path / "contacts" / "192.0.2.1_5555" / "alice.keys"
    file.mkdir(parents=True)
    assert alice.keep([BOB]) == f"{os.strerror(errno.EISDIR)}: {file}"
    file.rmdir()
    file.write_text("damaged\n")
    assert str(file) in alice.keep([BOB])
    with pytest.raises(DamagedKey):
        folder(tmp_path)
