"""The rows that a reader follows."""

import io

import pytest

from demo.checks import compare
from demo.play import CAST, PLAY, Seen, part_of
from demo.screen import Screen

HELLO = Seen("public", "message", "bob", "hello")


def _shown(seen: Seen, counts: dict[str, int], colours: bool = False) -> str:
    out = io.StringIO()
    Screen(out, colours).seen(seen, counts)
    return out.getvalue()


def _dots(row: str) -> list[str]:
    """What stands in each one's column."""
    heading = io.StringIO()
    Screen(heading, colours=False).heading("")
    (names,) = [line for line in heading.getvalue().splitlines() if "alice" in line]
    return [row.ljust(80)[names.index(name) :][:9].strip() for name in CAST]


def test_a_dot_stands_under_everyone_who_sees_it() -> None:
    row = _shown(HELLO, {"bob": 1, "dave": 1}).rstrip("\n")
    assert "bob: hello" in row
    assert _dots(row) == ["", "●", "●"]


def test_what_was_seen_twice_shows_as_a_number() -> None:
    assert _dots(_shown(HELLO, {"alice": 2}).rstrip("\n")) == ["2", "", ""]


@pytest.mark.parametrize("name", CAST)
def test_everything_in_the_play_has_its_row_of_one_line(name: str) -> None:
    for seen in part_of(name, PLAY):
        (row,) = _shown(seen, dict.fromkeys(CAST, 1)).splitlines()
        assert len(row) <= 80
        assert _dots(row) == ["●", "●", "●"]


def test_a_long_text_goes_on_below() -> None:
    first, *more = _shown(HELLO._replace(text="hello " * 20), {"bob": 1}).splitlines()
    assert _dots(first) == ["", "●", ""]
    assert more
    assert all(len(line) <= 80 for line in more)


def test_colours_are_there_only_when_wanted() -> None:
    assert "\x1b[" not in _shown(HELLO, {"bob": 1})
    assert "\x1b[" in _shown(HELLO, {"bob": 1}, colours=True)


def test_a_terminal_without_unicode_gets_other_marks() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, "ascii")
    Screen(out, colours=False).seen(Seen("whisper", "whisper", "bob to dave", "psst"), {"bob": 1, "dave": 1})
    row = raw.getvalue().decode("ascii").rstrip()
    assert "bob -> dave: psst" in row
    assert _dots(row) == ["", "*", "*"]


def test_the_table_tells_what_was_wrong_and_for_whom() -> None:
    out = io.StringIO()
    verdicts = {name: compare(part_of(name, PLAY), part_of(name, PLAY)) for name in CAST}
    leak = Seen("whisper", "whisper", "alice to bob", "psst")
    verdicts["dave"] = compare(part_of("dave", PLAY), [*part_of("dave", PLAY), leak])
    Screen(out, colours=False).table(verdicts, {"the broker stopped cleanly": True})
    rows = {line[:50].strip(): line[50:].split() for line in out.getvalue().splitlines()}
    assert rows["foreign"] == ["0", "0", "1"]
    assert rows["missing"] == ["0", "0", "0"]
    assert rows["the broker stopped cleanly"] == ["yes"]
    assert "dave: foreign: whisper whisper alice to bob psst" in rows
