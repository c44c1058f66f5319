"""Keeps the broker from outrunning its own publishing.

A PUB drops silently what its I/O thread cannot keep up with, for all readers at once (measured: 1,000 readers, 5,000
frames a second, half lost). So the broker subscribes to its own topics port, marks the end of each turn there, and
takes no more commands while that reader is too many marks behind. Batches then grow by themselves.
"""

import asyncio
import struct
import time

import zmq

TOPIC = b"pace\0"
# So many turns may be under way to the I/O thread. Well below the high-water mark of the topics socket.
_AHEAD_MAX = 32
_LOST_MARK_S = 1.0
# While it is behind. To be woken by each mark costs more than to look: there is one for each turn.
_LOOK_AGAIN_S = 0.001
_MARK = struct.Struct(">Q")


class Pace:
    """Counts marks sent and marks seen."""

    def __init__(self, topics: zmq.Socket[bytes], own: zmq.Socket[bytes]) -> None:
        """``topics`` is the PUB, ``own`` a SUB connected to it that is subscribed to TOPIC."""
        self._topics = topics
        self._own = own
        self._sent = 0
        self._seen = 0

    def mark(self) -> None:
        """Publishes the end of a turn."""
        self._sent += 1
        self._topics.send(TOPIC + _MARK.pack(self._sent))

    async def keep(self) -> None:
        """Returns at once while the reader keeps up, else when it has caught up."""
        self._see()
        seen_s = time.monotonic()
        while self._sent - self._seen > _AHEAD_MAX:
            await asyncio.sleep(_LOOK_AGAIN_S)
            if self._see():
                seen_s = time.monotonic()
            elif time.monotonic() - seen_s > _LOST_MARK_S:
                # The mark itself may have been dropped: the next one shows whether the reader is level.
                seen_s = time.monotonic()
                self.mark()

    def _see(self) -> bool:
        """Takes in the marks that have come; whether there was any."""
        before = self._seen
        while True:
            try:
                frame = self._own.recv(zmq.NOBLOCK)
            except zmq.Again:
                return self._seen > before
            (self._seen,) = _MARK.unpack_from(frame, len(TOPIC))
