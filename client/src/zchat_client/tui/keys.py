"""Keys: what terminals send for Alt, and the table of what can be done by key."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple, cast

from textual import _ansi_sequences
from textual.binding import Binding
from textual.keys import KEY_NAME_REPLACEMENTS, Keys, key_to_character


class _Key(StrEnum):
    """Keys that Textual does not know as such."""

    ALT_1 = "alt+1"
    ALT_2 = "alt+2"
    ALT_3 = "alt+3"
    ALT_4 = "alt+4"
    ALT_5 = "alt+5"
    ALT_6 = "alt+6"
    ALT_7 = "alt+7"
    ALT_8 = "alt+8"
    ALT_9 = "alt+9"
    ALT_A = "alt+a"
    ALT_ENTER = "alt+enter"


_MODIFIERS: Final = frozenset(("ctrl", "alt", "shift", "super", "meta", "hyper"))
_KEY_NAMES: Final = frozenset([key.value.rpartition("+")[2] for key in Keys])
# What all terminals send for another key, unless they speak a newer protocol; the settings are for any terminal.
SAME_KEYS: Final = {
    "ctrl+m": "Enter",
    "ctrl+i": "Tab",
    "ctrl+h": "Backspace",
    **dict.fromkeys(("ctrl+[", "ctrl+left_square_bracket"), "Esc"),
}


def is_key(text: str) -> bool:
    """Whether a keyboard may have such a key: ``f5``, ``ctrl+t``, ``alt+slash``."""
    *modifiers, last = text.split("+")
    return (last in _KEY_NAMES or is_typed(last)) and _MODIFIERS.issuperset(modifiers)


def is_typed(key: str) -> bool:
    """Whether this key is a character of a text, by itself or by name: ``t``, ``slash``."""
    return len(key) == 1 or key in KEY_NAME_REPLACEMENTS.values() or key_to_character(key) is not None


def know_alt_keys() -> None:
    """Lets Alt with a digit, with A and with Enter be keys of their own.

    Without the kitty protocol terminals send Escape and the key. Textual takes Escape 1 for the "¡" that macOS types
    with Option, and Escape Enter for Enter, which would send what was to get a second line.
    """
    table = cast("dict[str, tuple[_Key, ...]]", _ansi_sequences.ANSI_SEQUENCES_KEYS)
    for key in _Key:
        last = key.removeprefix("alt+")
        table["\x1b" + ("\r" if last == "enter" else last)] = (key,)


class Doing(NamedTuple):
    """Something that can be done by key: its name in the settings, the keys, the action, and what it does."""

    name: str
    keys: str
    action: str
    does: str


# Every Alt key has a twin, since terminals and multiplexers keep some for themselves.
DOINGS: Final = (
    Doing("next_conversation", "ctrl+n", "next(1)", "next conversation"),
    Doing("previous_conversation", "ctrl+p", "next(-1)", "previous conversation"),
    Doing("next_unread", "alt+a,ctrl+g", "unread", "next unread conversation, mentions first"),
    Doing("go_to", "ctrl+k", "palette", "go to anything: a conversation, somebody, a command, a theme"),
    Doing("search", "ctrl+f", "search", "search in this conversation"),
    Doing("page_up", "pageup", "page(-1)", "scroll up"),
    Doing("page_down", "pagedown", "page(1)", "scroll down"),
    Doing("accept", "f2", "answer(True)", "accept the newest invitation"),
    Doing("decline", "f3", "answer(False)", "decline the newest invitation"),
    Doing("conversations", "f6", "pane('conversations')", "show or hide the conversations"),
    Doing("people", "f7", "pane('people')", "show or hide who is here"),
    Doing("help", "f1", "keys", "this help"),
    Doing("redraw", "ctrl+l", "app.redraw", "draw the screen anew"),
    Doing("suspend", "ctrl+z", "app.suspend_process", "back to the shell; fg returns"),
    Doing("leave", "ctrl+q", "app.leave", "leave zchat"),
)
DIGITS: Final = tuple(
    [Doing(f"conversation_{n}", f"alt+{n}", f"number({n})", f"conversation {n}") for n in range(1, 10)]
)


def bindings() -> list[Binding]:
    """All of it, before any widget gets the key."""
    return [_binding(each) for each in DOINGS + DIGITS]


def everywhere() -> list[Binding]:
    """What works wherever one is."""
    return [bound("redraw"), bound("suspend")]


def action(name: str) -> str:
    """The action of something that can be done by key."""
    return next(each.action for each in DOINGS if each.name == name)


def bound(name: str, action: str = "") -> Binding:
    """The keys of something that can be done; for what stands over the conversation, with another ``action``."""
    doing = next(each for each in DOINGS if each.name == name)
    return _binding(doing._replace(action=action or doing.action))


def _binding(doing: Doing) -> Binding:
    return Binding(doing.keys, doing.action, doing.does, id=doing.name, show=False, priority=True)


class KeyNames:
    """The keys of what can be done, as people read them on their keyboard: ``Ctrl+K`` for ``ctrl+k``."""

    def __init__(self, chosen: Mapping[str, str]) -> None:
        """``chosen``: those of the settings, by name; the defaults hold for all others."""
        self._chosen = chosen

    def all(self, name: str) -> str:
        """All keys of something that can be done."""
        return " or ".join(_key_name(key) for key in self.keys(name))

    def first(self, name: str) -> str:
        """The first of them, where there is little room."""
        return _key_name(self.keys(name)[0])

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Everything that can be done, with its keys; the conversations in one row unless their keys were changed."""
        digits = [(self.all(each.name), each.does) for each in DIGITS]
        if not any(each.name in self._chosen for each in DIGITS):
            digits = [(f"{digits[0][0]} to {digits[-1][0]}", "conversation 1 to 9")]
        return [(self.all(each.name), each.does) for each in DOINGS] + digits

    def keys(self, name: str) -> list[str]:
        """All keys of it, as the settings name them."""
        default = next(each.keys for each in DOINGS + DIGITS if each.name == name)
        return self._chosen.get(name, default).split(",")


def _key_name(key: str) -> str:
    return "+".join(_on_keyboard(part) for part in key.split("+"))


def _on_keyboard(part: str) -> str:
    return {"pageup": "PgUp", "pagedown": "PgDn", "escape": "Esc"}.get(part, part.capitalize())
