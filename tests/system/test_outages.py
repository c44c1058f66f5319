"""A broker that is killed, stopped, full or set back: what was acknowledged stays, and everybody comes back alone."""

import contextlib
import resource
import shutil
import signal
from collections.abc import Iterator

import pytest

from tests.system.parties import join
from tests.system.processes import Broker, Client, House, free_port, level


@pytest.fixture
def broker(house: House) -> Broker:
    return house.broker("--rate", "0")


def restart(house: House, broker: Broker) -> Broker:
    """The same broker once more: on its ports, with what it kept."""
    return house.broker("--rate", "0", port=broker.port, data=broker.data)


def test_a_broker_killed_under_talking_clients_loses_and_doubles_nothing(house: House, broker: Broker) -> None:
    three = house.join(broker, "alice", "bob", "carol")
    typed: dict[Client, list[str]] = {client: [] for client in three}
    for _ in range(3):
        for client in three:
            _type_more(client, typed[client], 60)
        # Killed as soon as one of these is acknowledged: the others are anywhere between keyboard and store.
        three[0].wait("sent", typed=typed[three[0]][-60])
        broker.kill()
        for client in three:
            client.wait("disconnected")
            _type_more(client, typed[client], 5)
        broker = restart(house, broker)
        for client in three:
            client.wait("reconnected")
    for client in three:
        _type_more(client, typed[client], 1)
    for reader in three:
        for sender in three:
            reader.wait("message", text=typed[sender][-1])
        reader.wait("sent", typed=typed[reader][-1])
    shown = [reader.texts() for reader in three]
    assert shown[0] == shown[1] == shown[2]
    for client in three:
        assert [text for text in shown[0] if text.startswith(client.name)] == typed[client]
        assert [event["typed"] for event in client.seen("sent")] == typed[client]
        seqs = {event["seq"]: event["text"] for event in client.seen("message", sender=client.name)}
        assert {event["seq"]: event["typed"] for event in client.seen("sent")} == seqs
        assert len(client.seen("disconnected")) == len(client.seen("reconnected")) == 3
        assert not client.seen("error")
    (dave,) = house.join(broker, "dave")
    assert dave.wait("message", text=shown[0][-1])["replayed"] is True
    assert dave.texts() == shown[0][-50:]


def test_whispers_and_parties_survive_a_killed_broker(house: House, broker: Broker) -> None:
    alice, bob, carol = house.join(broker, "alice", "bob", "carol")
    join(alice, bob)
    alice.types(f"/party invite {carol}")
    carol.wait("invited")
    bob.types("/away at lunch")
    bob.wait("presence", name=bob.name, status="away")
    level(alice, bob, carol)
    broker.kill()
    for each in (alice, bob, carol):
        each.wait("disconnected")
        each.forget()
    alice.types("/w bob one", "/p two", "/party who", "/who")
    carol.types("/party accept")
    restart(house, broker)
    assert bob.wait("whisper", text="one")["sender"] == alice.name
    assert bob.wait("message", text="two", topic="party")["sender"] == alice.name
    assert carol.wait("party", change="joined")["members"] == [alice.name, bob.name, carol.name]
    assert alice.wait("party_who")["leader"] == alice.name
    assert {"name": bob.name, "status": "away"} in alice.wait("who")["users"]
    carol.types("/p three")
    for each in (alice, bob, carol):
        each.wait("message", text="three", topic="party")
    level(alice, bob, carol)
    assert len(bob.seen("whisper")) == len(alice.seen("whisper")) == 1
    assert bob.texts("party") == alice.texts("party") == ["two", "three"]
    for each in (alice, bob, carol):
        assert [event["change"] for event in each.seen("party")] == ["joined"]
        assert each.seen("presence") == []
        assert each.seen("error") == []


