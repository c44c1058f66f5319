import os
import tomllib
from pathlib import Path

import pytest

from zchat_client.tui.settings import TEMPLATE, Settings, read_settings


def written(folder: Path, text: str) -> Path:
    path = folder / "client.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_first_start_writes_the_settings_with_comments(tmp_path: Path) -> None:
    path = tmp_path / "new" / "client.toml"
    assert read_settings(path) == (read_settings(path)), "the second time it is there"
    assert read_settings(path).settings == Settings()
    assert path.read_text("utf-8") == TEMPLATE


def test_every_commented_setting_is_the_default_when_it_is_uncommented(tmp_path: Path) -> None:
    plain = "\n".join(line.removeprefix("# ") if " = " in line else line for line in TEMPLATE.splitlines())
    read = read_settings(written(tmp_path, plain))
    assert read.troubles == ()
    assert read.settings.keys.pop("go_to") == "ctrl+k"
    read.settings.keys.clear()
    assert read.settings == Settings()
    assert tomllib.loads(plain)["theme"] == "dark"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("theme = 'pink'", "theme must be one of"),
        ("bell = 'loud'", "bell must be true or false"),
        ("away_after_minutes = -1", "away_after_minutes"),
        ("colour = 'red'", "no setting 'colour'"),
        ("[keys]\ngo_to = 5", "keys.go_to"),
        ("[keys]\ngo_to = 'ctrl+nonsense'", "keys.go_to must be a key"),
        ("[keys]\ngo_to = 'f5, crtl+t'", "keys.go_to must be a key"),
        ("[keys]\nfly = 'f9'", "no key setting 'fly'"),
        ("keys = 3", "keys must be a table"),
        ("theme = ", "is no TOML"),
        (f"away_after_minutes = {'9' * 5_000}", "a number is too long"),
        (f"theme = {'[' * 3_000}", "brackets are too deep"),
        (f"away_after_minutes = 0x{'f' * 5_000}", "away_after_minutes must be a number of minutes, or 0, not that"),
        (f"theme.{'a.' * 3_000}a = 1", "theme must be one of"),
        (f"theme = '{'x' * 5_000}'", f"not '{'x' * 59}...;"),
        ("away_after_minutes = nan", "away_after_minutes"),
        ("away_after_minutes = 1e300", "away_after_minutes"),
        ("[keys]\ngo_to = 'Ctrl+M'", "keys.go_to: ctrl+m is Enter in most terminals"),
        ("[keys]\ngo_to = 'f5, ctrl+i'", "keys.go_to: ctrl+i is Tab in most terminals"),
        ("[keys]\ngo_to = 'ctrl+h'", "keys.go_to: ctrl+h is Backspace in most terminals"),
        ("[keys]\ngo_to = 'ctrl+['", "keys.go_to: ctrl+[ is Esc in most terminals"),
    ],
    ids=lambda value: value[:40],
)
def test_a_broken_setting_is_told_and_its_default_holds(tmp_path: Path, text: str, word: str) -> None:
    read = read_settings(written(tmp_path, text))
    assert len(read.troubles) == 1
    assert word in read.troubles[0]
    assert read.settings == Settings()


def test_a_file_may_begin_with_a_mark_of_its_encoding(tmp_path: Path) -> None:
    path = tmp_path / "client.toml"
    path.write_text("theme = 'light'", "utf-8-sig")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert read_settings(path).settings.theme == "light"
    assert read_settings(path).troubles == ()


def test_what_is_right_beside_what_is_broken_counts(tmp_path: Path) -> None:
    read = read_settings(written(tmp_path, "theme = 'light'\nbell = 7\n[keys]\ngo_to = 'Ctrl+T, f5'"))
    assert (read.settings.theme, read.settings.bell, read.settings.keys) == ("light", True, {"go_to": "ctrl+t,f5"})


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "client.toml").write_bytes(b"\xff\xfe")
    assert "cannot be read" in read_settings(tmp_path / "client.toml").troubles[0]
    assert "cannot be" in read_settings(tmp_path / "client.toml" / "under" / "a.toml").troubles[0]


SWAPPED = {"next_conversation": "ctrl+p", "previous_conversation": "ctrl+n"}


@pytest.mark.parametrize(
    ("keys", "told", "kept"),
    [
        ({"search": "ctrl+q"}, "keys.search: ctrl+q is leave's", {}),
        ({"help": "ctrl+n"}, "keys.help: ctrl+n is next_conversation's", {}),
        ({"help": "f5", "search": "f4,f5"}, "keys.search: f5 is help's", {"help": "f5"}),
        ({"help": "f5", "leave": "f5"}, "keys.leave: f5 is help's", {"help": "f5"}),
        ({"conversation_1": "f1"}, "keys.conversation_1: f1 is help's", {}),
        ({"help": "enter"}, "keys.help: enter is the input's", {}),
        ({"help": "f5,h"}, "keys.help: h is the input's", {}),
        ({"help": "slash"}, "keys.help: slash is the input's", {}),
        ({"help": "f5,f5"}, "", {"help": "f5,f5"}),
        ({"leave": "ctrl+c"}, "", {"leave": "ctrl+c"}),
        (SWAPPED, "", SWAPPED),
    ],
)
def test_a_key_for_two_things_is_told_and_the_default_holds(
    tmp_path: Path, keys: dict[str, str], told: str, kept: dict[str, str]
) -> None:
    read = read_settings(written(tmp_path, "\n".join(["[keys]", *[f"{name} = '{key}'" for name, key in keys.items()]])))
    assert read.settings.keys == kept
    assert [trouble.partition(" already;")[0].partition(": ")[2] for trouble in read.troubles] == [told] * bool(told)


def test_a_default_that_was_taken_over_comes_back_with_its_own(tmp_path: Path) -> None:
    read = read_settings(written(tmp_path, "[keys]\nhelp = 'ctrl+f'\ngo_to = 'f5'\nsearch = 'f5'"))
    assert read.settings.keys == {"go_to": "f5"}
    assert [trouble.partition(": ")[2].partition(" ")[0] for trouble in read.troubles] == ["keys.search:", "keys.help:"]


def test_the_settings_name_no_key_that_they_change() -> None:
    comments = TEMPLATE.partition("[keys]")[0]
    assert "Ctrl+" not in comments
    assert "go_to" in comments


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no such files")
def test_what_is_no_file_holds_no_start_up(tmp_path: Path) -> None:
    path = tmp_path / "client.toml"
    os.mkfifo(path)
    read = read_settings(path)
    assert read.settings == Settings()
    assert read.troubles == (f"{path} is no file; the defaults hold.",)
