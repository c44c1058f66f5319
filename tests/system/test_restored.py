"""An older backup is put back: everybody follows the broker, says so, and goes on."""

import shutil

import pytest

from tests.system.parties import join
from tests.system.processes import Broker, Client, House, level
from tests.system.test_subcommands import run


@pytest.fixture
def broker(house: House) -> Broker:
    return house.broker("--rate", "0")


def back_up(house: House, broker: Broker) -> None:
    done = run(house.folder, "backup", str(house.folder / "backup"), "--data", str(broker.data))
    assert done.returncode == 0, done


def put_back(house: House, broker: Broker) -> Broker:
    """What the README says: the old folder aside, a new one with the backup in it as the database."""
    broker.kill()
    broker.data.rename(house.folder / "before")
    broker.data.mkdir(mode=0o700)
    shutil.copy(house.folder / "backup", broker.data / "zchat.db")
    return house.broker("--rate", "0", port=broker.port, data=broker.data)


def talk(word: str, *clients: Client) -> None:
    """Everybody says something in every topic that the three share."""
    for client in clients:
        client.types(f"{client} {word}", f"/p {client} {word} to the party")
    clients[0].types(f"/w {clients[1]} {word} whispered")
    clients[1].wait("whisper", text=f"{word} whispered")
    for client in clients:
        for each in clients:
            client.wait("message", topic="public", text=f"{each} {word}")
            client.wait("message", topic="party", text=f"{each} {word} to the party")


def words_of(client: Client) -> list[tuple[str, str]]:
    shown = [(event["topic"], event["text"]) for event in client.seen("message")]
    return shown + [("user", event["text"]) for event in client.seen("whisper")]


def test_who_is_ahead_of_the_broker_follows_it_and_nothing_is_shown_twice_or_missing(
    house: House, broker: Broker
) -> None:
    alice, bob = house.join(broker, "alice", "bob")
    join(alice, bob)
    talk("before", alice, bob)
    level(alice, bob)
    back_up(house, broker)
    talk("lost", alice, bob)
    # Typed with numbers that the restored broker does not expect.
    alice.types(*[f"lost {number}" for number in range(10)])
    alice.wait("sent", typed="lost 9")
    bob.wait("message", text="lost 9")
    broker = put_back(house, broker)
    for each in (alice, bob):
        shorter = {each.wait("error", code="history_changed", deadline_s=30)["text"].split()[4] for _ in range(3)}
        assert len(shorter) == 3, "public, the party and one's own topic"
        each.wait("reconnected")
    talk("after", alice, bob)
    level(alice, bob)
    for each in (alice, bob):
        shown = words_of(each)
        assert len(shown) == len(set(shown))
        assert [error["code"] for error in each.seen("error")] == ["history_changed"] * 3
        assert len(each.seen("disconnected")) == 1
    (carol,) = house.join(broker, "carol")
    assert carol.wait("message", text="bob after")["replayed"] is True
    assert not [text for text in carol.texts() if "lost" in text]


def test_a_client_started_again_after_that_is_shown_what_is_new_and_no_more(house: House, broker: Broker) -> None:
    alice, bob = house.join(broker, "alice", "bob")
    alice.types("before")
    bob.wait("message", text="before")
    back_up(house, broker)
    alice.types("lost", "lost too", "/w bob lost as well")
    bob.wait("whisper")
    bob.types("/exit")
    assert bob.exit_code() == 0
    broker = put_back(house, broker)
    assert alice.wait("error", deadline_s=30)["code"] == "history_changed"
    again = house.client("bob", broker, data=bob.data)
    again.wait("connected")
    assert again.wait("error")["code"] == "history_changed"
    alice.types("after", "/w bob after as well")
    again.wait("message", text="after")
    again.wait("whisper", text="after as well")
    assert (again.texts(), len(again.seen("whisper"))) == (["after"], 1)


def test_who_joined_a_party_after_the_backup_is_out_of_it(house: House, broker: Broker) -> None:
    alice, bob = house.join(broker, "alice", "bob")
    back_up(house, broker)
    join(alice, bob)
    alice.types("/p lost")
    bob.wait("message", text="lost")
    put_back(house, broker)
    for each in (alice, bob):
        each.wait("reconnected", deadline_s=30)
    bob.types("/p anybody here?")
    assert bob.wait("error", typed="/p anybody here?")["code"] == "not_in_party"
    alice.forget()
    bob.forget()
    join(alice, bob)
    alice.types("/p again")
    bob.wait("message", topic="party", text="again")
