"""Who may connect to the commands link: the broker's answer to ZeroMQ's authentication requests (RFC 27, ZAP)."""

import logging

import zmq
import zmq.asyncio

_log = logging.getLogger("zchat.broker")
_ENDPOINT = "inproc://zeromq.zap.01"
_VERSION = b"1.0"
_CURVE = b"CURVE"
_REQUEST_FRAMES = 7


class Zap:
    """Lets every client in that proves to hold a CURVE key, and passes that key on as the connection's user id."""

    def __init__(self, context: zmq.asyncio.Context) -> None:
        """Binds at once: it must stand before the first socket that relies on it."""
        self._socket = context.socket(zmq.REP)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.bind(_ENDPOINT)

    async def serve(self) -> None:
        """Answers until it is cancelled."""
        while True:
            request = await self._socket.recv_multipart()
            await self._socket.send_multipart(answer(request))

    def close(self) -> None:
        """Ends the handler."""
        self._socket.close()


def answer(request: list[bytes]) -> list[bytes]:
    """The reply to one request: status 200 with the client's key in hexadecimal as user id, or 400."""
    request_id = request[1] if len(request) > 1 else b""
    if len(request) != _REQUEST_FRAMES or request[5] != _CURVE:
        _log.warning("refused a connection without a CURVE key")
        return [_VERSION, request_id, b"400", b"zchat needs a CURVE key", b"", b""]
    return [_VERSION, request_id, b"200", b"OK", request[6].hex().encode(), b""]
