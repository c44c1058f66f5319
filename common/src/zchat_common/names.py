"""Names: which are allowed, when two are the same, and when two look the same.

A name is shown as first typed, compared by `fold`, and refused to a newcomer if its `skeleton` is taken.
Characters newer than the script data (Unicode 15.1) or than the interpreter's Unicode are refused, so that
no name gets past tables that do not know its letters. The libraries and their tables are loaded on the
first name that is not ASCII, or the first skeleton: a client with ASCII names pays for neither.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, Final

from zchat_common.limits import NAME_MAX_CHARS

# 4,096 names of 32 characters are about 1 MB, and more than a broker has online.
_CACHED_NAMES: Final = 4096

_ASCII_IDENTIFIER: Final = re.compile("[!-~]+")
_ASCII_NAME: Final = re.compile("[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_PUNCTUATION: Final = frozenset("-_.")
_LETTERS: Final = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo"})
_MARKS: Final = frozenset({"Mn", "Mc"})
# UTS 39, 5.4: no language has more than four nonspacing marks in a row, or the same one twice.
_PILED_MARKS: Final = 4

# UTS 39, 5.1: the writing systems that mix scripts count as one.
_AUGMENTED: Final = {
    "HAN": frozenset({"HAN", "Hanb", "Jpan", "Kore"}),
    "HIRAGANA": frozenset({"HIRAGANA", "Jpan"}),
    "KATAKANA": frozenset({"KATAKANA", "Jpan"}),
    "BOPOMOFO": frozenset({"BOPOMOFO", "Hanb"}),
    "HANGUL": frozenset({"HANGUL", "Kore"}),
}
# Shared characters of few scripts (ScriptExtensions.txt), of those a name can have; the library has no such
# table. Closing, masu and length marks; the combining voiced and semi-voiced marks.
_JAPANESE: Final = frozenset("〆〼ー\u3099\u309a")
_ARABIC_MARKS: Final = frozenset(map(chr, (*range(0x064B, 0x0656), 0x0670)))  # harakat
# The other inherited marks are for any script, but only the accents here are part of living orthographies;
# the overlays among them (U+0334 to U+0338) strike a letter out and make it another.
_ACCENTS: Final = frozenset(map(chr, (*range(0x0300, 0x0334), *range(0x0339, 0x0370))))


class BadName(ValueError):
    """A name that cannot be one. Its str is one sentence for people that says what to do."""


@lru_cache(_CACHED_NAMES)
def fold(name: str) -> str:
    """Return the form in which names are compared and which topics carry (RFC 8265, UsernameCaseMapped).

    Takes any length up to `NAME_MAX_CHARS` and does not ask the rules of `check_name`: what has passed
    those once, folds. Raises `BadName` for what has no such form: empty or too long, with spaces, controls
    or symbols.
    """
    if not 0 < len(name) <= NAME_MAX_CHARS:
        raise BadName(_length_sentence(name))
    if name.isascii():
        if not _ASCII_IDENTIFIER.fullmatch(name):
            raise BadName("A name has no spaces or control characters: use letters, digits, '-', '_', '.'.")
        return name.lower()
    try:
        return _enforce()(name)
    except UnicodeEncodeError as refused:
        raise BadName(_precis_sentence(name, refused.reason)) from None


@lru_cache(_CACHED_NAMES)
def check_name(name: str) -> str:
    """Return `fold(name)` if `name` may be somebody's name, raise `BadName` if not.

    Allowed are 1 to `NAME_MAX_CHARS` characters (as typed and folded): letters of one script with their
    marks, digits of one numbering system, '-', '_' and '.'; first a letter or digit, last a letter (with
    its marks) or digit.
    """
    folded = fold(name)
    if _ASCII_NAME.fullmatch(folded):
        return folded
    if len(folded) > NAME_MAX_CHARS:
        raise BadName(_length_sentence(folded))
    _check_characters(folded)
    _check_ends(folded)
    _check_marks(folded)
    _check_script(folded)
    return folded


def skeleton(name: str) -> str:
    """Return what `name` looks like: names with equal skeletons are easily confused. Never for display.

    The UTS 39 skeleton (NFD, every character replaced by its prototype, NFD), made coarser in two ways, as
    names are: it is blind to case, since upper-case prototypes ('0' looks like 'O') stand beside
    lower-cased letters, and to a dot above a letter that has one (UTS 39, 5.4). Whatever Unicode holds
    confusable therefore stays so.

    A broker that shows names as typed asks for the skeletons of both forms: 'AIice' (capital i) folds to
    'aiice', which looks like nobody, but is shown like Alice. Stored skeletons are computed anew when the
    library's tables change.
    """
    prototypes = _prototypes()
    seen = unicodedata.normalize("NFD", name).translate(prototypes)
    seen = unicodedata.normalize("NFD", seen.lower()).translate(prototypes)
    return unicodedata.normalize("NFD", seen).replace("i\u0307", "i").replace("j\u0307", "j")


def _check_characters(folded: str) -> None:
    zeros = set()
    for char in folded:
        category = unicodedata.category(char)
        if category == "Nd":
            zeros.add(ord(char) - unicodedata.decimal(char))
        elif category not in _LETTERS and category not in _MARKS and char not in _PUNCTUATION:
            raise BadName(f"A name cannot have {_shown(char)}: use letters, digits, '-', '_' and '.'.")
    if len(zeros) > 1:
        raise BadName("A name has digits of one numbering system: use only one kind of digits.")


def _check_ends(folded: str) -> None:
    first, last = unicodedata.category(folded[0]), folded[-1]
    if last in _PUNCTUATION or (first != "Nd" and first not in _LETTERS):
        raise BadName("A name begins and ends with a letter or a digit: change its first or last character.")


def _check_marks(folded: str) -> None:
    row, before = 0, ""
    for char in folded:
        category = unicodedata.category(char)
        if category in _MARKS and (before in _PUNCTUATION or before.isdecimal()):
            raise BadName(f"A name has marks only on letters: remove {_shown(char)}.")
        row = row + 1 if category == "Mn" else 0
        if row > _PILED_MARKS or (row > 1 and char == before):
            raise BadName("A name has no piled-up marks: remove some of them.")
        before = char


def _check_script(folded: str) -> None:
    common: frozenset[str] | None = None
    for char in folded:
        scripts = _scripts(char)
        if scripts is None:
            raise BadName(f"A name cannot have {_shown(char)}: use another character.")
        if scripts:
            common = scripts if common is None else common & scripts
    if common is not None and not common:
        raise BadName("A name has letters of one script: do not mix alphabets, such as Latin and Cyrillic.")


def _scripts(char: str) -> frozenset[str] | None:
    """The augmented scripts of `char` (UTS 39, 5.1): empty for any script, None if it belongs in no name."""
    if char in _JAPANESE:
        return frozenset({"HIRAGANA", "KATAKANA", "Jpan"})
    if char in _ARABIC_MARKS:
        return frozenset({"ARABIC", "SYRIAC"})
    script = _script(ord(char))
    if script == "INHERITED":
        return frozenset() if char in _ACCENTS else None
    if script == "COMMON":
        return frozenset() if unicodedata.category(char) not in _MARKS else None
    return None if script is None else _AUGMENTED.get(script, frozenset({script}))


def _script(codepoint: int) -> str | None:
    starts, ends, scripts = _script_table()
    at = bisect_right(starts, codepoint) - 1
    return scripts[at] if at >= 0 and codepoint <= ends[at] else None


def _shown(char: str) -> str:
    return f"'{char}' (U+{ord(char):04X})" if char.isprintable() else f"U+{ord(char):04X}"


def _length_sentence(name: str) -> str:
    if not name:
        return f"A name has 1 to {NAME_MAX_CHARS} characters: type one."
    return f"A name has 1 to {NAME_MAX_CHARS} characters, this one has {len(name):,}: choose a shorter one."


def _precis_sentence(name: str, reason: str) -> str:
    if reason.endswith("bidi_rule"):
        return "A name is written in one direction: do not mix left-to-right and right-to-left characters."
    if any(char.isspace() for char in name):
        return "A name has no spaces: use '-', '_' or '.' instead."
    return "A name has no symbols or invisible characters: use letters, digits, '-', '_' and '.'."


@cache
def _enforce() -> Callable[[str], str]:
    from precis_i18n import get_profile  # 5 ms, most of it character tables

    return get_profile("UsernameCaseMapped").enforce


@cache
def _script_table() -> tuple[list[int], list[int], list[str]]:
    data = _library_data("categories.json")
    names = data["iso_15924_aliases"]
    ranges = sorted(data["code_points_ranges"])
    return [r[0] for r in ranges], [r[1] for r in ranges], [names[r[2]] for r in ranges]


@cache
def _prototypes() -> dict[int, str]:
    """Each confusable character's prototype, found back from the library's data, which holds both directions.

    In Unicode's confusables.txt a source has one prototype and no prototype is a source, so every group is
    a star: who has several partners is its centre, and of a lone pair the library wrote the source first.
    (Of the 6,311 lines of version 13.0 this finds all back but four, on characters no name can have.) The
    library took the characters from the file's comments, where right-to-left ones stand between
    left-to-right marks.
    """
    found: dict[int, str] = {}
    centres: set[str] = set()
    for key, partners in _library_data("confusables.json").items():
        source, prototype = key.strip("\u200e"), partners[0]["c"].strip("\u200e")
        if len(partners) == 1 and len(source) == 1 and source not in centres:
            found[ord(source)] = prototype
            centres.add(prototype)
    return found


def _library_data(file: str) -> dict[str, Any]:
    import json
    from importlib.resources import files

    # Importing the library's own modules loads all of its data, from a folder the environment may name.
    data: dict[str, Any] = json.loads((files("confusable_homoglyphs") / file).read_text(encoding="utf-8"))
    return data
