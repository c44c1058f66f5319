"""What a terminal is told while another window has the focus: the bell, and notifications for the desktop."""

import re
from typing import Final

import pytest

from tests.system.processes import Broker, Client, House, unique
from tests.system.screens import CTRL_Q, ENTER, FOCUS_IN, FOCUS_OUT, Open, Terminal

WHEEL_UP: Final = "\x1b[<64;60;10M"


def waits_to_be_told(terminal: Terminal, title: str, text: str) -> None:
    """The bell and a notification."""
    told = f"\x07\x1b]9;{title}: {text}\x1b\\".encode()
    terminal.wait(lambda _: told in terminal.raw, f"{title}: {text}")


def sets(terminal: Terminal, level: str, says: str) -> None:
    terminal.types(FOCUS_IN + f"/notify {level}" + ENTER)
    terminal.wait_for(says)


def looks_away(terminal: Terminal) -> None:
    """Another window gets the focus; returns when that is known, since the wheel was turned after it."""
    terminal.types(FOCUS_OUT + WHEEL_UP)
    terminal.wait_for("End goes to the latest")


def says(bob: Client, *texts: str) -> None:
    bob.types(*texts)
    bob.wait("sent", typed=texts[-1])


def settings(house: House, folder: str, text: str) -> None:
    """The settings of who keeps his data in this folder."""
    file = house.folder / folder / "config" / "zchat" / "client.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text)


def notices(terminal: Terminal) -> list[tuple[str, str]]:
    """All notifications, each with its title."""
    found = re.findall(rb"\x1b\]9;([^\x1b]*?): ([^\x1b]*)\x1b\\", terminal.raw)
    return [(title.decode(), text.decode()) for title, text in found]


@pytest.fixture
def bob(house: House, broker: Broker) -> Client:
    """Has said enough for a log that can be scrolled."""
    (bob,) = house.join(broker, unique("bob"))
    says(bob, *[f"line {number}" for number in range(60)])
    return bob


def test_what_one_is_told_of_is_set_by_typing_and_kept(bob: Client, at_terminal: Open) -> None:
    name = unique("alice")
    where = f"{bob.name} in public"
    terminal = at_terminal(name, folder="kept")
    terminal.wait_for("line 59")
    sets(terminal, "on", "you are told of everything here")
    looks_away(terminal)
    says(bob, "plain at on")
    waits_to_be_told(terminal, where, "plain at on")

    sets(terminal, "mentions", "you are told here when you are named")
    looks_away(terminal)
    says(bob, "plain at mentions", f"{name}: named at mentions")
    waits_to_be_told(terminal, where, f"{name}: named at mentions")

    sets(terminal, "off", "you are told of nothing here")
    looks_away(terminal)
    says(bob, "plain at off", f"{name}: named at off", f"/w {name} a whisper")
    waits_to_be_told(terminal, bob.name, "a whisper")

    terminal.types(CTRL_Q)
    assert terminal.exit_code() == 0
    again = at_terminal(name, folder="kept")
    again.wait_for("named at off")
    looks_away(again)
    says(bob, f"{name}: still off")
    bob.types(f"/party invite {name}")
    waits_to_be_told(again, bob.name, f"{bob.name} invites you to a party")
    told = [title for title, _ in notices(terminal) + notices(again)]
    assert told == [where, where, bob.name, bob.name], "and of nothing else"


def test_what_comes_right_after_a_bell_is_told_with_the_next_one(bob: Client, at_terminal: Open) -> None:
    name = unique("alice")
    terminal = at_terminal(name)
    terminal.wait_for("line 59")
    looks_away(terminal)
    says(bob, f"/w {name} one")
    waits_to_be_told(terminal, bob.name, "one")
    says(bob, f"/w {name} two", f"/w {name} three")
    waits_to_be_told(terminal, f"{bob.name} (and 1 more)", "three")
    assert len(notices(terminal)) == 2


def test_nothing_is_told_while_one_looks(bob: Client, at_terminal: Open) -> None:
    name = unique("alice")
    terminal = at_terminal(name)
    terminal.wait_for("line 59")
    says(bob, f"/w {name} seen at once")
    terminal.wait_for(f"2 @{bob.name}")
    looks_away(terminal)
    says(bob, f"/w {name} not seen")
    waits_to_be_told(terminal, bob.name, "not seen")
    assert notices(terminal) == [(bob.name, "not seen")]


def test_a_terminal_that_knows_titles_and_one_in_tmux_are_told_in_their_way(bob: Client, at_terminal: Open) -> None:
    name, other = unique("alice"), unique("alba")
    foot, tmux = at_terminal(name, TERM="foot"), at_terminal(other, TMUX="socket,1,0")
    for each in (foot, tmux):
        each.wait_for("line 59")
        looks_away(each)
    says(bob, f"/w {name} psst", f"/w {other} psst")
    foot.wait(lambda _: f"\x07\x1b]777;notify;{bob.name};psst\x1b\\".encode() in foot.raw, "OSC 777")
    wrapped = f"\x07\x1bPtmux;\x1b\x1b]9;{bob.name}: psst\x1b\x1b\\\x1b\\".encode()
    tmux.wait(lambda _: wrapped in tmux.raw, "OSC 9 through tmux")


def notified(text: str) -> bytes:
    return f": {text}\x1b\\".encode()


def test_bell_and_notifications_can_each_be_turned_off(house: House, bob: Client, at_terminal: Open) -> None:
    silent, ringing, neither = unique("alice"), unique("alba"), unique("alma")
    for name, text in (
        (silent, "bell = false\n"),
        (ringing, "desktop_notifications = false\n"),
        (neither, "bell = false\ndesktop_notifications = false\n"),
    ):
        settings(house, name, text)
    terminals = {name: at_terminal(name, folder=name) for name in (silent, ringing, neither)}
    for each in terminals.values():
        each.wait_for("line 59")
        looks_away(each)
    before = {name: each.raw.count(b"\x07") for name, each in terminals.items()}
    says(bob, *[f"/w {name} psst" for name in terminals])
    terminals[silent].wait(lambda _: notified("psst") in terminals[silent].raw, "a notification")
    terminals[ringing].wait(lambda _: terminals[ringing].raw.count(b"\x07") > before[ringing], "the bell")
    terminals[neither].wait_for(f"@{bob.name}")
    says(bob, "and on")
    for name, each in terminals.items():
        each.wait_for("1 new, End")
        if name != ringing:
            assert each.raw.count(b"\x07") == before[name], "no bell"
        if name != silent:
            assert notified("psst") not in each.raw, "no notification"
