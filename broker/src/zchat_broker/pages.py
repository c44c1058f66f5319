"""Pages of a topic's history out of the store, around whatever is damaged there."""

import logging
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from zchat_broker.digests import follows
from zchat_broker.store import MessagesDamaged, Store, Stored
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

    def page(self, question: AskHistory, start: int, last: int) -> tuple[int, list[Stored]]:
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
        readable = [kept for seq, kept in _sound(newest[::-1]) if seq >= first]
        if newest and not readable and _seq(newest[-1].body) == _NOTHING:
            raise MessagesDamaged(f"{question.topic} cannot be read at its end")
        return first, _fitting(readable)[::-1]

    def _forward(self, question: AskHistory, start: int, last: int, end: int) -> tuple[int, list[Stored]]:
        topic, after, first = question.topic, max(question.after or 0, start - 1), start
        try:
            first = min(max(start, self._store.first_seq(topic)), last + 1)
            after = max(after, first - 1)
            page = self._run(topic, after, end, question.limit)
        except MessagesDamaged:
            page = []
        if page or after + 1 >= end:
            return first, _one_chain(_fitting(page))
        if topic not in self._damaged:
            self._damaged.add(topic)
            _log.error("messages of %s are damaged and are passed over; `zchat-broker check` names them", topic)
        first = self._next_readable(topic, after, end)
        page = self._run(topic, first - 1, end, question.limit) if first < end else []
        return first, _one_chain(_fitting(page))

    def _run(self, topic: str, after: int, end: int, limit: int) -> list[Stored]:
        """The messages that follow on ``after`` without a hole."""
        page: list[Stored] = []
        for seq, kept in _sound(self._store.page(topic, after, end, limit)):
            if seq != after + 1 + len(page):
                break
            page.append(kept)
        return page

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
            page = self._store.page(topic, after, end, 1)
        except MessagesDamaged:
            return _NOTHING
        return _seq(page[0].body) if page else _NOTHING


def _sound(page: list[Stored]) -> Iterator[tuple[int, Stored]]:
    """Each message with its seq, up to the first that is none."""
    for kept in page:
        seq = _seq(kept.body)
        if seq == _NOTHING or type(kept.digest) is not bytes:
            return
        yield seq, kept


def _seq(body: bytes) -> int:
    try:
        return wire.decode_kept(body).seq
    except (wire.WireError, TypeError):  # the latter if it is not even bytes
        return _NOTHING


def _fitting(page: list[Stored]) -> list[Stored]:
    size = 0
    for count, kept in enumerate(page):
        size += len(kept.body)
        if size > HISTORY_PAGE_MAX_BYTES and count > 0:
            return page[:count]
    return page


def _one_chain(page: list[Stored]) -> list[Stored]:
    """Up to where the digest begins anew, so that the one before the first message leads to all of them."""
    for count, (kept, following) in enumerate(pairwise(page), start=1):
        if not follows(kept.digest, kept.body, following.digest):
            return page[:count]
    return page
