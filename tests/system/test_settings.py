"""Where programs find each other and keep their files: options, environment variables, defaults, addresses."""

import socket
import subprocess
from pathlib import Path

import pytest

from tests.system.processes import (
    DEADLINE_S,
    PROGRAMS,
    Broker,
    Client,
    House,
    environment,
    free_port,
    level,
    unique,
    wait_until,
)


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6")


def test_every_option_can_be_an_environment_variable(house: House) -> None:
    port = free_port()
    settings = {
        "ZCHAT_HOST": "127.0.0.1",
        "ZCHAT_PORT": str(port),
        "ZCHAT_DATA": str(house.folder / "data"),
        "ZCHAT_TITLE": "From the environment",
        "ZCHAT_GRACE": "1",
        "ZCHAT_RATE": "0",
        "ZCHAT_BURST": "5",
        "ZCHAT_HISTORY_DAYS": "1",
        "ZCHAT_NAME_DAYS": "1",
        "ZCHAT_ADDRESS_CONNECTIONS": "50",
        "ZCHAT_ACCESS": "open",
        "ZCHAT_ADMIN": "op alice",
        "ZCHAT_INVITE": "1234",
        "ZCHAT_NAME": "alice",
        "ZCHAT_JSON": "1",
        "ZCHAT_WAIT": "1",
    }
    env = environment(house.folder, settings)
    broker = house.own(Broker("broker", [], env, port=port, data=house.folder / "data"))
    broker.ready_line()
    alice = house.own(Client("alice", [], env, data=house.folder / "data"))
    connected = alice.wait("connected")
    assert (connected["name"], connected["title"]) == ("alice", "From the environment")
    assert connected["admins"] == ["alice"]
    assert (house.folder / "data" / "broker.key").exists()
    assert (house.folder / "data" / "keys" / "alice.key").exists()
    lines = [str(number) for number in range(40)]
    alice.types(*lines)
    alice.wait("sent", typed="39")
    # An option goes before its variable.
    again = house.own(Client("alice", ["--name", "bob"], env | {"ZCHAT_TAKEOVER": "1"}, data=house.folder / "data"))
    assert again.wait("connected")["name"] == "bob"
    third = house.own(Client("alice", [], env | {"ZCHAT_TAKEOVER": "1"}, data=house.folder / "data"))
    third.wait("connected")
    assert alice.exit_code() == 6
    refused = house.own(Client("alice", [], env, data=house.folder / "data"))
    assert refused.exit_code() == 1
    broker.kill()
    third.types("nobody hears this")
    third.closes_input()
    assert third.exit_code(deadline_s=10) == 5


@pytest.mark.parametrize(
    ("variable", "option", "begin"), [("ZCHAT_PLAIN", "--json", "{"), ("ZCHAT_JSON", "--plain", "")]
)
def test_a_front_end_that_is_typed_goes_before_its_variable(
    house: House, variable: str, option: str, begin: str
) -> None:
    done = _run(house, [option], {variable: "1"})
    assert done.stderr == ""
    assert done.returncode == 0
    assert done.stdout.startswith("{") == (begin == "{")


