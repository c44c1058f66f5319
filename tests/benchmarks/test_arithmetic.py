from pathlib import Path

import pytest

from benchmarks.figures import Fanout, Figures, Gone, Latency, Return, Start, Throughput, load, percentile
from benchmarks.goals import Goal, at_least, at_most, goals
from benchmarks.measures.latency import latencies_ms
from benchmarks.quick import REGRESSION, Verdict, verdicts
from benchmarks.readers import Progress
from benchmarks.servers import Paced
from benchmarks.tables import document, with_tables


def goal_named(words: str, *found: Fanout | Latency | Return | Start | Throughput) -> Goal:
    return next(goal for goal in goals(Figures(found=list(found))) if words in goal.what)


def fanout(server: str, readers: int, cpu_us: float, messages_s: float = 1.0) -> Fanout:
    return Fanout(server, readers, 100, messages_s, cpu_us)


def growth(what: str, store: int, cpu_us: float) -> Throughput:
    return Throughput("zchat", f"growth: {what}", 1, 1.0, cpu_us, store)


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.99, 99), (0.999, 100), (1.0, 100), (0.001, 1)])
def test_a_percentile_is_the_value_that_this_share_does_not_exceed(share: float, value: float) -> None:
    assert percentile(range(1, 101), share) == value


def test_a_ratio_is_taken_within_the_same_room() -> None:
    words = "1,000 readers, over Redis's"
    own, peer = fanout("zchat", 1_000, 0.3), fanout("Redis", 1_000, 0.7)
    assert goal_named(words, own, peer, fanout("Redis", 100, 0.1))[2:] == ("0.43", True)
    assert goal_named(words, fanout("zchat", 1_000, 0.36), peer)[2:] == ("0.51", False)


def test_a_goal_without_a_figure_is_neither_met_nor_missed() -> None:
    assert goal_named("over Redis's", fanout("zchat", 1_000, 0.3))[2:] == ("not measured", None)
    assert {goal.met for goal in goals(Figures())} == {None}


def test_limits_themselves_meet_a_goal() -> None:
    assert (at_most("", 1.5, 1.5).met, at_most("", 1.51, 1.5).met) == (True, False)
    assert (at_least("", 8_000, 8_000).met, at_least("", 7_999, 8_000).met) == (True, False)


def test_latency_is_held_against_the_best_peer() -> None:
    def at(server: str, p99_ms: float, rate: int = 100) -> Latency:
        return Latency(server, rate, 100, 0.1, p99_ms, 9.0)

    reached = goal_named("p99", at("zchat", 2.0), at("Redis", 4.0), at("NATS", 1.6), at("ngIRCd", 0.1, rate=10))
    assert reached[2:] == ("1.25", True)


def test_growth_compares_the_best_rounds() -> None:
    rounds = [growth("talk", 0, 20.0), growth("talk", 9, 30.0), growth("talk", 0, 25.0), growth("talk", 9, 23.0)]
    assert goal_named("talk", *rounds)[2:] == ("1.15", False)


def test_one_client_that_does_not_return_misses_the_goal() -> None:
    assert goal_named("fail to return", Return(5_000, 9.0, 5.0, 0)).met is True
    assert goal_named("fail to return", Return(5_000, 9.0, 5.0, 1)).met is False


def test_a_latency_ends_when_the_readers_count_is_reached() -> None:
    paced = Paced()
    paced.sent_ns, paced.counts = [1_000_000, 2_000_000, 3_000_000], [1, 2, 2]
    progress = [Progress(0, 1_500_000, 1), Progress(1, 4_000_000, 2), Progress(0, 3_250_000, 2)]
    assert latencies_ms(paced, progress, 2) == [0.5, 1.25, 0.25, 3.0, 2.0, 1.0]


def test_figures_come_back_from_their_files(tmp_path: Path) -> None:
    figures = Figures({"date": "today"}, [fanout("zchat", 1, 2.5), Start("x", 0.3, 7), Gone("Redis", "all", "why")])
    figures.save(tmp_path)
    assert load(tmp_path) == figures


def test_the_tables_name_what_is_missing() -> None:
    text = document(
        Figures({}, [fanout("zchat", 1, 2.5), fanout("NATS", 10, 1.0), Gone("Redis", "all", "not | there")])
    )
    assert "| server | 1 | 10 |\n| --- | --- | --- |\n| zchat | 2.50 | - |\n| NATS | - | 1.00 |" in text
    assert "| Redis | all | not / there |" in text


def test_a_run_puts_its_tables_in_the_place_of_the_last_ones() -> None:
    page = (Path(__file__).parents[2] / "docs" / "performance.md").read_text("utf-8")
    once = with_tables(page, "| new |")
    assert "| new |" in once
    assert with_tables(with_tables(page, "| old |"), "| new |") == once
    assert once.startswith(page[: page.index("<!-- make bench")])
    assert once.endswith(page[page.index("<!-- to here") :])


def test_a_regression_is_more_than_noise() -> None:
    assert [
        each.is_regression for each in verdicts({"a": 4.0 * REGRESSION, "b": 5.3, "c": 9.9}, {"a": 4.0, "b": 4.0})
    ] == [
        False,
        True,
        False,
    ]
    assert "REGRESSION of more than 30 %" in str(Verdict("b", 5.3, 4.0))
