from zchat_client.tui.escapes import desktop_notice

HOSTILE = "a\x1b]0;owned\x07b\x9c\u202e;c\nd"


def test_nothing_in_a_notice_ends_it_or_begins_another() -> None:
    for environment in ({"TERM": "xterm"}, {"TERM": "foot"}):
        sequence = desktop_notice(HOSTILE, HOSTILE, environment)
        assert sequence.count("\x1b") == 2, "its own beginning and end"
        assert sequence.endswith("\x1b\\")
        assert not set("\x07\x9c\n\u202e") & set(sequence)


def test_terminals_that_know_a_title_get_one() -> None:
    assert desktop_notice("bob", "hi", {"TERM": "foot"}) == "\x1b]777;notify;bob;hi\x1b\\"
    assert desktop_notice("bob", "hi", {"TERM": "xterm"}) == "\x1b]9;bob: hi\x1b\\"


def test_tmux_hands_on_what_is_wrapped() -> None:
    sequence = desktop_notice("bob", "hi", {"TERM": "screen", "TMUX": "socket,1,0"})
    assert sequence == "\x1bPtmux;\x1b\x1b]9;bob: hi\x1b\x1b\\\x1b\\"
