"""A person at a terminal: ``--plain`` with a prompt that stays whole while messages arrive."""

import re
import signal
from collections.abc import Callable, Iterator

import pytest

from tests.system.processes import Broker, Client, House, environment, level, unique
from tests.system.screens import CTRL_C, CTRL_D, ENTER, Terminal

Open = Callable[..., Terminal]


@pytest.fixture
def at_terminal(house: House, broker: Broker) -> Iterator[Open]:
    """Opens terminals: ``at_terminal(name)``, with further variables of the environment by keyword."""
    opened: list[Terminal] = []

    shared = broker

    def open_terminal(
        name: str | None = None,
        *,
        columns: int = 80,
        broker: Broker = shared,
        folder: str | None = None,
        **variables: str,
    ) -> Terminal:
        data = house.folder / (folder or f"terminal-{len(opened)}")
        given = [] if name is None else ["--name", name]
        arguments = ["--plain", "--port", str(broker.port), "--data", str(data), *given]
        terminal = Terminal(arguments, environment(house.folder, {"TERM": "xterm-256color"} | variables), columns)
        opened.append(terminal)
        return terminal

    yield open_terminal
    for terminal in opened:
        terminal.close()


def without_pace(house: House, at_terminal: Open) -> tuple[Client, Terminal]:
    """Bob may say as much as he likes, at a broker of its own; and Alice's terminal."""
    broker = house.broker("--rate", "0")
    (bob,) = house.join(broker, "bob")
    terminal = at_terminal("alice", broker=broker)
    terminal.wait_for("you are alice")
    return bob, terminal


def overfill(bob: Client) -> list[str]:
    """Bob says more than a terminal takes in before it is read; returns his texts."""
    texts = [f"({number}) " + "x" * 1000 for number in range(150)]
    bob.types(*texts)
    bob.wait("message", text=texts[-1])
    return texts


def test_a_person_gives_a_name_talks_and_leaves(at_terminal: Open) -> None:
    name = unique("Alice")
    terminal = at_terminal()
    terminal.wait_for("Username:")
    terminal.types("not a name" + ENTER)
    terminal.wait(lambda rows: sum("Username:" in row for row in rows) == 2, "being asked again")
    terminal.types(name + ENTER)
    rows = terminal.wait_for(f"you are {name}")
    assert any("first contact" in row for row in rows)
    terminal.types("hello everybody" + ENTER)
    rows = terminal.wait_for(f"{name}: hello everybody")
    assert sum("hello everybody" in row for row in rows) == 1, "what was typed is shown once"
    terminal.types("/exit" + ENTER)
    assert terminal.exit_code() == 0
    assert terminal.echoes


def test_the_typed_line_is_not_torn_by_arriving_messages(house: House, broker: Broker, at_terminal: Open) -> None:
    (bob,) = house.join(broker, unique("bob"))
    name = unique("alice")
    terminal = at_terminal(name)
    terminal.wait_for(f"you are {name}")
    terminal.types("half of a sen")
    terminal.wait_for("> half of a sen")
    bob.types("first", "second", "third")
    terminal.wait_for(f"{bob.name}: third")
    rows = terminal.wait(lambda rows: rows[-1] == "> half of a sen", "the typed line below the messages")
    assert not any("half" in row for row in rows[:-1])
    terminal.types("tence" + ENTER)
    terminal.wait_for(f"{name}: half of a sentence")
    assert bob.wait("message", text="half of a sentence")["sender"] == name


def test_what_is_typed_while_messages_pour_in_is_not_torn_either(house: House, at_terminal: Open) -> None:
    """A terminal that echoes by itself, if only while a message is written, would put typed letters between them."""
    bob, terminal = without_pace(house, at_terminal)
    typed = "the quick brown fox"
    for number, letter in enumerate(typed):
        bob.types(*[f"{number}.{part}" for part in range(5)])
        terminal.types(letter)
        terminal.wait_for(f"bob: {number}.0")
    terminal.wait_for(f"bob: {len(typed) - 1}.4")
    rows = terminal.wait(lambda rows: rows[-1] == f"> {typed}", "the typed line below the messages")
    assert [row for row in rows[:-1] if not re.fullmatch(r"(\d\d:\d\d|     ) .*|-- .*", row)] == []
    shown = [text for _, _, text in (row.partition("bob: ") for row in terminal.everything()) if text]
    assert shown == [f"{number}.{part}" for number in range(len(typed)) for part in range(5)]


def test_a_terminal_that_does_not_read_holds_up_only_itself(house: House, at_terminal: Open) -> None:
    """Its window is frozen, or its network slow: the session goes on, and all of it is shown when it reads again."""
    bob, terminal = without_pace(house, at_terminal)
    texts = overfill(bob)
    terminal.types("still here" + ENTER + "half of a sen")
    assert bob.wait("message", text="still here")["sender"] == "alice"
    rows = terminal.wait(lambda rows: "alice: still here" in "".join(rows), "what was said meanwhile")
    rows = terminal.wait(lambda rows: rows[-1] == "> half of a sen", "the typed line below it")
    assert not any("half" in row for row in rows[:-1])
    assert [int(number) for number in re.findall(rb"\((\d+)\) x", terminal.raw)] == list(range(len(texts)))


