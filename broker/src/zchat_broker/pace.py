"""Keeps the broker from outrunning its own publishing.

A PUB drops silently what its I/O thread cannot keep up with, for all readers at once (measured: 1,000 readers, 5,000
frames a second, half lost). So the broker subscribes to its own topics port, marks the end of each turn there, and
takes no more commands while that reader is too many marks behind. Batches then grow by themselves.
"""

import struct

import zmq
import zmq.asyncio

TOPIC = b"pace\0"
# So many turns may be under way to the I/O thread. Well below the high-water mark of the topics socket.
_AHEAD_MAX = 32
_LOST_MARK_MS = 1_000
_MARK = struct.Struct(">Q")


class Pace:
    """Counts marks sent and marks seen."""

    def __init__(self, topics: zmq.Socket[bytes], own: zmq.asyncio.Socket) -> None:
        """``topics`` is the PUB, ``own`` a SUB connected to it that is subscribed to TOPIC."""
        self._topics = topics
        self._own = own
        self._reader: zmq.Socket[bytes] = zmq.Socket.shadow(own)
        self._sent = 0
        self._seen = 0

    def mark(self) -> None:
        """Publishes the end of a turn."""
        self._sent += 1
        self._topics.send(TOPIC + _MARK.pack(self._sent))

    async def keep(self) -> None:
        """Returns at once while the reader keeps up, else when it has caught up."""
        self._see()
        while self._sent - self._seen > _AHEAD_MAX:
            if not await self._own.poll(_LOST_MARK_MS):
                # The mark itself may have been dropped: the next one shows whether the reader is level.
                self.mark()
            self._see()

    def _see(self) -> None:
        while True:
            try:
                frame = self._reader.recv(zmq.NOBLOCK)
            except zmq.Again:
                return
            (self._seen,) = _MARK.unpack_from(frame, len(TOPIC))
