"""Whose a name is: one session for each, and the first key that used it owns it."""

import signal

from tests.system.parties import join
from tests.system.processes import Broker, Client, House, level, unique


def refusal(client: Client) -> tuple[str, str]:
    """Code and text with which a client was refused; it has ended by then."""
    assert client.exit_code() == 1
    assert [event["event"] for event in client.events] == ["error", "bye"]
    assert client.events[1]["reason"] == "refused"
    return client.events[0]["code"], client.events[0]["text"]


def leading(house: House, broker: Broker, bob: Client) -> Client:
    """Alice, in a party with Bob, who has not seen what came before."""
    (alice,) = house.join(broker, unique("alice"))
    join(alice, bob)
    level(alice, bob)
    bob.forget()
    return alice


def test_a_name_is_in_use_while_its_owner_is_online(house: House, broker: Broker) -> None:
    (alice,) = house.join(broker, unique("alice"))
    code, text = refusal(house.client(alice.name.upper(), broker, data=alice.data))
    assert code == "name_in_use"
    assert "127.0.0.1" in text
    assert "--takeover" in text
    level(alice)


def test_a_takeover_ends_the_session_elsewhere_and_keeps_the_seat(
    house: House, broker: Broker, three: list[Client]
) -> None:
    bob = three[1]
    alice = leading(house, broker, bob)
    again = house.client(alice.name, broker, "--takeover", data=alice.data)
    connected = again.wait("connected")
    assert connected["party"] == {"leader": alice.name, "members": [alice.name, bob.name]}
    assert alice.wait("bye")["reason"] == "taken over"
    assert alice.exit_code() == 6
    again.types("/p still leading")
    assert bob.wait("message", text="still leading")["sender"] == alice.name
    level(again, bob)
    assert bob.seen("party") == bob.seen("presence", name=alice.name) == []


def test_a_name_belongs_to_its_key_while_its_owner_is_online(house: House, broker: Broker) -> None:
    (alice,) = house.join(broker, unique("alice"))
    for options in ([], ["--takeover"]):
        thief = house.client(alice.name.upper(), broker, *options, data=house.folder / "thief")
        assert refusal(thief)[0] == "name_owned"
    level(alice)


def test_a_name_belongs_to_its_key_when_its_owner_has_left(house: House, broker: Broker) -> None:
    (alice,) = house.join(broker, unique("Alice"))
    alice.types("/exit")
    assert alice.exit_code() == 0
    assert refusal(house.client(alice.name, broker, data=house.folder / "thief"))[0] == "name_owned"
    again = house.client(alice.name.lower(), broker, data=alice.data)
    assert again.wait("connected")["name"] == alice.name, "a name is shown as it was first typed"


def test_a_name_that_looks_like_another_is_refused(house: House, broker: Broker) -> None:
    name = unique("paypal")
    house.join(broker, name)
    code, text = refusal(house.client(name.replace("paypal", "paypa1"), broker))
    assert code == "name_lookalike"
    assert name in text


def test_what_can_be_nobodys_name_is_a_usage_error(house: House, broker: Broker) -> None:
    names = ["", "two words", "x" * 33, "-alice", "al\u200dice", "\u0430lice"]
    for client in [house.client(name, broker, data=house.folder / "data") for name in names]:
        assert client.exit_code() == 2
        assert client.events == []
        (line,) = client.err
        assert line.startswith("zchat-client: A name ")


def test_the_name_of_a_killed_client_is_free_at_once_for_its_owner(
    house: House, broker: Broker, three: list[Client]
) -> None:
    bob = three[1]
    alice = leading(house, broker, bob)
    alice.kill()
    assert refusal(house.client(alice.name, broker, data=house.folder / "thief"))[0] == "name_owned"
    again = house.client(alice.name, broker, data=alice.data)
    # Well before the 15 s after which the broker would have missed him.
    connected = again.wait("connected", deadline_s=8)
    assert connected["party"] == {"leader": alice.name, "members": [alice.name, bob.name]}
    again.types("/p here again")
    bob.wait("message", text="here again")
    level(again, bob)
    assert bob.seen("party") == []


def test_a_client_that_does_not_answer_makes_room_for_its_owner_and_is_told(house: House, broker: Broker) -> None:
    """Its connection stands, as one does whose other end lost its power or its network."""
    (alice,) = house.join(broker, unique("alice"))
    alice.signal(signal.SIGSTOP)
    try:
        again = house.client(alice.name, broker, data=alice.data)
        again.wait("connected", deadline_s=10)
    finally:
        alice.signal(signal.SIGCONT)
    assert alice.wait("bye")["reason"] == "taken over"
    assert alice.exit_code() == 6
    level(again)


def test_users_of_one_machine_share_a_data_folder(house: House, broker: Broker) -> None:
    data = house.folder / "one for all"
    names = [unique("anna"), unique("ben")]
    clients = [house.client(name, broker, data=data) for name in names]
    for client in clients:
        client.wait("connected")
    level(*clients)
    clients[0].types("/exit")
    assert clients[0].exit_code() == 0
    house.client(names[0], broker, data=data).wait("connected", first_contact=False)


def test_names_are_compared_without_case_in_every_script(house: House, broker: Broker) -> None:
    number = unique("").removeprefix("-")
    olga, zoe = house.join(broker, f"Ольга{number}", f"Zo\u0308e{number}")
    olga.types(f"/w ZO\N{LATIN CAPITAL LETTER E WITH DIAERESIS}{number} not her", f"/w ZÖE{number} hello")
    whisper = zoe.wait("whisper", text="hello")
    assert (whisper["sender"], whisper["recipient"]) == (olga.name, zoe.name)
    assert olga.wait("error")["code"] == "no_such_user"
    zoe.types(f"/w ОЛЬГА{number} and back")
    olga.wait("whisper", text="and back")
    assert refusal(house.client(f"ОЛЬГА{number}", broker, data=house.folder / "thief"))[0] == "name_owned"
