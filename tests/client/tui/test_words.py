import pytest

from zchat_client.tui import words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("alice is online from 10.0.0.2; end it, or use --takeover to end it.", "alice is online from 10.0.0.2."),
        ("Another key: SHA. Somebody may be in between. If you know why, start with --accept-key SHA",
         "Another key: SHA. Somebody may be in between."),
        ("Ask for a code (--invite CODE), or to list your key.", "Ask for a code or to list your key."),
        ("You are banned here: too loud -- by root.", "You are banned here: too loud -- by root."),
        ("Not the one that --accept-key names.", "Not the one that --accept-key names."),
    ],
)  # fmt: skip
def test_nobody_inside_is_told_of_options(text: str, shown: str) -> None:
    assert words.plainly(text) == shown
