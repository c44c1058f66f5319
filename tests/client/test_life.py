"""A client begins by looking for its broker and says why it finds none; it ends once, for a reason."""

from pathlib import Path

import pytest

from tests.client.offline import PORT, answering, offline, run, the_end, until
from zchat_client import Client, Code, ZchatError
from zchat_client.events import Bye, Error
from zchat_common.identity import Identity
from zchat_common.introduction import Introduction, encode_introduction
from zchat_common.limits import PROTOCOL_VERSION


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_why_no_broker_answers_is_said_in_the_systems_words(tmp_path: Path, host: str) -> None:
    async def scenario() -> None:
        client = Client("Alice", host=host, port=PORT, data=tmp_path)
        client.start()
        await until(lambda: client.unreachable)
        assert client.unreachable == f"No broker answers at {host} port {PORT} (connection refused)"
        await client.close()

    run(scenario())


def test_the_end_is_said_once_and_nothing_comes_after_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        client = offline(tmp_path)
        await client.close("exit")
        await client.close("again")
        events = [event async for event in client]
        assert [type(event) for event in events] == [Bye]
        assert client.end is not None
        assert client.end.reason == "exit"
        for call in (client.say("late"), client.who(), client.history(), client.connected()):
            with pytest.raises(ZchatError) as refused:
                await call
            assert refused.value.code is Code.NO_SESSION

    run(scenario())


def test_whatever_answers_instead_of_a_broker_is_said_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        asked: list[None] = []
        async with answering(b"SSH-2.0-OpenSSH_9.6\r\n", lambda: asked.append(None)) as port:
            client = Client("Alice", port=port, data=tmp_path)
            client.start()
            # Whoever asks for the third time has failed twice.
            await until(lambda: len(asked) >= 3)
            assert "not a zchat broker" in client.unreachable
            events = await the_end(client)
        errors = [event for event in events if isinstance(event, Error)]
        assert [error.code for error in errors] == ["broker_unreachable"]
        assert events[-1] == Bye(at=events[-1].at, reason="exit")

    run(scenario())


@pytest.mark.parametrize("host", ["a..b", "x" * 70])
def test_a_host_that_cannot_be_is_unreachable(tmp_path: Path, host: str) -> None:
    async def scenario() -> None:
        client = Client("Alice", host=host, port=5555, data=tmp_path)
        client.start()
        await until(lambda: client.unreachable or client.end)
        assert client.end is None
        assert host in client.unreachable
        await client.close()

    run(scenario())


def introduction(version: int = PROTOCOL_VERSION) -> bytes:
    return encode_introduction(Introduction(version, 1, 1, Identity.create().public))


def test_a_broker_of_another_version_is_the_end(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with answering(introduction(version=99)) as port:
            with pytest.raises(ZchatError) as refused:
                async with Client("Alice", port=port, data=tmp_path):
                    raise AssertionError("it is not connected")
        assert refused.value.code is Code.VERSION

    run(scenario())


def test_a_changed_key_is_the_end(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with answering(introduction()) as port:
            (tmp_path / "known_brokers").write_text(f"127.0.0.1:{port} {'ab' * 32}\n")
            client = Client("Alice", port=port, data=tmp_path)
            client.start()
            with pytest.raises(ZchatError) as refused:
                await client.connected()
            assert refused.value.code is Code.BROKER_KEY_CHANGED
            events = [event async for event in client]
            assert [type(event).__name__ for event in events] == ["Error", "Bye"]
            assert events[-1] == Bye(at=events[-1].at, reason="refused")

    run(scenario())


@pytest.mark.parametrize("content", [None, b"\xff\xfe damaged"], ids=["a folder", "no text"])
def test_a_pin_file_that_cannot_be_read_is_said_and_is_the_end(tmp_path: Path, content: bytes | None) -> None:
    """And is no first contact, which would take any key."""

    async def scenario() -> None:
        pins = tmp_path / "known_brokers"
        if content is None:
            pins.mkdir()
        else:
            pins.write_bytes(content)
        async with answering(introduction()) as port:
            client = Client("Alice", port=port, data=tmp_path)
            client.start()
            with pytest.raises(ZchatError):
                await client.connected()
            assert client.end is not None
            assert client.end.reason == "refused"

    run(scenario())
