"""The shell around the hub: sockets, clocks and one asyncio loop. It receives, hands over, and sends what comes out."""

import asyncio
import logging
import secrets
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import zmq
import zmq.asyncio

from zchat_broker.admins import look_at_admins
from zchat_broker.bell import Bell
from zchat_broker.door import Door
from zchat_broker.guard import AddressRates, Guard, plain_address
from zchat_broker.hub import Arrival, Hub, Outgoing
from zchat_broker.introductions import Introductions
from zchat_broker.machine import CannotStart
from zchat_broker.pace import TOPIC, Pace
from zchat_broker.profile import Profile
from zchat_broker.registrations import Peer
from zchat_broker.replies import framed
from zchat_broker.sockets import commands_socket, endpoint, pace_socket, seed_routing_ids, topics_socket
from zchat_broker.store import Store
from zchat_broker.watch import Watch, can_measure, can_watch
from zchat_broker.zap import Zap
from zchat_common import wire
from zchat_common.clock import now
from zchat_common.identity import Identity
from zchat_common.introduction import Introduction
from zchat_common.limits import COMMAND_MAX_BYTES, PROTOCOL_VERSION
from zchat_common.messages import Probe

_log = logging.getLogger("zchat.broker")

# A turn ends after so many commands or bytes, so that its frames and its commit stay small against a second.
_TURN_COMMANDS = 1_000
_TURN_BYTES = 32 * COMMAND_MAX_BYTES
_PROBE = wire.encode(Probe())
_ROUTE_PART = zmq.NOBLOCK | zmq.SNDMORE


@dataclass(slots=True)
class _Sockets:
    context: zmq.asyncio.Context
    zap: Zap
    commands: zmq.Socket[bytes]
    topics: zmq.Socket[bytes]
    own: zmq.Socket[bytes]
    listener: socket.socket
    watch: Watch | None


class Server:
    """A running broker. ``await serve()`` ends after ``stop()``."""

    def __init__(
        self,
        address: str,
        profile: Profile,
        store: Store,
        identity: Identity,
        door: Door | None,
        guard: Guard | None,
    ) -> None:
        """Binds all ports, to a numeric address. Raises CannotStart and StoreUnusable.

        Without a ``door`` there are neither codes nor listed keys. ``guard`` keeps floods out; without one, whoever
        reaches the ports can take all memory.
        """
        self._profile = profile
        self._introduction = Introduction(PROTOCOL_VERSION, profile.commands_port, profile.topics_port, identity.public)
        self._guard = guard
        self._asking = AddressRates(profile.address_connections)
        self._sockets = _bind(address, profile, identity, guard)
        self._watch = self._sockets.watch
        # Only for these the loop is woken; to be woken by the topics and the own reader too cost as much again.
        self._commands = self._sockets.commands
        self._topics = self._sockets.topics
        self._pace = Pace(self._topics, self._sockets.own)
        self._hub = Hub(profile, store, secrets.token_bytes, self._reachable, now(), door)
        look_at_admins(self._hub.rules.state, profile.settings.admins)
        self._stopping = ""
        self._bell: Bell | None = None
        self._unsent = 0

    def stop(self, reason: str) -> None:
        """Lets the current turn end, tells everybody, and makes ``serve`` return."""
        self._stopping = reason
        if self._bell is not None:
            self._bell.ring()

    async def serve(self) -> None:
        """Serves until it is stopped, then closes all sockets."""
        bell = self._bell = Bell(self._commands)
        zap = asyncio.create_task(self._sockets.zap.serve())
        introductions = Introductions(self._sockets.listener, self._introduction, self._may_ask)
        if self._watch is not None:
            self._watch.start()
        try:
            while not self._stopping:
                if zap.done():
                    zap.result()  # without its handler nobody gets in: better to end and be started again
                # Nobody would notice that the guard is gone until the flood comes.
                assert self._watch is None or self._watch.is_running, "the watch over the connections has ended"
                await self._turn(bell)
            self._publish(self._hub.stop(self._stopping))
        finally:
            introductions.close()
            zap.cancel()
            bell.close()
            self._close()

    async def _turn(self, bell: Bell) -> None:
        await self._pace.keep()
        if self._stopping:
            return
        # Nothing is published while nobody is here, and a socket keeps what its connections did until it is looked at.
        _ = self._topics.EVENTS
        await bell.wait(self._hub.pause_s(now()))
        self._send(self._hub.turn(self._drain(), now()))

    def _drain(self) -> Iterator[Arrival]:
        """What waits on the ROUTER, without awaiting in between (measured: four to five times cheaper)."""
        size = 0
        for _ in range(_TURN_COMMANDS):
            try:
                route = self._commands.recv(zmq.NOBLOCK)
            except zmq.Again:
                return
            frame = self._commands.recv(zmq.NOBLOCK, copy=False)
            # A message is one frame; what comes in more is not paid for by being taken.
            is_whole = True
            while frame.more:
                frame = self._commands.recv(zmq.NOBLOCK, copy=False)
                is_whole = False
            payload = frame.bytes
            if self._watch is not None and is_whole:
                self._watch.took(route, frame, len(payload))
            yield Arrival(route, payload, partial(_peer, frame))
            size += len(payload)
            if size > _TURN_BYTES:
                return

    def _send(self, out: Outgoing) -> None:
        # First what many wait for: ZeroMQ's thread copies it to every reader while the answers are sent from this one.
        self._publish(out.frames)
        for route, frame in framed(out.replies):
            try:
                # Half the price of send_multipart, which looks at each part first.
                self._commands.send(route, _ROUTE_PART)
                self._commands.send(frame, zmq.NOBLOCK)
            except zmq.ZMQError as error:
                # Gone (EHOSTUNREACH) or not reading (EAGAIN): a client that comes back asks again.
                self._unsent += 1
                _log.debug("answers could not be delivered: %s", error)
            else:
                if self._watch is not None:
                    self._watch.answered(route, len(frame))
        if self._watch is not None:
            for route in out.shut:
                self._watch.condemn(route, "goes on with what is only refused")

    def _publish(self, frames: list[bytes]) -> None:
        for frame in frames:
            self._topics.send(frame)
        if frames:
            self._pace.mark()

    def _may_ask(self, address: str) -> bool:
        """Whether an address gets an introduction. A flood of connections costs the loop less unanswered."""
        if self._guard is None or self._watch is None:
            return True
        address, now_s = plain_address(address), now().steady_s
        if self._guard.holds(address, now_s):
            return False
        if self._asking.take(address, now_s) > 0.0:
            self._watch.hold(address, "asks for introductions faster than its clients could need")
            return False
        return True

    def _reachable(self, route: bytes) -> bool:
        try:
            self._commands.send_multipart((route, _PROBE), zmq.NOBLOCK)
        except zmq.Again:
            return True
        except zmq.ZMQError:
            return False
        return True

    def _close(self) -> None:
        sockets = self._sockets
        if self._watch is not None:
            self._watch.stop()
        for each in (sockets.commands, sockets.own, sockets.topics):
            each.close()
        sockets.zap.close()
        sockets.listener.close()
        # Returns when what was sent has left, at the latest after the sockets' linger.
        sockets.context.term()


