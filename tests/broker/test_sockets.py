"""The broker's sockets over real connections: who gets in, what is too long, and what happens to a busy port."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import zmq
import zmq.asyncio
from zmq.utils import z85

from zchat_broker.machine import CannotStart
from zchat_broker.profile import Profile
from zchat_broker.registrations import Peer
from zchat_broker.server import Server, _peer
from zchat_broker.sockets import ZAP_DOMAIN, commands_socket, endpoint, pace_socket, seed_routing_ids, topics_socket
from zchat_broker.store.memory import MemoryStore
from zchat_broker.zap import Zap
from zchat_common.identity import Identity
from zchat_common.limits import COMMAND_MAX_BYTES

BROKER = Identity.create()


@dataclass
class Place:
    """A ROUTER behind a ZAP handler, on a port of its own."""

    context: zmq.asyncio.Context
    router: zmq.asyncio.Socket
    port: int

    def dealer(self, identity: Identity | None, server_key: bytes = BROKER.public) -> zmq.asyncio.Socket:
        """Somebody who connects, with a key or without."""
        found = self.context.socket(zmq.DEALER)
        found.setsockopt(zmq.LINGER, 0)
        if identity is not None:
            found.setsockopt(zmq.CURVE_SERVERKEY, z85.encode(server_key))
            found.setsockopt(zmq.CURVE_PUBLICKEY, z85.encode(identity.public))
            found.setsockopt(zmq.CURVE_SECRETKEY, z85.encode(identity.secret))
        found.connect(endpoint("127.0.0.1", self.port))
        return found


@contextlib.asynccontextmanager
async def place(*, handler: bool = True) -> AsyncIterator[Place]:
    context = zmq.asyncio.Context()
    zap = Zap(context)
    serving = asyncio.create_task(zap.serve()) if handler else None
    if not handler:
        zap.close()
    plain: zmq.Context[zmq.Socket[bytes]] = zmq.Context.shadow(context)
    router = commands_socket(plain, BROKER)
    port = int(router.bind_to_random_port("tcp://127.0.0.1"))
    try:
        yield Place(context, zmq.asyncio.Socket.shadow(router), port)
    finally:
        router.close(linger=0)
        if serving is not None:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
        context.destroy(linger=0)


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(20.0):
            await scenario()

    asyncio.run(bounded())


@pytest.mark.parametrize(
    ("address", "shown"),
    [("127.0.0.1", "tcp://127.0.0.1:5555"), ("::1", "tcp://[::1]:5555"), ("0.0.0.0", "tcp://0.0.0.0:5555")],
)
def test_an_endpoint_of_either_family(address: str, shown: str) -> None:
    assert endpoint(address, 5555) == shown


def test_seeding_routing_ids_is_possible_here() -> None:
    seed_routing_ids()


def test_a_client_with_a_key_gets_in_under_it_and_is_answered() -> None:
    async def scenario() -> None:
        async with place() as here:
            alice = Identity.create()
            dealer = here.dealer(alice)
            await dealer.send(b"hello")
            route, frame = await here.router.recv_multipart(copy=False)
            assert frame.bytes == b"hello"
            assert _peer(frame) == Peer(alice.public, "127.0.0.1")
            await here.router.send_multipart([route.bytes, b"welcome"])
            assert await dealer.recv() == b"welcome"

    run(scenario)


def test_who_has_no_key_or_a_wrong_idea_of_the_broker_s_does_not_get_in() -> None:
    async def scenario() -> None:
        async with place() as here:
            strangers = [here.dealer(None), here.dealer(Identity.create(), Identity.create().public)]
            for stranger in strangers:
                await stranger.send(b"let me in")
            honest = here.dealer(Identity.create())
            await honest.send(b"hello")
            assert (await here.router.recv_multipart())[1] == b"hello"
            assert not await here.router.poll(100)

    run(scenario)


def test_without_its_handler_nobody_gets_in() -> None:
    async def scenario() -> None:
        async with place(handler=False) as here:
            stranger = here.dealer(Identity.create())
            await stranger.send(b"let me in")
            assert not await here.router.poll(150)

    run(scenario)


def test_the_longest_command_passes_and_a_longer_one_costs_its_sender_the_connection() -> None:
    async def scenario() -> None:
        async with place() as here:
            longest = here.dealer(Identity.create())
            await longest.send(b"x" * COMMAND_MAX_BYTES)
            assert len((await here.router.recv_multipart())[1]) == COMMAND_MAX_BYTES
            longer = here.dealer(Identity.create())
            await longer.send(b"x" * (COMMAND_MAX_BYTES + 1_000))
            assert not await here.router.poll(100)
            await longest.send(b"still here")
            assert (await here.router.recv_multipart())[1] == b"still here"

    run(scenario)


def test_a_route_that_is_gone_is_told_from_one_that_is_there() -> None:
    async def scenario() -> None:
        async with place() as here:
            dealer = here.dealer(Identity.create())
            await dealer.send(b"hello")
            route, _ = await here.router.recv_multipart()
            await here.router.send_multipart([route, b"there?"])
            with pytest.raises(zmq.ZMQError) as gone:
                await here.router.send_multipart([b"nobody", b"there?"])
            assert gone.value.errno == zmq.EHOSTUNREACH

    run(scenario)


def test_the_options_are_what_the_measured_facts_ask_for() -> None:
    async def scenario() -> None:
        async with place() as here:
            plain: zmq.Context[zmq.Socket[bytes]] = zmq.Context.shadow(here.context)
            router: zmq.Socket[bytes] = zmq.Socket.shadow(here.router)
            topics, own = topics_socket(plain), pace_socket(plain, b"pace\0")

            def option(each: zmq.Socket[bytes], number: int) -> int:
                return int(str(each.getsockopt(number)))

            assert router.getsockopt_string(zmq.ZAP_DOMAIN).rstrip("\0") == ZAP_DOMAIN
            assert option(router, zmq.ZAP_ENFORCE_DOMAIN) == 1
            assert option(router, zmq.CURVE_SERVER) == 1
            assert option(router, zmq.HEARTBEAT_IVL) > 0
            # They would close plain ZMTP 3.0 subscribers.
            assert option(topics, zmq.HEARTBEAT_IVL) == 0
            assert option(topics, zmq.TCP_KEEPALIVE) == 1
            assert 0 < option(topics, zmq.MAXMSGSIZE) <= 256
            assert 0 < option(router, zmq.MAXMSGSIZE) < 64 * 1024
            for each in (router, topics):
                assert option(each, zmq.BACKLOG) == 4096
                assert 0 <= option(each, zmq.LINGER) <= 1_000
                assert 0 < option(each, zmq.HANDSHAKE_IVL) <= 5_000
                assert option(each, zmq.IPV6) == 1
                assert option(each, zmq.SNDHWM) > 0
            assert option(own, zmq.RCVHWM) == 0
            topics.close()
            own.close()

    run(scenario)


@pytest.mark.parametrize("taken", [0, 1, 2], ids=["commands", "topics", "introductions"])
def test_a_port_in_use_is_said_in_one_line_that_names_it(taken: int, tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        port = free_ports(stack, taken)
        with pytest.raises(CannotStart, match=rf"port {port + taken} .*another --port"):
            Server("127.0.0.1", Profile("Lab", port, port + 1), MemoryStore(), BROKER, door=None, guard=None)


def free_ports(stack: contextlib.ExitStack, taken: int) -> int:
    """The first of three ports in a row, of which all are free but the one that is taken."""
    for port in range(29_000, 39_000, 3):
        with contextlib.ExitStack() as trial:
            try:
                held = [trial.enter_context(socket.create_server(("127.0.0.1", port + place))) for place in range(3)]
            except OSError:
                continue
            stack.enter_context(socket.fromfd(held[taken].fileno(), socket.AF_INET, socket.SOCK_STREAM))
            return port
    raise AssertionError("no three free ports in a row")
