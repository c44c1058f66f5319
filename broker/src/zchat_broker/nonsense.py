"""What peers send that is no message: counted always, logged once for each peer."""

import logging
from collections import OrderedDict

_log = logging.getLogger("zchat.broker")
# So many peers are remembered; beyond that the one that has been quiet longest may be logged once more.
_PEERS_REMEMBERED = 1024


class Nonsense:
    """Counts and remembers, in bounded memory."""

    def __init__(self) -> None:
        self.total = 0
        self._peers: OrderedDict[str, int] = OrderedDict()

    def count(self, address: str, what: str) -> None:
        """Notes one piece of nonsense from ``address``."""
        self.total += 1
        if address not in self._peers:
            _log.warning("%s sends what is no zchat message (%s); further ones are only counted", address, what)
        self._peers[address] = self._peers.get(address, 0) + 1
        self._peers.move_to_end(address)
        if len(self._peers) > _PEERS_REMEMBERED:
            self._peers.popitem(last=False)
