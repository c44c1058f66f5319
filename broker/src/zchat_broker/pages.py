"""Pages of a topic's history out of the store, around whatever is damaged there."""

import logging
from collections.abc import Iterator
from typing import Final

from zchat_broker.store import MessagesDamaged, Store
from zchat_common import wire
from zchat_common.limits import HISTORY_PAGE_MAX_BYTES
from zchat_common.messages import AskHistory

_log = logging.getLogger("zchat.broker")
_NOTHING: Final = 0


class Pages:
    """Answers history questions. A message that cannot be read is as one that is not kept any more."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._damaged: set[str] = set()

    def page(self, question: AskHistory, start: int, last: int) -> tuple[int, list[bytes]]:
        """As many whole messages as fit into a page, from the end that was asked for, and the seq of the oldest one.

        ``start`` is the first that may be read, ``last`` the last. Asked for from its oldest end on, what comes
        before the seq returned cannot be had, and the messages follow on it without a hole. Raises StoreFailed.
        """
        end = last + 1 if question.before is None else min(question.before, last + 1)
        if question.after is not None:
            return self._forward(question, start, last, end)
        first = min(max(start, self._store.first_seq(question.topic)), last + 1)
        newest = self._store.page(question.topic, None, end, question.limit)
        # The page cannot be asked for from `first` on without losing its end, so the surplus is cut off here.
        readable = [body for seq, body in _sound(newest[::-1]) if seq >= first]
        if newest and not readable and _seq(newest[-1]) == _NOTHING:
            raise MessagesDamaged(f"{question.topic} cannot be read at its end")
        return first, _fitting(readable)[::-1]

    def _forward(self, question: AskHistory, start: int, last: int, end: int) -> tuple[int, list[bytes]]:
        topic, after, first = question.topic, max(question.after or 0, start - 1), start
        try:
            first = min(max(start, self._store.first_seq(topic)), last + 1)
            after = max(after, first - 1)
            bodies = self._run(topic, after, end, question.limit)
        except MessagesDamaged:
            bodies = []
        if bodies or after + 1 >= end:
            return first, _fitting(bodies)
        if topic not in self._damaged:
            self._damaged.add(topic)
            _log.error("messages of %s are damaged and are passed over; `zchat-broker check` names them", topic)
        first = self._next_readable(topic, after, end)
        return first, _fitting(self._run(topic, first - 1, end, question.limit)) if first < end else []

    def _run(self, topic: str, after: int, end: int, limit: int) -> list[bytes]:
        """The messages that follow on ``after`` without a hole."""
        bodies: list[bytes] = []
        for seq, body in _sound(self._store.page(topic, after, end, limit)):
            if seq != after + 1 + len(bodies):
                break
            bodies.append(body)
        return bodies

    def _next_readable(self, topic: str, after: int, end: int) -> int:
        """The seq of a readable message beyond the damage at ``after + 1``, or ``end``; in a few dozen looks.

        In steps that double until there is one, then back in halves: what is damaged lies together.
        """
        damaged, step = after, 1
        while damaged + step < end and not self._found(topic, damaged + step, end):
            damaged += step
            step *= 2
        found = self._found(topic, min(damaged + step, end), end) or end
        readable = min(damaged + step, end)
        while readable - damaged > 1:
            middle = (damaged + readable) // 2
            seq = self._found(topic, middle, end)
            if seq:
                readable, found = middle, seq
            else:
                damaged = middle
        return found

    def _found(self, topic: str, after: int, end: int) -> int:
        """The seq of the message that comes next after ``after``; 0 if it cannot be read or there is none."""
        try:
            bodies = self._store.page(topic, after, end, 1)
        except MessagesDamaged:
            return _NOTHING
        return _seq(bodies[0]) if bodies else _NOTHING


def _sound(bodies: list[bytes]) -> Iterator[tuple[int, bytes]]:
    """Each body with its seq, up to the first that is no message."""
    for body in bodies:
        seq = _seq(body)
        if seq == _NOTHING:
            return
        yield seq, body


def _seq(body: bytes) -> int:
    try:
        return wire.decode_kept(body).seq
    except (wire.WireError, TypeError):  # the latter if it is not even bytes
        return _NOTHING


def _fitting(bodies: list[bytes]) -> list[bytes]:
    size = 0
    for count, body in enumerate(bodies):
        size += len(body)
        if size > HISTORY_PAGE_MAX_BYTES and count > 0:
            return bodies[:count]
    return bodies
