"""The introductions port: tells whoever connects the protocol version, the ports and the broker's public key.

Plain TCP and not a ZeroMQ socket: a REP open to everyone could be aborted by a stranger (libzmq issue 4633). A
connection is answered and closed in one go, so that a flood of them holds neither descriptors nor memory.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable

from zchat_common.introduction import Introduction, encode_introduction

_log = logging.getLogger("zchat.broker")
_BACKLOG = 4096
# So many are answered before the loop looks after everybody else: a few milliseconds.
_AT_ONCE = 64


class Introductions:
    """Answers every connection with one line and closes it; nothing is read."""

    def __init__(
        self, listener: socket.socket, introduction: Introduction, may_ask: Callable[[str], bool] | None = None
    ) -> None:
        """``may_ask(address)`` tells whether this address is answered at all. Needs a running loop."""
        self._listener = listener
        self._line = encode_introduction(introduction)
        self._may_ask = may_ask
        listener.setblocking(False)
        listener.listen(_BACKLOG)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(listener, self._introduce)

    def close(self) -> None:
        """Answers nobody any more; the listener stays its owner's."""
        self._loop.remove_reader(self._listener)

    def _introduce(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                connection, name = self._listener.accept()
            except (BlockingIOError, ConnectionError):
                return
            except OSError as error:
                _log.debug("no descriptor is left for an introduction: %s", error)
                return
            with connection, contextlib.suppress(OSError):
                if self._may_ask is None or self._may_ask(str(name[0])):
                    connection.setblocking(False)
                    # One line always fits into the kernel's buffer: there is nothing to wait for.
                    connection.send(self._line)
