"""Events as lines for people: ``--plain``."""

import os
import zlib
from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from typing import Final

from zchat_client import events as e
from zchat_client.core.roster import name_key
from zchat_client.mention import Mention
from zchat_common.durations import as_utc, in_local_time, local_words
from zchat_common.errors import Code
from zchat_common.text import clean_text

# Readable on dark and on light grounds alike, and told apart by most colour-blind people.
_NAME_COLOURS: Final = (32, 33, 35, 36, 34, 92, 95, 96)
_BOLD, _FAINT, _RED, _MARKED = "1", "2", "31", "1;7"
_BELL = "\a"

_CHANGES: Final = {
    "created": "{name} began a party",
    "invited": "{name} is invited",
    "joined": "{name} joined the party",
    "declined": "{name} declined the invitation",
    "expired": "the invitation of {name} has ended",
    "left": "{name} left the party",
    "kicked": "{name} was removed from the party",
    "leader": "{name} leads the party now",
    "dissolved": "the party is over",
}

# What can only have happened now. News of a party or of an invitation may have been missed, too.
_LIVE: Final = (e.Presence, e.Disconnected, e.Who, e.PartyWho, e.History, e.Help, e.Error)


_ACTS: Final = {
    "kick": "kicked {name}",
    "ban": "banned {name}",
    "unban": "lifted the ban of {name}",
    "mute": "muted {name}",
    "unmute": "lets {name} speak again",
    "release": "freed the name {name}",
}


def wants_colours(is_terminal: bool, environment: Mapping[str, str]) -> bool:
    """Colours only on a terminal that can, and never with NO_COLOR (no-color.org)."""
    return is_terminal and not environment.get("NO_COLOR") and environment.get("TERM", "dumb") != "dumb"


