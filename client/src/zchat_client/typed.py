"""What a user types: one table of commands, from the typed line to what it asks for.

Nothing here talks to a client; :mod:`zchat_client.console` carries out what comes out of :func:`parse`.
"""

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from zchat_client import typed_moderation as t
from zchat_client.events import HelpLine
from zchat_client.typed_moderation import WrongUse
from zchat_common.errors import Code, ZchatError

HISTORY_DEFAULT = 20
HISTORY_MAX = 1_000
# How like a command it must be what was meant as one: one letter wrong in four. Below, /theme would be taken for /me.
_NEAR: Final = 0.75


@dataclass(frozen=True, slots=True)
class Say:
    """A text for everyone."""

    text: str
    action: bool = False


@dataclass(frozen=True, slots=True)
class WhisperTo:
    """A whisper; ``recipient`` None means the last one whispered with."""

    recipient: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Verify:
    """The safety code to compare with a contact."""

    name: str


@dataclass(frozen=True, slots=True)
class Trust:
    """Accepting the key that a contact has now."""

    name: str


@dataclass(frozen=True, slots=True)
class PartySay:
    """A text for one's party."""

    text: str
    action: bool = False


@dataclass(frozen=True, slots=True)
class PartyInvite:
    """An invitation."""

    name: str


@dataclass(frozen=True, slots=True)
class PartyAnswer:
    """The answer to an invitation, the latest if ``inviter`` is None."""

    accept: bool
    inviter: str | None


@dataclass(frozen=True, slots=True)
class PartyLeave:
    """Leaving one's party."""


@dataclass(frozen=True, slots=True)
class PartyWho:
    """Who is in one's party."""


@dataclass(frozen=True, slots=True)
class PartyKick:
    """Removing a member."""

    name: str


@dataclass(frozen=True, slots=True)
class PartyLead:
    """Handing the lead over."""

    name: str


@dataclass(frozen=True, slots=True)
class Who:
    """Who is online."""


@dataclass(frozen=True, slots=True)
class Away:
    """Being away, with a reason or without."""

    text: str


@dataclass(frozen=True, slots=True)
class Back:
    """Being back."""


@dataclass(frozen=True, slots=True)
class History:
    """The last messages of ``public`` or ``party``."""

    topic: str
    count: int


@dataclass(frozen=True, slots=True)
class Help:
    """All commands."""


@dataclass(frozen=True, slots=True)
class Exit:
    """Leaving."""


Typed = (
    Say
    | WhisperTo
    | Verify
    | Trust
    | PartySay
    | PartyInvite
    | PartyAnswer
    | PartyLeave
    | PartyWho
    | PartyKick
    | PartyLead
    | Who
    | Away
    | Back
    | History
    | Help
    | Exit
    | t.Ignoring
    | t.Moderating
)


@dataclass(frozen=True, slots=True)
class _Row:
    words: tuple[str, ...]
    usage: str
    does: str
    parse: Callable[[str], Typed]
    # Shown to admins only; the broker decides who may.
    for_admins: bool = False


def parse(line: str, for_admin: bool = False) -> Typed | None:
    """What a typed line asks for; None for a line of blanks. Raises ZchatError(unknown_command, usage).

    ``for_admin``: a command that does not exist may have been meant as one of an admin's.
    """
    text = line.strip()
    if not text:
        return None
    if text.startswith("//"):
        return Say(text[1:])
    if not text.startswith("/"):
        return Say(text)
    row, rest = _row(text, for_admin)
    try:
        return row.parse(rest)
    except WrongUse as wrong:
        raise ZchatError(Code.USAGE, f"Usage: {row.usage}{wrong}") from None


def help_lines(for_admin: bool = False) -> tuple[HelpLine, ...]:
    """Every command with what it does; those of admins only ``for_admin``."""
    return tuple([HelpLine(row.usage, row.does) for row in _TABLE if for_admin or not row.for_admins])


def words(for_admin: bool = False) -> tuple[str, ...]:
    """Every command as it is typed, other spellings too; those of admins only ``for_admin``."""
    return tuple([word for word, row in _BY_WORD.items() if for_admin or not row.for_admins])


def _row(text: str, for_admin: bool) -> tuple[_Row, str]:
    first, _, rest = text.partition(" ") if "\n" not in text.split(" ", 1)[0] else text.partition("\n")
    word = first.lower()
    if word == "/party":
        second, _, tail = rest.strip().partition(" ")
        word, rest = f"/party {second.lower()}".strip(), tail
    if word in _BY_WORD:
        return _BY_WORD[word], rest.strip()
    if word == "/party":
        usages = ", ".join(each for each in _BY_WORD if each.startswith("/party "))
        raise ZchatError(Code.USAGE, f"Usage: one of {usages}")
    near = _nearest(word, for_admin)
    hint = f"Did you mean {near}?" if near else "/help lists all commands."
    raise ZchatError(Code.UNKNOWN_COMMAND, f"There is no command {word}. {hint} To say it, type /{word}")


def _nearest(word: str, for_admin: bool) -> str | None:
    """The command that was meant by a mistyped one, or by what follows ``/party`` in one."""
    known = words(for_admin)
    if (of_party := f"/party {word[1:]}") in known:
        return of_party
    near = difflib.get_close_matches(word, ("/party", *known), n=1, cutoff=_NEAR)
    return near[0] if near else None


def _nothing(value: Typed) -> Callable[[str], Typed]:
    def parse_rest(rest: str) -> Typed:
        if rest:
            raise WrongUse
        return value

    return parse_rest