def test_a_client_can_be_ended_at_a_terminal_that_does_not_read(house: House, at_terminal: Open) -> None:
    bob, terminal = without_pace(house, at_terminal)
    overfill(bob)
    terminal.signals(signal.SIGTERM)
    assert terminal.exit_code_unread() == 128 + signal.SIGTERM
    bob.wait("presence", name="alice", status="offline")


def test_what_is_typed_ahead_is_neither_lost_nor_echoed(house: House, broker: Broker, at_terminal: Open) -> None:
    (bob,) = house.join(broker, unique("bob"))
    word = unique("ahead")
    terminal = at_terminal(unique("alice"))
    terminal.wait_for("you are")
    lines = [f"{word} {number}" for number in range(20)]
    for line in lines:
        terminal.types(line + ENTER)
        terminal.looks()
    terminal.types(f"{word} and on")
    for line in lines:
        bob.wait("message", text=line)
    rows = terminal.wait(lambda rows: rows[-1] == f"> {word} and on", "the last line at the prompt")
    assert [row for row in rows[:-1] if word in row and not re.match(rf"\d\d:\d\d alice-\d+: {word}", row)] == []


def test_ctrl_c_ends_the_wait_for_a_broker_that_is_gone(house: House, at_terminal: Open) -> None:
    broker = house.broker()
    terminal = at_terminal("alice", broker=broker)
    terminal.wait_for("you are alice")
    broker.end()
    terminal.wait_for("disconnected")
    terminal.types("nobody hears this" + ENTER)
    terminal.wait_for("will be sent")
    terminal.types("/exit" + ENTER)
    terminal.wait_for("Ctrl-C leaves at once")
    terminal.types(CTRL_C)
    assert terminal.exit_code() == 130
    assert any("not sent: nobody hears this" in row for row in terminal.rows())


def test_a_long_paste_of_several_lines_is_one_message(house: House, broker: Broker, at_terminal: Open) -> None:
    (bob,) = house.join(broker, unique("bob"))
    terminal = at_terminal(unique("alice"))
    terminal.wait_for("you are")
    text = "\n".join(f"line {number} " + "word " * 20 for number in range(12)).strip()
    terminal.pastes(text)
    terminal.wait_for("line 11")
    terminal.types(ENTER)
    assert bob.wait("message", text=text)["topic"] == "public"


def test_a_mistake_is_told_with_the_right_usage(at_terminal: Open) -> None:
    terminal = at_terminal(unique("alice"))
    terminal.wait_for("you are")
    terminal.types("/party inivte" + ENTER)
    terminal.wait_for("!! ")
    terminal.types("/hepl" + ENTER)
    terminal.wait_for("/help")


@pytest.mark.parametrize(("keys", "code"), [(CTRL_C, 130), (CTRL_D, 0)])
def test_the_prompt_is_left_by_key(at_terminal: Open, keys: str, code: int) -> None:
    terminal = at_terminal(unique("alice"))
    terminal.wait_for("you are")
    terminal.types(keys)
    assert terminal.exit_code() == code
    assert terminal.echoes


def test_enter_alone_takes_the_name_used_last(at_terminal: Open) -> None:
    name = unique("Alice")
    for typed in (name, ""):
        terminal = at_terminal(folder="kept")
        terminal.wait_for("Username:")
        assert any(f"Enter alone takes the name {name}" in row for row in terminal.rows()) == (typed == "")
        terminal.types(typed + ENTER)
        terminal.wait_for(f"you are {name}")
        terminal.types("/exit" + ENTER)
        assert terminal.exit_code() == 0


def test_the_question_for_the_name_is_left_by_key(at_terminal: Open) -> None:
    terminal = at_terminal()
    terminal.wait_for("Username:")
    terminal.types(CTRL_C)
    assert terminal.exit_code() == 130
    assert b"Traceback" not in terminal.raw


def test_whose_name_is_refused_is_asked_for_another(house: House, broker: Broker, at_terminal: Open) -> None:
    (bob,) = house.join(broker, unique("bob"))
    level(bob)
    name = unique("alice")
    terminal = at_terminal()
    terminal.wait_for("Username:")
    terminal.types(bob.name + ENTER)
    terminal.wait(lambda rows: rows[-1].startswith("Username:") and len(rows) > 1, "being asked again")
    assert any("!! " in row and bob.name in row for row in terminal.rows())
    terminal.types(name + ENTER)
    terminal.wait_for(f"you are {name}")
    terminal.types(f"/w {bob.name} hello" + ENTER)
    assert bob.wait("whisper", text="hello")["sender"] == name
    terminal.types(CTRL_C)
    assert terminal.exit_code() == 130
    assert terminal.echoes


def test_a_name_that_was_given_and_is_refused_ends_the_program(house: House, broker: Broker, at_terminal: Open) -> None:
    (bob,) = house.join(broker, unique("bob"))
    level(bob)
    assert at_terminal(bob.name).exit_code() == 1