class PlainRenderer:
    """Makes the lines of events; remembers the day and whether missed messages are being shown."""

    def __init__(self, colours: bool, bell: bool = False) -> None:
        """``bell``: ring for what is meant for this user alone: a mention, a whisper, an invitation."""
        self._colours = colours
        self._bell = bell
        self._own = ""
        self._mention: Mention | None = None
        # Whether the user was told that there is no broker now.
        self._waiting = False
        self._replaying = False
        self._day: date | None = None

    def __call__(self, event: e.Event) -> str | None:
        """The line or lines of an event, without the last newline; None for one that says nothing new to a person."""
        words = self._words(event)
        if words is None:
            return None
        heading = self._heading(event)
        clock = _local(event.at).strftime("%H:%M")
        bell = _BELL if self._bell and self._is_calling(event) else ""
        return bell + heading + self._dim(clock) + " " + words.replace("\n", "\n      ").replace("\t", "    ")

    def _words(self, event: e.Event) -> str | None:
        match event:
            case e.Message() | e.Whisper():
                return self._said(event)
            case e.Connected() | e.Disconnected() | e.Reconnected():
                return self._link(event)
            case e.Invited() | e.Party() | e.PartyWho():
                return self._party(event)
            case e.Pending():
                typed = clean_text(event.typed)
                return self._dim(f"-- will be sent when the broker answers: {typed}") if self._waiting else None
            case e.Sent():
                waits = event.delivery == "stored"
                return self._dim(f"-- {event.recipient} is not here now and will get it later") if waits else None
            case e.Presence():
                return self._presence(event)
            case e.Delivered():
                return self._dim(f"-- {event.recipient} has got your whisper")
            case e.Who():
                return f"-- here: {self._users(event.users, event.admins)}"
            case e.SafetyCode() | e.Trusted():
                return self._contact(event)
            case e.History():
                return self._history(event)
            case e.Moderated() | e.Bans() | e.Ignored():
                return self._order(event)
            case e.Help():
                width = max(len(line.usage) for line in event.commands)
                return "-- commands\n" + "\n".join(f"{each.usage.ljust(width)}  {each.does}" for each in event.commands)
            case e.Error():
                self._waiting = self._waiting or event.code == Code.BROKER_UNREACHABLE
                return self._ink(_RED, f"!! {in_local_time(clean_text(event.text))}")
            case e.Lagged():
                return self._ink(_RED, f"!! {event.dropped} lines could not be shown in time")
            case e.Bye():
                return self._dim(f"-- bye ({event.reason})")
            case _:
                return None

    def _said(self, event: e.Message | e.Whisper) -> str:
        match event:
            case e.Whisper():
                key = f" {self._ink(_RED, '(another key!)')}" if event.warning else ""
                if self._is_own(event.sender):
                    return f"{self._dim('you whisper to')} {self._name(event.recipient)}{key}: {event.text}"
                return f"{self._name(event.sender)} {self._dim('whispers')}{key}: {event.text}"
            case e.Message() if event.announcement:
                return self._ink(_BOLD, f"*** {event.text}") + self._dim(f" ({event.sender} announces)")
            case e.Message():
                where = self._dim("[party] ") if event.topic == "party" else ""
                name = self._name(event.sender)
                text = event.text if self._is_own(event.sender) else self._with_mentions(event.text)
                return f"{where}* {name} {text}" if event.action else f"{where}{name}: {text}"

    def _link(self, event: e.Connected | e.Disconnected | e.Reconnected) -> str:
        match event:
            case e.Connected():
                self._waiting, self._own = False, name_key(event.name)
                self._mention = Mention(event.name)
                lines = [f"-- you are {self._name(event.name)} at {event.title}"]
                if event.first_contact:
                    lines.append(self._dim(f"-- first contact: key {event.fingerprint}"))
                lines.append(f"-- here: {self._users(event.users, event.admins)}")
                if event.party is not None:
                    lines.append(f"-- your party: {self._members(event.party.leader, event.party.members)}")
                return "\n".join(lines)
            case e.Disconnected():
                self._waiting = True
                return self._ink(_RED, f"-- disconnected ({event.reason}); trying to come back")
            case e.Reconnected():
                self._waiting = False
                missed = {0: "nothing was missed", 1: "1 missed message"}.get(
                    event.replayed, f"{event.replayed} missed messages"
                )
                return f"-- back again: {missed}"

    def _party(self, event: e.Invited | e.Party | e.PartyWho) -> str:
        match event:
            case e.Invited():
                members = ", ".join(self._name(name) for name in event.members)
                return (
                    f"-- {self._name(event.inviter)} invites you to a party (members: {members}); "
                    "type /party accept or /party decline"
                )
            case e.PartyWho():
                return f"-- party: {self._members(event.leader, event.members)}"
            case e.Party():
                # The name goes in last: what a broker calls a change or an act is no pattern of ours.
                said = _CHANGES.get(event.change, f"{{name}}: {event.change}").replace("{name}", self._name(event.name))
                if event.change == "joined" and self._is_own(event.name):
                    said += f": {self._members(event.leader, event.members)}"
                return f"-- {said}" + (f" ({event.reason})" if event.reason else "")

    def _order(self, event: e.Moderated | e.Bans | e.Ignored) -> str:
        match event:
            case e.Moderated():
                said = _ACTS.get(event.act, f"{event.act} {{name}}").replace("{name}", self._name(event.name))
                return f"-- {self._name(event.by)} {said}{_until(event.until)}" + (
                    f": {event.reason}" if event.reason else ""
                )
            case e.Bans():
                lines = [
                    f"{each.kind} {self._name(each.name)}{_until(each.until)} by {each.by}"
                    + (f" ({each.address})" if each.address else "")
                    + (f": {_within(each.reason)}" if each.reason else "")
                    for each in event.bans
                ]
                return "\n".join(["-- banned and muted:" if lines else "-- nobody is banned or muted", *lines])
            case e.Ignored():
                return f"-- you ignore: {', '.join(self._name(name) for name in event.names) or 'nobody'}"

    def _contact(self, event: e.SafetyCode | e.Trusted) -> str:
        name, groups = self._name(event.name), event.code.split()
        half = len(groups) // 2
        code = f"\n  {' '.join(groups[:half])}\n  {' '.join(groups[half:])}"
        match event:
            case e.Trusted():
                return f"-- you trust the key that {name} has now; the safety code is{code}"
            case e.SafetyCode():
                return f"-- safety code of you and {name}; who sees another one has somebody in between{code}"

    def _presence(self, event: e.Presence) -> str:
        words = {"online": "is here", "away": "is away", "offline": "has gone"}.get(event.status, event.status)
        return (
            self._dim("-- ") + self._name(event.name) + self._dim(f" {words}{': ' if event.text else ''}{event.text}")
        )

    def _history(self, event: e.History) -> str:
        lines = [self._past(each) for each in event.messages]
        return "\n".join([f"-- history of {event.topic}" if lines else f"-- no history of {event.topic}", *lines])

    def _past(self, event: e.Event) -> str:
        """A message of the history; the further lines of its text are not to be taken for other messages."""
        return f"{self._dim(local_words(event.at))} {_within(self._words(event) or '')}"

    # -- parts ------------------------------------------------------------------------------------------------------

    def _heading(self, event: e.Event) -> str:
        """A line before the first missed message, before what is new after them, and at the first event of a day."""
        lines: list[str] = []
        replayed = event.replayed if isinstance(event, e.Message | e.Whisper) else self._replaying
        if isinstance(event, _LIVE):
            replayed = False
        if replayed != self._replaying:
            self._replaying = replayed
            lines.append("-- earlier:" if replayed else "-- now:")
        day = _local(event.at).date()
        if self._day is not None and day != self._day:
            lines.append(f"-- {day:%A, %d %B %Y}")
        self._day = day
        return "".join(self._dim(line) + "\n" for line in lines)

    def _users(self, users: tuple[e.Member, ...], admins: tuple[str, ...]) -> str:
        shown = [self._name(user.name) + _marks(user, user.name in admins) for user in users]
        return ", ".join(shown) or "nobody"

    def _members(self, leader: str, members: tuple[str, ...]) -> str:
        return ", ".join(self._name(name) + (" (leader)" if name == leader else "") for name in members)

    def _is_calling(self, event: e.Event) -> bool:
        """Whether this user is meant, now."""
        match event:
            case e.Message(replayed=False):
                mentions = self._mention is not None and self._mention.is_in(event.text)
                return mentions and not self._is_own(event.sender)
            case e.Whisper(replayed=False):
                return not self._is_own(event.sender)
            case e.Invited():
                return True
            case _:
                return False

    def _with_mentions(self, text: str) -> str:
        """A text in which one's own name catches the eye."""
        return text if self._mention is None else self._mention.marked(text, partial(self._ink, _MARKED))

    def _is_own(self, name: str) -> bool:
        return name_key(name) == self._own

    def _name(self, name: str) -> str:
        """A name in its colour, which is the same on every screen; one's own is bold."""
        key = name_key(name)
        if key == self._own:
            return self._ink(_BOLD, name)
        return self._ink(str(_NAME_COLOURS[zlib.crc32(key.encode()) % len(_NAME_COLOURS)]), name)

    def _dim(self, text: str) -> str:
        return self._ink(_FAINT, text)

    def _ink(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colours else text


def _marks(user: e.Member, is_admin: bool) -> str:
    marks = ["admin"] * is_admin + [user.status] * (user.status != "online")
    return f" ({', '.join(marks)})" if marks else ""


def _within(text: str) -> str:
    """What somebody wrote, in a list: its further lines are not to be taken for others' own."""
    return text.replace("\n", "\n      ")


def _until(at: int | None) -> str:
    return "" if at is None else f" until {local_words(at)}"


def _local(at: int) -> datetime:
    return as_utc(at).astimezone()


def renderer_for(is_terminal: bool) -> PlainRenderer:
    """The renderer for this process's output."""
    return PlainRenderer(wants_colours(is_terminal, os.environ), bell=is_terminal)
