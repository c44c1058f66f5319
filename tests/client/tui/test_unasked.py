"""A box that opens by itself takes no key before a pause in typing."""

from textual import events

from zchat_client.tui.unasked import Unasked


def pressed(at_s: float, name: str = "x") -> events.Key:
    key = events.Key(name, name if len(name) == 1 else None)
    key.time = at_s
    return key


def test_keys_count_half_a_second_after_it_opened_and_after_the_last_key() -> None:
    unasked, box = Unasked(), object()
    unasked.opens(box, 10.0)
    for at_s in (9.0, 10.1, 10.4, 10.8):
        assert unasked.keeps_from(box, pressed(at_s))
    assert unasked.waits(box, 11.2)
    for at_s in (11.3, 11.31, 11.32):
        assert not unasked.keeps_from(box, pressed(at_s)), "whoever has seen it may be quick"


def test_what_else_is_on_the_screen_takes_every_key() -> None:
    unasked, box = Unasked(), object()
    assert not unasked.keeps_from(box, pressed(10.0))
    unasked.opens(box, 10.0)
    assert not unasked.keeps_from(object(), pressed(10.1))


def test_a_field_takes_letters_half_a_second_after_it_opened_but_enter_only_after_a_pause() -> None:
    unasked, box = Unasked(), object()
    unasked.opens(box, 10.0, is_field=True)
    assert unasked.keeps_from(box, pressed(10.4)), "a word that was begun before"
    assert not unasked.keeps_from(box, pressed(10.6))
    assert not unasked.keeps_from(box, pressed(10.7, "backspace"))
    assert unasked.keeps_from(box, pressed(10.9, "enter"))
    assert unasked.keeps_from(box, pressed(11.3, "enter"))
    assert not unasked.keeps_from(box, pressed(11.9, "enter"))
