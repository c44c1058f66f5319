"""The settings: a commented TOML file in the user's config folder. A broken one is said, and its default holds."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final

import platformdirs

from zchat_client.tui.keys import DIGITS, DOINGS, SAME_KEYS, is_key, is_typed
from zchat_client.tui.look import DARK, THEME_NAMES
from zchat_client.tui.notices import NOTIFY_LEVELS

_FILE: Final = "client.toml"
# Python gives up on numbers of some thousand digits and on as many brackets within each other.
_TOO_LARGE: Final = "a number is too long, or brackets are too deep"
# So much of a broken value is told; nobody waits longer than so many minutes.
_TOLD_CHARS: Final = 60
_MINUTES_MAX: Final = 1_000_000
_KEYS_TEXT: Final = "\n".join(f'# {each.name} = "{each.keys}"  # {each.does}' for each in DOINGS)
TEMPLATE: Final = f"""\
# Settings of zchat-client's terminal UI. Lines that begin with # say what holds without them.

# Colours: {", ".join(THEME_NAMES)}. The key of go_to (below) changes them too.
# theme = "{DARK}"

# The bell, and a notification on the desktop, when somebody whispers, invites or names you and you are not looking.
# bell = true
# desktop_notifications = true

# What to tell you of in public and in the party: "on", "mentions" or "off"; /notify changes it for one conversation.
# notify = "mentions"

# After so many minutes without a key the others see you as away; 0 is never.
# away_after_minutes = 30

# Whether the mouse works in the UI; without it the terminal's own selection does.
# mouse = true

[keys]
# A key, or several with commas between. Alt keys may be eaten by terminals and multiplexers.
{_KEYS_TEXT}
# conversation_1 = "alt+1"  # and so on up to conversation_9
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set; the values here are the defaults."""

    theme: str = DARK
    bell: bool = True
    desktop_notifications: bool = True
    notify: str = "mentions"
    away_after_minutes: float = 30
    mouse: bool = True
    keys: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Read:
    """Settings, and a sentence for each thing in the file that could not be used."""

    settings: Settings
    troubles: tuple[str, ...]


def settings_file() -> Path:
    """Where the file stands."""
    return Path(platformdirs.user_config_dir("zchat", appauthor=False)) / _FILE


def read_settings(path: Path) -> Read:
    """The settings in the file, which is written with comments if there is none. Never raises."""
    if path.exists() and not path.is_file():
        return Read(Settings(), (f"{path} is no file; the defaults hold.",))
    try:
        # Some editors begin a file with a mark of the encoding.
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        return Read(Settings(), _write_template(path))
    except (OSError, UnicodeDecodeError) as error:
        return Read(Settings(), (f"{path} cannot be read ({error}); the defaults hold.",))
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Read(Settings(), (f"{path} is no TOML: {error}; the defaults hold.",))
    except (ValueError, RecursionError):
        return Read(Settings(), (f"{path} cannot be read ({_TOO_LARGE}); the defaults hold.",))
    return _checked(path, found)


def _write_template(path: Path) -> tuple[str, ...]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TEMPLATE, "utf-8")
    except OSError as error:
        return (f"{path} cannot be written ({error}); the defaults hold.",)
    return ()


_DEFAULT_KEYS: Final = {each.name: each.keys for each in DOINGS + DIGITS}
# What one types and sends with; letters are too.
_INPUT_KEYS: Final = frozenset(
    (
        *("enter", "alt+enter", "shift+enter", "ctrl+j", "tab", "shift+tab", "escape"),
        *("space", "backspace", "delete", "up", "down", "left", "right"),
    )
)
_CHECKS: Final[dict[str, tuple[Callable[[object], bool], str]]] = {
    "theme": (lambda value: value in THEME_NAMES, f"one of {', '.join(THEME_NAMES)}"),
    "bell": (lambda value: isinstance(value, bool), "true or false"),
    "desktop_notifications": (lambda value: isinstance(value, bool), "true or false"),
    "notify": (lambda value: value in NOTIFY_LEVELS, f"one of {', '.join(NOTIFY_LEVELS)}"),
    "away_after_minutes": (lambda value: _is_minutes(value), "a number of minutes, or 0"),
    "mouse": (lambda value: isinstance(value, bool), "true or false"),
    "keys": (lambda value: isinstance(value, dict), "a table"),
}


def _checked(path: Path, found: dict[str, object]) -> Read:
    troubles: list[str] = []
    kept: dict[str, object] = {}
    for name, value in found.items():
        if name not in _CHECKS:
            troubles.append(f"{path}: there is no setting {_told(name)}.")
        elif not _CHECKS[name][0](value):
            troubles.append(f"{path}: {name} must be {_CHECKS[name][1]}, not {_told(value)}; the default holds.")
        else:
            kept[name] = value
    keys = kept.get("keys")
    if isinstance(keys, dict):
        kept["keys"] = _checked_keys(path, keys, troubles)
    names = {each.name for each in fields(Settings)}
    settings = Settings(**{name: value for name, value in kept.items() if name in names})  # type: ignore[arg-type]
    return Read(settings, tuple(troubles))


def _checked_keys(path: Path, keys: dict[str, object], troubles: list[str]) -> dict[str, str]:
    kept: dict[str, str] = {}
    for name, value in keys.items():
        parts = [part.strip().lower() for part in value.split(",")] if isinstance(value, str) else []
        if name not in _DEFAULT_KEYS:
            troubles.append(f"{path}: there is no key setting {_told(name)}.")
        elif not parts or not all(map(is_key, parts)):
            wanted = 'a key such as "ctrl+t"'
            troubles.append(f"{path}: keys.{name} must be {wanted}, not {_told(value)}; the default holds.")
        elif same := [part for part in parts if part in SAME_KEYS]:
            other = SAME_KEYS[same[0]]
            troubles.append(f"{path}: keys.{name}: {same[0]} is {other} in most terminals; the default holds.")
        else:
            kept[name] = ",".join(parts)
    return _without_clashes(path, kept, troubles)


def _without_clashes(path: Path, keys: dict[str, str], troubles: list[str]) -> dict[str, str]:
    """The keys that are for one thing each; for what would take another's its own default holds again."""
    kept = dict(keys)
    while (clash := _clash(kept)) is not None:
        name, key, owner = clash
        del kept[name]
        troubles.append(f"{path}: keys.{name}: {key} is {owner}'s already; the default holds.")
    return kept


def _clash(keys: dict[str, str]) -> tuple[str, str, str] | None:
    """The last of the chosen names with a key that is another's: the name, the key, and whose it is."""
    names = [*[name for name in _DEFAULT_KEYS if name not in keys], *keys]
    for place, name in reversed(list(enumerate(names))):
        if name not in keys:
            continue
        for key in keys[name].split(","):
            if is_typed(key) or key in _INPUT_KEYS:
                return name, key, "the input"
            for other in names[:place]:
                if key in keys.get(other, _DEFAULT_KEYS[other]).split(","):
                    return name, key, other
    return None


def _is_minutes(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= _MINUTES_MAX


def _told(value: object) -> str:
    """What was found, for a sentence."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        return "that"
    return text if len(text) <= _TOLD_CHARS else f"{text[:_TOLD_CHARS]}..."
