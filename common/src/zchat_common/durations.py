"""Durations and moments as people write and read them."""

import re
from datetime import UTC, datetime
from typing import Final

from zchat_common.limits import RESTRAINT_MAX_S

USAGE: Final = "a number and m, h, d or w, such as 30m, 1h, 2d or 1w"

_SECONDS: Final = {"m": 60, "h": 3600, "d": 24 * 3600, "w": 7 * 24 * 3600}
# Some days away from the end of Python's calendar, so that local time fits too.
_FIRST_AT: Final = 0
_LAST_AT: Final = 253_402_128_000_000
_UTC_FORMAT: Final = "%Y-%m-%d %H:%M:%S UTC"
_UTC_WORDS: Final = re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} UTC\b")
_DURATION: Final = re.compile("([0-9]{1,6})([mhdw])", re.IGNORECASE)


class BadDuration(ValueError):
    """Not a duration, or none that anything can last; the str is a sentence."""


def parse_duration(text: str) -> int:
    """The seconds of ``30m``, ``1h``, ``2d`` or ``1w``. Raises BadDuration."""
    match = _DURATION.fullmatch(text)
    seconds = 0 if match is None else int(match[1]) * _SECONDS[match[2].lower()]
    if not 0 < seconds <= RESTRAINT_MAX_S:
        raise BadDuration(f"{text[:20]!r} is no duration: it is {USAGE}.")
    return seconds


def utc_words(at: int) -> str:
    """A moment (milliseconds since the epoch) for people, who may be in any time zone."""
    return as_utc(at).strftime(_UTC_FORMAT)


def local_words(at: int) -> str:
    """A moment (milliseconds since the epoch) for whoever sits at this machine."""
    return _in_words(as_utc(at))


def in_local_time(text: str) -> str:
    """A text whose moments, as :func:`utc_words` writes them, are those of this machine's clock. Never raises."""
    return _UTC_WORDS.sub(_in_local_words, text)


def _in_local_words(found: re.Match[str]) -> str:
    try:
        return _in_words(datetime.strptime(found[0], _UTC_FORMAT).replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        # No calendar has it, or not in this time zone.
        return found[0]


def _in_words(moment: datetime) -> str:
    return f"{moment.astimezone():%d %b %H:%M}"


def as_utc(at: int) -> datetime:
    """A moment (milliseconds since the epoch). Never raises: one that no calendar has becomes the nearest that has."""
    return datetime.fromtimestamp(min(max(at, _FIRST_AT), _LAST_AT) / 1000, UTC)
