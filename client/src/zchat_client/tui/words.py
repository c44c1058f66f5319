"""Every sentence that the terminal UI says by itself."""

import re
from datetime import date, datetime
from typing import Final

from zchat_client import events as e
from zchat_client.tui.textfit import cut, one_line
from zchat_common.durations import in_local_time, local_words
from zchat_common.limits import TEXT_MAX_CHARS

PUBLIC_TITLE: Final = "public"
PARTY_TITLE: Final = "party"

WELCOME: Final = "Welcome to zchat"
ASK_NAME: Final = "Choose the name that others will see, then press Enter."
NAME_RULES: Final = "1 to 32 letters, digits, - _ . ; it is yours from then on."
NO_BROKER: Final = "{where}.\n\nIs the broker running? For one elsewhere, start with --host ADDRESS and --port NUMBER."

SAY_HINT: Final = {"public": "Say something to everyone, / for commands", "party": "Say something to your party"}
PARTY_OVER: Final = "You are in this party no more; go to another conversation"
# Short enough for an input at 80 columns.
PARTY_OVER_HINT: Final = "You are in it no more; go elsewhere"
# What was refused was typed in a conversation that is not open.
ELSEWHERE: Final = "{title}: {why}"
PARTY_GONE: Final = "You are in the party no more"
IN_DOUBT: Final = "Your session ended before the broker had answered; it may have this. Up fetches it: {line}"
ENDED_FIRST: Final = "This is not known to be sent: the program ended first. Enter sends it."
BEGUN_FOR_NOBODY: Final = "Nobody had whispered with you when this was begun; Enter again whispers it to {name}."
PARTY_BEGUN: Final = "/p TEXT talks to the party"
WHISPER_HINT: Final = "Whisper to {name}; nobody else reads it"

NEW_LINE: Final = "new since you looked"
CAUGHT_UP: Final = {True: "caught up: 1 missed message", False: "caught up: {count} missed messages"}
NEW_ABOVE: Final = "{mark} {count} new, Home"
MORE_BELOW: Final = "{mark} {count} new, End"
BACK_BELOW: Final = "{mark} End goes to the latest"
LOADING: Final = "loading older messages {more}"

INVITED: Final = "{inviter} invites you to a party"
INVITED_WITH: Final = "{inviter} invites you to a party with {others}"
ACCEPT: Final = "Accept"
DECLINE: Final = "Decline"
LEAVE_FIRST: Final = "; before you accept, /party leave leaves yours"

NOTHING_TO_SEND: Final = "There is nothing to send: write something first."
NOT_HERE: Final = "{name} is not here; /w {name} TEXT whispers to who has gone."
THAT_IS_YOU: Final = "That is you."
COPIED: Final = "copied"
LINK_COPIED: Final = "the link is copied"
LEAVE_HINT: Final = "{key} leaves; so does /exit"

_CHANGES: Final = {
    "created": ("{name} began a party", "You began a party"),
    "invited": ("{name} is invited to the party", "You are invited to the party"),
    "joined": ("{name} joined the party", "You joined the party"),
    "declined": ("{name} declined the invitation", "You declined the invitation"),
    "expired": ("the invitation of {name} has ended", "the invitation to {whose} party has ended"),
    "left": ("{name} left the party", "You left the party"),
    "kicked": ("{name} was removed from the party", "You were removed from the party"),
    "leader": ("{name} leads the party now", "You lead the party now"),
    "dissolved": ("the party is over", "the party is over"),
}
_ACTS: Final = {
    "kick": "{by} removed {name}",
    "ban": "{by} banned {name}",
    "unban": "{by} lets {name} in again",
    "mute": "{by} muted {name}",
    "unmute": "{by} lets {name} speak again",
    "release": "{by} freed the name {name}",
}
FORGED: Final = "forged: the sender did not say this"
FORGED_CHANGE: Final = "forged: this did not happen"
OTHER_KEY: Final = "under another key than before: /verify"
ADMIN: Final = "admin"
CODE_TITLE: Final = "This broker lets in whom it has invited"
CODE_HINT: Final = "invitation code"
NEEDS_CODE: Final = "not connected: your invitation code is needed"
NEEDS_ANSWER: Final = "not connected"
NO_CODE: Final = "Type the code that you were given, or press Esc."
CODE_KEYS: Final = "Enter goes in, Esc gives up"
# Of one, and of several.
_PRESENCE: Final = {
    "online": ("is here", "are here"),
    "away": ("is away", "are away"),
    "offline": ("has gone", "have gone"),
    "came and left": ("came and left", "came and left"),
    "left and came back": ("left and came back", "left and came back"),
}
_NAMED_UP_TO: Final = 5


