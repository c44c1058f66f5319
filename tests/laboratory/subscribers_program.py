"""Many bare subscribers in one process: ``python -m tests.laboratory.subscribers_program HOST PORT COUNT``.

They speak just enough ZMTP 3.0 (ZeroMQ RFC 23) to subscribe to ``public``, open no frame, and look only at what stands
in the clear before it: key number and counter. A counter that skips is a frame that the broker dropped for this reader.
``ready`` on stdout when all are subscribed; at the end of stdin one line of JSON with the sums.
"""

import asyncio
import json
import struct
import sys
from typing import Final

GREETING: Final = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x00" + b"NULL".ljust(20, b"\0") + b"\0" + bytes(31)
READY_BODY: Final = b"\x05READY\x0bSocket-Type" + struct.pack(">I", 3) + b"SUB"
TOPIC: Final = b"public\0"
_LONG, COMMAND = 2, 4
_NUMBERS: Final = struct.Struct(">QQ")


def small_frame(flags: int, body: bytes) -> bytes:
    """A ZMTP frame of less than 256 bytes."""
    return bytes([flags, len(body)]) + body


class Subscriber(asyncio.Protocol):
    """One connection. ``frames`` came, ``skipped`` did not."""

    def __init__(self) -> None:
        self.frames = 0
        self.skipped = 0
        self.subscribed = asyncio.get_running_loop().create_future()
        self._waiting = bytearray()
        self._is_greeted = False
        self._newest: tuple[int, int] = (0, 0)
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(GREETING + small_frame(COMMAND, READY_BODY))

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        if not self._is_greeted:
            if len(self._waiting) < len(GREETING):
                return
            del self._waiting[: len(GREETING)]
            self._is_greeted = True
        self._take_frames()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.subscribed.done():
            self.subscribed.set_exception(error or ConnectionError("closed by the broker"))

    def _take_frames(self) -> None:
        """All whole frames that are here."""
        data, start = self._waiting, 0
        while len(data) >= start + 2:
            flags = data[start]
            head = 9 if flags & _LONG else 2
            if len(data) < start + head:
                break
            size = int.from_bytes(data[start + 1 : start + head])
            if len(data) < start + head + size:
                break
            self._take(flags, start + head)
            start += head + size
        del data[:start]

    def _take(self, flags: int, start: int) -> None:
        if flags & COMMAND:
            # READY: from here on subscriptions are taken.
            if not self.subscribed.done() and self._transport is not None:
                self._transport.write(small_frame(0, b"\x01" + TOPIC))
                self.subscribed.set_result(None)
            return
        number, counter = _NUMBERS.unpack_from(self._waiting, start + len(TOPIC))
        if number == self._newest[0]:
            self.skipped += counter - self._newest[1] - 1
        self._newest = (number, counter)
        self.frames += 1


async def main(host: str, port: int, count: int) -> None:
    """Connects, counts until stdin ends, and tells the sums."""
    loop = asyncio.get_running_loop()
    subscribers: list[Subscriber] = []
    for _ in range(count):
        _, subscriber = await loop.create_connection(Subscriber, host, port)
        subscribers.append(subscriber)
    await asyncio.gather(*[each.subscribed for each in subscribers])
    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    frames = [each.frames for each in subscribers]
    skipped = sum(each.skipped for each in subscribers)
    sums = {"frames": sum(frames), "least": min(frames), "most": max(frames), "skipped": skipped}
    print(json.dumps(sums), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
