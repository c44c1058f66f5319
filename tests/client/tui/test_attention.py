from zchat_client.tui.attention import Attention


def test_without_a_word_about_focus_a_minute_without_a_key_is_looking_away() -> None:
    attention = Attention(0.0)
    assert attention.looking(59.0)
    assert not attention.looking(60.0)
    attention.key(61.0)
    assert attention.looking(100.0)


def test_the_terminal_says_whether_it_has_the_focus() -> None:
    attention = Attention(0.0)
    attention.focus(False)
    assert not attention.looking(1.0)
    attention.focus(True)
    assert attention.looking(1000.0)


def test_a_key_means_focus_whatever_was_said() -> None:
    attention = Attention(0.0)
    attention.focus(False)
    attention.key(5.0)
    assert attention.looking(6.0)


def test_it_rings_when_nobody_looks_and_not_without_end() -> None:
    attention = Attention(0.0)
    assert not attention.should_call(1.0)
    attention.focus(False)
    assert attention.should_call(2.0)
    assert not attention.should_call(3.0)
    assert attention.should_call(5.0)


def test_idle_is_no_key_for_so_long() -> None:
    attention = Attention(0.0)
    assert not attention.idle(599.0, 600.0)
    assert attention.idle(600.0, 600.0)
    assert not attention.idle(10_000.0, 0.0)
