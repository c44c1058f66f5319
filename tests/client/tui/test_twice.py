from zchat_client.tui.twice import Twice


def test_a_key_held_down_is_never_meant_again() -> None:
    twice = Twice()
    twice.asked(10.0)
    assert not any(twice.is_meant(10.7 + 0.03 * times) for times in range(100))
    assert not twice.is_meant(14.5)
    assert twice.is_meant(15.5)


def test_where_nothing_was_asked_just_now_it_is_meant() -> None:
    assert Twice().is_meant(0.0)
