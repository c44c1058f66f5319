"""A person at a real terminal who is not let in at once: told in plain words, and given a way on."""

from tests.system.processes import Broker, House, unique
from tests.system.screens import CTRL_U, ENTER, ESCAPE, RIGHT, Open, Terminal
from tests.system.test_access import invite


def invited(house: House) -> Broker:
    return house.broker("--access", "invited", "--title", "Lab")


def talks(terminal: Terminal, name: str) -> None:
    """Is in, and types as if nothing had been."""
    terminal.wait_for(f"{name} at Lab")
    terminal.types("here I am" + ENTER)
    terminal.wait_for("here I am ✓")


def test_the_code_is_asked_for_in_a_box_and_a_wrong_one_explained(house: House, at_terminal: Open) -> None:
    own = invited(house)
    terminal = at_terminal(port=own.port, folder="carol")
    terminal.wait_for("Choose the name")
    terminal.types("carol" + ENTER)
    terminal.asks("This broker lets in whom it has invited")
    rows = terminal.wait_for("SHA256:")
    assert not any("--" in row for row in rows), "nobody types an option here"
    terminal.wait(lambda rows: "not connected: your invitation code is needed" in rows[-1], "what is waited for")
    terminal.types(ENTER)
    terminal.wait_for("Type the code that you were given")
    terminal.types("WRONG-CODE" + ENTER)
    terminal.asks("That invitation code is not valid")
    terminal.types(invite(house, own) + ENTER)
    talks(terminal, "carol")
    terminal.types("/exit" + ENTER)
    assert terminal.exit_code() == 0
    again = at_terminal("carol", port=own.port, folder="carol")
    again.wait_for("carol at Lab")
    assert "invitation code" not in again.raw.decode(), "it is needed once"


def test_who_has_no_code_may_leave_or_try_again(house: House, at_terminal: Open) -> None:
    own = invited(house)
    terminal = at_terminal("carol", port=own.port)
    terminal.asks("invitation code")
    terminal.types(ESCAPE)
    terminal.asks("The broker does not let you in")
    terminal.wait(lambda rows: "not connected" in rows[-1], "that nothing goes on by itself")
    terminal.types(RIGHT + ENTER)
    terminal.asks("This broker lets in whom it has invited")
    terminal.types(ESCAPE)
    terminal.asks("The broker does not let you in")
    terminal.types(ENTER)
    assert terminal.exit_code() == 1
    assert terminal.echoes
    said = terminal.raw.decode().rpartition("\x1b")[2]
    assert "zchat-client: " in said, "the shell's user is told why"
    assert "--invite" in said


def test_a_name_that_cannot_be_had_is_asked_for_again(house: House, broker: Broker, at_terminal: Open) -> None:
    (bob,) = house.join(broker, unique("bob"))
    name = unique("alice")
    terminal = at_terminal("not a name")
    terminal.asks("A name has no spaces")
    terminal.types(CTRL_U + bob.name.upper() + ENTER)
    terminal.asks("belongs to somebody else")
    terminal.types(CTRL_U + bob.name.replace("o", "0") + ENTER)
    terminal.asks("looks like")
    terminal.types(CTRL_U + name + ENTER)
    talks(terminal, name)


def test_the_banned_are_told_until_when_and_come_in_after_it(house: House, at_terminal: Open) -> None:
    own = house.broker("--title", "Lab", "--admin", "root")
    (root,) = house.join(own, "root")
    terminal = at_terminal("eve", port=own.port)
    terminal.wait_for("eve at Lab")
    root.types("/ban eve for 1h too loud")
    terminal.wait_for("too loud")
    terminal.asks("This session has ended")
    terminal.types(RIGHT + ENTER)
    terminal.wait_for("You are banned here until")
    terminal.wait_for("too loud")
    terminal.asks("The broker does not let you in")
    root.types("/unban eve")
    root.wait("moderated", act="unban")
    terminal.types(RIGHT + ENTER)
    talks(terminal, "eve")
