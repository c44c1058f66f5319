"""A stranger on the network: sockets and a key, and no manners."""

import itertools
import socket
import time
from collections import deque
from types import TracebackType
from typing import Final, Self, TypeVar

import zmq
from zmq.utils import z85

from tests.system.processes import DEADLINE_S, Broker
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.identity import Identity
from zchat_common.introduction import Introduction, decode_introduction
from zchat_common.limits import PROTOCOL_VERSION
from zchat_common.names import fold
from zchat_common.sealing import subscription
from zchat_common.topics import user_topic
from zchat_common.whispers import Party, Whisperer

D = TypeVar("D", bound=m.Downstream)
_PING_MS: Final = 100
_numbers = itertools.count(1)


def introduction(broker: Broker) -> Introduction:
    """What the broker says on its third port."""
    with socket.create_connection(("127.0.0.1", broker.port + 2), DEADLINE_S) as connection:
        return decode_introduction(b"".join(iter(lambda: connection.recv(1024), b"")))


class Peer:
    """A DEALER at the broker's commands port that sends whatever it is told to."""

    def __init__(
        self, broker: Broker, *, identity: Identity | None = None, curve: bool = True, routing_id: bytes = b""
    ) -> None:
        """Holds a key of its own, unless it is given one or told to come without. It may claim a routing id."""
        key = introduction(broker).key if curve else b""
        self.context = zmq.Context()
        self.socket: zmq.Socket[bytes] = self.context.socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        if routing_id:
            self.socket.setsockopt(zmq.ROUTING_ID, routing_id)
        self.identity = Identity.create() if identity is None else identity
        self._heard: deque[m.Downstream] = deque()
        if curve:
            self.socket.setsockopt(zmq.CURVE_SERVERKEY, z85.encode(key))
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
        while (message := self.next(DEADLINE_S)) is not None:
            if isinstance(message, kind):
                return message
        raise AssertionError(f"the broker sent no {kind.__name__} within {DEADLINE_S} s")

    def next(self, for_s: float) -> m.Downstream | None:
        """The next message of whatever kind, one of those that came in one frame or the first of the next frame."""
        while not self._heard:
            if not self.socket.poll(int(for_s * 1000)):
                return None
            self._heard.extend(wire.decode_downstream(self.socket.recv()))
        return self._heard.popleft()

    def hears_nothing(self, for_s: float) -> bool:
        """Whether the broker stays silent for a while."""
        return self.next(for_s) is None

    def register(self, name: str, run: int = 1) -> m.Registered:
        """A session under this name."""
        self.say(m.Register(PROTOCOL_VERSION, name, run, takeover=False))
        return self.hear(m.Registered)

    def tries(self, name: str, run: int = 1, *, takeover: bool = False, for_s: float = DEADLINE_S) -> str:
        """Asks for a session: the code of the refusal, ``in`` if there is none, ``nothing`` if there is no answer."""
        self.say(m.Register(PROTOCOL_VERSION, name, run, takeover))
        while (message := self.next(for_s)) is not None:
            if isinstance(message, m.Rejected):
                return message.code
            if isinstance(message, m.Registered):
                return "in"
        return "nothing"


class Registered:
    """A peer with a session of its own, who numbers his commands."""

    def __init__(self, peer: Peer, name: str) -> None:
        self.peer = peer
        self.name = name
        self.at_first = peer.register(name)
        self.token = self.at_first.token
        self._n = 0

    def command(self, op: str, *args: m.Scalar) -> m.Do:
        """Gives the next command; returns what was sent."""
        self._n += 1
        done = m.Do(self.token, 1, self._n, op, args)
        self.peer.say(done)
        return done

    def done(self, op: str, *args: m.Scalar) -> m.Answer:
        """Gives the next command, which the broker takes."""
        self.command(op, *args)
        return self.peer.hear(m.Answer)

    def refused(self, op: str, args: tuple[m.Scalar, ...]) -> m.Refusal:
        """Gives the next command, which the broker refuses."""
        self.command(op, *args)
        return self.peer.hear(m.Refusal)

    def key_of(self, name: str) -> bytes:
        """The key that owns a name."""
        self.peer.say(m.AskUser(self.token, 1, name))
        return self.peer.hear(m.User).key

    def seal(self, text: str, name: str) -> bytes:
        """A whisper for the next command."""
        recipient = Party(fold(name), self.key_of(name))
        return Whisperer(self.peer.identity).seal(text, fold(self.name), recipient, 1, self._n + 1)

    def whispers(self, name: str, text: str) -> None:
        """Whispers, as an honest client would."""
        self.command("whisper", name, self.key_of(name), m.SEALED, self.seal(text, name))

    def history(self, topic: str) -> list[m.Kept | m.Unknown] | str:
        """All messages that may be read of a topic, or the code of the refusal."""
        found: list[m.Kept | m.Unknown] = []
        while True:
            page = self._page(topic, found[-1].seq if found else 0)
            if isinstance(page, m.Denied):
                return page.code
            if not page.messages:
                return found
            found += [wire.decode_kept(body) for body in page.messages]

    def _page(self, topic: str, after: int) -> m.History | m.Denied:
        self.peer.say(m.AskHistory(self.token, 1, topic, after, None, 200))
        while (message := self.peer.next(DEADLINE_S)) is not None:
            if isinstance(message, m.History | m.Denied):
                return message
        raise AssertionError(f"no history of {topic}")

    def invited_to(self) -> str:
        """The party of the last invitation."""
        end = time.monotonic() + DEADLINE_S
        while time.monotonic() < end:
            messages = self.history(user_topic(fold(self.name)))
            found = [each.party for each in messages if isinstance(each, m.Invited)]
            if found:
                return found[-1]
        raise AssertionError("nobody invited")


class Ears:
    """Listens to the topics port, to every topic unless told otherwise, and keeps all frames."""

    def __init__(self, broker: Broker, subscribed: bytes = b"") -> None:
        self.frames: list[bytes] = []
        self._broker = broker
        self._context = zmq.Context()
        self._socket: zmq.Socket[bytes] = self._context.socket(zmq.SUB)
        self._socket.setsockopt(zmq.SUBSCRIBE, subscribed)
        self._socket.connect(f"tcp://127.0.0.1:{broker.port + 1}")
        self.level()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._context.destroy(linger=0)

    def level(self) -> list[bytes]:
        """All frames, when those have come that were published before the call.

        Somebody comes whose frames nobody had before; frames of one connection keep their order.
        """
        name = f"witness-{next(_numbers)}"
        topic = subscription(user_topic(name))
        self._socket.setsockopt(zmq.SUBSCRIBE, topic)
        with Peer(self._broker) as peer:
            token = peer.register(name).token
            end = time.monotonic() + DEADLINE_S
            while not (self.frames and self.frames[-1].startswith(topic)):
                assert time.monotonic() < end, "no frame was heard"
                peer.say(m.Ping(token, 1, user_topic(name)))
                while self._socket.poll(_PING_MS):
                    self.frames.append(self._socket.recv())
                    if self.frames[-1].startswith(topic):
                        break
        return self.frames
