"""What a message may contain, and how text that nobody checked is made fit for a screen.

Refused are the characters that act on a terminal or lie about the order of the others: C0, DEL and C1
controls but newline and tab, bidirectional embeddings, overrides and isolates, and lone surrogates (they
have no UTF-8). Everything else passes: emoji with their joiners and variation selectors, right-to-left text
with its marks (LRM, RLM, ALM), and noncharacters, which Unicode's Corrigendum 9 allows in interchange and
no terminal acts on.
"""

import re
from typing import Final

from zchat_common.errors import Code
from zchat_common.limits import TEXT_MAX_CHARS

REPLACEMENT: Final = "\ufffd"
ELLIPSIS: Final = "…"

_REFUSED: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class BadText(ValueError):
    """A text that may not be sent; `code` is empty_text, too_long or bad_text, its str a sentence."""

    def __init__(self, code: Code, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def check_text(text: str) -> str:
    """Return `text` as it is to be sent: trimmed, with Windows line ends made plain.

    Raises `BadText` if nothing is left, if more than `TEXT_MAX_CHARS` characters are, or if one is refused.
    """
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise BadText(Code.EMPTY_TEXT, "There is nothing to send: write something first.")
    if len(text) > TEXT_MAX_CHARS:
        sizes = f"A message has at most {TEXT_MAX_CHARS:,} characters, this one has {len(text):,}"
        raise BadText(Code.TOO_LONG, f"{sizes}: send it in parts.")
    # Every refused character is unprintable, and isprintable() is faster than the search.
    if not text.isprintable() and (found := _REFUSED.search(text)):
        where = f"Character {found.start() + 1} (U+{ord(found[0]):04X})"
        raise BadText(Code.BAD_TEXT, f"{where} is a control or text-direction character: remove it.")
    return text


def clean_text(text: str) -> str:
    """Return `text` fit for display, whoever wrote it: an opened whisper, a broker's title or reason.

    Each refused character becomes U+FFFD, and what is longer than `TEXT_MAX_CHARS` is cut and ends in '…'.
    Newlines and tabs stay: whoever shows it on one line replaces them. Never raises.
    """
    text = text.replace("\r\n", "\n")
    if len(text) > TEXT_MAX_CHARS:
        text = text[: TEXT_MAX_CHARS - len(ELLIPSIS)] + ELLIPSIS
    return harmless(text)


def harmless(text: str) -> str:
    """Return `text` with U+FFFD in place of each refused character. Never raises."""
    return text if text.isprintable() else _REFUSED.sub(REPLACEMENT, text)