def test_who_was_cut_off_is_told_how_much_he_missed(house: House, broker: Broker) -> None:
    alice, bob = house.join(broker, "alice", "bob")
    broker.kill()
    for each in (alice, bob):
        each.wait("disconnected")
    # Bob's client stands still, so that alice is back before him, and talks.
    lines = [f"missed {number}" for number in range(7)]
    alice.types(*lines, "/w bob and this")
    with _standing_still(bob):
        broker = restart(house, broker)
        alice.wait("sent", typed="/w bob and this")
    assert bob.wait("reconnected")["replayed"] == 8
    assert [event["text"] for event in bob.seen("message", replayed=True)] == lines
    assert bob.seen("whisper")[0]["replayed"] is True
    assert bob.seen("whisper")[0]["text"] == "and this"


def test_a_broker_that_stops_and_comes_back_again_and_again(house: House, broker: Broker) -> None:
    alice, bob = house.join(broker, "alice", "bob")
    for number in range(2):
        broker.end()
        alice.wait("disconnected")
        alice.types(f"{number}")
        broker = restart(house, broker)
        for each in (alice, bob):
            each.wait("message", text=f"{number}")
            each.wait("reconnected")
    for each in (alice, bob):
        assert len(each.seen("disconnected")) == 2
        assert each.texts() == ["0", "1"]


def test_a_full_disk_is_said_and_gets_over(house: House, broker: Broker) -> None:
    alice, bob = house.join(broker, "alice", "bob")
    alice.types("before")
    bob.wait("message", text="before")
    with _full_disk(broker):
        alice.types("into a full disk", "and again")
        for typed in ("into a full disk", "and again"):
            assert alice.wait("error", typed=typed)["code"] == "storage_failed"
    alice.types("after")
    bob.wait("message", text="after")
    level(alice, bob)
    assert "into a full disk" not in bob.texts() + alice.texts()
    assert not alice.seen("sent", typed="into a full disk")
    assert not alice.seen("disconnected")
    broker.kill()
    for each in (alice, bob):
        each.wait("disconnected")
    restart(house, broker)
    level(alice, bob)
    assert bob.texts()[:2] == alice.texts()[:2] == ["before", "after"]


def test_a_broker_that_was_set_back_is_told_of_and_followed(house: House, broker: Broker) -> None:
    alice, bob = house.join(broker, "alice", "bob")
    alice.types("one")
    bob.wait("message", text="one")
    broker.end()
    backup = house.folder / "backup"
    shutil.copytree(broker.data, backup)
    broker = restart(house, broker)
    alice.types("two", "three")
    bob.wait("message", text="three")
    alice.wait("sent", typed="three")
    broker.kill()
    shutil.rmtree(broker.data)
    shutil.copytree(backup, broker.data)
    restart(house, broker)
    for each in (alice, bob):
        assert each.wait("error", deadline_s=30)["code"] == "history_changed"
    alice.types("four")
    assert bob.wait("message", text="four")["seq"] == 2


def test_a_client_of_a_broker_that_moves_in_later_gets_its_place(house: House) -> None:
    port = free_port()
    first = house.broker(port=port)
    (alice,) = house.join(first, "alice")
    alice.types("/exit")
    assert alice.exit_code() == 0
    first.end()
    # The broker is known, so the client waits for it as long as it takes.
    again = house.client("alice", port)
    again.types("patience")
    again.wait("pending", typed="patience")
    house.broker(port=port, data=first.data)
    assert again.wait("connected")["first_contact"] is False
    again.wait("sent", typed="patience")
    assert not again.seen("disconnected")


def _type_more(client: Client, typed: list[str], count: int) -> None:
    lines = [f"{client.name} {len(typed) + number}" for number in range(count)]
    client.types(*lines)
    typed += lines


@contextlib.contextmanager
def _standing_still(client: Client) -> Iterator[None]:
    client.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        client.signal(signal.SIGCONT)


@contextlib.contextmanager
def _full_disk(broker: Broker) -> Iterator[None]:
    """No file of this broker may become longer."""
    _, hard = resource.prlimit(broker.popen.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(broker.popen.pid, resource.RLIMIT_FSIZE, (1, hard))
    try:
        yield
    finally:
        resource.prlimit(broker.popen.pid, resource.RLIMIT_FSIZE, (hard, hard))
