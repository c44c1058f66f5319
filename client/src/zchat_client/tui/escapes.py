"""The sequences that the UI sends past Textual, all in one place."""

import os
from collections.abc import Mapping
from typing import Final

from zchat_client.tui.textfit import one_line

BELL: Final = "\x07"
# Ends whatever sequence was cut off, then takes back what Textual asks for at its start: keys as kitty sends them, the
# other screen, a hidden cursor, word of the mouse, of the focus, of pastes and of sizes, and lines that do not wrap.
GIVE_BACK: Final = (
    "\x18\x1b\\\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l\x1b[?1004l\x1b[?2004l"
    "\x1b[?2048l\x1b[?2026l\x1b[?7h\x1b[0m"
)
_TITLE_CHARS: Final = 60
_TEXT_CHARS: Final = 200


def desktop_notice(title: str, text: str, environment: Mapping[str, str] | None = None) -> str:
    """A desktop notification, for terminals that know one: OSC 777 (rxvt, foot, WezTerm, Ghostty), OSC 9 (the others).

    Who writes the text is anybody: nothing in it may end the sequence or begin another.
    """
    env = os.environ if environment is None else environment
    title, text = _plain(title)[:_TITLE_CHARS], _plain(text)[:_TEXT_CHARS]
    knows_777 = env.get("TERM_PROGRAM", "") in ("WezTerm", "ghostty") or env.get("TERM", "").startswith(
        ("rxvt", "foot")
    )
    sequence = f"\x1b]777;notify;{title};{text}\x1b\\" if knows_777 else f"\x1b]9;{title}: {text}\x1b\\"
    return _through_tmux(sequence) if env.get("TMUX") else sequence


def _plain(text: str) -> str:
    return one_line(text).replace(";", ",")


def _through_tmux(sequence: str) -> str:
    """Tmux hands on what is wrapped so, if its user allows it (allow-passthrough)."""
    doubled = sequence.replace("\x1b", "\x1b\x1b")
    return f"\x1bPtmux;{doubled}\x1b\\"
