from dataclasses import replace
from pathlib import Path

import pytest

from tests.client.tui.stage import on_stage, play
from tests.client.tui.telling import connected
from tests.system.processes import Broker, unique
from zchat_client import events as e
from zchat_client.tui.standstill import Standstill
from zchat_client.tui.story import Story


class Running(Standstill):
    """One whose clocks are a test's: the wall's, and one that nobody sets."""

    def __init__(self, *seconds: int) -> None:
        self.steady_ms = 0
        super().__init__(lambda: self.steady_ms)
        for each in seconds:
            self.goes(each, each)

    def goes(self, steady_s: int, wall_s: int) -> None:
        self.steady_ms = steady_s * 1000
        self.beat(wall_s * 1000)

    def lost_after(self, ms: int, at: int) -> int:
        self.steady_ms += ms
        return self.lost_at(at)


def test_what_is_lost_while_the_program_runs_is_lost_when_that_is_found_out() -> None:
    assert Running(1, 2, 3).lost_after(500, 3_500) == 3_500


def test_what_is_lost_after_a_standstill_was_lost_since_then() -> None:
    assert Running(1, 2, 24).lost_after(1_000, 25_000) == 2_000


def test_the_standstill_may_be_known_by_the_loss_alone() -> None:
    assert Running(1, 2).lost_after(22_000, 24_000) == 2_000


def test_a_standstill_costs_one_connection_and_only_soon() -> None:
    still = Running(1, 30)
    assert still.lost_after(1_000, 31_000) == 1_000
    assert still.lost_after(1_000, 32_000) == 32_000
    assert Running(1, 30, 32, 34, 36, 38, 40, 42, 44, 46).lost_after(0, 46_000) == 46_000


@pytest.mark.parametrize("wall_s", [50, 3_600])
def test_a_clock_that_is_set_is_no_standstill(wall_s: int) -> None:
    still = Running(100)
    still.goes(101, wall_s)
    still.goes(102, wall_s + 1)
    assert still.lost_after(500, wall_s * 1000 + 1_500) == wall_s * 1000 + 1_500


def test_an_outage_is_as_long_as_one_has_heard_nothing(story: Story) -> None:
    story.still = still = Running()
    story.take(replace(connected(), at=1_000))
    still.steady_ms = 22_000
    story.take(e.Disconnected(at=23_000, reason="cut"))
    assert story.lost_at == 1_000
    story.take(e.Reconnected(at=24_000, replayed=0))
    assert story.conversations.public.lines[-1].text == "connected again after 23 s"


def test_a_program_that_runs_knows_it(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice")) as stage:
            await stage.sees("at Lab")
            assert stage.app.chat is not None
            still = stage.app.chat.story.still
            began = still._beat
            await stage.until(lambda: still._beat != began, "a beat")

    play(scenario())
