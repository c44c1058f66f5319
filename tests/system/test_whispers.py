"""Whispers are for two: whoever runs the broker has only bytes, and who has another key than before gets nothing."""

import asyncio
import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zmq
from zmq.utils import z85

from tests.system.processes import DEADLINE_S, Broker, Client, House, level, unique, wait_until
from zchat_client import Client as Library
from zchat_client import ZchatError
from zchat_client import events as e
from zchat_common.errors import Code
from zchat_common.identity import load_identity


def key_file(client: Client) -> Path:
    return client.data / "keys" / f"{client.name}.key"


def files_of(broker: Broker) -> dict[str, bytes]:
    """All that the broker keeps, with what SQLite has not yet put into its place."""
    return {path.name: path.read_bytes() for path in broker.data.rglob("*") if path.is_file()}


def in_all_forms(client: Client) -> list[bytes]:
    """The secret key of a client as a program might let it slip."""
    secret = load_identity(key_file(client)).secret
    return [secret, secret.hex().encode(), secret.hex().upper().encode(), z85.encode(secret)]


def refused(client: Client, typed: str, code: str) -> str:
    client.types(typed)
    text = client.wait("error", typed=typed, code=code)["text"]
    assert isinstance(text, str)
    return text


def code_of(client: Client, name: str) -> str:
    client.types(f"/verify {name}")
    code = client.wait("safety_code", name=name)["code"]
    assert isinstance(code, str)
    return code


# -- what the broker has ----------------------------------------------------------------------------------------------


def test_the_broker_s_files_and_the_topics_port_hold_no_whisper_and_no_secret(house: House) -> None:
    broker = house.broker()
    alice, bob = house.join(broker, "alice", "bob")
    public, online, stored, again = (unique(word) for word in ("said", "psst-online", "psst-stored", "psst-again"))
    with zmq.Context() as context, context.socket(zmq.SUB) as everything:
        everything.setsockopt(zmq.SUBSCRIBE, b"")
        everything.connect(f"tcp://127.0.0.1:{broker.port + 1}")
        wait_until(lambda: _hears(everything, alice), "the first frame")
        alice.types(public, f"/w bob {online}")
        bob.wait("whisper", text=online)
        bob.types("/exit")
        assert bob.exit_code() == 0
        alice.types(f"/w bob {stored}")
        alice.wait("sent", delivery="stored")
        bob = house.client("bob", broker, data=bob.data)
        bob.wait("whisper", text=stored, replayed=True)
        bob.types(f"/r {again}")
        alice.wait("whisper", text=again)
        level(alice, bob)
        frames = b"".join(iter(lambda: everything.recv() if everything.poll(200) else b"", b""))
    running = files_of(broker)
    broker.begin_end()
    broker.exit_code()
    kept = b"".join([*running.values(), *files_of(broker).values()])

    assert any(name.endswith("-wal") for name in running)
    assert public.encode() in kept, "the broker keeps what may be read in a form in which it can be found"
    assert load_identity(key_file(alice)).public in kept
    assert frames
    secrets = [text.encode() for text in (online, stored, again)] + in_all_forms(alice) + in_all_forms(bob)
    assert [secret for secret in secrets if secret in kept or secret in frames] == []


def _hears(everything: "zmq.Socket[bytes]", alice: Client) -> bool:
    alice.types(unique("anybody"))
    return bool(everything.poll(100))


# -- another key ------------------------------------------------------------------------------------------------------


