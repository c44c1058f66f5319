"""The help: all keys, marks and commands, in rows that fit."""

import textwrap
from dataclasses import asdict
from itertools import zip_longest

from zchat_client.events import HelpLine
from zchat_client.tui import words
from zchat_client.tui.keys import KeyNames
from zchat_client.tui.look import Glyphs


def help_text(keys: KeyNames, commands: tuple[HelpLine, ...], glyphs: Glyphs, width: int) -> str:
    """All keys, marks and commands, in two columns of rows that are not wider."""
    marks = asdict(glyphs)
    parts = (
        ("", [*words.INPUT_KEYS, *keys.rows]),
        (words.MARKS_TITLE, [(mark.format(**marks), means) for mark, means in words.MARKS]),
        (words.COMMANDS_TITLE, [(line.usage, line.does) for line in commands]),
    )
    rows = [*textwrap.wrap(words.TYPE_AND_ENTER, width), *textwrap.wrap(words.MOUSE, width)]
    for title, pairs in parts:
        rows += ["", *([title] if title else []), *_pairs(pairs, width)]
    return "\n".join(rows)


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
