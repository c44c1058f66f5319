"""The introductions port: tells whoever connects the protocol version, the ports and the broker's public key.

Plain TCP and not a ZeroMQ socket: a REP open to everyone could be aborted by a stranger (libzmq issue 4633).
"""

import asyncio
import socket

from zchat_common.introduction import Introduction, encode_introduction

_BACKLOG = 4096


async def serve_introductions(listener: socket.socket, introduction: Introduction) -> asyncio.Server:
    """Answers every connection with one line and closes it; nothing is read."""
    line = encode_introduction(introduction)

    def introduce(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # One line always fits into the kernel's buffer: there is nothing to wait for, whatever the peer does.
        writer.write(line)
        writer.close()

    return await asyncio.start_server(introduce, sock=listener, backlog=_BACKLOG)
