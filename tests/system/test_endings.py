"""How a client ends: by the user's wish, at the end of input, by a signal, or refused; and what stays of him."""

import os
import signal
import subprocess

import pytest

from tests.system.parties import join
from tests.system.processes import PROGRAMS, Broker, Client, House, free_port, level, unique

Three = list[Client]


@pytest.mark.parametrize("command", ["/exit", "  /QUIT "])
def test_exit_ends_with_0_and_a_goodbye(command: str, house: House, broker: Broker, three: Three) -> None:
    bob = three[1]
    (alice,) = house.join(broker, unique("alice"))
    alice.types("last words", command, "too late")
    assert alice.exit_code() == 0
    assert alice.events[-1]["reason"] == "exit"
    assert alice.err == []
    bob.wait("presence", name=alice.name, status="offline")
    assert bob.texts() == ["last words"]


def test_the_end_of_input_is_exit_after_the_last_answer(house: House, broker: Broker, three: Three) -> None:
    bob = three[1]
    alice = house.client(unique("alice"), broker)
    lines = [f"{alice} {number}" for number in range(100)]
    alice.types(*lines, "/history 5", "/w nobody-at-all hi", "/who")
    alice.closes_input()
    assert alice.exit_code() == 0
    assert [event["typed"] for event in alice.seen("sent")] == lines
    assert len(alice.seen("history")[0]["messages"]) == 5
    assert alice.seen("error")[0]["code"] == "no_such_user"
    assert alice.seen("who")
    assert alice.events[-1]["reason"] == "end of input"
    bob.wait("presence", name=alice.name, status="offline")
    assert [event["text"] for event in bob.seen("message", sender=alice.name)] == lines


def test_a_last_line_without_a_newline_counts(house: House, broker: Broker, three: Three) -> None:
    bob = three[1]
    alice = house.client(unique("alice"), broker)
    alice.types_bytes(b"first\r\nlast")
    alice.closes_input()
    assert alice.exit_code() == 0
    assert [bob.wait("message", sender=alice.name)["text"] for _ in range(2)] == ["first", "last"]


