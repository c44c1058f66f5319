"""Whether a key that is pressed again is meant again. Time is an argument."""

from typing import Final

# Longer than any keyboard takes to repeat a key held down, and than it takes to read a question.
_MEANT_S: Final = 1.0


class Twice:
    """A key held down, or pressed twice in a hurry, is pressed once; and it answers nothing that was not seen yet."""

    def __init__(self) -> None:
        self._since_s = float("-inf")

    def asked(self, now_s: float) -> None:
        """What the key would answer is on the screen from now on."""
        self._since_s = now_s

    def is_meant(self, now_s: float) -> bool:
        """Whether the key, pressed now, is an answer."""
        since_s, self._since_s = self._since_s, now_s
        return now_s - since_s >= _MEANT_S
