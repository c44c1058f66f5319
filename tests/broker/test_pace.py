"""The broker takes no more work while its own reader is behind, and goes on when it has caught up."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import zmq

from zchat_broker import pace
from zchat_broker.pace import TOPIC, Pace
from zchat_broker.sockets import pace_socket, topics_socket

ENDPOINT = "inproc://topics"


@contextlib.asynccontextmanager
async def sockets(*, subscribed: bool = True) -> AsyncIterator[tuple[zmq.Socket[bytes], zmq.Socket[bytes]]]:
    """A PUB and the broker's own SUB; the subscription has taken effect if it is to."""
    context = zmq.Context()
    topics = topics_socket(context)
    own = pace_socket(context, TOPIC if subscribed else b"nothing")
    topics.bind(ENDPOINT)
    own.connect(ENDPOINT)
    try:
        while subscribed and not own.poll(5):
            topics.send(TOPIC + bytes(8))
        yield topics, own
    finally:
        for each in (own, topics):
            each.close(linger=0)
        context.term()


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(20.0):
            await scenario()

    asyncio.run(bounded())


def test_it_does_not_wait_while_the_reader_keeps_up() -> None:
    async def scenario() -> None:
        async with sockets() as (topics, own):
            keeper = Pace(topics, own)
            for _ in range(1_000):
                keeper.mark()
                await keeper.keep()

    run(scenario)


def test_it_goes_on_when_a_reader_who_was_far_behind_has_caught_up() -> None:
    async def scenario() -> None:
        async with sockets() as (topics, own):
            keeper = Pace(topics, own)
            for _ in range(300):
                keeper.mark()
            await keeper.keep()

    run(scenario)


def test_a_reader_without_a_sound_is_waited_for() -> None:
    async def scenario() -> None:
        async with sockets(subscribed=False) as (topics, own):
            keeper = Pace(topics, own)
            for _ in range(32):
                keeper.mark()
            await keeper.keep()
            keeper.mark()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(keeper.keep(), 0.05)

    run(scenario)


def test_marks_that_were_dropped_are_made_up_for_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits a second before it marks again; this test does not."""
    monkeypatch.setattr(pace, "_LOST_MARK_S", 0.01)

    async def scenario() -> None:
        async with sockets(subscribed=False) as (topics, own):
            keeper = Pace(topics, own)
            for _ in range(100):
                keeper.mark()
            waiting = asyncio.create_task(keeper.keep())
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.shield(waiting), 0.05)
            own.setsockopt(zmq.SUBSCRIBE, TOPIC)
            await waiting

    run(scenario)


def test_no_reader_s_subscription_is_touched_by_a_mark() -> None:
    """Its topic is nobody's: users' topics begin with ``user.``, and NUL ends it."""
    assert TOPIC == b"pace\0"
