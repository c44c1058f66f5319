"""A person's terminal is his again, whatever ends the terminal UI; and what it does while the terminal stands still."""

import contextlib
import signal
import sys
import time
from functools import partial

import pytest

from tests.system.processes import Broker, Client, House, environment, unique, wait_until
from tests.system.screens import CTRL_C, CTRL_F, CTRL_K, CTRL_L, CTRL_Q, CTRL_Z, ENTER, ESCAPE, F1, Open, Terminal

# Longer than the client waits for a broker that is silent.
STALLED_S = 10.5
# Longer than a busy program needs for a beat.
STOPPED_S = 4.5
# More frames than a terminal that does not read can be given.
FULL_S = 2.0
# What the UI may take to say goodbye, and to see that the terminal takes nothing more.
SOON_S = 8.0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_gives_the_terminal_back(at_terminal: Open, number: signal.Signals) -> None:
    terminal = at_terminal(unique("alice"))
    terminal.wait_for("at Lab")
    terminal.signals(number)
    assert terminal.exit_code() == 128 + number
    assert terminal.echoes
    assert b"\x1b[?1049l" in terminal.raw


def test_what_waits_for_the_broker_waits_in_the_input_after_a_window_was_closed(
    house: House, at_terminal: Open
) -> None:
    own = house.broker("--title", "Lab")
    (bob,) = house.join(own, "bob")
    terminal = at_terminal("alice", port=own.port, folder="alice")
    terminal.wait_for("at Lab")
    own.kill()
    terminal.wait_for("reconnecting, for")
    terminal.types("said in the dark" + ENTER + "/w bob psst" + ENTER + "/away" + ENTER)
    terminal.wait_for("3 queued")
    terminal.signals(signal.SIGHUP)
    terminal.exit_code()

    house.broker("--title", "Lab", port=own.port, data=own.data)
    again = at_terminal("alice", port=own.port, folder="alice")
    again.wait_for("public › said in the dark")
    again.wait_for("the program ended first")
    again.is_read()
    again.types(ENTER)
    again.wait_for("said in the dark ✓")
    again.wait_for("@bob › /w bob psst")
    assert "said in the dark" in bob.texts()
    assert "psst" not in bob.texts()


def test_a_crash_gives_the_terminal_back(house: House, broker: Broker) -> None:
    crashing = (
        "import zchat_client.tui.screen as screen, zchat_client.cli as cli\n"
        "screen.ChatScreen.action_search = lambda self: 1 / 0\n"
        "cli.main()"
    )
    env = environment(house.folder, {"TERM": "xterm-256color"})
    arguments = ["--name", unique("alice"), "--port", str(broker.port), "--data", str(house.folder / "crash")]
    terminal = Terminal(arguments, env, 120, 40, program=[sys.executable, "-c", crashing])
    try:
        terminal.wait_for("at Lab")
        terminal.types(CTRL_F)
        assert terminal.exit_code() == 1
        assert terminal.echoes
        assert b"\x1b[?1049l" in terminal.raw
        assert b"\x1b[?1000l" in terminal.raw, "the mouse is the terminal's again"
    finally:
        terminal.close()


def test_a_crash_names_what_was_not_sent(house: House) -> None:
    own = house.broker("--title", "Lab")
    crashing = (
        "import zchat_client.tui.terminal_in as terminal_in, zchat_client.cli as cli\n"
        "feed = terminal_in.TerminalIn.feed\n"
        "terminal_in.TerminalIn.feed = lambda *given: 1 / 0 if b'\\x06' in given[1] else feed(*given)\n"
        "cli.main()"
    )
    env = environment(house.folder, {"TERM": "xterm-256color"})
    arguments = ["--name", unique("alice"), "--port", str(own.port), "--data", str(house.folder / "crash")]
    with contextlib.closing(Terminal(arguments, env, 120, 40, program=[sys.executable, "-c", crashing])) as terminal:
        terminal.wait_for("at Lab")
        own.kill()
        terminal.wait_for("reconnecting, for")
        terminal.types("typed in the dark" + ENTER)
        terminal.wait_for("1 queued")
        terminal.types(CTRL_F)
        assert terminal.exit_code() == 1
        assert terminal.echoes
        assert b"\x1b[?1049l" in terminal.raw
        assert b"not sent: typed in the dark" in terminal.raw


def test_ctrl_z_gives_the_terminal_back_for_a_while(at_terminal: Open) -> None:
    terminal = at_terminal(unique("alice"))
    terminal.wait_for("at Lab")
    terminal.types(CTRL_Z)
    terminal.wait(lambda _: terminal.is_stopped and terminal.echoes, "the shell's turn")
    terminal.screen.erase_in_display(2)
    terminal.signals(signal.SIGCONT)
    terminal.wait(lambda _: not terminal.echoes, "the UI again")
    terminal.wait(whole, "all of it")
    terminal.types("back again" + ENTER)
    terminal.wait_for("back again ✓")


def test_an_outage_found_after_ctrl_z_is_as_long_as_it_was(house: House, at_terminal: Open) -> None:
    own = house.broker("--title", "Lab")
    terminal = at_terminal(unique("alice"), port=own.port)
    terminal.wait_for("at Lab")
    terminal.types(CTRL_Z)
    terminal.wait(lambda _: terminal.is_stopped, "the shell's turn")
    begin_s = time.monotonic()
    own.kill()
    wait_until(partial(reached, begin_s + STOPPED_S), "the standstill's end")
    terminal.signals(signal.SIGCONT)
    terminal.wait_for("connection lost")
    house.broker("--title", "Lab", port=own.port, data=own.data)
    row = next(row for row in terminal.wait_for("connected again") if "connected again" in row)
    seconds = int(row.partition("connected again after ")[2].split()[0])
    assert int(STOPPED_S) <= seconds <= time.monotonic() - begin_s + 2


