"""While the store fails: when it is worth another try, so that trying takes nobody's time."""

import logging
from typing import Final

from zchat_broker.store import Store, StoreFailed

_log = logging.getLogger("zchat.broker")

# A turn that failed although a tiny write had succeeded costs a reload of everything. It may happen again and again on
# a disk that is nearly full, so the pauses between such turns double.
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 30.0


class Outage:
    """Ask ``may_try`` before each turn that needs the store, and tell what became of it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._is_on = False
        self._pause_s = 0.0
        self._until_s = float("-inf")

    def may_try(self, now_s: float) -> bool:
        """False while the store fails for sure; finding that out is cheap."""
        if not self._is_on:
            return True
        if now_s < self._until_s:
            return False
        try:
            self._store.probe()
        except StoreFailed:
            return False
        return True

    def failed(self, error: Exception, now_s: float) -> None:
        """A turn could not be kept."""
        if self._is_on:
            self._pause_s = min(max(_FIRST_PAUSE_S, 2 * self._pause_s), _LONGEST_PAUSE_S)
            self._until_s = now_s + self._pause_s
        else:
            self._is_on = True
            _log.error("nothing can be kept, so everything is refused until it can: %s", error)

    def succeeded(self) -> None:
        """A turn was kept."""
        if self._is_on:
            self._is_on = False
            self._pause_s = 0.0
            self._until_s = float("-inf")
            _log.warning("everything can be kept again")
