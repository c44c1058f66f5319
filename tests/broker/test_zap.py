"""Whoever proves to hold a CURVE key gets in, under that key; nobody else does."""

import asyncio
import contextlib

import pytest
import zmq
import zmq.asyncio

from zchat_broker.zap import Zap, answer

KEY = bytes(range(32))


def request(mechanism: bytes = b"CURVE", *credentials: bytes) -> list[bytes]:
    """A request as RFC 27 has it."""
    return [b"1.0", b"request 7", b"zchat", b"192.0.2.1", b"", mechanism, *credentials]


def test_a_curve_key_is_let_in_and_becomes_the_user_id() -> None:
    version, request_id, status, text, user, metadata = answer(request(b"CURVE", KEY))
    assert (version, request_id, status, text) == (b"1.0", b"request 7", b"200", b"OK")
    assert bytes.fromhex(user.decode()) == KEY
    assert metadata == b""


@pytest.mark.parametrize(
    "asked",
    [
        request(b"NULL"),
        request(b"PLAIN", b"alice", b"secret"),
        request(b"PLAIN", KEY),
        request(b"GSSAPI", b"alice"),
        request(b"CURVE"),
        request(b"CURVE", KEY, b"more"),
        request(b"curve", KEY),
        [b"1.0", b"request 7"],
    ],
    ids=["null", "plain", "plain with a key", "gssapi", "no key", "two keys", "another case", "cut"],
)
def test_everybody_else_is_refused(asked: list[bytes]) -> None:
    version, request_id, status, text, user, metadata = answer(asked)
    assert (version, request_id, status, user, metadata) == (b"1.0", b"request 7", b"400", b"", b"")
    assert text


@pytest.mark.parametrize("asked", [[], [b"1.0"]])
def test_a_request_that_is_none_is_refused_too(asked: list[bytes]) -> None:
    assert answer(asked)[1:3] == [b"", b"400"]


def test_it_answers_one_after_another_until_it_is_closed() -> None:
    async def scenario() -> None:
        context = zmq.asyncio.Context()
        zap = Zap(context)
        serving = asyncio.create_task(zap.serve())
        asking = context.socket(zmq.REQ)
        asking.setsockopt(zmq.LINGER, 0)
        asking.connect("inproc://zeromq.zap.01")
        try:
            async with asyncio.timeout(10.0):
                for each, status in ((request(b"CURVE", KEY), b"200"), (request(b"NULL"), b"400")) * 3:
                    await asking.send_multipart(each)
                    assert (await asking.recv_multipart())[2] == status
        finally:
            serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await serving
            asking.close()
            zap.close()
            context.term()

    asyncio.run(scenario())
