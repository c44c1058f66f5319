"""What the palette lists: conversations, people, commands, themes."""

from typing import NamedTuple

from zchat_client.core.roster import name_key
from zchat_client.events import HelpLine
from zchat_client.tui import words
from zchat_client.tui.chat import Chat
from zchat_client.tui.look import THEME_NAMES


class Place(NamedTuple):
    """Something that one can go to: what kind of thing, its name there, and how it is listed."""

    kind: str
    key: str
    label: str
    does: str = ""


def all_places(chat: Chat, commands: tuple[HelpLine, ...]) -> list[Place]:
    """Everything, in the order in which it is listed."""
    found = [Place("conversation", each.key, each.title) for each in chat.conversations.listed()]
    listed = {place.key for place in found}
    names = [entry.name for entry in chat.client.roster() if not chat.is_own(entry.name)]
    found += [Place("person", name, f"@{name}", words.WHISPER) for name in names if f"@{name_key(name)}" not in listed]
    found += [Place("command", _begun(line), line.usage, line.does) for line in commands]
    return found + [Place("theme", name, f"theme {name}", words.THEME) for name in THEME_NAMES]


def _begun(line: HelpLine) -> str:
    """A command up to its first argument."""
    words_of = line.usage.split()
    kept = [word for word in words_of if word.islower() and "|" not in word and not word.startswith("[")]
    return " ".join(kept) + (" " if len(kept) < len(words_of) else "")
