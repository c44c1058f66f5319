import pytest

from zchat_client import typed as t
from zchat_client.tui.help import help_text
from zchat_client.tui.keys import KeyNames
from zchat_client.tui.look import ASCII, Glyphs


def rows_at(width: int, chosen: dict[str, str] | None = None, glyphs: Glyphs | None = None) -> list[str]:
    return help_text(KeyNames(chosen or {}), t.help_lines(for_admin=True), glyphs or Glyphs(), width).splitlines()


@pytest.mark.parametrize("width", [200, 86, 50, 40])
def test_the_help_stands_in_two_columns_at_every_width(width: int) -> None:
    rows = rows_at(width)
    assert all(len(row) <= width for row in rows)
    assert sum("PgUp" in row for row in rows) == 1
    for does in ("show or hide the conversations", "invites NAME to your party, which begins with it"):
        first = next(row for row in rows if does[:12] in row)
        column = first.index(does[:12])
        below = rows[rows.index(first) + 1 :]
        rest = does.removeprefix(first[column:].rstrip()).strip()
        while rest:
            row, *below = below
            assert row[:column].strip() == "", "what goes on stands below where it began"
            rest = rest.removeprefix(row.strip()).strip()


def test_the_help_says_what_each_mark_means_and_what_the_mouse_does() -> None:
    rows = rows_at(86)
    glyphs = Glyphs()
    for mark, means in (
        (glyphs.kept, "the broker has it"),
        (glyphs.delivered, "your whisper has arrived"),
        (glyphs.pending, "not at the broker yet"),
        (glyphs.online, "here"),
        (glyphs.away, "away, since when and why"),
        (glyphs.offline, "gone"),
        (glyphs.announcement, "an admin announces"),
        (glyphs.leader, "leads the party"),
        (glyphs.draft, "begun"),
        ("3", "unread"),
        ("3!", "names you"),
        (f"+7 {glyphs.between} 3", "7 more conversations"),
    ):
        assert any(row.split("  ")[0] == mark and means in row for row in rows), (mark, means)
    assert any(row.startswith("The mouse ") for row in rows)


def test_the_marks_are_those_of_the_terminal() -> None:
    rows = rows_at(86, glyphs=ASCII)
    assert "".join(rows).isascii()
    assert any(row.split("  ")[0] == "[ok]" and "the broker has it" in row for row in rows)


def test_the_keys_are_those_of_the_settings() -> None:
    assert any(row.split() == ["Alt+1", "to", "Alt+9", "conversation", "1", "to", "9"] for row in rows_at(86))
    rows = rows_at(86, {"help": "f5", "go_to": "ctrl+t,f9", "conversation_2": "f12"})
    assert any(row.startswith("F5 ") and "this help" in row for row in rows)
    assert any(row.startswith("Ctrl+T or F9 ") for row in rows)
    assert any(row.split() == ["F12", "conversation", "2"] for row in rows)
    assert any(row.split() == ["Alt+9", "conversation", "9"] for row in rows)
    assert not any("F1 " in row or "Ctrl+K" in row for row in rows)
