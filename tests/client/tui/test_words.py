import pytest

from zchat_client import typed as t
from zchat_client.tui import words
from zchat_client.tui.keys import DOINGS, key_names


@pytest.mark.parametrize("width", [200, 86, 50, 40])
def test_the_help_stands_in_two_columns_at_every_width(width: int) -> None:
    keys = [(key_names(each.keys), each.does) for each in DOINGS]
    rows = words.help_text(keys, t.help_lines(for_admin=True), width).splitlines()
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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("alice is online from 10.0.0.2; end it, or use --takeover to end it.", "alice is online from 10.0.0.2."),
        ("Another key: SHA. Somebody may be in between. If you know why, start with --accept-key SHA",
         "Another key: SHA. Somebody may be in between."),
        ("Ask for a code (--invite CODE), or to list your key.", "Ask for a code or to list your key."),
        ("You are banned here: too loud -- by root.", "You are banned here: too loud -- by root."),
        ("Not the one that --accept-key names.", "Not the one that --accept-key names."),
    ],
)  # fmt: skip
def test_nobody_inside_is_told_of_options(text: str, shown: str) -> None:
    assert words.plainly(text) == shown
