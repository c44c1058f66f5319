"""Presence: what changes in the roster, on its way to everybody.

A change is read by all, so thousands who join would cost the square of their number if each were told of alone. The
first change after a quiet time is shown at once; those that follow on it are gathered for a moment.
"""

from collections.abc import Sequence
from typing import Final

from zchat_broker.publisher import Publisher
from zchat_common import wire
from zchat_common.limits import FRAME_MAX_BYTES
from zchat_common.messages import Presence, RosterEntry
from zchat_common.topics import PUBLIC

# A showing costs half a microsecond a reader: this takes 0.5 % of the broker's time whatever their number. In a class
# of thirty nobody waits; from 2,500 users on everybody reads four frames a second, however many join.
_PAUSE_PER_USER_S: Final = 0.000_1
_PAUSE_MAX_S: Final = 0.25
# A roster entry without its text: a name of 32 characters, a status, a time.
_ENTRY_BYTES: Final = 160


def pause_between(users: int) -> float:
    """The seconds between two showings when there are so many to read them."""
    return min(_PAUSE_MAX_S, users * _PAUSE_PER_USER_S)


class Gathering:
    """The changes that are kept and not shown yet.

    ``shown`` is the version of the roster that everybody was told of. It is the only one to speak of: to another one
    a client would answer by asking for the roster.
    """

    def __init__(self, publisher: Publisher, version: int) -> None:
        """``version`` is the roster's when this broker starts."""
        self.shown = version
        self._publisher = publisher
        # To look at.
        self.waiting: list[RosterEntry] = []
        self._shown_s = float("-inf")

    def add(self, changes: Sequence[RosterEntry]) -> None:
        """Takes changes in, one version each, which are kept."""
        self.waiting += changes

    def show_in_time(self, version: int, users: int, now_s: float) -> None:
        """Shows ``users`` what was gathered, which leads to this version, unless something was shown a moment ago."""
        if self.pause_s(version, users, now_s) <= 0.0:
            self.show(version)
            self._shown_s = now_s

    def show(self, version: int) -> None:
        """Shows what was gathered, which leads to this version.

        (When a turn was kept although its commit failed, changes are missing. Then the version says so, and all ask.)
        """
        reached = version - len(self.waiting)
        fitting: list[RosterEntry] = []
        size = 0
        for entry in self.waiting:
            entry_bytes = _ENTRY_BYTES + len(entry.text.encode())
            if fitting and size + entry_bytes > FRAME_MAX_BYTES:
                self._publish(reached, fitting)
                fitting, size = [], 0
            fitting.append(entry)
            size += entry_bytes
            reached += 1
        self._publish(reached, fitting)
        self.waiting.clear()
        self.shown = version

    def pause_s(self, version: int, users: int, now_s: float) -> float:
        """How long it is until there is something to show; infinite if nothing leads on to this version."""
        if version == self.shown:
            return float("inf")
        return max(0.0, self._shown_s + pause_between(users) - now_s)

    def _publish(self, version: int, changes: list[RosterEntry]) -> None:
        if changes:
            self._publisher.add(PUBLIC, wire.encode(Presence(version, tuple(changes))))