@pytest.mark.parametrize(
    ("options", "env"), [(["--plain", "--json"], {}), ([], {"ZCHAT_PLAIN": "1", "ZCHAT_JSON": "1"})]
)
def test_two_front_ends_are_one_too_many(house: House, options: list[str], env: dict[str, str]) -> None:
    done = _run(house, options, env)
    assert done.returncode == 2
    assert "exclude each other" in done.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--host", "127.0.0.1:6000"], "--host 127.0.0.1 --port 6000"),
        (["--port", "65534"], "--port"),
        (["--port", "0"], "--port"),
        (["--wait", "nan"], "--wait"),
        (["--wait", "-1"], "--wait"),
        (["--name", "a b"], "spaces"),
    ],
)
def test_an_option_that_cannot_be_right_is_told_with_what_would(house: House, options: list[str], words: str) -> None:
    done = _run(house, options, {})
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def _run(house: House, options: list[str], env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """A client whose input is at its end, at a port where nobody is."""
    return subprocess.run(
        [
            str(PROGRAMS / "zchat-client"),
            *["--name", "alice", "--port", str(free_port()), "--wait", "0"],
            *options,
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment(house.folder, env),
        timeout=DEADLINE_S,
        check=False,
    )


def test_an_accepted_key_can_be_an_environment_variable(house: House) -> None:
    broker = house.broker()
    (alice,) = house.join(broker, "alice")
    alice.end()
    broker.end()
    changed = house.broker(port=broker.port, data=house.folder / "another")
    env = {"ZCHAT_ACCEPT_KEY": changed.fingerprint}
    house.client("alice", changed, env=env).wait("connected", fingerprint=changed.fingerprint)


def test_several_brokers_and_users_of_one_machine_need_no_settings_but_ports_and_names(house: House) -> None:
    env = environment(house.folder)
    ports = [free_port(), free_port()]
    brokers = [
        house.own(Broker(f"broker {port}", ["--port", str(port)], env, port=port, data=Path())) for port in ports
    ]
    for broker in brokers:
        broker.ready_line()
    clients = [
        house.own(Client(name, ["--json", "--port", str(port), "--name", name], env, data=Path()))
        for port in ports
        for name in ("alice", "bob")
    ]
    fingerprints = [client.wait("connected")["fingerprint"] for client in clients]
    assert fingerprints == [brokers[0].fingerprint] * 2 + [brokers[1].fingerprint] * 2
    assert fingerprints[0] != fingerprints[2]
    level(*clients[:2])
    level(*clients[2:])
    clients[0].types("only here")
    clients[1].wait("message", text="only here")
    level(*clients[2:])
    assert "only here" not in clients[2].texts() + clients[3].texts()
    kept = {path.name for path in (house.folder / "share" / "zchat").iterdir()}
    assert {f"broker-{port}" for port in ports} < kept


def test_what_is_kept_is_private(house: House) -> None:
    env = environment(house.folder)
    port = free_port()
    broker = house.own(Broker("broker", ["--port", str(port)], env, port=port, data=Path()))
    broker.ready_line()
    alice = house.own(Client("alice", ["--json", "--port", str(port), "--name", "alice"], env, data=Path()))
    alice.wait("connected")
    level(alice)
    alice.end()
    broker.end()
    kept = [path for path in (house.folder / "share").rglob("*") if path.is_file()]
    assert {path.name for path in kept} >= {"broker.key", "zchat.db", "alice.key", "known_brokers", "alice.json"}
    for path in kept:
        if path.name != "lock":
            assert path.stat().st_mode & 0o077 == 0, path


@needs_ipv6
def test_ipv6(house: House) -> None:
    port = free_port("::1")
    broker = house.broker(host="::1", port=port)
    assert f"commands tcp://[::1]:{port} " in broker.ready_line()
    alice = house.client("alice", broker, "--host", "::1")
    alice.wait("connected", fingerprint=broker.fingerprint)
    level(alice)
    refused = house.client("alice", broker, "--host", "::1", data=alice.data)
    assert refused.exit_code() == 1
    assert "::1" in refused.wait("error")["text"]


@needs_ipv6
def test_a_broker_on_every_address_serves_both_families(house: House) -> None:
    broker = house.broker(host="::", port=free_port("::"))
    clients = [house.client(name, broker, "--host", host) for name, host in (("alice", "::1"), ("bob", "127.0.0.1"))]
    for client in clients:
        client.wait("connected", deadline_s=8)
    level(*clients)


def test_host_names(house: House) -> None:
    broker = house.broker(host="localhost")
    alice = house.client("alice", broker, "--host", "localhost")
    alice.wait("connected")
    level(alice)
    assert f"commands tcp://localhost:{broker.port} " in broker.ready_line()


def test_the_client_paces_itself_to_the_brokers_rate(house: House) -> None:
    broker = house.broker("--rate", "40", "--burst", "3")
    alice, bob = house.join(broker, unique("alice"), unique("bob"))
    lines = [str(number) for number in range(60)]
    alice.types(*lines)
    for line in lines:
        assert bob.wait("message", sender=alice.name)["text"] == line
    assert not alice.seen("error")


def test_messages_older_than_the_history_days_are_forgotten_and_that_is_said(house: House) -> None:
    broker = house.broker()
    alice, bob = house.join(broker, "alice", "bob")
    bob.types("/exit")
    assert bob.exit_code() == 0
    alice.types("one", "two", "three")
    alice.wait("sent", typed="three")
    broker.end()
    alice.wait("disconnected")
    broker = house.broker("--history-days", "0", port=broker.port, data=broker.data)

    def nothing_is_kept() -> bool:
        alice.types("/history")
        return not alice.wait("history")["messages"]

    wait_until(nothing_is_kept, "the broker to forget")
    assert alice.seen("history")[-1]["first"] == 4
    (again,) = house.join(broker, "bob")
    assert again.wait("error")["code"] == "history_changed"
    alice.types("four")
    assert again.wait("message", text="four")["seq"] == 4


def test_a_name_that_nobody_used_for_the_name_days_is_free(house: House) -> None:
    broker = house.broker()
    alice, bob = house.join(broker, "alice", "bob")
    alice.types("/exit")
    assert alice.exit_code() == 0
    bob.types("/w alice for the old alice only", "/party invite alice")
    bob.wait("party", change="invited")
    broker.end()
    broker = house.broker("--name-days", "0", port=broker.port, data=broker.data)
    bob.wait("reconnected")
    bob.wait("party", change="expired", name="alice")
    another = house.client("Alice", broker, data=house.folder / "another")
    assert another.wait("connected")["name"] == "Alice"
    level(another, bob)
    assert "old alice" not in str(another.events)
    assert not another.seen("invited")
    assert house.client("alice", broker, data=alice.data).exit_code() == 1
