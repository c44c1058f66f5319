"""A stranger on the network: sockets and a key, and no manners."""

import socket
from types import TracebackType
from typing import Self, TypeVar

import zmq
from zmq.utils import z85

from tests.system.processes import DEADLINE_S, Broker
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.identity import Identity
from zchat_common.introduction import Introduction, decode_introduction
from zchat_common.limits import PROTOCOL_VERSION

D = TypeVar("D", bound=m.Downstream)


def introduction(broker: Broker) -> Introduction:
    """What the broker says on its third port."""
    with socket.create_connection(("127.0.0.1", broker.port + 2), DEADLINE_S) as connection:
        return decode_introduction(b"".join(iter(lambda: connection.recv(1024), b"")))


class Peer:
    """A DEALER at the broker's commands port that sends whatever it is told to."""

    def __init__(self, broker: Broker, *, identity: Identity | None = None, curve: bool = True) -> None:
        """Holds a key of its own, unless it is given one or told to come without."""
        self.context = zmq.Context()
        self.socket: zmq.Socket[bytes] = self.context.socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.identity = Identity.create() if identity is None else identity
        if curve:
            self.socket.setsockopt(zmq.CURVE_SERVERKEY, z85.encode(introduction(broker).key))
            self.socket.setsockopt(zmq.CURVE_PUBLICKEY, z85.encode(self.identity.public))
            self.socket.setsockopt(zmq.CURVE_SECRETKEY, z85.encode(self.identity.secret))
        self.socket.connect(f"tcp://127.0.0.1:{broker.port}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.context.destroy(linger=0)

    def send(self, *frames: bytes) -> None:
        """Sends a message of these frames."""
        self.socket.send_multipart(frames)

    def say(self, message: m.Upstream) -> None:
        """Sends a message of the protocol."""
        self.send(wire.encode(message))

    def hear(self, kind: type[D]) -> D:
        """The next message of this kind; others are passed over."""
        while self.socket.poll(int(DEADLINE_S * 1000)):
            message = wire.decode_downstream(self.socket.recv())
            if isinstance(message, kind):
                return message
        raise AssertionError(f"the broker sent no {kind.__name__} within {DEADLINE_S} s")

    def hears_nothing(self, for_s: float) -> bool:
        """Whether the broker stays silent for a while."""
        return not self.socket.poll(int(for_s * 1000))

    def register(self, name: str, run: int = 1) -> m.Registered:
        """A session under this name."""
        self.say(m.Register(PROTOCOL_VERSION, name, run, takeover=False))
        return self.hear(m.Registered)
