"""What is forgotten: looked for at the start and every hour, deleted in pieces between other work."""

import logging

from zchat_broker.order import Order
from zchat_broker.rules.entries import Pruned
from zchat_broker.store import Store, StoreFailed
from zchat_common.clock import Now

_log = logging.getLogger("zchat.broker")

_EVERY_S = 3600.0
# Few enough for nobody to notice the pause.
_MESSAGES = 2_000
_DAY_MS = 24 * 3600 * 1000


class Pruning:
    """The store deletes old messages; the rules forget unused names with an entry of the order."""

    def __init__(self, store: Store, order: Order, history_days: float, now: Now) -> None:
        """Submit the entry of the start yourself: it has its place among the first ones."""
        self._store = store
        self._order = order
        self._history_ms = int(history_days * _DAY_MS)
        self._began_s = now.steady_s
        self._goes_on = True

    def hurry(self) -> None:
        """The store has dropped a topic: its texts are to leave the file within seconds."""
        self._goes_on = True

    def step(self, now: Now) -> None:
        """Deletes the next piece, if there may be one. Call it about once a second."""
        if now.steady_s - self._began_s >= _EVERY_S:
            self._began_s = now.steady_s
            self._goes_on = True
            self._order.submit(Pruned(now.at))
        if not self._goes_on:
            return
        try:
            self._goes_on = self._store.prune(now.at - self._history_ms, _MESSAGES)
        except StoreFailed as error:
            self._goes_on = False
            _log.error("old messages could not be deleted, the next try is in an hour: %s", error)
