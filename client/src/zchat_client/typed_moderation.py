"""What an admin types, and what everybody types to ignore somebody: the values, and how their words are read."""

from dataclasses import dataclass

from zchat_common.durations import BadDuration, parse_duration


class WrongUse(Exception):
    """The words after a command do not fit it; the text, if any, says what would."""


@dataclass(frozen=True, slots=True)
class Kick:
    """Ending a user's session."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ban:
    """Keeping a user out, for ``seconds`` or (0) for good, by his address too if ``address``."""

    name: str
    address: bool
    seconds: int
    reason: str


@dataclass(frozen=True, slots=True)
class Unban:
    """Letting him in again."""

    name: str


@dataclass(frozen=True, slots=True)
class Bans:
    """Who is banned or muted."""


@dataclass(frozen=True, slots=True)
class Mute:
    """Keeping a user from speaking, for ``seconds`` or (0) for good."""

    name: str
    seconds: int
    reason: str


@dataclass(frozen=True, slots=True)
class Unmute:
    """Letting him speak again."""

    name: str


@dataclass(frozen=True, slots=True)
class Announce:
    """Something for everyone, apart from what users say."""

    text: str


@dataclass(frozen=True, slots=True)
class Release:
    """Freeing a name."""

    name: str


@dataclass(frozen=True, slots=True)
class Ignore:
    """Not hearing a user any more."""

    name: str


@dataclass(frozen=True, slots=True)
class Unignore:
    """Hearing him again."""

    name: str


@dataclass(frozen=True, slots=True)
class ListIgnored:
    """Whom one ignores."""


Moderating = Kick | Ban | Unban | Bans | Mute | Unmute | Announce | Release
Ignoring = Ignore | Unignore | ListIgnored


def parse_kick(rest: str) -> Kick:
    """``NAME [reason]``."""
    return Kick(*name_first(rest))


def parse_ban(rest: str) -> Ban:
    """``NAME [address] [for 1h] [reason]``."""
    name, rest = name_first(rest)
    word, _, tail = rest.partition(" ")
    by_address = word.lower() == "address"
    return Ban(name, by_address, *_lasting(tail.strip() if by_address else rest))


def parse_mute(rest: str) -> Mute:
    """``NAME [for 1h] [reason]``."""
    name, rest = name_first(rest)
    return Mute(name, *_lasting(rest))


def name_first(rest: str) -> tuple[str, str]:
    """The name that must come first, and what follows it."""
    name, *tail = rest.split(None, 1) if rest else [""]
    if not name:
        raise WrongUse
    return name, tail[0].strip() if tail else ""


def _lasting(rest: str) -> tuple[int, str]:
    """Seconds and reason. ``for`` and a digit begin a duration: a mistyped one must not become a ban for good."""
    words = rest.split(None, 2)
    if len(words) < 2 or words[0].lower() != "for" or not words[1][0].isdigit():
        return 0, rest
    try:
        return parse_duration(words[1]), words[2].strip() if len(words) > 2 else ""
    except BadDuration:
        raise WrongUse from None
