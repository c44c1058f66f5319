"""Real clients without a broker: what is typed waits, and what can be refused here is refused."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path

from zchat_client import Client
from zchat_client.events import Event
from zchat_common.messages import Scalar

# Nobody connects to it: these clients are never started.
PORT = 1


def offline(data: Path, name: str = "Alice") -> Client:
    """A client that was not started."""
    return Client(name, host="127.0.0.1", port=PORT, data=data)


def submitted(client: Client) -> list[tuple[str, tuple[Scalar, ...]]]:
    """The commands that wait for a broker, in their order."""
    return [(command.op, command.args) for command in client._session.outbox.waiting]


async def the_end(client: Client) -> list[Event]:
    """Closes the client; all events up to ``bye``."""
    await client.close()
    return [event async for event in client]


async def until(condition: Callable[[], object]) -> None:
    """Waits until the condition holds, at most five seconds."""
    async with asyncio.timeout(5.0):
        while not condition():
            await asyncio.sleep(0.005)


async def tick() -> None:
    """Lets every task that can run do so."""
    for _ in range(5):
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def answering(line: bytes, asked: Callable[[], None] = lambda: None) -> AsyncIterator[int]:
    """A TCP server that says this line to everyone; gives the port whose introductions it seems to serve.

    ``asked`` is called each time.
    """

    async def introduce(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked()
        writer.write(line)
        writer.close()

    server = await asyncio.start_server(introduce, "127.0.0.1", 0)
    async with server:
        yield int(server.sockets[0].getsockname()[1]) - 2


def run(scenario: Coroutine[object, object, None]) -> None:
    """Runs a scenario, at most ten seconds."""
    asyncio.run(asyncio.wait_for(scenario, 10.0))
