"""The tables of docs/reliability.md."""

from pathlib import Path

from tests.laboratory.figures import BEGIN, END, percentile, promises_table, times_table, write_between
from tests.laboratory.judge import DOUBLED, LOST, Verdict, Violation
from tests.laboratory.lab import Figures
from tests.laboratory.runs import Result


def result(name: str, *kinds: str, returns_s: tuple[float, ...] = ()) -> Result:
    figures = Figures(verdict=Verdict([Violation(kind, "") for kind in kinds], acknowledged=1_000, shown=3_000))
    figures.faults["broker killed"] += 2
    figures.returns_s += returns_s
    return Result(name, 1, figures, [])


def test_runs_of_one_name_are_summed_and_all_of_them_again() -> None:
    table = promises_table([result("a_b", LOST, LOST), result("a_b", DOUBLED), result("c")]).splitlines()
    assert table[2] == "| a b | 2 | 4 × broker killed | 2,000 | 6,000 | 2 | 1 | 0 | 0 |"
    assert table[3] == "| c | 1 | 2 × broker killed | 1,000 | 3,000 | 0 | 0 | 0 | 0 |"
    assert table[4] == "| **all** | 3 | 6 × broker killed | 3,000 | 9,000 | 2 | 1 | 0 | 0 |"


def test_times_have_percentiles() -> None:
    table = times_table([result("a", returns_s=(0.5, 0.25)), result("b")]).splitlines()
    assert table[2:] == ["| a | return | 2 | 0.25 s | 0.50 s | 0.50 s |"]


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(number) for number in range(100, 0, -1)]
    assert [percentile(values, part) for part in (1, 50, 99, 100)] == [1.0, 50.0, 99.0, 100.0]
    assert percentile([7.0], 50) == 7.0


def test_only_what_stands_between_the_marks_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_between(page, "new")
    assert page.read_text() == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
