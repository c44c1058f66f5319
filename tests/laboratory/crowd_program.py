"""A process with many clients in it, made with the library: ``python -m tests.laboratory.crowd_program``.

Orders come as JSON lines on stdin, and everything that the clients write and are shown goes out as JSON lines on
stdout: ``[steady time, name, what, ...]``. :mod:`tests.laboratory.crowd` is the other end.
"""

import asyncio
import json
import random
import sys
import time
from collections.abc import Awaitable
from functools import partial
from typing import Any

from tests.laboratory.judge import PARTY, PUBLIC, label_of
from zchat_client import Client
from zchat_client import events as e
from zchat_client.results import Receipt
from zchat_common.errors import ZchatError

# The judge must see everything: no event may be dropped because this process had no time for it.
_BUFFER = 10_000_000
_CHANGES = ("joined", "left", "kicked")


def tell(name: str, what: str, *more: object) -> None:
    """One line of the record."""
    sys.stdout.write(json.dumps([time.monotonic(), name, what, *more]) + "\n")
    sys.stdout.flush()


class Member:
    """One client: shows everything it is shown, writes numbered messages while it talks."""

    def __init__(self, name: str, host: str, port: int, data: str) -> None:
        self.name = name
        self.client = Client(name, host=host, port=port, data=data, buffer=_BUFFER)
        self.client.start()
        self._count = 0
        self._sending: set[asyncio.Task[None]] = set()
        self._talking: asyncio.Task[None] | None = None
        self.reading = asyncio.create_task(self._read())

    def talk(self, to: list[list[str]], window: int, pause_s: float, filler: int, seed: str) -> None:
        """Writes until it is hushed: at most ``window`` without an answer, one in ``pause_s`` on average."""
        self._talking = asyncio.create_task(self._talk(to, window, pause_s, filler, random.Random(seed)))

    async def hush(self) -> None:
        """Stops talking; returns when everything written has its answer."""
        if self._talking is not None:
            self._talking.cancel()
            await asyncio.gather(self._talking, return_exceptions=True)
        await asyncio.gather(*self._sending)
        tell(self.name, "hushed")

    async def call(self, op: str, args: list[str]) -> None:
        """A call of the library, by name."""
        try:
            await getattr(self.client, op)(*args)
            tell(self.name, "done", op)
        except ZchatError as error:
            tell(self.name, "refused", op, error.code)

    async def _talk(self, to: list[list[str]], window: int, pause_s: float, filler: int, dice: random.Random) -> None:
        room = asyncio.Semaphore(window)
        while True:
            await room.acquire()
            sending = asyncio.create_task(self.send(dice.choice(to), "." * dice.randint(0, filler)))
            self._sending.add(sending)
            sending.add_done_callback(self._sending.discard)
            sending.add_done_callback(lambda _: room.release())
            await asyncio.sleep(pause_s * 2 * dice.random())

    async def send(self, to: list[str], filler: str = "") -> None:
        """One numbered message; its outcome is told."""
        self._count += 1
        label = label_of(self.name, self._count)
        tell(self.name, "wrote", label, *to)
        text = f"{label} {filler}"
        try:
            receipt = await self._outcome(to, text)
        except ZchatError as error:
            # Of what a client left unanswered at its end nobody knows.
            tell(self.name, "failed" if self.client.end is None else "unknown", label, error.code)
        else:
            tell(self.name, "sent", label, receipt.seq)

    def _outcome(self, to: list[str], text: str) -> Awaitable[Receipt]:
        match to:
            case ["public"]:
                return self.client.say(text)
            case ["party"]:
                return self.client.party_say(text)
            case ["user", recipient]:
                return self.client.whisper(recipient, text)
            case _:
                raise ValueError(to)

    async def _read(self) -> None:
        async for event in self.client:
            self._show(event)

    def _show(self, event: e.Event) -> None:
        show = partial(tell, self.name)
        match event:
            case e.Message():
                topic = PARTY if event.topic == "party" else PUBLIC
                show("shown", topic, event.seq, event.text.split(" ")[0], event.replayed, event.at)
            case e.Whisper():
                show("shown", "user", event.seq, event.text.split(" ")[0], event.replayed, event.at)
            case e.Party() if event.change in _CHANGES:
                show("change", event.change, event.name)
            case e.Invited():
                show("invited", event.inviter)
            case e.Connected() | e.Reconnected():
                show(type(event).__name__.lower())
            case e.Disconnected():
                show("disconnected", event.reason)
            case e.Presence():
                show("presence", event.name, event.status)
            case e.Error():
                show("error", event.code, event.text)
            case e.Lagged():
                show("lagged", event.dropped)
            case e.Bye():
                show("bye", event.reason)
            case _:
                pass


class Crowd:
    """All members of this process."""

    def __init__(self) -> None:
        self.members: dict[str, Member] = {}
        self.tasks: set[asyncio.Task[None]] = set()

    def obey(self, order: dict[str, Any]) -> None:
        """Carries one order out, or begins to."""
        do, names = order.pop("do"), order.pop("names")
        for name in names:
            match do:
                case "join":
                    self.members[name] = Member(name, **order)
                case "talk":
                    seed = f"{order['seed']} {name}"
                    self.members[name].talk(**{**order, "seed": seed})
                case "hush":
                    self._begin(self.members[name].hush())
                case "send":
                    self._begin(self.members[name].send(**order))
                case "call":
                    self._begin(self.members[name].call(**order))
                case _:
                    raise ValueError(do)

    def _begin(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def end(self) -> None:
        """Everybody leaves, and all that was begun has ended."""
        await asyncio.gather(*[member.client.close() for member in self.members.values()])
        await asyncio.gather(*self.tasks, *[member.reading for member in self.members.values()])


async def main() -> None:
    """Obeys until the end of its input."""
    reader = asyncio.StreamReader(limit=1 << 24)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    crowd = Crowd()
    try:
        while line := await reader.readline():
            crowd.obey(json.loads(line))
    finally:
        await crowd.end()
        transport.close()


if __name__ == "__main__":
    asyncio.run(main())