def clock(at: int) -> str:
    """The local time of day."""
    return datetime.fromtimestamp(at / 1000).astimezone().strftime("%H:%M")


def day(when: date) -> str:
    """A day in words."""
    return f"{when:%A}, {when.day} {when:%B %Y}"


def span(seconds: float) -> str:
    """How long something lasts, roughly."""
    if seconds < 60:
        return f"{max(0, int(seconds))} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min"
    return f"{int(seconds // 3600)} h"


def counted(count: int, one: str, many: str) -> str:
    """``1 message``, ``2 messages``."""
    return f"1 {one}" if count == 1 else f"{count:,} {many}"


def caught_up(count: int) -> str:
    """What is said over the messages that were missed in an outage."""
    return CAUGHT_UP[count == 1].format(count=f"{count:,}")


# On the status line, in few words.
MISSED: Final = "caught up: {count:,} missed"
ELSEWHERE_TOO: Final = ", {count:,} elsewhere"
ALL_ELSEWHERE: Final = " elsewhere"
HERE: Final = "{count:,} here"
AWAY: Final = "away"
SINCE: Final = "since {clock}"
AS_OF: Final = "As of {clock}"
LOST: Final = "connection lost; what you type is sent on return"
# Texts that wait stand in their conversations, commands nowhere else than behind this.
QUEUED: Final = "{count} queued"
ON_RETURN: Final = ", sent on return"


def _said(text: str) -> str:
    """What somebody wrote, within a sentence or a list: its further lines are not to be taken for others' own."""
    return text.replace("\n", "\n    ")


def back_after(milliseconds: int) -> str:
    """Said when the connection is there again."""
    return f"connected again after {span(milliseconds / 1000)}"


def first_contact(fingerprint: str) -> str:
    """The quiet line about a key seen for the first time."""
    return f"First contact with this broker; its key is {fingerprint}"


def party(event: e.Party, own: bool) -> str:
    """What happened in a party."""
    whose = f"{event.leader}'s" if event.leader else "a"
    known = _CHANGES.get(event.change)
    said = f"{event.name}: {event.change}" if known is None else known[own].format(name=event.name, whose=whose)
    return f"{said} ({_said(event.reason)})" if event.reason else said


def presence(status: str, text: str, names: list[str]) -> str:
    """These people came, went, or are away with this text; of many some are named."""
    shown = (
        names if len(names) <= _NAMED_UP_TO else [*names[: _NAMED_UP_TO - 1], f"{len(names) - _NAMED_UP_TO + 1} more"]
    )
    listed = f"{', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else shown[0]
    known = _PRESENCE.get(status)
    said = f"{listed}: {status}" if known is None else f"{listed} {known[len(names) > 1]}"
    return f"{said}: {_said(text)}" if text else said


def who(event: e.Who) -> str:
    """Who is here."""
    shown = [user.name + _marks(user, user.name in event.admins) for user in event.users]
    return f"Here: {', '.join(shown) or 'nobody'}"


def _marks(user: e.Member, is_admin: bool) -> str:
    marks = [ADMIN] * is_admin + [user.status] * (user.status != "online")
    return f" ({', '.join(marks)})" if marks else ""


def members(leader: str, names: tuple[str, ...]) -> str:
    """Who is in the party."""
    return "In the party: " + ", ".join(name + (" (leader)" if name == leader else "") for name in names)


def invitation(inviter: str, names: tuple[str, ...]) -> str:
    """What an invitation says."""
    others = [name for name in names if name != inviter]
    return INVITED_WITH.format(inviter=inviter, others=", ".join(others)) if others else INVITED.format(inviter=inviter)


def open_invitation(inviter: str, names: tuple[str, ...], expires: int, more: int) -> str:
    """What stands on its card: until when it can be answered, and how many others wait behind it."""
    others = f" ({counted(more, 'older one waits', 'older ones wait')})" if more > 0 else ""
    return f"{invitation(inviter, names)}, until {clock(expires)}{others}"


def moderated(event: e.Moderated, *, own: bool = False) -> str:
    """What an admin did; ``own``: to oneself."""
    name = "you" if own else event.name
    known = _ACTS.get(event.act)
    said = f"{event.by}: {event.act} {name}" if known is None else known.format(by=event.by, name=name)
    until = f" until {local_words(event.until)}" if event.until is not None else ""
    return f"{said}{until}" + (f": {_said(event.reason)}" if event.reason else "")


