"""A client pins the broker's key at first contact, and is not deceived afterwards."""

import shutil
import subprocess

from tests.system.processes import PROGRAMS, Broker, House, environment, unique


def test_the_first_contact_is_told_once(house: House, broker: Broker) -> None:
    name = unique("alice")
    for first_contact in (True, False):
        (alice,) = house.join(broker, name)
        (connected,) = alice.seen("connected")
        assert (connected["first_contact"], connected["fingerprint"]) == (first_contact, broker.fingerprint)
        alice.types("/exit")
        assert alice.exit_code() == 0


def test_plain_says_in_one_line_whose_key_was_pinned(house: House, broker: Broker) -> None:
    command = [PROGRAMS / "zchat-client", "--plain", "--port", str(broker.port), "--data", house.folder / "data"]
    told = [_lines([*map(str, command), "--name", unique("alice")], house) for _ in range(2)]
    assert sum(broker.fingerprint in line for line in told[0]) == 1
    assert not any(broker.fingerprint in line for line in told[1])


def test_a_changed_key_is_refused_until_it_is_accepted(house: House) -> None:
    broker = house.broker()
    (alice,) = house.join(broker, "alice")
    alice.types("/exit")
    assert alice.exit_code() == 0
    broker.end()
    shutil.rmtree(broker.data)
    impostor = house.broker(port=broker.port)
    assert impostor.fingerprint != broker.fingerprint

    for options in ([], ["--accept-key", broker.fingerprint]):
        refused = house.client("alice", impostor, *options)
        refused.types("a word that must not get out")
        assert refused.exit_code() == 3
        error = refused.wait("error")
        assert error["code"] == "broker_key_changed"
        assert impostor.fingerprint in error["text"]
        assert "--accept-key" in error["text"]
        assert refused.wait("bye")["reason"] == "refused"
        assert refused.err == ["not sent: a word that must not get out"]

    accepted = house.client("alice", impostor, "--accept-key", impostor.fingerprint)
    assert accepted.wait("connected")["fingerprint"] == impostor.fingerprint
    accepted.types("/exit")
    assert accepted.exit_code() == 0
    (again,) = house.join(impostor, "alice")
    assert again.seen("connected")[0]["first_contact"] is False


def test_a_key_that_changes_while_one_is_connected_ends_the_client(house: House) -> None:
    broker = house.broker()
    (alice,) = house.join(broker, "alice")
    broker.kill()
    shutil.rmtree(broker.data)
    house.broker(port=broker.port)
    assert alice.wait("error")["code"] == "broker_key_changed"
    assert alice.exit_code() == 3


def test_two_brokers_on_one_machine_have_keys_of_their_own(house: House, broker: Broker) -> None:
    other = house.broker()
    data = house.folder / "data"
    name = unique("alice")
    here = house.client(name, broker, data=data)
    here.wait("connected", fingerprint=broker.fingerprint)
    there = house.client(name, other, data=data)
    there.wait("connected", fingerprint=other.fingerprint, first_contact=True)
    there.types("only there")
    there.wait("message", text="only there")
    here.types("/who")
    here.wait("who")
    assert here.texts() == []
    again = house.client(unique("bob"), broker, data=data)
    again.wait("connected", first_contact=False)


def _lines(command: list[str], house: House) -> list[str]:
    done = subprocess.run(
        command, input="/exit\n", capture_output=True, text=True, env=environment(house.folder), timeout=20, check=True
    )
    return done.stdout.splitlines()
