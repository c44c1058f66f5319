"""Finding a broker: one line over TCP, and nothing else is believed. Of the links only how large a frame may be; all
else of them is a system test.
"""

import asyncio

import pytest
import zmq
import zmq.asyncio
from zmq.utils import z85

from tests.client.offline import answering, run, until
from zchat_client.link import Found, Link, find_broker
from zchat_common.clock import Now
from zchat_common.identity import Identity
from zchat_common.introduction import MAX_BYTES, Introduction, IntroductionError, encode_introduction
from zchat_common.limits import CURVE_OVERHEAD_BYTES, REPLY_MAX_BYTES, SEALED_FRAME_MAX_BYTES

INTRODUCTION = Introduction(1, 5555, 5556, bytes(range(32)))
LINE = encode_introduction(INTRODUCTION)
BROKER = Identity.create()


def test_a_broker_is_found_by_its_introduction() -> None:
    async def scenario() -> None:
        async with answering(encode_introduction(INTRODUCTION)) as port:
            for host in ("127.0.0.1", "localhost"):
                assert await find_broker(host, port) == Found(INTRODUCTION, "127.0.0.1")

    run(scenario())


@pytest.mark.parametrize(
    "said",
    [b"", b"zchat", b"HTTP/1.1 400 Bad Request\r\n", b"x" * 200_000, encode_introduction(INTRODUCTION)[:-1], b"\n"],
    ids=["nothing", "no line", "http", "endless", "cut", "blank"],
)
def test_whatever_else_answers_is_no_broker(said: bytes) -> None:
    async def scenario() -> None:
        async with answering(said) as port:
            with pytest.raises(IntroductionError):
                await find_broker("127.0.0.1", port)

    run(scenario())


def longer(size: int) -> bytes:
    """The introduction with more words than we know, as a later version may have."""
    return LINE[:-1] + b" " + b"x" * (size - len(LINE) - 1) + b"\n"


@pytest.mark.parametrize("size", [MAX_BYTES + 1, 10 * MAX_BYTES])
def test_an_introduction_has_at_most_256_bytes(size: int) -> None:
    async def scenario() -> None:
        async with answering(longer(MAX_BYTES)) as port:
            assert (await find_broker("127.0.0.1", port)).introduction == INTRODUCTION
        async with answering(longer(size)) as port:
            with pytest.raises(IntroductionError, match="not a zchat broker"):
                await find_broker("127.0.0.1", port)

    run(scenario())


def test_where_nobody_listens_there_is_an_os_error() -> None:
    async def scenario() -> None:
        async with answering(b"") as port:
            pass
        with pytest.raises(OSError, match=r"refused|Connect"):
            await find_broker("127.0.0.1", port)

    run(scenario())


def test_a_connection_that_is_reset_before_it_is_looked_at_is_an_os_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was read of it: a race of microseconds, which no server can be made to win each time."""

    class GoneWriter:
        def get_extra_info(self, name: str) -> None:
            return None

        def close(self) -> None:
            pass

    async def open_connection(host: str, port: int, limit: int) -> tuple[asyncio.StreamReader, GoneWriter]:
        reader = asyncio.StreamReader()
        reader.feed_data(encode_introduction(INTRODUCTION))
        return reader, GoneWriter()

    monkeypatch.setattr(asyncio, "open_connection", open_connection)
    with pytest.raises(ConnectionResetError):
        asyncio.run(find_broker("127.0.0.1", 1))


def test_what_comes_after_the_line_is_passed_over() -> None:
    async def scenario() -> None:
        async with answering(encode_introduction(INTRODUCTION) + b"x" * 10_000) as port:
            assert (await find_broker("127.0.0.1", port)).introduction == INTRODUCTION

    run(scenario())


# -- the links --------------------------------------------------------------------------------------------------------


class Ends:
    """The broker's ends of the two links, and a link to them; what came down it is in ``heard``, by its size."""

    def __init__(self, context: zmq.asyncio.Context) -> None:
        self.commands, self.topics = context.socket(zmq.ROUTER), context.socket(zmq.XPUB)
        self.commands.setsockopt(zmq.CURVE_SERVER, 1)
        self.commands.setsockopt(zmq.CURVE_SECRETKEY, z85.encode(BROKER.secret))
        ports = [socket.bind_to_random_port("tcp://127.0.0.1") for socket in (self.commands, self.topics)]
        self.link = Link(
            context, Found(Introduction(1, ports[0], ports[1], BROKER.public), "127.0.0.1"), Identity.create()
        )
        self.link.subscribe("public")
        self.subscription = b""
        self.heard: list[int] = []
        self.reading = asyncio.create_task(self.link.read(self._hear, self._hear, lambda: None))

    def _hear(self, payload: bytes, _now: Now) -> None:
        self.heard.append(len(payload))

    async def reply(self, size: int) -> None:
        """Sends a message of this size down the commands link."""
        self.link.send(b"who")
        route, _ = await self.commands.recv_multipart()
        await self.commands.send_multipart([route, bytes(size)])

    async def publish(self, size: int) -> None:
        """Publishes a frame of this size, when its reader has subscribed."""
        if not self.subscription:
            self.subscription = await self.topics.recv()
        await self.topics.send(b"public\0".ljust(size, b"x"))


@pytest.mark.parametrize("link", ["commands", "topics"])
def test_a_frame_is_taken_up_to_the_largest_that_a_broker_sends_and_a_larger_one_ends_the_link(link: str) -> None:
    async def scenario() -> None:
        context = zmq.asyncio.Context()
        try:
            ends = Ends(context)
            send, largest = (
                (ends.reply, REPLY_MAX_BYTES) if link == "commands" else (ends.publish, SEALED_FRAME_MAX_BYTES)
            )
            await send(largest)
            await until(lambda: ends.heard)
            assert set(ends.heard) == {largest}
            assert not ends.reading.done()
            await send(largest + CURVE_OVERHEAD_BYTES)
            await ends.reading
            assert set(ends.heard) == {largest}
            ends.link.close()
        finally:
            context.destroy(linger=0)

    run(scenario())
