"""The few commands that only a screen needs; all others are the client's own (:mod:`zchat_client.typed`)."""

from dataclasses import dataclass
from typing import Final

from zchat_client.events import HelpLine
from zchat_client.tui.notices import NOTIFY_LEVELS
from zchat_common.errors import Code, ZchatError


@dataclass(frozen=True, slots=True)
class Notify:
    """What one wants to be told of in the open conversation; without a level it asks for that."""

    level: str = ""


@dataclass(frozen=True, slots=True)
class Close:
    """Takes the open conversation off the list."""


@dataclass(frozen=True, slots=True)
class Open:
    """Shows the whispers with somebody."""

    name: str


ScreenCommand = Notify | Close | Open

_NOTIFY: Final = HelpLine(f"/notify {'|'.join(NOTIFY_LEVELS)}", "what to tell you of in this conversation")
_CLOSE: Final = HelpLine("/close", "takes this conversation off the list")
LINES: Final = (_NOTIFY, _CLOSE)


def parse(text: str) -> ScreenCommand | None:
    """The command, or None if it is none of these. Raises ZchatError(usage)."""
    words = text.split()
    match [word.lower() for word in words[:1]] + words[1:]:
        case ["/notify", level] if level.lower() in NOTIFY_LEVELS:
            return Notify(level.lower())
        case ["/notify"]:
            return Notify()
        case ["/notify", *_]:
            raise ZchatError(Code.USAGE, f"Usage: {_NOTIFY.usage}")
        case ["/close"]:
            return Close()
        case ["/w" | "/whisper" | "/msg", name]:
            return Open(name)
        case _:
            return None
