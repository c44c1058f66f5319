"""Acknowledged messages per second under both settings of --durability, with few and many senders, in one run.

    .venv/bin/python benchmarks/durability.py [--folder DIR] [--rounds 5]

Each sender says its next message when the last one was acknowledged, in a party of its own, so that the senders' one
process has no more to read than to write. Both brokers run, and are measured in turns of a second; the medians are
shown. The folder must lie on a disk, not in memory: what `full` costs is the time of that disk.
"""

import argparse
import asyncio
import contextlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from zchat_client import Client

SENDERS = (1, 10, 100)
SETTINGS = ("process", "full")
BROKER = Path(sys.executable).parent / "zchat-broker"


def free_port() -> int:
    for port in range(21_000, 32_000, 3):
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            for offset in range(3):
                stack.enter_context(socket.create_server(("127.0.0.1", port + offset)))
            return port
    raise SystemExit("no three ports in a row are free")


@contextlib.contextmanager
def broker(durability: str, folder: Path) -> Iterator[int]:
    port = free_port()
    options = ["--host", "127.0.0.1", "--port", str(port), "--data", str(folder), "--rate", "0"]
    command = [str(BROKER), *options, "--durability", durability]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            if not process.stdout.readline():
                raise SystemExit(f"the broker did not start in {folder}")
            yield port
        finally:
            process.terminate()


@contextlib.asynccontextmanager
async def joined(port: int, folder: Path, count: int) -> AsyncIterator[list[Client]]:
    async with contextlib.AsyncExitStack() as stack:
        clients = [Client(f"sender{number}", host="127.0.0.1", port=port, data=folder) for number in range(count)]
        for client in clients:
            await stack.enter_async_context(client)
        async with Client("guest", host="127.0.0.1", port=port, data=folder):
            for client in clients:
                await client.party_invite("guest")
        yield clients


async def talk(client: Client, until_s: float) -> int:
    said = 0
    while time.monotonic() < until_s:
        await client.party_say("x" * 100)
        said += 1
    return said


async def rate(clients: list[Client]) -> float:
    """Acknowledged messages per second of these senders, over a second."""
    begun_s = time.monotonic()
    said = await asyncio.gather(*[talk(client, begun_s + 1.0) for client in clients])
    return sum(said) / (time.monotonic() - begun_s)


async def rates(senders: int, rounds: int, ports: list[int], folder: Path) -> list[float]:
    """The median rate at each broker."""
    async with contextlib.AsyncExitStack() as stack:
        at = [await stack.enter_async_context(joined(port, folder / f"{port}", senders)) for port in ports]
        found: list[list[float]] = [[] for _ in ports]
        for _ in range(rounds):
            for clients, measured in zip(at, found, strict=True):
                measured.append(await rate(clients))
    return [statistics.median(measured) for measured in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="on the disk to measure")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    print("senders  process/s  full/s  full : process")
    for senders in SENDERS:
        with contextlib.ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=given.folder, prefix="zchat-")))
            ports = [stack.enter_context(broker(durability, folder / durability)) for durability in SETTINGS]
            process, full = asyncio.run(rates(senders, given.rounds, ports, folder))
        print(f"{senders:7}  {process:9,.0f}  {full:6,.0f}  {full / process:14.2f}", flush=True)


if __name__ == "__main__":
    main()
