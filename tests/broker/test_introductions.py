"""Whoever connects is told one line and hung up on, unless he may not ask; a crowd does not hold up the loop."""

import asyncio
import socket
from collections.abc import Callable

from zchat_broker.introductions import Introductions
from zchat_common.introduction import Introduction, encode_introduction

INTRODUCTION = Introduction(1, 5555, 5556, b"k" * 32)
LINE = encode_introduction(INTRODUCTION)


async def ask(port: int, says: bytes = b"") -> bytes:
    """What comes until the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(says)
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


def asked(count: int, may_ask: Callable[[str], bool] | None = None) -> list[bytes]:
    async def run() -> list[bytes]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            introductions = Introductions(listener, INTRODUCTION, may_ask)
            try:
                return await asyncio.gather(*[ask(listener.getsockname()[1]) for _ in range(count)])
            finally:
                introductions.close()

    return asyncio.run(run())


def test_everybody_is_told_the_same_line() -> None:
    assert asked(200) == [LINE] * 200


def test_who_may_not_ask_is_told_nothing() -> None:
    addresses: list[str] = []

    def may_ask(address: str) -> bool:
        addresses.append(address)
        return len(addresses) % 2 == 0

    assert sorted(asked(10, may_ask)) == [b""] * 5 + [LINE] * 5
    assert set(addresses) == {"127.0.0.1"}


def test_a_crowd_is_answered_a_part_at_a_time() -> None:
    """So that the loop looks after everybody else in between."""

    async def run() -> int:
        with socket.create_server(("127.0.0.1", 0), backlog=500) as listener:
            crowd = [socket.create_connection(listener.getsockname()) for _ in range(200)]
            answered = 0

            def may_ask(_address: str) -> bool:
                nonlocal answered
                answered += 1
                return True

            introductions = Introductions(listener, INTRODUCTION, may_ask)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            introductions.close()
            for each in crowd:
                each.close()
            return answered

    assert 0 < asyncio.run(run()) <= 128
