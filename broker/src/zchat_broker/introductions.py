"""The introductions port: tells whoever connects the protocol version, the ports and the broker's public key.

Plain TCP and not a ZeroMQ socket: a REP open to everyone could be aborted by a stranger (libzmq issue 4633).
"""

import asyncio
import contextlib
import socket

from zchat_common.introduction import Introduction, encode_introduction

_BACKLOG = 4096
_WRITE_TIMEOUT_S = 5.0


async def serve_introductions(listener: socket.socket, introduction: Introduction) -> asyncio.Server:
    """Answers every connection with one line and closes it; nothing is read."""
    line = encode_introduction(introduction)

    async def introduce(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A peer that went away or does not read is its own loss.
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(_WRITE_TIMEOUT_S):
                writer.write(line)
                await writer.drain()
                writer.close()
                await writer.wait_closed()

    return await asyncio.start_server(introduce, sock=listener, backlog=_BACKLOG)
