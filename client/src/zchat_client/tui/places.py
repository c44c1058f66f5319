"""What the palette lists: conversations, people, commands, what has a key, themes; and what of that is meant."""

from typing import Final, NamedTuple

from zchat_client.core.roster import name_key
from zchat_client.events import HelpLine
from zchat_client.tui import words
from zchat_client.tui.chat import Chat
from zchat_client.tui.conversation import Conversation
from zchat_client.tui.keys import DOINGS, KeyNames
from zchat_client.tui.listing import unread
from zchat_client.tui.look import THEME_NAMES

# What is of no use in a list that one has opened by key.
_HERE: Final = ("go_to", "page_up", "page_down")


class Place(NamedTuple):
    """Something that one can go to: what kind of thing, its name there, and how it is listed."""

    kind: str
    key: str
    label: str
    does: str = ""


def all_places(chat: Chat, commands: tuple[HelpLine, ...], key_names: KeyNames) -> list[Place]:
    """Everything, in the order in which it is listed."""
    found = [Place("conversation", each.key, each.title, _news(each)) for each in chat.conversations.listed()]
    listed = {place.key for place in found}
    names = [entry.name for entry in chat.client.roster() if not chat.is_own(entry.name)]
    found += [Place("person", name, f"@{name}", words.WHISPER) for name in names if f"@{name_key(name)}" not in listed]
    found += [Place("command", _begun(line), line.usage, line.does) for line in commands]
    found += [
        Place("doing", each.action, key_names.all(each.name), each.does) for each in DOINGS if each.name not in _HERE
    ]
    return found + [Place("theme", name, f"theme {name}", words.THEME) for name in THEME_NAMES]


def _news(conversation: Conversation) -> str:
    return f"{unread(conversation)} {words.UNREAD}" if conversation.news.unread else ""


def meant(places: list[Place], typed: str) -> list[Place]:
    """Those that somebody may mean who has typed this: where it is how they begin, then where it is in their words."""
    wanted = typed.casefold().split()
    ranked = [(_rank(each, typed.casefold(), wanted), each) for each in places]
    likely = sorted([pair for pair in ranked if pair[0] is not None], key=lambda pair: pair[0] or 0)
    return [each for _, each in likely]


def _rank(place: Place, typed: str, wanted: list[str]) -> int | None:
    label, does = place.label.casefold(), place.does.casefold()
    if label.lstrip("@/").startswith(typed.lstrip("@/")):
        return 0
    for rank, text in enumerate((label, f"{label} {does}"), start=1):
        if all(any(word.lstrip("@/").startswith(each) for word in text.split()) for each in wanted):
            return rank
    return 3 if all(each in f"{label} {does}" for each in wanted) else None


def _begun(line: HelpLine) -> str:
    """A command up to its first argument."""
    words_of = line.usage.split()
    kept = [word for word in words_of if word.islower() and "|" not in word and not word.startswith("[")]
    return " ".join(kept) + (" " if len(kept) < len(words_of) else "")