def _bind(address: str, profile: Profile, identity: Identity, guard: Guard | None) -> _Sockets:
    seed_routing_ids()
    context = zmq.asyncio.Context()
    context.set(zmq.MAX_SOCKETS, 64)
    plain: zmq.Context[zmq.Socket[bytes]] = zmq.Context.shadow(context)
    zap = Zap(context)
    commands = commands_socket(plain, identity)
    topics = topics_socket(plain)
    own = pace_socket(plain, TOPIC)
    watch = _watch(plain, commands, topics, guard)
    port = profile.commands_port
    try:
        commands.bind(endpoint(address, port))
        port = profile.topics_port
        topics.bind(endpoint(address, port))
        port = profile.topics_port + 1
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        # ZeroMQ takes IPv4 in on :: as well.
        listener = socket.create_server((address, port), family=family, dualstack_ipv6=address == "::")
    except (OSError, zmq.ZMQError) as error:
        if watch is not None:
            watch.stop()
        for each in (commands, topics, own):
            each.close(linger=0)
        context.destroy(linger=0)
        raise CannotStart(_cannot_listen(address, port, error)) from None
    loopback = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)
    own.connect(endpoint(loopback, profile.topics_port))
    return _Sockets(context, zap, commands, topics, own, listener, watch)


def _watch(
    context: "zmq.Context[zmq.Socket[bytes]]",
    commands: zmq.Socket[bytes],
    topics: zmq.Socket[bytes],
    guard: Guard | None,
) -> Watch | None:
    if guard is None:
        return None
    if not can_measure():
        _log.warning("this system does not tell what a connection has sent (TCP_INFO): floods are not cut off")
    if not can_watch():
        return None
    return Watch(guard, context, commands, topics)


def _cannot_listen(address: str, port: int, error: OSError | zmq.ZMQError) -> str:
    return (
        f"cannot listen on {address} port {port} ({error.strerror or error}); "
        "if another broker runs there, use it or choose another --port"
    )


def _peer(frame: zmq.Frame) -> Peer:
    key, address = frame.get("User-Id"), frame.get("Peer-Address")
    return Peer(bytes.fromhex(str(key)), plain_address(str(address)))
