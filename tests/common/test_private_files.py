"""Small files are replaced wholly or not at all, and nobody else may look into them."""

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from zchat_common.private_files import append_private, make_private_folder, write_private

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes are a thing of POSIX")


@pytest.fixture
def no_umask() -> Iterator[None]:
    """A user whose new files everybody may read and write, if the program does not see to it."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_content_is_written_and_replaced(tmp_path: Path) -> None:
    file = tmp_path / "key"
    write_private(file, b"one")
    write_private(file, b"two\n")
    assert file.read_bytes() == b"two\n"


def test_it_may_be_written_without_waiting_for_the_disk(tmp_path: Path) -> None:
    write_private(tmp_path / "positions", b"{}", durable=False)
    assert (tmp_path / "positions").read_bytes() == b"{}"


@posix
@pytest.mark.usefixtures("no_umask")
def test_only_the_owner_may_read_the_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    write_private(file, b"secret")
    assert mode(file) == 0o600


@posix
@pytest.mark.usefixtures("no_umask")
def test_a_file_that_was_open_to_all_is_closed(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.touch(mode=0o666)
    write_private(file, b"secret")
    assert mode(file) == 0o600


@posix
@pytest.mark.usefixtures("no_umask")
def test_nobody_else_may_look_into_any_folder_that_was_made(tmp_path: Path) -> None:
    write_private(tmp_path / "data" / "keys" / "alice" / "key", b"secret")
    made = [tmp_path / "data", tmp_path / "data" / "keys", tmp_path / "data" / "keys" / "alice"]
    assert [oct(mode(folder)) for folder in made] == [oct(0o700)] * 3


@posix
def test_a_folder_that_was_there_stays_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o755)
    make_private_folder(folder)
    write_private(folder / "key", b"secret")
    assert mode(folder) == 0o755


def test_a_reader_keeps_what_he_opened(tmp_path: Path) -> None:
    """The file is another one afterwards: nobody ever sees half of each."""
    file = tmp_path / "key"
    write_private(file, b"old and long")
    with file.open("rb") as reader:
        write_private(file, b"new")
        assert reader.read() == b"old and long"


def test_what_could_not_be_written_leaves_the_old_content_and_no_litter(tmp_path: Path) -> None:
    in_the_way = tmp_path / "key"
    in_the_way.mkdir()
    (in_the_way / "old").write_bytes(b"old")
    with pytest.raises(OSError, match="key"):
        write_private(in_the_way, b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
    assert (in_the_way / "old").read_bytes() == b"old"


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        write_private(tmp_path / "file" / "keys" / "key", b"secret")


def test_lines_are_added_at_the_end(tmp_path: Path) -> None:
    file = tmp_path / "data" / "known"
    for line in (b"one", b"two"):
        append_private(file, line)
    assert file.read_bytes() == b"one\ntwo\n"


def test_a_line_is_added_below_one_that_has_no_end(tmp_path: Path) -> None:
    (tmp_path / "known").write_bytes(b"one")
    append_private(tmp_path / "known", b"two")
    assert (tmp_path / "known").read_bytes() == b"one\ntwo\n"


@posix
@pytest.mark.usefixtures("no_umask")
def test_only_the_owner_may_read_the_lines(tmp_path: Path) -> None:
    append_private(tmp_path / "known", b"one")
    assert mode(tmp_path / "known") == 0o600
