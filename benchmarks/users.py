"""Many registered users of a zchat broker, light enough to be cheaper than it: the protocol and no more.

They keep the rules that a client must keep (one numbering, in order, a window) and check every answer, but neither
come back after a cut nor read topics: for that there are :mod:`benchmarks.readers` and :class:`FullReader`.
"""

import secrets
import select
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

import msgpack
import zmq
from zmq.utils import z85

from benchmarks import zmtp
from benchmarks.readers import Lost
from benchmarks.running import HOST
from zchat_common import wire
from zchat_common.identity import Identity
from zchat_common.introduction import Introduction, decode_introduction
from zchat_common.limits import BEAT_S, PROTOCOL_VERSION
from zchat_common.messages import (
    Answer,
    Do,
    Downstream,
    Kept,
    Ping,
    Published,
    Register,
    Registered,
    Scalar,
    TopicKey,
    Upstream,
)
from zchat_common.sealing import OpeningKey, subscription, take_apart

_CONNECT_S: Final = 60.0
_ANSWER_S: Final = 30.0
_POLL_S: Final = 0.5
_FINE_S: Final = 0.003
# Registrations under way at once: a handshake costs the broker a millisecond.
_REGISTERING: Final = 50
_ANSWER_TAG: Final = wire.encode(Answer(0, 1, 0, "", 0, ""))[1:8]
_ID_BITS: Final = 62


class User:
    """One user's commands link."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.run = secrets.randbits(_ID_BITS)
        self.identity = Identity.create()
        self.link: zmq.Socket[bytes] | None = None
        self.registered: Registered | None = None
        self.numbering = secrets.randbits(_ID_BITS)
        self.last_n = 0
        self.waiting: deque[bytes] = deque()
        self.under_way = 0
        self.replies: list[bytes] = []
        self.keeps_replies = False

    @property
    def topic(self) -> str:
        """The user's own topic; benchmark names fold to themselves."""
        return f"user.{self.name}"

    @property
    def token(self) -> bytes:
        """The token of the session."""
        assert self.registered is not None, f"{self.name} is not registered"
        return self.registered.token

    def key(self, topic: str) -> TopicKey:
        """The topic's key as of the registration."""
        assert self.registered is not None, f"{self.name} is not registered"
        return next(key for key in self.registered.keys if key.topic == topic)

    def will(self, op: str, *args: Scalar) -> None:
        """Puts a command in line."""
        self.last_n += 1
        self.waiting.append(wire.encode(Do(self.token, self.numbering, self.last_n, op, args)))

    def ask(self, message: Upstream) -> None:
        """Puts a question in line; its reply is kept."""
        self.keeps_replies = True
        self.waiting.append(wire.encode(message))

    def take_replies(self) -> list[Downstream]:
        """The replies that were kept."""
        replies, self.replies = self.replies, []
        return [message for frame in replies for message in wire.decode_downstream(frame)]


