"""Whether somebody is looking, and when he went away. Time is an argument."""

from typing import Final

# Without a word from the terminal about its focus, so long without a key means that nobody looks.
UNFOCUSED_S: Final = 60.0
_BETWEEN_BELLS_S: Final = 2.0


class Attention:
    """Told of focus and keys, asked whether to call and whether one is away."""

    def __init__(self, now_s: float) -> None:
        self._focused: bool | None = None
        self._key_s = now_s
        self._called_s = float("-inf")

    @property
    def key_s(self) -> float:
        """When the last key was pressed."""
        return self._key_s

    def focus(self, focused: bool) -> None:
        """The terminal says whether it has the focus."""
        self._focused = focused

    def key(self, now_s: float) -> None:
        """A key was pressed; a terminal that gets keys has the focus, whatever it said."""
        self._key_s = now_s
        if self._focused is False:
            self._focused = True

    def looking(self, now_s: float) -> bool:
        """Whether somebody looks at the screen."""
        return now_s - self._key_s < UNFOCUSED_S if self._focused is None else self._focused

    def should_call(self, now_s: float) -> bool:
        """Whether to ring now: nobody looks, and it has not rung just now."""
        if self.looking(now_s) or now_s - self._called_s < _BETWEEN_BELLS_S:
            return False
        self._called_s = now_s
        return True

    def idle(self, now_s: float, after_s: float) -> bool:
        """Whether no key came for so long; 0 means never."""
        return after_s > 0 and now_s - self._key_s >= after_s
