"""A person at a real terminal: the terminal UI from the first start to the last key."""

from tests.system.processes import Broker, House, unique
from tests.system.screens import (
    ALT_1,
    ALT_2,
    ALT_A,
    ALT_ENTER,
    CTRL_J,
    CTRL_Q,
    CTRL_U,
    ENTER,
    F1,
    F2,
    F3,
    LEFT,
    RIGHT,
    Open,
    Terminal,
)


def test_a_person_registers_talks_and_leaves_by_what_the_screen_says(
    house: House, broker: Broker, at_terminal: Open
) -> None:
    (bob,) = house.join(broker, unique("bob"))
    name = unique("Alice")
    terminal = at_terminal()
    terminal.wait_for("Choose the name")
    terminal.types("not a name" + ENTER)
    terminal.wait_for("A name has no spaces")
    terminal.types("\x15")
    terminal.wait_for("your name")
    terminal.types(name + ENTER)
    terminal.wait_for(f"{name} at Lab")
    terminal.wait_for("First contact with this broker")
    terminal.wait_for("public ›")
    terminal.types("hello everybody" + ENTER)
    assert bob.wait("message", text="hello everybody")["sender"] == name
    terminal.wait_for("hello everybody ✓")
    terminal.types("/exit" + ENTER)
    assert terminal.exit_code() == 0
    assert terminal.echoes
    assert b"\x1b[?1049l" in terminal.raw, "the screen before is back"


def test_alt_keys_work_in_a_terminal_without_the_kitty_protocol(
    house: House, broker: Broker, at_terminal: Open
) -> None:
    (bob,) = house.join(broker, unique("bob"))
    name = unique("alice")
    terminal = at_terminal(name)
    terminal.wait_for("at Lab")
    terminal.types(f"/w {bob.name} psst" + ENTER)
    terminal.wait_for(f"@{bob.name} ›")
    terminal.types(ALT_1)
    terminal.wait_for("public ›")
    terminal.types("one" + ALT_ENTER + "two" + CTRL_J + "three" + ENTER)
    assert bob.wait("message", text="one\ntwo\nthree")["topic"] == "public"
    terminal.types(ALT_2)
    terminal.wait_for(f"@{bob.name} ›")
    terminal.types("plain text goes to the open conversation" + ENTER)
    bob.wait("whisper", text="plain text goes to the open conversation")
    terminal.types(ALT_1)
    terminal.wait_for("public ›")
    bob.types(f"/w {name} for you")
    unread = f"@{bob.name} 1"
    terminal.wait(lambda rows: any(unread in " ".join(row.split("│")[0].split()) for row in rows), "an unread one")
    terminal.types(ALT_A)
    terminal.wait_for(f"@{bob.name} ›")


def test_a_whisper_is_answered(house: House, broker: Broker, at_terminal: Open) -> None:
    (bob,) = house.join(broker, unique("bob"))
    name = unique("alice")
    terminal = at_terminal(name)
    terminal.wait_for("at Lab")
    bob.types(f"/w {name} are you there?")
    terminal.wait_for(f"@{bob.name}")
    terminal.is_read()
    terminal.types("/r yes" + ENTER)
    assert bob.wait("whisper", text="yes")["sender"] == name
    rows = terminal.wait_for("yes ✓✓")
    assert any("are you there?" in row for row in rows)
    bob.types("/exit")
    assert bob.exit_code() == 0
    terminal.wait_for(f"{bob.name} has gone")
    terminal.is_read()
    terminal.types("good night" + ENTER)
    terminal.wait_for(f"waits until {bob.name} is here")