def test_who_gets_a_freed_name_gets_nothing_until_he_is_trusted(house: House) -> None:
    broker = house.broker("--name-days", "0")
    alice, bob = house.join(broker, "alice", "bob")
    alice.types("/w bob for the first one")
    bob.wait("whisper", text="for the first one")
    before = code_of(alice, "bob")
    assert before == code_of(bob, "alice")
    bob.types("/exit")
    assert bob.exit_code() == 0
    other = house.client("Bob", broker, data=house.folder / "another bob")
    other.wait("connected")

    # She has looked him up in this session: it is the broker that has to say no. And then she looks again.
    for text in ("psst 1", "psst 2"):
        assert "/trust" in refused(alice, f"/w bob {text}", "contact_key_changed")
    refused(alice, "/verify bob", "contact_key_changed")
    alice.types("/exit")
    assert alice.exit_code() == 0
    # Her key has to own her name again before anybody else's does.
    alice = house.client("alice", broker, data=alice.data)
    alice.wait("connected")
    refused(alice, "/w bob psst 3", "contact_key_changed")
    level(alice, other)
    assert not other.seen("whisper")

    alice.types("/trust bob", "/w bob for the new one")
    trusted = alice.wait("trusted", name="Bob")
    assert other.wait("whisper")["text"] == "for the new one"
    assert trusted["code"] == code_of(alice, "Bob") == code_of(other, "alice")
    assert trusted["code"] != before


def test_who_whispers_under_another_key_than_before_is_shown_with_a_warning(house: House) -> None:
    broker = house.broker("--name-days", "0")
    alice, bob = house.join(broker, "alice", "bob")
    bob.types("/w alice it is me")
    assert "warning" not in alice.wait("whisper")
    bob.types("/exit")
    assert bob.exit_code() == 0
    other = house.client("bob", broker, data=house.folder / "another bob")
    other.wait("connected")
    other.types("/w alice it is me too", "/w alice really")
    for text in ("it is me too", "really"):
        assert alice.wait("whisper", text=text)["warning"] == "contact_key_changed"
    assert len(alice.seen("error", code="contact_key_changed")) == 1


# -- nothing lost, nothing overtaken ----------------------------------------------------------------------------------


def test_whispers_and_what_is_said_keep_their_order_although_keys_are_looked_up(house: House, broker: Broker) -> None:
    names = [unique("reader") for _ in range(4)]
    readers = house.join(broker, *names)
    writer = house.client(unique("writer"), broker)
    lines = []
    for number in range(40):
        lines += [f"said {number}", f"/w {names[number % 4]} psst {number}", f"/w nobody-{number} psst"]
    writer.types(*lines, "/exit")
    assert writer.exit_code() == 0
    assert [event["typed"] for event in writer.seen("sent")] == [line for line in lines if "nobody" not in line]
    assert len(writer.seen("error", code="no_such_user")) == 40
    results = [event["typed"] for event in writer.events if event["event"] in ("sent", "error")]
    assert results == lines
    level(*readers)
    for place, reader in enumerate(readers):
        assert [event["text"] for event in reader.seen("whisper")] == [f"psst {n}" for n in range(place, 40, 4)]


def test_a_whisper_that_was_typed_before_the_connection_goes_out_before_the_end_of_input(
    house: House, broker: Broker
) -> None:
    (bob,) = house.join(broker, unique("bob"))
    alice = house.client(unique("alice"), broker)
    alice.types(f"/w {bob} early", f"/verify {bob}", f"/w {bob} late")
    alice.closes_input()
    assert alice.exit_code() == 0
    assert [bob.wait("whisper", sender=alice.name)["text"] for _ in range(2)] == ["early", "late"]
    assert alice.seen("safety_code", name=bob.name)


def test_whispers_typed_while_the_broker_is_away_arrive_when_it_is_back(house: House) -> None:
    broker = house.broker()
    alice, bob = house.join(broker, "alice", "bob")
    broker.kill()
    alice.wait("disconnected")
    alice.types("/w bob one", "/w bob two")
    house.broker(port=broker.port, data=broker.data)
    assert [bob.wait("whisper")["text"] for _ in range(2)] == ["one", "two"]
    assert [alice.wait("whisper")["text"] for _ in range(2)] == ["one", "two"]


# -- files and other machines -----------------------------------------------------------------------------------------


