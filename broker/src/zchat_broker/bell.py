"""Wakes the loop when the ROUTER has something to read.

``zmq.asyncio`` takes three rounds of the loop for that, which is an eighth of what a lone message costs in this thread
(``docs/performance.md``). A ZeroMQ socket's descriptor tells only of changes, and whatever is done with the socket may
take one in (ADR 4): so the bell looks at the socket itself before it waits, and each time it is woken.
"""

import asyncio

import zmq


class Bell:
    """For one socket that only this loop's thread uses."""

    def __init__(self, socket: "zmq.Socket[bytes]") -> None:
        self._socket = socket
        self._ringing: asyncio.Future[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(socket.FD, self._ring)

    def close(self) -> None:
        """Before the socket is closed."""
        self._loop.remove_reader(self._socket.FD)

    async def wait(self, timeout_s: float) -> None:
        """Returns when the socket can be read, or after ``timeout_s``. Other tasks get their turn in any case."""
        if timeout_s <= 0 or self._is_readable():
            await asyncio.sleep(0)
            return
        ringing = self._ringing = self._loop.create_future()
        timer = self._loop.call_later(timeout_s, self.ring)
        try:
            await ringing
        finally:
            timer.cancel()
            self._ringing = None

    def ring(self) -> None:
        """Lets ``wait`` return."""
        if self._ringing is not None and not self._ringing.done():
            self._ringing.set_result(None)

    def _ring(self) -> None:
        if self._is_readable():
            self.ring()

    def _is_readable(self) -> bool:
        return bool(int(self._socket.EVENTS) & zmq.POLLIN)