def _text(rest: str) -> str:
    if not rest:
        raise WrongUse
    return rest


def _name(rest: str) -> str:
    if len(rest.split()) != 1:
        raise WrongUse
    return rest


def _maybe_name(rest: str) -> str | None:
    return _name(rest) if rest else None


def _whisper(rest: str) -> Typed:
    name, text = t.name_first(rest)
    return WhisperTo(name, _text(text))


def _party_say(rest: str) -> Typed:
    word, _, text = rest.partition(" ")
    return PartySay(_text(text), action=True) if word.lower() == "/me" else PartySay(_text(rest))


def _history(rest: str) -> Typed:
    words = rest.split()
    topic = "public"
    if words and words[0].lower() in ("party", "public"):
        topic = words.pop(0).lower()
    count = words.pop(0) if words else str(HISTORY_DEFAULT)
    if words or not (count.isascii() and count.isdigit() and len(count) <= 6 and 1 <= int(count) <= HISTORY_MAX):
        raise WrongUse(f", with N from 1 to {HISTORY_MAX}")
    return History(topic, int(count))


_TABLE: Final = (
    _Row(("/me",), "/me TEXT", "says it as an action", lambda rest: Say(_text(rest), action=True)),
    _Row(("/w", "/whisper", "/msg"), "/w NAME TEXT", "whispers to NAME", _whisper),
    _Row(
        ("/r", "/reply"),
        "/r TEXT",
        "whispers to the last one you whispered with",
        lambda rest: WhisperTo(None, _text(rest)),
    ),
    _Row(
        ("/verify",),
        "/verify NAME",
        "shows the safety code that you and NAME compare",
        lambda rest: Verify(_name(rest)),
    ),
    _Row(("/trust",), "/trust NAME", "accepts the key that NAME has now", lambda rest: Trust(_name(rest))),
    _Row(
        ("/party invite",),
        "/party invite NAME",
        "invites NAME to your party, which begins with it",
        lambda rest: PartyInvite(_name(rest)),
    ),
    _Row(
        ("/party accept",),
        "/party accept [INVITER]",
        "accepts the latest invitation, or INVITER's",
        lambda rest: PartyAnswer(accept=True, inviter=_maybe_name(rest)),
    ),
    _Row(
        ("/party decline",),
        "/party decline [INVITER]",
        "declines the latest invitation, or INVITER's",
        lambda rest: PartyAnswer(accept=False, inviter=_maybe_name(rest)),
    ),
    _Row(("/p",), "/p TEXT", "says it to your party", _party_say),
    _Row(("/party leave",), "/party leave", "leaves your party", _nothing(PartyLeave())),
    _Row(("/party who",), "/party who", "shows who is in your party", _nothing(PartyWho())),
    _Row(
        ("/party kick",),
        "/party kick NAME",
        "removes NAME from the party you lead",
        lambda rest: PartyKick(_name(rest)),
    ),
    _Row(("/party lead",), "/party lead NAME", "makes NAME the leader", lambda rest: PartyLead(_name(rest))),
    _Row(("/who", "/list"), "/who", "shows who is online", _nothing(Who())),
    _Row(("/away",), "/away [TEXT]", "says that you are away", Away),
    _Row(("/back",), "/back", "says that you are back", _nothing(Back())),
    _Row(
        ("/history",),
        "/history [party] [N]",
        f"shows the last N ({HISTORY_DEFAULT}) messages of public or of your party",
        _history,
    ),
    _Row(
        ("/ignore",),
        "/ignore NAME",
        "hides what NAME says, whispers, and invites to",
        lambda rest: t.Ignore(_name(rest)),
    ),
    _Row(("/unignore",), "/unignore NAME", "shows it again", lambda rest: t.Unignore(_name(rest))),
    _Row(("/ignored",), "/ignored", "shows whom you ignore", _nothing(t.ListIgnored())),
    _Row(("/help",), "/help", "shows this list", _nothing(Help())),
    _Row(("/exit", "/quit"), "/exit", "leaves zchat, and your party", _nothing(Exit())),
    _Row(("/kick",), "/kick NAME [REASON]", "ends NAME's session; he may come back", t.parse_kick, for_admins=True),
    _Row(
        ("/ban",),
        "/ban NAME [address] [for 1h] [REASON]",
        "keeps NAME's key out, and his address; 30m, 1h, 2d, 1w, or for good",
        t.parse_ban,
        for_admins=True,
    ),
    _Row(("/unban",), "/unban NAME", "lets NAME in again", lambda rest: t.Unban(_name(rest)), for_admins=True),
    _Row(("/bans",), "/bans", "shows who is banned or muted", _nothing(t.Bans()), for_admins=True),
    _Row(("/mute",), "/mute NAME [for 1h] [REASON]", "lets NAME read but not speak", t.parse_mute, for_admins=True),
    _Row(("/unmute",), "/unmute NAME", "lets NAME speak again", lambda rest: t.Unmute(_name(rest)), for_admins=True),
    _Row(
        ("/announce",),
        "/announce TEXT",
        "says it to everyone, apart from what users say",
        lambda rest: t.Announce(_text(rest)),
        for_admins=True,
    ),
    _Row(
        ("/release",),
        "/release NAME",
        "frees the name of somebody who is not online",
        lambda rest: t.Release(_name(rest)),
        for_admins=True,
    ),
)
_BY_WORD: Final = {word: row for row in _TABLE for word in row.words}