def bans(event: e.Bans) -> str:
    """Who is kept out or silent."""
    lines = [
        f"{each.kind} {each.name} by {each.by}"
        + (f" until {local_words(each.until)}" if each.until is not None else "")
        + (f" ({each.address})" if each.address else "")
        + (f": {_said(each.reason)}" if each.reason else "")
        for each in event.bans
    ]
    return "\n".join(["Banned and muted:" if lines else "Nobody is banned or muted.", *lines])


def ignored(names: tuple[str, ...]) -> str:
    """Whom one does not want to read."""
    return f"You ignore: {', '.join(names)}" if names else "You do not ignore anybody."


def safety(event: e.SafetyCode | e.Trusted) -> str:
    """The code that two people compare."""
    if isinstance(event, e.Trusted):
        return f"You trust the key that {event.name} has now. The safety code is:\n{event.code}"
    return f"Compare with {event.name}: who sees another code has somebody in between.\n{event.code}"


def notice(title: str, text: str, count: int) -> tuple[str, str]:
    """Told by the desktop: the latest of so many."""
    return (title if count == 1 else f"{title} (and {count - 1} more)", text)


def told_of(level: str) -> str:
    """The answer to /notify."""
    return f"{NOTIFY[level]}; /notify {'|'.join(NOTIFY)} changes that"


def waiting(recipient: str) -> str:
    """Beside a whisper that its recipient will get later."""
    return f"waits until {recipient} is here"


def lagged(dropped: int) -> str:
    """Said when more came than could be kept."""
    return f"{counted(dropped, 'line', 'lines')} came faster than could be shown; scroll back or /history shows them"


def history(event: e.History) -> str:
    """The answer to /history."""
    lines = [
        _said(f"{local_words(each.at)}  {f'* {each.sender} ' if each.action else f'{each.sender}: '}{each.text}")
        for each in event.messages
        if isinstance(each, e.Message)
    ]
    topic = "the party" if event.topic == "party" else event.topic
    return "\n".join([f"History of {topic}:" if lines else f"{topic.capitalize()} has no history yet.", *lines])


def unsent(lines: tuple[str, ...], more: str) -> str:
    """Asked before leaving with texts that the broker has not got; ``more`` stands where one goes on."""
    shown = "\n".join(f"  {cut(one_line(line), 60, more)}" for line in lines[:5])
    rest = f"\n  and {len(lines) - 5} more" if len(lines) > 5 else ""
    return f"{counted(len(lines), 'text is', 'texts are')} not sent yet:\n\n{shown}{rest}"


def paste(text: str, whole: str) -> str:
    """Asked before a large paste; ``whole``: what would stand in the input then."""
    sizes = f"{counted(len(text.splitlines()), 'line', 'lines')}, {counted(len(text), 'character', 'characters')}"
    too_long = f"A message has at most {TEXT_MAX_CHARS:,}: yours will be refused unless you shorten it."
    rest = too_long if len(whole.strip()) > TEXT_MAX_CHARS else "Nothing is sent before you press Enter."
    return f"Put {sizes} into your message? {rest}"


KEY_CHANGED_TITLE: Final = "This broker shows another key than before"
KEY_CHANGED: Final = (
    "Either it was set up anew, or somebody between you and it pretends to be it. "
    "Ask whoever runs the broker for the key's fingerprint, and go on only if it is this one:\n\n{fingerprint}"
)
TAKEOVER_TITLE: Final = "You are online elsewhere with this name"
TAKEOVER: Final = "Taking over ends that session, and you go on here. Nothing is lost."
TAKEN_OVER_TITLE: Final = "Your place was taken over"
TAKEN_OVER: Final = "You came online elsewhere with your name, and that ended this session. Nothing was lost."
REFUSED_TITLE: Final = "The broker does not let you in"
ENDED_TITLE: Final = "This session has ended"
NO_BROKER_TITLE: Final = "No broker answers"
LEAVE: Final = "Leave"
LEAVING: Final = "leaving; the broker is told"
STAY: Final = "Stay"
LEAVE_ANYWAY: Final = "Leave anyway"
TAKE_OVER: Final = "Take over"
TAKE_BACK: Final = "Take it back"
ACCEPT_KEY: Final = "Accept the new key"
TRY_AGAIN: Final = "Try again"
COME_BACK: Final = "Come back"
OTHER_NAME: Final = "Choose another name"
PASTE: Final = "Paste"
CANCEL: Final = "Cancel"

