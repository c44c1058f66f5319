"""Who may come in, with the real programs: codes, the list of keys, and what a stranger is told."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.system.processes import DEADLINE_S, PROGRAMS, Broker, House, environment
from tests.system.screens import ENTER, Terminal
from zchat_common.identity import load_identity
from zchat_common.introduction import fingerprint


def run(house: House, broker: Broker, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(PROGRAMS / "zchat-broker"), *words, "--data", str(broker.data)]
    env = environment(house.folder)
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=DEADLINE_S, check=False)


def invite(house: House, broker: Broker, *words: str) -> str:
    """A code that was made while the broker runs."""
    made = run(house, broker, "invite", *words)
    assert (made.returncode, made.stderr) == (0, "")
    return made.stdout.strip()


@pytest.fixture
def broker(house: House) -> Broker:
    return house.broker("--access", "invited")


def test_a_stranger_is_told_what_to_do_and_his_fingerprint(house: House, broker: Broker) -> None:
    eve = house.client("eve", broker)
    said = eve.wait("error", code="access_denied")["text"]
    eve.wait("bye", reason="refused")
    assert eve.exit_code() == 1
    assert "--invite CODE" in said
    assert fingerprint(load_identity(eve.data / "keys" / "eve.key").public) in said


def test_a_code_lets_in_once_and_for_good_also_after_a_restart(house: House, broker: Broker) -> None:
    code = invite(house, broker, "--note", "for Carol")
    carol = house.client("carol", broker, "--invite", code.lower())
    carol.wait("connected")
    assert (
        house.client("dave", broker, "--invite", code)
        .wait("error", code="access_denied")["text"]
        .startswith("That invitation code is not valid")
    )
    broker.end()
    carol.wait("disconnected")
    broker = house.broker("--access", "invited", port=broker.port, data=broker.data)
    carol.wait("reconnected")
    carol.types("/exit")
    assert carol.exit_code() == 0
    house.client("carol", broker, data=carol.data).wait("connected")
    lines = [line.split("\t")[1:] for line in run(house, broker, "audit").stdout.splitlines()]
    assert [(line[0], line[1], line[2], line[5]) for line in lines] == [
        ("command line", "invite", "", "for Carol"),
        ("command line", "admit", "carol", "for Carol"),
    ]
    assert code not in (broker.data / "zchat.db").read_bytes().decode("latin-1")


def test_a_code_that_was_made_while_no_broker_ran_waits_for_it(house: House, broker: Broker) -> None:
    broker.end()
    made = run(house, broker, "invite", "--for", "30m")
    assert made.returncode == 0
    assert "no broker runs there now" in made.stderr
    broker = house.broker("--access", "invited", port=broker.port, data=broker.data)
    house.client("carol", broker, env={"ZCHAT_INVITE": made.stdout.strip()}).wait("connected")


def test_invitations_are_listed_and_taken_back(house: House, broker: Broker) -> None:
    carol = house.client("Carol", broker, "--invite", invite(house, broker, "--note", "for Carol"))
    carol.wait("connected")
    dave = house.client("dave", broker, "--invite", invite(house, broker))
    dave.wait("connected")
    unused, other = invite(house, broker, "--note", "lost"), invite(house, broker, "--note", "other")
    key = fingerprint(load_identity(carol.data / "keys" / "carol.key").public)
    listed = [line.split("\t")[1:] for line in run(house, broker, "guests").stdout.splitlines()]
    assert ["guest", key, "Carol", "for Carol"] in listed
    number = next(line[1] for line in listed if line[0] == "code until" and line[3] == "lost")
    for what in ("carol", number, other):
        assert run(house, broker, "withdraw", what).returncode == 0
    assert "withdrawn" in carol.wait("error", code="access_denied")["text"]
    assert carol.exit_code() == 1
    carol = house.client("Carol", broker, data=carol.data)
    carol.wait("error", code="access_denied")
    for code in (unused, other):
        house.client("eve", broker, "--invite", code).wait("error", code="access_denied")
    dave.types("still here")
    dave.wait("sent")
    left = [line.split("\t")[1:] for line in run(house, broker, "guests").stdout.splitlines()]
    assert [line[2] for line in left] == ["dave"]
    acts = [line.split("\t")[2:4] for line in run(house, broker, "audit").stdout.splitlines()]
    assert acts[-3:] == [["withdraw", "Carol"], ["withdraw", ""], ["withdraw", ""]]
    nobody = run(house, broker, "withdraw", "carol")
    assert (nobody.returncode, nobody.stdout) == (2, "")
    assert "nobody was invited as 'carol'" in nobody.stderr


def test_a_code_is_taken_back_before_any_broker_has_seen_it(house: House, broker: Broker) -> None:
    broker.end()
    code = run(house, broker, "invite").stdout.strip()
    assert run(house, broker, "withdraw", code).returncode == 0
    broker = house.broker("--access", "invited", port=broker.port, data=broker.data)
    house.client("carol", broker, "--invite", code).wait("error", code="access_denied")


def test_a_listed_key_comes_in_and_the_list_is_read_again(house: House) -> None:
    keys = house.folder / "keys"
    keys.write_text("# nobody yet\n")
    broker = house.broker("--access", "invited", "--keys", str(keys))
    refused = house.client("carol", broker)
    assert refused.exit_code() == 1
    own = fingerprint(load_identity(refused.data / "keys" / "carol.key").public)
    (house.folder / "new").write_text(f"{own}  # Carol\n")
    os.replace(house.folder / "new", keys)
    house.client("carol", broker, data=refused.data).wait("connected")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--access", "invited", "--keys", "nowhere"), "cannot be read"),
        (("--keys", "nowhere"), "--access invited"),
        (("--access", "closed"), "'open', 'invited'"),
        (("--admin", "no/name"), "no/name"),
    ],
)
def test_settings_that_make_no_sense_are_refused(house: House, options: tuple[str, ...], words: str) -> None:
    broker = house.start_broker(*options)
    assert broker.exit_code() == 2
    assert words in "\n".join(broker.err)


@pytest.mark.parametrize("command", ["invite", "guests", "audit"])
def test_where_there_is_no_broker_nothing_is_made(house: House, tmp_path: Path, command: str) -> None:
    shown = subprocess.run(
        [str(PROGRAMS / "zchat-broker"), command, "--data", str(tmp_path / "nowhere")],
        env=environment(house.folder),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert (shown.returncode, shown.stdout) == (2, "")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
def test_a_person_is_asked_for_the_code(house: House, broker: Broker, term: str) -> None:
    arguments = ["--plain", "--port", str(broker.port), "--data", str(house.folder / "carol"), "--name", "carol"]
    terminal = Terminal(arguments, environment(house.folder, {"TERM": term}))
    try:
        rows = terminal.wait_for("Invitation code:")
        assert any("invited users only" in row for row in rows)
        terminal.types("WRONG-CODE" + ENTER)
        terminal.wait(lambda rows: sum("Invitation code:" in row for row in rows) == 2, "being asked again")
        terminal.types(invite(house, broker) + ENTER)
        terminal.wait_for("you are carol")
        terminal.types("hello" + ENTER)
        terminal.wait_for("carol: hello")
        terminal.types("/exit" + ENTER)
        assert terminal.exit_code() == 0
    finally:
        terminal.close()


@pytest.mark.parametrize("keys", [ENTER, "/exit" + ENTER, "\x04"])
def test_who_has_no_code_is_let_go(house: House, broker: Broker, keys: str) -> None:
    arguments = ["--plain", "--port", str(broker.port), "--data", str(house.folder / "carol"), "--name", "carol"]
    terminal = Terminal(arguments, environment(house.folder, {"TERM": "xterm-256color"}))
    try:
        terminal.wait_for("Invitation code:")
        terminal.types(keys)
        assert terminal.exit_code() == 1
        assert terminal.echoes
    finally:
        terminal.close()
