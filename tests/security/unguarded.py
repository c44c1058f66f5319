"""A broker without its guard and without rates, to show that the floods are floods: not a program for users.

``python unguarded.py --port P --data FOLDER``
"""

import asyncio
import logging
import signal
import sys
from pathlib import Path

from zchat_broker.machine import raise_descriptor_limit
from zchat_broker.profile import Profile
from zchat_broker.server import Server
from zchat_broker.store.memory import MemoryStore
from zchat_common.identity import load_or_create_identity
from zchat_common.introduction import fingerprint


async def main(port: int, data: Path) -> None:
    raise_descriptor_limit()
    identity = load_or_create_identity(data / "broker.key")
    profile = Profile("Unguarded", port, port + 1, rate=0.0)
    server = Server("127.0.0.1", profile, MemoryStore(), identity, door=None, guard=None)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.stop, "the test is over")
    at = "tcp://127.0.0.1"
    print(
        f"zchat-broker ready: commands {at}:{port} topics {at}:{port + 1} introductions {at}:{port + 2} "
        f"key {fingerprint(identity.public)}",
        flush=True,
    )
    await server.serve()


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    asyncio.run(main(int(sys.argv[2]), Path(sys.argv[4])))
