from zchat_broker.timeline import Timeline
from zchat_common.clock import Now


def test_time_follows_the_wall_clock() -> None:
    timeline = Timeline(0, Now(1_000_000, 5.0))
    assert timeline.advance(Now(1_000_500, 5.5)) == (1_000_500, False)


def test_a_clock_that_is_set_back_does_not_turn_time_back() -> None:
    timeline = Timeline(0, Now(1_000_000, 5.0))
    assert timeline.advance(Now(400_000, 6.0)) == (1_000_500, False)


def test_after_a_step_back_time_goes_on_until_the_wall_clock_has_caught_up() -> None:
    timeline = Timeline(0, Now(1_000_000, 0.0))
    timeline.advance(Now(990_000, 0.0))
    times = [timeline.advance(Now(990_000 + second * 1_000, float(second)))[0] for second in range(1, 25)]
    assert times == sorted(set(times))
    assert times[-1] == 990_000 + 24_000


def test_a_clock_that_is_set_forward_is_followed_and_said() -> None:
    timeline = Timeline(0, Now(1_000_000, 5.0))
    assert timeline.advance(Now(9_000_000, 6.0)) == (9_000_000, True)
    assert timeline.advance(Now(9_001_000, 7.0)) == (9_001_000, False)


def test_a_store_from_the_future_is_not_undercut() -> None:
    timeline = Timeline(2_000_000, Now(1_000_000, 5.0))
    assert timeline.advance(Now(1_002_000, 7.0)) == (2_001_000, False)


def test_a_long_pause_of_this_process_is_no_jump() -> None:
    timeline = Timeline(0, Now(1_000_000, 5.0))
    assert timeline.advance(Now(1_030_000, 35.0)) == (1_030_000, False)