def test_an_invitation_is_accepted_by_key_while_one_types(house: House, broker: Broker, at_terminal: Open) -> None:
    (bob,) = house.join(broker, unique("bob"))
    name = unique("alice")
    terminal = at_terminal(name)
    terminal.wait_for("at Lab")
    terminal.types("half a sen")
    bob.types(f"/party invite {name}")
    terminal.wait_for("Accept F2")
    terminal.types("tence")
    terminal.wait_for("half a sentence")
    terminal.types(F2)
    bob.wait("party", change="joined", name=name)
    rows = terminal.wait_for("party ›")
    assert not any("half a sentence" in row for row in rows), "the draft stays where it was begun"
    terminal.types("hi party" + ENTER)
    assert bob.wait("message", text="hi party")["topic"] == "party"
    terminal.wait_for(f"{bob.name} ★")
    terminal.types(ALT_1)
    terminal.wait_for("half a sentence")


def test_an_invitation_is_declined_by_key(house: House, broker: Broker, at_terminal: Open) -> None:
    (bob,) = house.join(broker, unique("bob"))
    name = unique("alice")
    terminal = at_terminal(name)
    terminal.wait_for("at Lab")
    bob.types(f"/party invite {name}")
    terminal.wait_for("Decline F3")
    terminal.types(F3)
    bob.wait("party", change="declined", name=name)
    terminal.wait(lambda rows: not any("Decline F3" in row for row in rows), "the card to go")


def test_an_outage_is_told_and_what_was_typed_is_sent_on_return(house: House, at_terminal: Open) -> None:
    data, port = house.folder / "own-broker", None
    first = house.broker("--title", "Lab", data=data)
    port = first.port
    (bob,) = house.join(first, unique("bob"))
    terminal = at_terminal(unique("alice"), port=port)
    terminal.wait_for("at Lab")
    first.kill()
    terminal.wait_for("reconnecting, for")
    terminal.types("typed in the dark" + ENTER)
    terminal.wait_for("typed in the dark …")
    terminal.wait_for("1 queued, sent on return")
    bob.types("so did I")
    house.broker("--title", "Lab", data=data, port=port)
    bob.wait("message", text="typed in the dark")
    terminal.wait_for("typed in the dark ✓")
    terminal.wait_for("so did I")
    terminal.wait_for("at Lab")


def test_leaving_with_unsent_texts_asks(house: House, at_terminal: Open) -> None:
    own = house.broker("--title", "Lab")
    terminal = at_terminal(unique("alice"), port=own.port)
    terminal.wait_for("at Lab")
    own.kill()
    terminal.wait_for("reconnecting, for")
    terminal.types("not sent yet" + ENTER)
    terminal.wait_for("1 queued")
    terminal.types(CTRL_Q)
    terminal.wait_for("Leave without sending?")
    terminal.types(ENTER)
    terminal.wait(lambda rows: not any("Leave without sending?" in row for row in rows), "staying, the safe answer")
    terminal.types("/exit" + ENTER)
    terminal.wait_for("Leave without sending?")
    terminal.types(RIGHT + ENTER)
    assert terminal.exit_code() == 5
    assert "not sent: not sent yet" in terminal.raw.decode()
    assert terminal.echoes


def test_keys_act_in_the_order_in_which_they_were_typed(house: House, broker: Broker, at_terminal: Open) -> None:
    (bob,) = house.join(broker, unique("bob"))
    name = unique("alice")
    terminal = at_terminal(name)
    terminal.wait_for("at Lab")
    terminal.types("forgotten" + CTRL_U + "wrld" + LEFT * 3 + "o" + ENTER)
    assert bob.wait("message", sender=name)["text"] == "world"


def test_a_large_paste_asks_once(house: House, broker: Broker, at_terminal: Open) -> None:
    (bob,) = house.join(broker, unique("bob"))
    terminal = at_terminal(unique("alice"))
    terminal.wait_for("at Lab")
    text = "\n".join(f"line {number}" for number in range(12))
    terminal.pastes(text)
    terminal.asks("Put 12 lines")
    terminal.types(ENTER)
    terminal.wait_for("line 11")
    assert not bob.seen("message", text=text)
    terminal.types(ENTER)
    assert bob.wait("message", text=text)["topic"] == "public"


