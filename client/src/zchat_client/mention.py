"""Whether a text names a user."""

import re
from collections.abc import Callable
from typing import Final

# The links of a text, without what belongs to the sentence around them.
LINK: Final = r"\bhttps?://[^\s<>\"'`]*[^\s<>\"'`.,;:!?)\]}]"


class Mention:
    """Finds a name as a word of its own: "alice" and "@Alice:" mention alice, "alice-2", "malice" and a link do not."""

    def __init__(self, name: str) -> None:
        # Links are taken in whole, so that no name is found within.
        self._pattern = re.compile(rf"{LINK}|(?<![\w.-])({re.escape(name)})(?![\w-]|\.\w)", re.IGNORECASE)

    def is_in(self, text: str) -> bool:
        """Whether the text names him."""
        return any(found[1] for found in self._pattern.finditer(text))

    def marked(self, text: str, mark: Callable[[str], str]) -> str:
        """The text, with each mention of his name as ``mark`` makes it."""
        return self._pattern.sub(lambda found: mark(found[1]) if found[1] else found[0], text)
