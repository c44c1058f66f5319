"""What a beginning can become: commands, their arguments, names. Knows no widget."""

from typing import Final, NamedTuple

from zchat_client.core.roster import name_key
from zchat_client.events import HelpLine

# What stands behind these commands is not just anybody's name.
_WHOSE: Final = {
    "/party kick": "MEMBER",
    "/party lead": "MEMBER",
    "/party accept": "INVITER",
    "/party decline": "INVITER",
    "/unignore": "IGNORED",
}
_SYNONYMS: Final = {"/whisper": "/w", "/msg": "/w", "/reply": "/r", "/list": "/who", "/quit": "/exit"}


class Choice(NamedTuple):
    """Something that could stand there: the text from its beginning to the cursor, and what it does."""

    text: str
    label: str
    does: str = ""


class People(NamedTuple):
    """Whose names may be wanted."""

    here: tuple[str, ...]
    speakers: tuple[str, ...]
    members: tuple[str, ...]
    inviters: tuple[str, ...]
    ignored: tuple[str, ...] = ()


def choices(before: str, commands: tuple[HelpLine, ...], people: People, *, asked: bool) -> list[Choice]:
    """What the text before the cursor can become. Names in plain text only if ``asked`` for (by Tab)."""
    if before.startswith("/") and not before.startswith("//") and "\n" not in before:
        found = _commands(before, commands)
        return found or _arguments(before, commands, people)
    return _mentions(before, people) if asked else []


def is_command(text: str, commands: tuple[HelpLine, ...]) -> bool:
    """Whether the text begins with a whole command."""
    words = text.lower().split()
    known = {_word(line) for line in commands} | set(_SYNONYMS)
    return bool(words) and (words[0] in known or " ".join(words[:2]) in known)


def _word(line: HelpLine) -> str:
    """The command itself: ``/party invite`` of ``/party invite NAME``."""
    words = line.usage.split()
    return " ".join(words[:2]) if words[0] == "/party" else words[0]


def _begun(line: HelpLine) -> str:
    """The command with a space where something follows it."""
    word = _word(line)
    return f"{word} " if len(line.usage) > len(word) else word


def _commands(before: str, commands: tuple[HelpLine, ...]) -> list[Choice]:
    """Commands that begin so, then those with another spelling that does, then those that have to do with it."""
    typed = " ".join(before.lower().split()) + (" " if before.endswith(" ") else "")
    begun = typed.rstrip() if typed == "/party " else typed
    stands_for = _SYNONYMS.get(typed, typed)
    spelt = {word for synonym, word in _SYNONYMS.items() if synonym.startswith(begun)}
    begin: list[Choice] = []
    other: list[Choice] = []
    about: list[Choice] = []
    for line in commands:
        word = _word(line)
        choice = Choice(_begun(line), line.usage, line.does)
        if word == stands_for:
            # What is one already becomes no other.
            as_typed = typed + choice.text.removeprefix(word)
            begin.append(Choice(as_typed, line.usage.replace(word, typed, 1), line.does))
        elif word.startswith(begun):
            begin.append(choice)
        elif word in spelt:
            other.append(choice)
        elif len(typed) > 2 and " " not in typed and typed[1:] in line.does:
            about.append(choice)
    return begin if is_command(typed, commands) else begin + other + about


def _arguments(before: str, commands: tuple[HelpLine, ...], people: People) -> list[Choice]:
    lowered = before.lower()
    for synonym, word in _SYNONYMS.items():
        if lowered.startswith(f"{synonym} "):
            lowered = word + lowered[len(synonym) :]
    for line in commands:
        word = _word(line)
        if not lowered.startswith(f"{word} "):
            continue
        arguments = line.usage[len(word) :].split()
        begun = lowered[len(word) :].lstrip()
        if " " in begun or not arguments:
            return []
        first = arguments[0].strip("[]")
        head = before[: len(before) - len(begun)] if begun else before
        return [Choice(f"{head}{each} ", each) for each in _values(word, first, people) if _begins(each, begun)]
    return []


def _values(word: str, argument: str, people: People) -> list[str]:
    match _WHOSE.get(word, argument):
        case "MEMBER":
            return list(people.members)
        case "INVITER":
            return list(people.inviters)
        case "IGNORED":
            return list(people.ignored)
        case "NAME":
            return _unique((*people.speakers, *people.here))
        case _ if "|" in argument:
            return argument.split("|")
        case _:
            return [argument] if argument.islower() else []


def _mentions(before: str, people: People) -> list[Choice]:
    start = max(before.rfind(" "), before.rfind("\n")) + 1
    begun = before[start:]
    at = "@" if begun.startswith("@") else ""
    if not begun.removeprefix("@"):
        return []
    end = ": " if start == 0 and not at else " "
    names = _unique((*people.speakers, *people.here))
    return [
        Choice(f"{before[:start]}{at}{name}{end}", name) for name in names if _begins(name, begun.removeprefix("@"))
    ]


def _begins(name: str, begun: str) -> bool:
    return name_key(name).startswith(name_key(begun)) if begun else True


def _unique(names: tuple[str, ...]) -> list[str]:
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(name_key(name), name)
    return list(found.values())
