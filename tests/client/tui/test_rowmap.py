from hypothesis import given
from hypothesis import strategies as st

from zchat_client.tui.line import Kind, Line
from zchat_client.tui.rowmap import RowMap


def lines(heights: list[int]) -> list[Line]:
    return [Line(Kind.SYSTEM, 0, "x" * height) for height in heights]


def row_map(heights: list[int]) -> RowMap:
    made = RowMap(lambda line: len(line.text))
    made.fill(lines(heights))
    return made


HEIGHTS = st.lists(st.integers(1, 5), min_size=1, max_size=30)


@given(HEIGHTS)
def test_every_row_belongs_to_its_line(heights: list[int]) -> None:
    made = row_map(heights)
    expected = [(index, row) for index, height in enumerate(heights) for row in range(height)]
    assert [made.find(row) for row in range(made.rows)] == expected


@given(HEIGHTS, HEIGHTS, st.data())
def test_lines_come_in_front_go_from_the_front_and_change(
    heights: list[int], older: list[int], data: st.DataObject
) -> None:
    made = row_map(heights)
    assert made.prepend(lines(older)) == sum(older)
    now = older + heights
    gone = data.draw(st.integers(0, len(now) - 1))
    assert made.drop(gone) == sum(now[:gone])
    now = now[gone:]
    index = data.draw(st.integers(0, len(now) - 1))
    now[index] += 2
    made.change(index, lines(now)[index])
    made.append(lines([3]))
    expected = row_map([*now, 3])
    assert [made.top(each) for each in range(made.lines)] == [expected.top(each) for each in range(expected.lines)]
    assert made.rows == expected.rows
