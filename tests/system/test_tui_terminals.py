"""The terminal UI in terminals that speak another language, send noise, or write keys in another way."""

import os
import pty
import subprocess
import time

import pytest

from tests.system.processes import DEADLINE_S, PROGRAMS, Broker, House, environment, unique
from tests.system.screens import CTRL_Q, ENTER, FOCUS_IN, Open

NOISE = (
    b"\xe4x",
    b"\xff",
    b"\xb1",
    b"\x9b",
    b"\xe2\x82",
    b"\x1b[M \xa0\x30",
    b"\x1b[1114112;1u",
    b"\x1b[27;99;4294967296~",
)


def test_bytes_that_are_no_text_throw_nobody_out(at_terminal: Open) -> None:
    terminal = at_terminal(unique("alice"))
    terminal.wait_for("at Lab")
    for noise in NOISE:
        terminal.sends(noise)
        terminal.types("\x15still here")
        terminal.wait_for("› still here")
    terminal.types(ENTER)
    terminal.wait_for("still here ✓")


def test_a_terminal_that_tells_at_once_that_it_has_the_focus(at_terminal: Open) -> None:
    terminal = at_terminal(unique("alice"))
    terminal.wait(lambda _rows: b"\x1b[?1004h" in terminal.raw, "the question for the focus")
    terminal.types(FOCUS_IN)
    terminal.wait_for("at Lab")
    terminal.types("still here" + ENTER)
    terminal.wait_for("still here ✓")


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONIOENCODING": "latin-1", "LANG": "de_DE.ISO-8859-1"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=["latin-1", "ascii"],
)
def test_what_the_terminal_has_no_letters_for_stops_nothing(
    house: House, broker: Broker, at_terminal: Open, variables: dict[str, str]
) -> None:
    (bob,) = house.join(broker, unique("bob"))
    name = unique("alice")
    terminal = at_terminal(name, **variables)
    terminal.wait_for(f"{name} at Lab")
    terminal.wait_for("public >")
    bob.types("漢字 … नमस्ते", "after it")
    terminal.wait_for("????")
    terminal.wait_for("after it")
    assert all(row[22:23] in ("|", "") for row in terminal.rows()[:-1])
    terminal.types("seen" + ENTER)
    bob.wait("message", text="seen")
    terminal.types(CTRL_Q)
    assert terminal.exit_code() == 0
    assert terminal.echoes
    assert b"\x1b[?1049l" in terminal.raw


def test_letters_of_the_terminals_own_encoding_arrive(house: House, broker: Broker, at_terminal: Open) -> None:
    (bob,) = house.join(broker, unique("bob"))
    terminal = at_terminal(unique("alice"), PYTHONIOENCODING="latin-1", LANG="de_DE.ISO-8859-1")
    terminal.wait_for("at Lab")
    terminal.sends("Grüße\r".encode("latin-1"))
    bob.wait("message", text="Grüße")
    terminal.wait(lambda _: "Grüße".encode("latin-1") in terminal.raw, "the letters of its own")


def test_keys_as_modify_other_keys_writes_them(house: House, broker: Broker, at_terminal: Open) -> None:
    (bob,) = house.join(broker, unique("bob"))
    terminal = at_terminal(unique("alice"))
    terminal.wait_for("at Lab")
    terminal.types("one\x1b[27;3;13~two\x1b[27;2;13~three\x1b[27;5;106~four" + ENTER)
    bob.wait("message", text="one\ntwo\nthree\nfour")
    terminal.types("\x1b[27;5;113~")
    assert terminal.exit_code() == 0


def test_a_terminal_that_goes_without_a_word_keeps_the_seat(house: House, broker: Broker) -> None:
    (bob,) = house.join(broker, unique("bob"))
    name = unique("alice")
    descriptor, far_end = pty.openpty()
    command = [str(PROGRAMS / "zchat-client"), "--port", str(broker.port), "--name", name]
    # Not the terminal of its session: no signal comes when it is closed.
    with subprocess.Popen(
        [*command, "--data", str(house.folder / name)],
        stdin=far_end,
        stdout=far_end,
        stderr=subprocess.PIPE,
        env=environment(house.folder, {"TERM": "xterm-256color"}),
        start_new_session=True,
    ) as client:
        os.close(far_end)
        bob.wait("presence", name=name, status="online")
        # Nor is its size known, as on a serial line.
        drawn = b""
        end_s = time.monotonic() + DEADLINE_S
        while b"at Lab" not in drawn and time.monotonic() < end_s:
            drawn += os.read(descriptor, 65536)
        assert b"at Lab" in drawn
        os.close(descriptor)
        try:
            assert client.wait(DEADLINE_S) == 129
        finally:
            client.kill()
        assert client.stderr is not None
        assert b"there is no terminal any more" in client.stderr.read()
    assert bob.seen("presence", name=name, status="offline") == []