def test_links_can_be_clicked_in_terminals_that_know_them(house: House, broker: Broker, at_terminal: Open) -> None:
    (bob,) = house.join(broker, unique("bob"))
    terminal = at_terminal(unique("alice"))
    terminal.wait_for("at Lab")
    bob.types("see https://example.org/x?y=z.")
    terminal.wait_for("https://example.org/x?y=z")
    terminal.wait(lambda _: b";https://example.org/x?y=z\x1b\\" in terminal.raw, "OSC 8")


def test_a_dumb_terminal_gets_plain_lines(at_terminal: Open) -> None:
    name = unique("alice")
    terminal = at_terminal(name, TERM="dumb")
    terminal.wait_for(f"you are {name}")
    terminal.types("/exit" + ENTER)
    assert terminal.exit_code() == 0
    assert b"\x1b" not in terminal.raw


def test_a_linux_console_gets_ascii_marks(at_terminal: Open) -> None:
    terminal = at_terminal(unique("alice"), TERM="linux", columns=80, lines=24)
    terminal.wait_for("at Lab")
    terminal.wait_for("public >")
    terminal.types("hello" + ENTER)
    terminal.wait_for("hello [ok]")
    is_ascii(terminal)
    terminal.types("/")
    terminal.wait_for("|/me TEXT")
    is_ascii(terminal)
    terminal.types(CTRL_U + F1)
    terminal.wait_for("|  Type a text")
    is_ascii(terminal)


def is_ascii(terminal: Terminal) -> None:
    shown = "".join(terminal.rows())
    assert shown.translate(dict.fromkeys(map(ord, "·…"))).isascii(), sorted(set(shown))


def test_no_color_means_no_colour(at_terminal: Open) -> None:
    terminal = at_terminal(unique("alice"), NO_COLOR="1")
    terminal.wait_for("at Lab")
    terminal.types("hello" + ENTER)
    terminal.wait_for("hello ✓")
    colours = {cell.fg for line in terminal.screen.buffer.values() for cell in line.values()}
    grounds = {cell.bg for line in terminal.screen.buffer.values() for cell in line.values()}
    assert colours | grounds == {"default"}


def test_hostile_texts_move_nothing_on_the_screen(house: House, broker: Broker, at_terminal: Open) -> None:
    (bob,) = house.join(broker, unique("bob"))
    terminal = at_terminal(unique("alice"))
    terminal.wait_for("at Lab")
    hostile = "\u200d".join("👩🏽\ufe0f") + " e" + "\u0301" * 40 + " 1\ufe0f\u20e3 \u200fאבג"
    bob.types(hostile, "after it")
    terminal.wait_for("after it")
    for row in range(30):
        assert [terminal.screen.buffer[row][column].data for column in (22, 97)] == ["│", "│"], (
            f"row {row} moved a pane"
        )
    terminal.pastes("pasted \x1b]0;owned\x07 text \x1b[31mred")
    terminal.wait_for("pasted")
    assert b"owned\x07" not in terminal.raw


def test_drafts_and_read_positions_survive_a_restart(house: House, broker: Broker, at_terminal: Open) -> None:
    (bob,) = house.join(broker, unique("bob"))
    name = unique("alice")
    terminal = at_terminal(name, folder="kept")
    terminal.wait_for("at Lab")
    bob.types("read before")
    terminal.wait_for("read before")
    terminal.types(f"/w {bob.name} psst" + ENTER)
    terminal.wait_for(f"@{bob.name} ›")
    terminal.is_read()
    terminal.types("half a whis")
    terminal.wait_for("half a whis")
    terminal.types(ALT_1)
    terminal.wait_for("public ›")
    terminal.types(CTRL_Q)
    assert terminal.exit_code() == 0
    bob.types("while you were away")
    bob.wait("message", text="while you were away")
    again = at_terminal(name, folder="kept")
    again.wait_for("while you were away")
    again.wait_for("new since you looked")
    again.types(ALT_2)
    again.wait_for("half a whis")