def test_ctrl_z_works_in_whatever_stands_over_the_conversation(at_terminal: Open) -> None:
    terminal = at_terminal()
    terminal.wait_for("Choose the name")
    sleeps_and_wakes(terminal, "Choose the name")
    terminal.types(unique("alice") + ENTER)
    terminal.wait_for("at Lab")
    for key, seen in ((F1, "draw the screen anew"), (CTRL_K, "go to: a conversation")):
        terminal.types(key)
        terminal.wait_for(seen)
        sleeps_and_wakes(terminal, seen)
        terminal.types(ESCAPE)
        terminal.wait(partial(lacks, seen), "the conversation again")


def sleeps_and_wakes(terminal: Terminal, seen: str) -> None:
    terminal.types(CTRL_Z)
    terminal.wait(lambda _: terminal.is_stopped and terminal.echoes, "the shell's turn")
    terminal.screen.erase_in_display(2)
    terminal.signals(signal.SIGCONT)
    terminal.wait(lambda _: not terminal.echoes, "the UI again")
    terminal.wait_for(seen)


def lacks(text: str, rows: list[str]) -> bool:
    return not any(text in row for row in rows)


def whole(rows: list[str]) -> bool:
    """Whether all parts are there: lists, log, input, status line, and what is between them."""
    parts = ("Conversations", "Here (", "First contact", "public ›", "at Lab")
    return all(any(part in row for row in rows) for part in parts) and all(row[22:23] == "│" for row in rows[:-1])


def test_ctrl_l_draws_the_screen_anew(at_terminal: Open) -> None:
    terminal = at_terminal(unique("alice"))
    terminal.wait(whole, "all of it")
    terminal.screen.erase_in_display(2)
    terminal.types(CTRL_L)
    terminal.wait(whole, "all of it again")
    terminal.types(F1)
    terminal.wait_for("draw the screen anew")
    terminal.screen.erase_in_display(2)
    terminal.types(CTRL_L)
    terminal.wait_for("draw the screen anew")
    terminal.wait_for("at Lab")


def test_ctrl_c_does_not_leave(at_terminal: Open) -> None:
    terminal = at_terminal(unique("alice"))
    terminal.wait_for("at Lab")
    terminal.types(CTRL_C)
    terminal.wait_for("Ctrl+Q leaves")
    terminal.types(CTRL_Q)
    assert terminal.exit_code() == 0


def test_a_terminal_that_stops_reading_costs_neither_session_nor_message(house: House, at_terminal: Open) -> None:
    own = house.broker("--title", "Lab", "--rate", "0")
    (bob,) = house.join(own, unique("bob"))
    name = unique("alice")
    terminal = at_terminal(name, port=own.port, columns=100, lines=30)
    terminal.wait_for("at Lab")
    bob.forget()
    last = talks_on(bob, STALLED_S)
    terminal.wait_for(last.partition("x")[0])
    terminal.wait_for("at Lab")
    assert not any("caught up" in row for row in terminal.rows())
    assert bob.seen("presence", name=name) == []


def test_a_closed_terminal_keeps_the_seat(house: House, broker: Broker, at_terminal: Open) -> None:
    (bob,) = house.join(broker, unique("bob"))
    name = unique("alice")
    terminal = at_terminal(name)
    terminal.wait_for("at Lab")
    bob.wait("presence", name=name, status="online")
    terminal.signals(signal.SIGHUP)
    assert terminal.exit_code() == 128 + signal.SIGHUP
    assert bob.seen("presence", name=name, status="offline") == []


@pytest.mark.parametrize("leaves", ["SIGTERM", "Ctrl+Q"])
def test_a_terminal_that_does_not_read_is_given_back(house: House, at_terminal: Open, leaves: str) -> None:
    own = house.broker("--title", "Lab", "--rate", "0")
    (bob,) = house.join(own, unique("bob"))
    terminal = at_terminal(unique("alice"), port=own.port, columns=200, lines=50)
    terminal.wait_for("at Lab")
    talks_on(bob, FULL_S)
    if leaves == "SIGTERM":
        terminal.signals(signal.SIGTERM)
    else:
        terminal.types(CTRL_Q)
    begin_s = time.monotonic()
    assert terminal.exit_code_unread() == (128 + signal.SIGTERM if leaves == "SIGTERM" else 0)
    assert time.monotonic() - begin_s < SOON_S
    assert terminal.echoes
    terminal.exit_code()
    at = terminal.raw.rindex(b"\x1b[?1049l")
    assert b"\x1b[?1000l" in terminal.raw, "the mouse is the terminal's again"
    assert b"\x1b[?25h" in terminal.raw[at:]
    assert b"message" not in terminal.raw[at:], "nothing is drawn on the screen before"


def talks_on(bob: Client, for_s: float) -> str:
    """Bob talks as fast as somebody who types very fast, each message a frame; returns the last one."""
    begin_s, count, text = time.monotonic(), 0, ""
    while (now_s := time.monotonic()) < begin_s + for_s:
        while count < (now_s - begin_s) / 0.05:
            count += 1
            text = f"message {count} {'x' * 90}"
            bob.types(text)
        bob.wait("sent", typed=text)
        next_s = min(begin_s + count * 0.05, begin_s + for_s)
        wait_until(partial(reached, next_s), "the next message")
    return text


def reached(until_s: float) -> bool:
    return time.monotonic() >= until_s
