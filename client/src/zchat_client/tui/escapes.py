"""The sequences that the UI sends past Textual, all in one place: the bell and desktop notifications."""

import os
from collections.abc import Mapping
from typing import Final

from zchat_client.tui.textfit import one_line

BELL: Final = "\x07"
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