def test_who_leaves_at_once_was_connected_all_the_same(house: House, broker: Broker) -> None:
    alice = house.client(unique("alice"), broker)
    alice.closes_input()
    assert alice.exit_code() == 0
    assert [event["event"] for event in alice.events if event["event"] in ("connected", "bye")] == ["connected", "bye"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_sigint_and_sigterm_leave_like_exit(
    number: signal.Signals, code: int, house: House, broker: Broker, three: Three
) -> None:
    bob = three[1]
    (alice,) = house.join(broker, unique("alice"))
    join(alice, bob)
    alice.signal(number)
    assert alice.exit_code() == code
    assert alice.events[-1]["reason"] == "exit"
    assert bob.wait("party", change="left")["name"] == alice.name
    bob.wait("presence", name=alice.name, status="offline")


def test_a_hangup_keeps_the_seat(house: House, broker: Broker, three: Three) -> None:
    bob = three[1]
    (alice,) = house.join(broker, unique("alice"))
    join(alice, bob)
    level(alice, bob)
    bob.forget()
    alice.signal(signal.SIGHUP)
    assert alice.exit_code() not in (0, 1, 2, 3, 4, 5, 6)
    bob.types("/p are you there", "/who")
    assert {"name": alice.name, "status": "online"} in bob.wait("who")["users"]
    (again,) = house.join(broker, alice.name)
    assert again.seen("connected")[0]["party"] == {"leader": alice.name, "members": [alice.name, bob.name]}
    assert again.wait("message", topic="party", text="are you there")["replayed"] is True
    level(again, bob)
    assert bob.seen("party") == []


@pytest.mark.parametrize(
    ("streams", "code"),
    [("<&-", 0), ("<&- 2>&-", 0), (">&-", 128 + signal.SIGPIPE), ("<&- >&- 2>&-", 128 + signal.SIGPIPE)],
)
@pytest.mark.parametrize("form", ["--json", "--plain"])
def test_standard_streams_may_be_closed_from_the_start(
    house: House, broker: Broker, form: str, streams: str, code: int
) -> None:
    name = unique("alice")
    client = [str(PROGRAMS / "zchat-client"), form, "--port", str(broker.port), "--name", name]
    command = ["sh", "-c", f'"$@" {streams}', "sh", *client, "--data", str(house.folder / name)]
    ran = subprocess.run(command, stdin=subprocess.PIPE, capture_output=True, text=True, timeout=20, check=False)
    assert ran.returncode == code
    assert ran.stderr == ""
    assert (name in ran.stdout) == (">&-" not in streams.split())


def test_a_closed_stdout_keeps_the_seat(house: House, broker: Broker, three: Three) -> None:
    bob = three[1]
    readable, writable = os.pipe()
    alice = house.client(unique("alice"), broker, stdout=writable)
    os.close(writable)
    bob.wait("presence", name=alice.name, status="online")
    bob.types(f"/party invite {alice}")
    shown = b""
    while b'"invited"' not in shown:
        shown += os.read(readable, 65536)
    alice.types("/party accept")
    bob.wait("party", change="joined")
    os.close(readable)
    bob.types("this does not get through")
    alice.exit_code()
    assert alice.err == []
    level(bob)
    assert [event["change"] for event in bob.seen("party")] == ["created", "invited", "joined"]
    (again,) = house.join(broker, alice.name)
    assert again.seen("connected")[0]["party"] == {"leader": bob.name, "members": [bob.name, alice.name]}
    assert again.wait("message", text="this does not get through")["replayed"] is True


def test_a_reader_who_stops_reading_costs_neither_the_session_nor_a_message(
    house: House, broker: Broker, three: Three
) -> None:
    bob = three[1]
    readable, writable = os.pipe()
    alice = house.client(unique("alice"), broker, stdout=writable)
    os.close(writable)
    bob.wait("presence", name=alice.name, status="online")
    lines = [f"{bob} {number} {'x' * 3000}" for number in range(100)]
    bob.types(*lines)
    bob.wait("sent", typed=lines[-1])
    # Nobody has read a byte of these 300 KiB, of which a pipe holds 64; alice answers all the same.
    alice.types(f"/w {bob} still here")
    bob.wait("whisper", text="still here")
    alice.types("/exit")
    shown = b""
    while chunk := os.read(readable, 1 << 20):
        shown += chunk
    os.close(readable)
    assert alice.exit_code() == 0
    for line in lines:
        assert shown.count(f'{line}",'.encode()) == 1, line[:20]
    assert shown.endswith(b'"reason":"exit"}\n')


def test_a_user_without_a_broker_that_he_ever_met_gets_his_lines_back(house: House) -> None:
    alice = house.client("alice", free_port(), "--wait", "0.5")
    alice.types("hello?", "/w bob anybody there", "/party invite bob", "/who", "/help")
    alice.closes_input()
    assert alice.exit_code() == 5
    assert alice.err[:3] == [
        "not sent: hello?",
        "not sent: /w bob anybody there",
        "not sent: /party invite bob",
    ]
    assert not any("/help" in line for line in alice.err)
    assert alice.events[-1]["reason"] == "end of input"


def test_unsent_lines_go_to_stderr_when_the_broker_stays_away(house: House) -> None:
    broker = house.broker()
    for client in house.join(broker, "alice", "bob"):
        client.types("/exit")
        assert client.exit_code() == 0
    broker.end()
    alice, bob = [house.client(name, broker, "--wait", "1") for name in ("alice", "bob")]
    alice.types("one", "two", "/exit")
    bob.types("one", "two")
    bob.closes_input()
    for each in (alice, bob):
        assert each.exit_code() == 5
        assert each.err == ["not sent: one", "not sent: two"]
        assert [event["typed"] for event in each.seen("pending")] == ["one", "two"]
        assert not each.seen("sent")


def test_nothing_unsent_is_no_failure(house: House) -> None:
    alice = house.client("alice", free_port(), "--wait", "0.2")
    alice.closes_input()
    assert alice.exit_code() == 0
    assert alice.err == []


def test_a_signal_does_not_wait_for_a_broker_that_is_away(house: House) -> None:
    broker = house.broker()
    (alice,) = house.join(broker, "alice")
    broker.kill()
    alice.wait("disconnected")
    alice.types("into the void")
    alice.wait("pending", typed="into the void")
    alice.signal(signal.SIGTERM)
    assert alice.exit_code(deadline_s=10) == 143
    assert alice.err == ["not sent: into the void"]


def test_what_a_broker_was_given_and_has_not_answered_is_not_told_as_not_sent(house: House) -> None:
    broker = house.broker()
    (alice,) = house.join(broker, "alice")
    broker.signal(signal.SIGSTOP)
    alice.types("perhaps")
    alice.wait("pending", typed="perhaps")
    alice.signal(signal.SIGTERM)
    assert alice.exit_code(deadline_s=10) == 143
    assert alice.err == ["not known to be sent: perhaps"]
    broker.signal(signal.SIGCONT)


def test_lines_typed_before_a_broker_is_there_are_sent_when_it_comes(house: House) -> None:
    port = free_port()
    alice = house.client("alice", port)
    alice.types("early", "birds")
    alice.wait("pending", typed="birds")
    house.broker(port=port)
    assert [alice.wait("sent", typed=typed)["seq"] for typed in ("early", "birds")] == [1, 2]
    alice.wait("connected", first_contact=True)


@pytest.mark.parametrize("options", [["--plain", "--json"], ["--port", "65534"], ["--wait", "-1"], ["--nonsense"]])
def test_wrong_usage_ends_with_2(options: list[str]) -> None:
    done = _run(["--name", "alice", *options])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr


def test_the_name_is_asked_for_when_none_is_given(house: House, broker: Broker) -> None:
    name = unique("alice")
    options = ["--json", "--port", str(broker.port), "--data", str(house.folder / "data")]
    done = _run(options, f"{name}\nhello\n")
    assert done.returncode == 0
    assert done.stderr == "Username: "
    assert f'"sender":"{name}","text":"hello"' in done.stdout
    assert _run(options, "").returncode == 2
    assert _run(options, "no name at all\n").returncode == 2


def test_a_prompt_for_the_name_can_be_interrupted() -> None:
    command = [str(PROGRAMS / "zchat-client"), "--json", "--port", str(free_port())]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as asking:
        assert asking.stderr is not None
        try:
            assert asking.stderr.read(10) == b"Username: "
            asking.send_signal(signal.SIGINT)
            assert asking.wait(10) == 130
        finally:
            asking.kill()


def test_a_data_folder_that_cannot_be_used_is_one_clear_line(house: House, broker: Broker) -> None:
    file = house.folder / "file"
    file.write_text("not a folder")
    damaged = house.folder / "damaged"
    (damaged / "keys").mkdir(parents=True)
    (damaged / "keys" / "alice.key").write_text("no key")
    for data in (file / "inside", damaged):
        client = house.client("alice", broker, data=data)
        assert client.exit_code() == 2, data
        (line,) = client.err
        assert line.startswith("zchat-client: ")
        assert str(data) in line


def test_pins_that_cannot_be_kept_are_an_error_and_no_silence(house: House, broker: Broker) -> None:
    (house.folder / "odd" / "known_brokers").mkdir(parents=True)
    client = house.client("alice", broker, data=house.folder / "odd")
    assert client.exit_code() == 1
    error = client.wait("error")
    assert error["code"] == "storage_failed"
    assert "known_brokers" in error["text"]


def _run(options: list[str], typed: str = "") -> "subprocess.CompletedProcess[str]":
    program = str(PROGRAMS / "zchat-client")
    env = {name: value for name, value in os.environ.items() if not name.startswith("ZCHAT_")}
    return subprocess.run(
        [program, *options], input=typed, capture_output=True, text=True, timeout=20, env=env, check=False
    )
