"""A few values that are kept for the next run, and not missed when they are lost."""

import stat
import sys
from pathlib import Path

import pytest

from zchat_client.notes import Notes, Value


def test_values_come_back_in_the_next_run(tmp_path: Path) -> None:
    notes = Notes(tmp_path / "deep" / "notes.json")
    values: dict[str, Value] = {"text": "żółw\n", "number": 7, "real": 1.5, "flag": True, "other flag": False, "": ""}
    for name, value in values.items():
        notes.set(name, value)
    notes.flush()
    again = Notes(tmp_path / "deep" / "notes.json")
    assert again.items() == values
    assert again.get("flag") is True


def test_what_is_not_there_has_a_default(tmp_path: Path) -> None:
    notes = Notes(tmp_path / "notes.json")
    assert notes.get("draft") is None
    assert notes.get("draft", "none yet") == "none yet"


def test_none_forgets_a_value(tmp_path: Path) -> None:
    notes = Notes(tmp_path / "notes.json")
    notes.set("draft", "hello")
    notes.set("draft", None)
    notes.set("never there", None)
    notes.flush()
    assert Notes(tmp_path / "notes.json").items() == {}


def test_nothing_reaches_the_disk_before_the_flush_or_without_a_change(tmp_path: Path) -> None:
    path = tmp_path / "notes.json"
    notes = Notes(path)
    notes.flush()
    notes.set("draft", "hello")
    assert not path.exists()
    notes.flush()
    path.unlink()
    notes.flush()
    assert not path.exists()


def test_what_comes_out_is_a_copy(tmp_path: Path) -> None:
    notes = Notes(tmp_path / "notes.json")
    notes.items()["draft"] = "hello"
    assert notes.get("draft") is None


@pytest.mark.parametrize("content", [b"", b"{", b"[1, 2]", b'"text"', b"\xff\xfe", b'{"a": ', b"[" * 100_000])
def test_a_damaged_file_counts_as_empty_and_is_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.json"
    path.write_bytes(content)
    notes = Notes(path)
    assert notes.items() == {}
    notes.set("public", 3)
    notes.flush()
    assert Notes(path).items() == {"public": 3}


def test_values_of_other_kinds_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "notes.json"
    path.write_text('{"a": [1], "b": {"c": 1}, "d": null, "e": 5}')
    assert Notes(path).items() == {"e": 5}


@pytest.mark.skipif(sys.platform == "win32", reason="modes are a thing of POSIX")
def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    notes = Notes(tmp_path / "notes.json")
    notes.set("draft", "secret")
    notes.flush()
    assert stat.S_IMODE((tmp_path / "notes.json").stat().st_mode) == 0o600


def test_what_could_not_be_written_is_written_by_the_next_flush(tmp_path: Path) -> None:
    path = tmp_path / "notes.json"
    path.mkdir()
    notes = Notes(path)
    notes.set("public", 3)
    with pytest.raises(OSError, match="notes"):
        notes.flush()
    path.rmdir()
    notes.flush()
    assert Notes(path).items() == {"public": 3}
