"""Registrations that wait until it is known whether the user's other client is still there.

A connection that still stands says little: its other end may have lost power, or be behind a network that swallows
everything. A client that is there answers a probe at once, and is heard every beat in any case.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from zchat_broker.links import Link
from zchat_common.clock import Now
from zchat_common.limits import BEAT_S

# Every client pings within a beat; the rest is for its way and for a busy machine.
DOUBT_S = BEAT_S + 1.0


class Doubt(NamedTuple):
    """A session that may be over, and the ``registration`` to submit, with the time of it, once that is known."""

    session: str
    since_s: float
    registration: Callable[[Now], None]


class Doubts:
    """At most one doubt for each user."""

    def __init__(self) -> None:
        self._by_user: dict[str, Doubt] = {}

    def add(self, user: str, doubt: Doubt) -> Doubt | None:
        """Takes a doubt in; one about the same user that it takes the place of is given back.

        About the same session it is as old as the earlier one: who asks again and again waits no longer.
        """
        earlier = self._by_user.get(user)
        if earlier is not None and earlier.session == doubt.session:
            doubt = doubt._replace(since_s=earlier.since_s)
        self._by_user[user] = doubt
        return earlier

    def settled(self, link_of_user: Callable[[str], Link | None], now_s: float) -> Iterator[tuple[Doubt, bool]]:
        """The doubts that are over, each with whether the session in question is dead."""
        for user, doubt in list(self._by_user.items()):
            link = link_of_user(user)
            is_same = link is not None and link.session == doubt.session
            is_heard = link is not None and link.heard_s > doubt.since_s
            if not is_same or is_heard or now_s - doubt.since_s >= DOUBT_S:
                del self._by_user[user]
                yield doubt, is_same and not is_heard

    def forgive(self, stall_s: float) -> None:
        """Makes up for a time in which this broker listened to nobody."""
        self._by_user = {user: doubt._replace(since_s=doubt.since_s + stall_s) for user, doubt in self._by_user.items()}
