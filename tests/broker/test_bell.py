"""The loop is woken for what can be read, however it came to be readable, and never kept from its other tasks."""

import asyncio
import contextlib
import select
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

import zmq

from zchat_broker.bell import Bell


class Pair(NamedTuple):
    """A ROUTER with its bell, and a peer that has been heard once: its route leads back."""

    router: zmq.Socket[bytes]
    bell: Bell
    dealer: zmq.Socket[bytes]
    route: bytes


@contextlib.asynccontextmanager
async def pair() -> AsyncIterator[Pair]:
    context = zmq.Context()
    router, dealer = context.socket(zmq.ROUTER), context.socket(zmq.DEALER)
    port = router.bind_to_random_port("tcp://127.0.0.1")
    dealer.connect(f"tcp://127.0.0.1:{port}")
    bell = Bell(router)
    try:
        dealer.send(b"hello")
        while not router.poll(0):
            await bell.wait(5.0)
        yield Pair(router, bell, dealer, router.recv_multipart()[0])
    finally:
        bell.close()
        context.destroy(linger=0)


def run(scenario: Callable[[Pair], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(20.0), pair() as found:
            await scenario(found)

    asyncio.run(bounded())


async def rings_at_once(bell: Bell) -> bool:
    """Without being asked whether there is anything to read, which would take the news in."""
    begin_s = time.monotonic()
    await bell.wait(10.0)
    return time.monotonic() - begin_s < 5.0


async def until_readable(router: zmq.Socket[bytes], bell: Bell) -> float:
    """How long the bell was waited for until there was something to read."""
    begin_s = time.monotonic()
    while not router.poll(0):
        await bell.wait(60.0)
    return time.monotonic() - begin_s


def test_it_rings_for_each_message() -> None:
    async def scenario(pair: Pair) -> None:
        for number in range(300):
            pair.dealer.send(b"%d" % number)
            await until_readable(pair.router, pair.bell)
            assert pair.router.recv_multipart()[1] == b"%d" % number

    run(scenario)


def test_what_was_left_unread_rings_again() -> None:
    async def scenario(pair: Pair) -> None:
        for _ in range(3):
            pair.dealer.send(b"together")
        for _ in range(3):
            assert await rings_at_once(pair.bell)
            pair.router.recv_multipart()

    run(scenario)


def test_a_send_that_takes_the_news_in_does_not_swallow_it() -> None:
    """ZeroMQ's descriptor tells of a change once, and a send on the same socket may be what takes it in."""

    async def scenario(pair: Pair) -> None:
        for _ in range(30):
            pair.dealer.send(b"a question")
            # The loop stands still, so that the send is what finds the news; if it has not come yet, the bell does.
            select.select([], [], [], 0.005)
            pair.router.send_multipart([pair.route, b"an answer"])
            assert await rings_at_once(pair.bell)
            pair.router.recv_multipart()

    run(scenario)


def test_it_is_rung_by_hand_and_by_time() -> None:
    async def scenario(pair: Pair) -> None:
        waiting = asyncio.create_task(pair.bell.wait(60.0))
        await asyncio.sleep(0)
        pair.bell.ring()
        await waiting
        await pair.bell.wait(0.01)
        # Nobody waits: it is not kept for later.
        pair.bell.ring()
        begin_s = time.monotonic()
        await pair.bell.wait(0.05)
        assert time.monotonic() - begin_s >= 0.04

    run(scenario)


def test_others_get_their_turn_while_it_is_always_readable() -> None:
    async def scenario(pair: Pair) -> None:
        pair.dealer.send(b"never read")
        await until_readable(pair.router, pair.bell)
        turns = 0

        async def other() -> None:
            nonlocal turns
            for _ in range(50):
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        for _ in range(50):
            await pair.bell.wait(60.0)
        await task
        assert turns == 50

    run(scenario)


def test_a_waiting_that_is_cancelled_leaves_the_bell_as_it_was() -> None:
    async def scenario(pair: Pair) -> None:
        waiting = asyncio.create_task(pair.bell.wait(60.0))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        pair.dealer.send(b"later")
        await until_readable(pair.router, pair.bell)

    run(scenario)
