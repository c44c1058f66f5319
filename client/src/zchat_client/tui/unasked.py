"""A box that opens by itself gets no key from somebody who has not seen it."""

from typing import Final

from textual import events
from textual.message import Message

# It takes so long to see that something has opened, to read what it is, and to press a key for it.
_PAUSE_S: Final = 0.5


class Unasked:
    """Whoever types on when a box opens means what is behind it: its keys count after a pause in typing."""

    def __init__(self) -> None:
        self._box: object = None
        self._opened_s = self._since_s = 0.0
        self._is_field = False

    def opens(self, box: object, at_s: float | None = None, *, is_field: bool = False) -> None:
        """A box that nobody has asked for opens, now or then. Into a field letters go as soon as it can have been seen,
        since that ends nothing; the Enter behind them takes a pause.
        """
        self._opened_s = self._since_s = Message().time if at_s is None else at_s
        self._box, self._is_field = box, is_field

    def waits(self, top: object, at_s: float) -> bool:
        """Whether a key pressed then is not for what is at the top."""
        return top is self._box and at_s < self._since_s + _PAUSE_S

    def keeps_from(self, top: object, event: events.Event) -> bool:
        """Whether this key is not for what is at the top: then the pause begins anew."""
        if self.waits(top, event.time):
            self._since_s = max(self._since_s, event.time)
            return not (self._is_field and event.time >= self._opened_s + _PAUSE_S and _writes(event))
        if top is self._box:
            self._box = None
        return False


def _writes(event: events.Event) -> bool:
    return isinstance(event, events.Key) and (event.is_printable or event.key == "backspace")
