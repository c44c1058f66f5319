import pytest

from zchat_client import typed as t
from zchat_client.tui.help import help_text
from zchat_client.tui.keys import DOINGS, key_names


@pytest.mark.parametrize("width", [200, 86, 50, 40])
def test_the_help_stands_in_two_columns_at_every_width(width: int) -> None:
    keys = [(key_names(each.keys), each.does) for each in DOINGS]
    rows = help_text(keys, t.help_lines(for_admin=True), width).splitlines()
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
