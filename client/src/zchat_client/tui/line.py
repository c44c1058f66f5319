"""One line of a log: what it is, who said it and when, and what became of it. Knows no terminal."""

import itertools
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum, auto

from zchat_client.events import Place

_numbers = itertools.count(1)


class Kind(Enum):
    """What a line is."""

    SAID = auto()
    SYSTEM = auto()
    ERROR = auto()
    DAY = auto()
    NEW = auto()
    CAUGHT_UP = auto()


class State(Enum):
    """What became of a message of one's own."""

    NONE = auto()
    PENDING = auto()
    KEPT = auto()
    WAITING = auto()
    DELIVERED = auto()


@dataclass(slots=True, eq=False)
class Line:
    """One line of a log, which may take several rows. ``revision`` rises when it looks different."""

    kind: Kind
    at: int
    text: str
    sender: str = ""
    action: bool = False
    own: bool = False
    mention: bool = False
    seq: int = 0
    state: State = State.NONE
    pending_id: int = 0
    recipient: str = ""
    announcement: bool = False
    # What is wrong with it, for people: a forged line, a whisper under another key.
    warning: str = ""
    # Where a change that is no message stands among them.
    place: Place | None = None
    revision: int = 0
    number: int = field(default_factory=lambda: next(_numbers))


def day_of(line: Line) -> date:
    """The local day of a line."""
    return _day(line.at // 60_000)


_days: dict[int, date] = {}


def _day(minute: int) -> date:
    """Kept, since a thousand lines a second ask for the same few minutes."""
    found = _days.get(minute)
    if found is None:
        if len(_days) > 10_000:
            _days.clear()
        found = _days[minute] = datetime.fromtimestamp(minute * 60).astimezone().date()
    return found
