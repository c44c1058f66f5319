"""A person at a real terminal sees what is wrong with a line, where it stands."""

import sys
from functools import partial

import pytest

from tests.security.path import HOST, Forger, OnThePath
from tests.security.test_forgery import swapped
from tests.system.peer import Peer, Registered
from tests.system.processes import Broker, House, unique
from tests.system.screens import ALT_2, ENTER, Open, Terminal
from zchat_common import messages as m


def place(rows: list[str], words: str) -> int:
    """The row in which these words stand."""
    return next((number for number, row in enumerate(rows) if words in row), -1)


def deceived(terminal: Terminal, tell: "partial[None]") -> str:
    """Says what is changed on the way until it is shown so: the truth comes first if it is asked for just then."""
    for number in range(5):
        tell(f"no. {number}: I owe you 5")
        terminal.wait_for(f"no. {number}: I owe you 5")
        if any(f"no. {number}: I owe you 500" in row for row in terminal.rows()):
            return f"no. {number}: I owe you 5"
    raise AssertionError("nobody is deceived")


@pytest.mark.skipif(sys.platform != "linux", reason="needs a second address of this machine")
def test_a_forged_line_is_marked_and_the_true_one_stands_below_it(house: House, at_terminal: Open) -> None:
    own = house.broker("--rate", "0", "--title", "Lab")
    with OnThePath(own) as path, Peer(own) as mallory:
        session = mallory.register("mallory")
        mallory.say(m.AskKeys(session.token, 1))
        forger = Forger(next(key for key in mallory.hear(m.Keys).keys if key.topic == "public"))
        (bob,) = house.join(own, "bob")
        terminal = at_terminal("alice", "--host", HOST, port=own.port, columns=180)
        terminal.wait_for("at Lab")
        path.instead = partial(swapped, forger)
        said = deceived(terminal, partial(bob.types))
        path.instead = lambda frame: [frame]
        bob.types("nothing else")
        terminal.wait_for("nothing else")
        terminal.wait_for(f"{said}00 ! forged: the sender did not say this")
        rows = terminal.wait_for(f"{said} ")
        assert 0 < place(rows, f"{said}00 ! forged") < place(rows, f"{said} ")
        bob.types("true again")
        terminal.wait_for("true again")


def test_a_whisper_under_another_key_than_before_is_marked(house: House, at_terminal: Open) -> None:
    own = house.broker("--name-days", "0", "--title", "Lab")
    (bob,) = house.join(own, "bob")
    terminal = at_terminal("alice", port=own.port, columns=180)
    terminal.wait_for("at Lab")
    bob.types("/w alice it is me")
    terminal.wait_for("@bob")
    bob.types("/exit")
    assert bob.exit_code() == 0
    other = house.client("bob", own, data=house.folder / "another bob")
    other.wait("connected")
    other.types("/w alice it is me too")
    terminal.types(ALT_2)
    rows = terminal.wait_for("it is me too ! under another key than before: /verify")
    assert rows[place(rows, "it is me ")].count("!") == 0


def test_a_whisper_that_cannot_be_opened_stands_in_its_place_also_after_a_restart(
    house: House, broker: Broker, at_terminal: Open
) -> None:
    name = unique("alice")
    terminal = at_terminal(name, folder="kept", columns=180)
    terminal.wait_for("at Lab")
    with Peer(broker) as peer:
        mallory = Registered(peer, unique("mallory"))
        mallory.whispers(name, "before it")
        mallory.done("whisper", name, mallory.key_of(name), m.SEALED, bytes(81))
        mallory.whispers(name, "after it")
    for _ in range(2):
        terminal.wait_for(f"@{mallory.name}")
        terminal.types(ALT_2)
        terminal.wait_for(f"@{mallory.name} ›")
        terminal.wait_for("cannot be opened")
        rows = terminal.wait_for("after it")
        assert 0 < place(rows, "before it") < place(rows, "cannot be opened") < place(rows, "after it")
        terminal.types("/exit" + ENTER)
        assert terminal.exit_code() == 0
        terminal = at_terminal(name, folder="kept", columns=180)
