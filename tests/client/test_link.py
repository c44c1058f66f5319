"""Finding a broker: one line over TCP, and nothing else is believed. The links themselves are a system test."""

import asyncio

import pytest

from tests.client.offline import answering, run
from zchat_client.link import Found, find_broker
from zchat_common.introduction import Introduction, IntroductionError, encode_introduction

INTRODUCTION = Introduction(1, 5555, 5556, bytes(range(32)))


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

    async def open_connection(host: str, port: int) -> tuple[asyncio.StreamReader, GoneWriter]:
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