DIALOG_KEYS: Final = "Arrow keys choose, Enter takes, Esc: {escape}"

NAME_HINT: Final = "your name"
NAME_KEYS: Final = "Enter goes in, Esc leaves"
NAME_OFFERED_KEYS: Final = "Enter takes this name, typing replaces it, Esc leaves"
SEARCH: Final = "Search"
SEARCH_HINT: Final = "words; Enter goes up, Esc closes"
SEARCHING: Final = "searching "
NOTHING_FOUND: Final = "nothing found "
HIT: Final = "{number} of {count} "
NO_HIT: Final = "{number} of {count} could not be loaded "
GO_TO: Final = "go to: a conversation, a name, a command, a theme"
TYPE_AND_ENTER: Final = (
    "Type a text and press Enter: it goes to the open conversation. "
    "Keys, marks and commands stand below; Esc closes this."
)
NOTIFY: Final = {
    "on": "you are told of everything here",
    "mentions": "you are told here when you are named",
    "off": "you are told of nothing here",
}
PUBLIC_STAYS: Final = "Public stays on the list."
NO_PLACE: Final = "nothing is called so"
INPUT_KEYS: Final = [
    ("Enter", "send"),
    ("Alt+Enter or Ctrl+J", "new line"),
    ("Tab", "complete a command or a name; again: the next one"),
    ("Up, Down", "what you sent before"),
    ("Ctrl+U", "delete the line; once more, the line before"),
    ("Ctrl+A Ctrl+A", "select all that you typed"),
    ("Home", "to the first new message, then to the top (where the input begins)"),
    ("End", "to the latest message (where the input ends)"),
    ("Esc", "closes lists, boxes and the search; an invitation stays until it is answered"),
]
MOUSE: Final = (
    "The mouse opens conversations, names, links, buttons and what the last line names; it scrolls, and copies what "
    "you drag it over."
)
MARKS_TITLE: Final = "Marks"
MARKS: Final = (
    ("{pending}", "not at the broker yet"),
    ("{kept}", "the broker has it"),
    ("{delivered}", "your whisper has arrived"),
    ("{online}", "here"),
    ("{away}", "away, since when and why"),
    ("{offline}", "gone"),
    ("{announcement}", "an admin announces this to everyone"),
    ("{leader}", "leads the party"),
    ("{draft}", "something is begun there and not sent"),
    ("3", "3 unread"),
    ("3!", "3 unread; one of them names you, or is whispered to you"),
    ("+7 {between} 3", "7 more conversations, 3 unread in them: a click lists them all"),
    ("{error}", "something is wrong: a refusal, or a line that was forged"),
)
COMMANDS_TITLE: Final = "Commands"
KEYS: Final = {"help": "{key} help", "go_to": "{key} go to", "leave": "{key} leave"}
# Of conversations that are above or below what the list shows.
UNREAD: Final = "unread"
ALL_READ: Final = "nothing unread elsewhere"
NO_INVITATION: Final = "no open invitation"
WHISPER: Final = "whisper"
THEME: Final = "change the colours"


def plainly(text: str) -> str:
    """An error's text without what is for who starts the program: inside there are buttons and boxes for it. Its
    moments are local, as all others that one sees.
    """
    text = in_local_time(text)
    text = re.sub(r" \(--invite [^)]*\),?", "", text)
    kept = [part for part in re.split(r"(?<=[.;]) ", text) if not re.search("--(takeover|accept-key)", part)]
    return re.sub(r";$", ".", " ".join(kept)) or text


def no_broker(text: str) -> str:
    """Where no broker answers, and what to look at; the title has said the rest."""
    return NO_BROKER.format(where=text.removeprefix(f"{NO_BROKER_TITLE} at "))


def hint(key: str, partner: str | None, *, over: bool = False) -> str:
    """What stands in an empty input."""
    if over:
        return PARTY_OVER_HINT
    return WHISPER_HINT.format(name=partner) if partner is not None else SAY_HINT[key]


PLACE: Final = "Broker: {place}"
NO_FOLDER: Final = "Your key cannot be kept: {error}. Start with --data and another folder."
LEAVING_TITLE: Final = "Leave without sending?"
ALL_SENT_TITLE: Final = "Leave?"
ALL_SENT: Final = "Everything is sent by now."