def test_tab_completes_commands_and_names(house: House, broker: Broker, at_terminal: Open) -> None:
    (bob,) = house.join(broker, unique("bob"))
    level(bob)
    terminal = at_terminal(unique("alice"))
    terminal.wait_for(f"{bob.name}")
    terminal.types("/whi\t")
    terminal.wait_for("> /whisper")
    terminal.types(f"{bob.name[:-1]}\t")
    terminal.wait_for(f"> /whisper {bob.name}")
    terminal.types("psst" + ENTER)
    bob.wait("whisper", text="psst")
    terminal.types("/party \t")
    terminal.wait_for("/party decline")
    terminal.types("w\t" + ENTER)
    terminal.wait_for("You are in no party")


def test_earlier_lines_come_back_with_the_arrow_keys(house: House, broker: Broker, at_terminal: Open) -> None:
    (bob,) = house.join(broker, unique("bob"))
    terminal = at_terminal(unique("alice"))
    terminal.wait_for("you are")
    text = unique("again")
    terminal.types(text + ENTER)
    terminal.wait_for(f": {text}")
    terminal.types("\x1b[A")
    terminal.wait_for(f"> {text}")
    terminal.types(" and again" + ENTER)
    bob.wait("message", text=f"{text} and again")


def test_ctrl_z_is_for_the_shell_and_no_part_of_the_line(house: House, broker: Broker, at_terminal: Open) -> None:
    """No shell is above this one, so that the system lets the client run on."""
    (bob,) = house.join(broker, unique("bob"))
    terminal = at_terminal(unique("alice"))
    terminal.wait_for("you are")
    word = unique("word")
    terminal.types(f"half a \x1a{word}")
    terminal.wait_for(f"> half a {word}")
    terminal.types(ENTER)
    bob.wait("message", text=f"half a {word}")


def test_who_is_mentioned_hears_a_bell(house: House, broker: Broker, at_terminal: Open) -> None:
    (bob,) = house.join(broker, unique("bob"))
    name = unique("alice")
    terminal = at_terminal(name)
    terminal.wait_for(f"you are {name}")
    bob.types("all is quiet")
    terminal.wait_for(f"{bob.name}: all is quiet")
    assert b"\a" not in terminal.raw
    bob.types(f"{name}: look")
    terminal.wait_for(f"{bob.name}: {name}: look")
    assert terminal.raw.count(b"\a") == 1


def test_a_line_that_was_begun_is_whole_after_the_window_was_resized(
    house: House, broker: Broker, at_terminal: Open
) -> None:
    (bob,) = house.join(broker, unique("bob"))
    name = unique("alice")
    terminal = at_terminal(name)
    terminal.wait_for(f"you are {name}")
    terminal.types("a line of more than forty characters that is being typed")
    terminal.wait_for("being typed")
    terminal.resizes(40)
    bob.types("narrow")
    terminal.wait_for(f"{bob.name}: narrow")
    terminal.wait(
        lambda rows: "".join(rows[-2:]) == "> a line of more than forty characters that is being typed", "the line"
    )
    terminal.resizes(80)
    terminal.types(" on" + ENTER)
    bob.wait("message", text="a line of more than forty characters that is being typed on")


def test_a_signal_gives_the_terminal_back(at_terminal: Open) -> None:
    terminal = at_terminal(unique("alice"))
    terminal.wait_for("you are")
    terminal.signals(signal.SIGTERM)
    assert terminal.exit_code() == 143
    assert terminal.echoes


def test_colours_are_for_terminals_that_want_them(house: House, broker: Broker, at_terminal: Open) -> None:
    (bob,) = house.join(broker, unique("bob"))
    with_colours, without = at_terminal(unique("alice")), at_terminal(unique("carol"), NO_COLOR="1")
    for terminal in (with_colours, without):
        terminal.wait_for("you are")
    bob.types("in colour")
    for terminal in (with_colours, without):
        terminal.wait_for(f"{bob.name}: in colour")
    assert _colours_of(with_colours, bob.name) != {"default"}
    assert _colours_of(without, bob.name) == {"default"}


def test_a_terminal_that_can_do_nothing_gets_bare_lines(house: House, broker: Broker, at_terminal: Open) -> None:
    (bob,) = house.join(broker, unique("bob"))
    name = unique("alice")
    terminal = at_terminal(name, TERM="dumb")
    terminal.wait_for(f"you are {name}")
    terminal.types("from a dumb one" + ENTER)
    terminal.wait_for(f"{name}: from a dumb one")
    assert bob.wait("message", text="from a dumb one")["sender"] == name
    assert b"\x1b" not in terminal.raw


def _colours_of(terminal: Terminal, name: str) -> set[str]:
    """The colours in which the name stands at the beginning of what its owner said."""
    row = next(number for number, text in enumerate(terminal.screen.display) if f"{name}: " in text)
    start = terminal.screen.display[row].index(f"{name}: ")
    return {terminal.screen.buffer[row][column].fg for column in range(start, start + len(name))}