class Crowd:
    """The users, all of them on one poll."""

    def __init__(self, port: int) -> None:
        self._context = zmq.Context(io_threads=1)
        self._context.set(zmq.MAX_SOCKETS, 60_000)
        self._port = port
        self._introduction = introduction_of(port)
        self._poll = select.epoll()
        self._by_descriptor: dict[int, User] = {}
        self.users: list[User] = []
        self._beat_s = time.monotonic()

    @property
    def descriptor(self) -> int:
        """Readable when :meth:`step` has something to do."""
        return self._poll.fileno()

    def join(self, names: Iterable[str]) -> list[User]:
        """Registers users and returns them."""
        users = [User(name) for name in names]
        for start in range(0, len(users), _REGISTERING):
            group = users[start : start + _REGISTERING]
            for user in group:
                self.connect(user)
                user.ask(Register(PROTOCOL_VERSION, user.name, user.run, False))
            self.run(group, 1)
            for user in group:
                self.take_registration(user)
            self.users += group
            self._beat()
        return users

    def _beat(self) -> None:
        """While many join, the first ones must not fall silent."""
        if time.monotonic() > self._beat_s + BEAT_S:
            self._beat_s = time.monotonic()
            self.ping(self.users)

    def connect(self, user: User) -> None:
        """Opens the user's commands link."""
        link = user.link = self._context.socket(zmq.DEALER)
        link.setsockopt(zmq.CURVE_SERVERKEY, z85.encode(self._introduction.key))
        link.setsockopt(zmq.CURVE_PUBLICKEY, z85.encode(user.identity.public))
        link.setsockopt(zmq.CURVE_SECRETKEY, z85.encode(user.identity.secret))
        for option in (zmq.LINGER, zmq.SNDHWM, zmq.RCVHWM):
            link.setsockopt(option, 0)
        link.setsockopt(zmq.HANDSHAKE_IVL, int(_CONNECT_S * 1000))
        link.connect(f"tcp://{HOST}:{self._introduction.commands_port}")
        self._by_descriptor[link.fileno()] = user
        self._poll.register(link.fileno(), select.EPOLLIN)

    def disconnect(self, user: User) -> None:
        """Closes the user's commands link."""
        if user.link is not None:
            del self._by_descriptor[user.link.fileno()]
            self._poll.unregister(user.link.fileno())
            user.link.close()
            user.link = None
            user.under_way = 0

    @staticmethod
    def take_registration(user: User) -> None:
        """Takes the session from the reply."""
        reply = user.take_replies()[0]
        if not isinstance(reply, Registered):
            raise Lost(f"{user.name} got no session: {reply}")
        user.registered = reply
        user.keeps_replies = False

    def run(
        self, users: list[User], window: int, may_send: Callable[[], bool] = lambda: True, deadline_s: float = _ANSWER_S
    ) -> None:
        """Sends what the users have in line, so many under way at once each; returns when all is answered.

        ``may_send`` is asked often, and stops the sending for a while. Raises Lost when nothing comes any more.
        """
        busy = {user for user in users if user.waiting or user.under_way}
        held = set(busy)
        stuck_s = time.monotonic() + deadline_s
        while busy:
            touched: set[User] = set()
            if held and may_send():
                touched, held = held, set()
                for user in touched:
                    self.send(user, window)
            touched.update(self.step(window if may_send() else 0, _FINE_S if held else _POLL_S))
            if touched:
                stuck_s = time.monotonic() + deadline_s
            elif time.monotonic() > stuck_s:
                raise Lost(f"{len(busy)} users wait for answers that do not come")
            held |= {user for user in touched if user.waiting and not user.under_way}
            busy -= {user for user in touched if not user.waiting and not user.under_way}

    def step(self, window: int, timeout_s: float) -> list[User]:
        """Takes in what came, sends what the window allows; returns the users to whom something came."""
        moved = [self._by_descriptor[descriptor] for descriptor, _ in self._poll.poll(timeout_s)]
        for user in moved:
            self._receive(user)
            self.send(user, window)
        return moved

    def idle_until(self, at_s: float) -> None:
        """Takes in what comes until then, to the tenth of a millisecond."""
        while (left_s := at_s - time.monotonic()) > 0:
            # A poll waits whole milliseconds.
            if left_s < _FINE_S:
                time.sleep(left_s)
            else:
                self.step(0, left_s - _FINE_S)

    def send(self, user: User, window: int) -> None:
        """Sends what the user has in line, at most so many under way."""
        link = user.link
        assert link is not None, f"{user.name} has no link"
        while True:
            while user.waiting and user.under_way < window:
                link.send(user.waiting.popleft(), zmq.NOBLOCK)
                user.under_way += 1
            # Sending takes in what the descriptor would have told of: look once more before waiting for it.
            events = link.getsockopt(zmq.EVENTS)
            assert isinstance(events, int), "EVENTS is a number"
            if not events & zmq.POLLIN:
                return
            self._receive(user)

    def _receive(self, user: User) -> None:
        link = user.link
        assert link is not None, f"{user.name} has no link"
        while True:
            try:
                reply = link.recv(zmq.NOBLOCK)
            except zmq.Again:
                return
            begins = _beginnings(reply)
            user.under_way -= len(begins)
            if user.keeps_replies:
                user.replies.append(reply)
            elif not all(reply.startswith(_ANSWER_TAG, begin + 1) for begin in begins):
                raise Lost(f"{user.name} was not answered but told {list(wire.decode_downstream(reply))}")

    def ping(self, users: list[User]) -> None:
        """Each user's own topic gets a pong."""
        for user in users:
            assert user.link is not None, f"{user.name} has no link"
            user.link.send(wire.encode(Ping(user.token, 1, user.topic)))

    def close(self) -> None:
        """Ends all links."""
        for user in self._by_descriptor.values():
            if user.link is not None:
                user.link.close()
        self._poll.close()
        self._context.term()


