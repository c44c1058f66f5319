from dataclasses import replace
from pathlib import Path

from tests.client.tui.stage import on_stage, play
from tests.client.tui.telling import connected
from tests.system.processes import Broker, unique
from zchat_client import events as e
from zchat_client.tui.standstill import Standstill
from zchat_client.tui.story import Story


def running(*seconds: int) -> Standstill:
    still = Standstill()
    for each in seconds:
        still.beat(each * 1000)
    return still


def test_what_is_lost_while_the_program_runs_is_lost_when_that_is_found_out() -> None:
    assert running(1, 2, 3).lost_at(3_500) == 3_500


def test_what_is_lost_after_a_standstill_was_lost_since_then() -> None:
    assert running(1, 2, 24).lost_at(25_000) == 2_000


def test_the_standstill_may_be_known_by_the_loss_alone() -> None:
    assert running(1, 2).lost_at(24_000) == 2_000


def test_a_standstill_costs_one_connection_and_only_soon() -> None:
    still = running(1, 30)
    assert still.lost_at(31_000) == 1_000
    assert still.lost_at(32_000) == 32_000
    assert running(1, 30, 32, 34, 36, 38, 40, 42, 44, 46).lost_at(46_000) == 46_000


def test_a_clock_that_is_put_back_is_no_standstill() -> None:
    assert running(100, 50, 51).lost_at(51_500) == 51_500


def test_an_outage_is_as_long_as_one_has_heard_nothing(story: Story) -> None:
    story.take(replace(connected(), at=1_000))
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
            began = still._at
            await stage.until(lambda: still._at != began, "a beat")

    play(scenario())