def test_one_s_key_reads_one_s_whispers_on_another_machine_too(house: House, broker: Broker) -> None:
    alice, bob = house.join(broker, unique("alice"), unique("bob"))
    alice.types(f"/w {bob} from me")
    bob.types(f"/w {alice} for me")
    alice.wait("whisper", text="for me")
    elsewhere = house.folder / "elsewhere"
    (elsewhere / "keys").mkdir(parents=True)
    shutil.copy(key_file(alice), elsewhere / "keys")

    async def read() -> None:
        async with (
            asyncio.timeout(DEADLINE_S),
            Library(alice.name, port=broker.port, data=elsewhere, takeover=True) as c,
        ):
            past = await c.history("user")
            texts = {event.text for event in past.messages if isinstance(event, e.Whisper)}
            assert texts == {"from me", "for me"}
            (found,) = await c.search("user", "FROM")
            assert isinstance(found, e.Whisper)
            assert (found.text, found.recipient) == ("from me", bob.name)

    asyncio.run(read())


def test_a_program_verifies_and_trusts_as_people_do(house: House, broker: Broker) -> None:
    (bob,) = house.join(broker, unique("bob"))
    name = unique("bot")

    async def test() -> None:
        async with asyncio.timeout(DEADLINE_S), Library(name, port=broker.port, data=house.folder / "bot") as chat:
            verified = await chat.verify(bob.name.upper())
            assert verified.name == bob.name
            assert verified.code == (await chat.trust(bob.name)).code == code_of(bob, name)
            codes = []
            for call in (chat.verify("nobody-here"), chat.trust("a b"), chat.verify(name)):
                with pytest.raises(ZchatError) as error:
                    await call
                codes.append(error.value.code)
            assert codes == [Code.NO_SUCH_USER, Code.NO_SUCH_USER, Code.NOT_YOURSELF]

    asyncio.run(test())


def contacts_file(client: Client, broker: Broker) -> Path:
    return client.data / "contacts" / f"127.0.0.1_{broker.port}" / f"{client.name}.keys"


@pytest.mark.skipif(sys.platform == "win32", reason="modes are a thing of POSIX")
def test_the_file_of_contacts_is_private_and_not_taken_for_empty_when_it_is_damaged(
    house: House, broker: Broker
) -> None:
    alice, bob = house.join(broker, unique("alice"), unique("bob"))
    alice.types(f"/w {bob} hi", "/exit")
    assert alice.exit_code() == 0
    path = contacts_file(alice, broker)
    assert path.read_text() == f"{bob.name} {load_identity(key_file(bob)).public.hex()}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("damaged\n")
    again = house.client(alice.name, broker, data=alice.data)
    assert again.exit_code() == 2
    assert str(path) in again.err[0]
    assert "/verify" in again.err[0]


@pytest.mark.parametrize("spoil", [lambda path: path.write_text("damaged\n"), lambda path: path.mkdir()])
def test_nothing_is_whispered_for_a_key_that_cannot_be_saved_until_it_can(
    house: House, broker: Broker, spoil: Callable[[Path], object]
) -> None:
    alice, bob = house.join(broker, unique("alice"), unique("bob"))
    path = contacts_file(alice, broker)
    path.parent.mkdir(parents=True, exist_ok=True)
    spoil(path)
    alice.types(f"/w {bob} hi")
    said = alice.wait("error", code="storage_failed", typed=f"/w {bob} hi")["text"]
    assert f"The key of {bob.name} could not be saved" in said
    assert str(path) in said
    alice.types("still here")
    bob.wait("message", text="still here")
    # Whispers are posted before what is said after them.
    assert not bob.seen("whisper")
    path.rmdir() if path.is_dir() else path.unlink()
    alice.types(f"/w {bob} hi")
    bob.wait("whisper", text="hi")
    assert contacts_file(alice, broker).read_text() == f"{bob.name} {load_identity(key_file(bob)).public.hex()}\n"