class FullReader:
    """A reader that opens every frame of a topic and checks every message."""

    def __init__(self, port: int, key: TopicKey) -> None:
        self._context = zmq.Context()
        self._socket: zmq.Socket[bytes] = self._context.socket(zmq.SUB)
        self._socket.setsockopt(zmq.RCVHWM, 0)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.SUBSCRIBE, subscription(key.topic))
        self._socket.connect(f"tcp://{HOST}:{port + 1}")
        self._key = OpeningKey(key)
        self._frames: list[bytes] = []
        self.counter = 0

    def drain(self) -> None:
        """Takes in what has come, unopened: that is for after the measurement."""
        while True:
            try:
                frame = self._socket.recv(zmq.NOBLOCK)
            except zmq.Again:
                return
            self._frames.append(frame)
            self.counter = take_apart(frame).counter

    def wait(self, timeout_s: float) -> None:
        """Waits for a frame."""
        self._socket.poll(int(timeout_s * 1000))
        self.drain()

    def open(self) -> list[tuple[int, Published]]:
        """Every message since the last call with the counter of its frame. Raises Lost if one is missing."""
        frames, self._frames = self._frames, []
        opened: list[tuple[int, Published]] = []
        for frame in frames:
            parts = take_apart(frame)
            plain, missed = self._key.open(parts)
            if missed:
                raise Lost(f"the full reader missed {missed} frames of {parts.topic}")
            opened += [(parts.counter, message) for message, _ in wire.decode_frame(plain)]
        return opened

    def close(self) -> None:
        """Ends the link."""
        self._socket.close()
        self._context.term()


def _beginnings(frame: bytes) -> list[int]:
    """Where each message begins, without building any: the users are to be cheaper than the broker."""
    unpacker = msgpack.Unpacker(max_buffer_size=len(frame))
    unpacker.feed(frame)
    begins: list[int] = []
    while (begin := unpacker.tell()) < len(frame):
        begins.append(begin)
        unpacker.skip()
    return begins


def kept(opened: list[tuple[int, Published]]) -> list[tuple[int, Kept]]:
    """Those that have a place in the topic's order. Raises Lost if the order has a hole."""
    found = [(counter, message) for counter, message in opened if hasattr(message, "seq")]
    seqs = [message.seq for _, message in found]  # type: ignore[union-attr]
    if seqs and seqs != list(range(seqs[0], seqs[0] + len(seqs))):
        raise Lost("the full reader was not shown every message once, in order")
    return found  # type: ignore[return-value]


def raw_reader(port: int, *topics: str) -> socket.socket:
    """A connection that is subscribed to these topics; ``port`` is that of the commands."""
    connection = socket.create_connection((HOST, port + 1), _CONNECT_S)
    zmtp.greet(connection, b"SUB")
    connection.sendall(b"".join([zmtp.subscription(subscription(topic)) for topic in topics]))
    return connection


def introduction_of(port: int) -> Introduction:
    """What the broker says of itself; ``port`` is that of the commands."""
    with socket.create_connection((HOST, port + 2), _CONNECT_S) as connection, connection.makefile("rb") as line:
        return decode_introduction(line.readline())
