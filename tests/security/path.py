"""Somebody on the path between a broker and a client: every byte goes through him, on an address of his own.

The commands link and the introduction he can only hand on; what the plain topics link carries he reads, drops and adds
to as he likes.
"""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self

import zmq
import zmq.asyncio

from tests.system.processes import DEADLINE_S, Broker
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.sealing import KEY_BYTES, OpeningKey, SealingKey, subscription, take_apart

# All of 127.0.0.0/8 is this machine, at least on Linux.
HOST = "127.0.0.2"


class OnThePath:
    """Clients reach the broker through ``HOST`` and the broker's own ports."""

    def __init__(self, broker: Broker) -> None:
        self._port = broker.port
        # Given a frame: the frames to hand on in its place.
        self.instead: Callable[[bytes], list[bytes]] = lambda frame: [frame]
        # The last frames that the broker published.
        self.frames: deque[bytes] = deque(maxlen=1_000)
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._down: zmq.asyncio.Socket | None = None
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(DEADLINE_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(DEADLINE_S)

    def inject(self, frame: bytes) -> None:
        """Sends a frame down to whoever listens to its topic."""
        asyncio.run_coroutine_threadsafe(self._send(frame), self._loop).result(DEADLINE_S)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._work())

    async def _work(self) -> None:
        context = zmq.asyncio.Context()
        up, self._down = context.socket(zmq.XSUB), context.socket(zmq.XPUB)
        up.connect(f"tcp://127.0.0.1:{self._port + 1}")
        self._down.bind(f"tcp://{HOST}:{self._port + 1}")
        tasks = [asyncio.create_task(self._wishes(self._down, up)), asyncio.create_task(self._frames(up))]
        for port in (self._port, self._port + 2):
            listens = asyncio.Event()
            tasks.append(asyncio.create_task(self._relay(port, listens)))
            await listens.wait()
        self._ready.set()
        await self._stop.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        context.destroy(linger=0)

    async def _wishes(self, down: zmq.asyncio.Socket, up: zmq.asyncio.Socket) -> None:
        while True:
            await up.send(await down.recv())

    async def _frames(self, up: zmq.asyncio.Socket) -> None:
        while True:
            self.frames.append(await up.recv())
            for frame in self.instead(self.frames[-1]):
                await self._send(frame)

    async def _send(self, frame: bytes) -> None:
        assert self._down is not None
        await self._down.send(frame)

    async def _relay(self, port: int, listens: asyncio.Event) -> None:
        pumps: set[asyncio.Task[None]] = set()

        async def hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            broker_reader, broker_writer = await asyncio.open_connection("127.0.0.1", port)
            for source, target in ((reader, broker_writer), (broker_reader, writer)):
                pumps.add(asyncio.create_task(_pump(source, target)))

        async with await asyncio.start_server(hand_on, HOST, port):
            listens.set()
            try:
                await asyncio.Event().wait()
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    finally:
        target.close()
        with contextlib.suppress(OSError):
            await target.wait_closed()


class Forger:
    """Seals frames with a key that he was given as one of its readers."""

    def __init__(self, key: m.TopicKey) -> None:
        assert len(key.key) == KEY_BYTES
        self._key = key
        self.prefix = subscription(key.topic) + key.number.to_bytes(8)

    def read(self, frame: bytes) -> list[m.Published]:
        """What is in a frame of the topic."""
        plain, _ = OpeningKey(self._key).open(take_apart(frame))
        return [message for message, _ in wire.decode_frame(plain)]

    def seal(self, counter: int, *messages: m.Published) -> bytes:
        """A frame as the broker would have made it with this counter."""
        key = SealingKey(self._key)
        for _ in range(counter - 1):
            key.seal(b"")
        return key.seal(b"".join(wire.encode(message) for message in messages))
