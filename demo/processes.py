"""The broker of ``make demo``: it is started, and ended whatever happens."""

import asyncio
import os
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple

from demo.player import Failed

HOST: Final = "127.0.0.1"
READY: Final = b"zchat-broker ready:"
READY_S: Final = 15.0
STOP_S: Final = 5.0
_BROKER: Final = Path(sys.executable).parent / "zchat-broker"
_EXIT_CANNOT_START: Final = 2
_PORTS: Final = 3
_TRIES: Final = 20


class Broker(NamedTuple):
    """A broker that is ready."""

    process: Process
    port: int


@asynccontextmanager
async def running_broker(folder: Path) -> AsyncIterator[Broker]:
    """A broker on free ports that keeps its files in the folder. Raises Failed."""
    log = folder / "broker.log"
    for _ in range(_TRIES):
        port = free_port()
        options = ("--host", HOST, "--port", str(port), "--data", str(folder / "broker"))
        with log.open("wb") as errors:
            process = await asyncio.create_subprocess_exec(
                _BROKER, *options, stdin=DEVNULL, stdout=PIPE, stderr=errors, env=_environment()
            )
        try:
            if await _is_ready(process):
                yield Broker(process, port)
                return
            # Somebody else may have taken a port in between; anything else will not get better.
            if await process.wait() != _EXIT_CANNOT_START:
                break
        finally:
            await _end(process)
    raise Failed(f"the broker could not start:\n{log.read_text('utf-8', 'replace')}")


async def stopped_cleanly(process: Process) -> bool:
    """Stops a process with SIGTERM; whether it ended in time and with exit code 0."""
    await _end(process)
    return process.returncode == 0


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_S)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _is_ready(process: Process) -> bool:
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), READY_S)
    except TimeoutError:
        raise Failed(f"the broker was not ready after {READY_S:.0f} s") from None
    return line.startswith(READY)


def _environment() -> dict[str, str]:
    """This one without settings of zchat, which belong to somebody's own broker and client."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ZCHAT_")}


def free_port() -> int:
    """The first of three ports in a row that are free at this moment. Raises Failed."""
    for _ in range(_TRIES):
        with ExitStack() as stack:
            first = stack.enter_context(socket.create_server((HOST, 0)))
            port = int(first.getsockname()[1])
            try:
                for other in range(port + 1, port + _PORTS):
                    stack.enter_context(socket.create_server((HOST, other)))
            except (OSError, OverflowError):
                continue
            return port
    raise Failed("no three free ports in a row were found")
