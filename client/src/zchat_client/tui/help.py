"""The help: all keys and commands, in rows that fit."""

import textwrap
from itertools import zip_longest

from zchat_client.events import HelpLine
from zchat_client.tui import words


def help_text(keys: list[tuple[str, str]], commands: tuple[HelpLine, ...], width: int) -> str:
    """All keys and commands, in two columns of rows that are not wider."""
    typed = [(line.usage, line.does) for line in commands]
    return "\n".join(
        [
            *textwrap.wrap(words.TYPE_AND_ENTER, width),
            "",
            *_pairs([*words.INPUT_KEYS, *keys], width),
            "",
            *_pairs(typed, width),
        ]
    )


def _pairs(pairs: list[tuple[str, str]], width: int) -> list[str]:
    """Two columns; what is too long for the left one has a row of its own, and the right one wraps within itself."""
    left = min(max(len(name) for name, _ in pairs), width * 2 // 5) + 2
    rows: list[str] = []
    for name, does in pairs:
        beside = name
        if len(name) + 2 > left:
            rows += textwrap.wrap(name, width)
            beside = ""
        wrapped = textwrap.wrap(does, max(10, width - left))
        rows += [start.ljust(left) + row for start, row in zip_longest([beside], wrapped, fillvalue="")]
    return rows
