"""The seam between whoever submits entries and the rules that apply them in one final order.

The embedded order hands entries straight through. A replicated log can stand in the same place: then ``take`` returns
what all brokers submitted, in the order that the log gave it, which may be later than ``submit``. So nothing may rely
on an entry being applied when ``submit`` returns.
"""

from typing import NamedTuple, Protocol

from zchat_broker.rules.entries import Entry


class Ordered(NamedTuple):
    """Entries whose place is final. ``position`` is that of the last one; positions are dense and never used twice."""

    position: int
    entries: list[Entry]


class Order(Protocol):
    """Gives entries their final order."""

    def submit(self, entry: Entry) -> None:
        """Hands an entry in."""

    def take(self) -> Ordered:
        """The entries whose place is final and that were not taken before."""


class EmbeddedOrder:
    """The order of a single broker: first come, first applied."""

    def __init__(self, position: int) -> None:
        """``position`` is that of the last entry that the store has."""
        self._position = position
        self._waiting: list[Entry] = []

    def submit(self, entry: Entry) -> None:
        """Hands an entry in; it is the next one to be taken after those before it."""
        self._waiting.append(entry)

    def take(self) -> Ordered:
        """Everything submitted since the last call."""
        entries, self._waiting = self._waiting, []
        self._position += len(entries)
        return Ordered(self._position, entries)
