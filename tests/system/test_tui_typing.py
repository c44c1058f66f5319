"""A person who types faster than the screen follows, as over a slow line: no key is lost, none goes elsewhere."""

from tests.system.processes import Broker, Client, House, unique
from tests.system.screens import ALT_1, ALT_2, CTRL_F, CTRL_K, CTRL_Q, CTRL_U, ENTER, ESCAPE, F1, UP, Open


def public_texts(seen_by: Client, sender: str) -> list[object]:
    return [each["text"] for each in seen_by.seen("message", topic="public", sender=sender)]


def test_what_is_typed_right_after_enter_is_the_next_message(house: House, broker: Broker, at_terminal: Open) -> None:
    (bob,) = house.join(broker, unique("bob"))
    name = unique("alice")
    terminal = at_terminal(name)
    terminal.wait_for("at Lab")
    terminal.types("one\rtwo\rthree\r" + UP + "\rfour")
    terminal.wait_for("public › four")
    terminal.types(ENTER)
    bob.wait("message", sender=name, text="four")
    assert public_texts(bob, name) == ["one", "two", "three", "three", "four"]


def test_a_line_goes_where_the_prompt_was_when_it_was_begun(house: House, broker: Broker, at_terminal: Open) -> None:
    (bob,) = house.join(broker, unique("bob"))
    name = unique("alice")
    terminal = at_terminal(name)
    terminal.wait_for("at Lab")
    terminal.types(f"/w {bob.name} psst\rtwo words\rthr")
    bob.wait("message", text="two words")
    terminal.wait_for("public › thr")
    terminal.types("ee" + ENTER)
    assert bob.wait("message", sender=name, text="three")["topic"] == "public"
    assert [each["text"] for each in bob.seen("whisper", sender=name)] == ["psst"]
    terminal.wait_for(f"2 @{bob.name}")
    terminal.types(f"for all{ENTER}{ALT_2}for bob{ENTER}{ALT_1}for all again{ENTER}")
    bob.wait("message", text="for all again")
    bob.wait("whisper", text="for bob")
    assert public_texts(bob, name)[-2:] == ["for all", "for all again"]


def test_who_waits_is_taken_to_the_whispers(house: House, broker: Broker, at_terminal: Open) -> None:
    (bob,) = house.join(broker, unique("bob"))
    terminal = at_terminal(unique("alice"))
    terminal.wait_for("at Lab")
    terminal.types(f"/w {bob.name} psst" + ENTER)
    terminal.wait_for(f"@{bob.name} ›")
    terminal.is_read()
    terminal.types("for you alone" + ENTER)
    bob.wait("whisper", text="for you alone")


def test_a_refused_line_is_kept_and_holds_nothing_up(house: House, broker: Broker, at_terminal: Open) -> None:
    (bob,) = house.join(broker, unique("bob"))
    name = unique("alice")
    terminal = at_terminal(name)
    terminal.wait_for("at Lab")
    terminal.types("/history many\rtwo\r/w nobody-there hi\rthree\r")
    bob.wait("message", sender=name, text="three")
    terminal.wait_for("public › /history many")
    terminal.wait_for("Usage: /history")
    terminal.is_read()
    terminal.types("\x15four\r")
    bob.wait("message", sender=name, text="four")
    terminal.wait_for("@nobody-there › /w nobody-there hi")
    assert public_texts(bob, name) == ["two", "three", "four"]


def test_what_is_entered_right_before_leaving_is_sent(house: House, broker: Broker, at_terminal: Open) -> None:
    (bob,) = house.join(broker, unique("bob"))
    terminal = at_terminal(unique("alice"))
    terminal.wait_for("at Lab")
    terminal.types("good bye" + ENTER + CTRL_Q)
    bob.wait("message", text="good bye")
    assert terminal.exit_code() == 0


def test_what_is_typed_right_after_the_key_of_a_box_is_for_the_box(
    house: House, broker: Broker, at_terminal: Open
) -> None:
    (bob,) = house.join(broker, unique("bob"))
    bob.types("a needle for all")
    name = unique("alice")
    terminal = at_terminal(name)
    terminal.wait_for("a needle for all")
    terminal.types(f"begun{CTRL_K}@{bob.name}{ENTER}for bob{ENTER}{CTRL_K}public{ENTER}{CTRL_U}for all{ENTER}")
    bob.wait("message", text="for all", sender=name)
    assert bob.wait("whisper", sender=name)["text"] == "for bob"
    assert public_texts(bob, name) == ["for all"]
    bob.types("another needle for all", "the last needle for all")
    terminal.wait_for("the last needle for all")
    terminal.types(f"{CTRL_F}needle for{ENTER}{ENTER}")
    terminal.wait(
        lambda rows: any("needle for" in row and "2 of 3" in row for row in rows), "the hit before the latest"
    )
    terminal.types(ESCAPE)
    terminal.wait_for("public › Say something")
    terminal.types(f"{F1}quick")
    terminal.wait_for("public › uick")
    terminal.pastes("line\n" * 12)
    terminal.types("and")
    terminal.asks("Put 12 lines")
    terminal.types(ENTER + " more")
    terminal.wait_for("and more")
    terminal.types(CTRL_Q)
    assert terminal.exit_code() == 0
    assert public_texts(bob, name) == ["for all"], "nothing was sent that was only pasted"


def test_what_is_typed_while_the_program_starts_is_kept(house: House, broker: Broker, at_terminal: Open) -> None:
    (bob,) = house.join(broker, unique("bob"))
    name = unique("alice")
    terminal = at_terminal(name)
    terminal.types("good ")
    # A terminal that is not the program's yet takes Enter for the end of a line.
    terminal.wait(lambda _: not terminal.echoes, "keys to be the program's")
    terminal.types("morning" + ENTER)
    assert bob.wait("message", sender=name)["text"] == "good morning"
    nameless, other = at_terminal(), unique("carol")
    nameless.wait(lambda _: not nameless.echoes, "keys to be the program's")
    nameless.types(f"{other}{ENTER}hello{ENTER}")
    assert bob.wait("message", sender=other)["text"] == "hello"


def test_a_paste_that_the_terminal_does_not_tell_of_holds_nothing_up(at_terminal: Open) -> None:
    terminal = at_terminal(unique("alice"))
    terminal.wait_for("at Lab")
    # More than a loop that lays each letter out by itself gets through before the broker thinks the client gone.
    words = "".join(f"word {number} " for number in range(1_500))
    for start in range(0, len(words), 1_000):
        terminal.types(words[start : start + 1_000])
    terminal.wait_for("word 1499")
    terminal.types("\x15" * 2 + "still here" + ENTER)
    terminal.wait_for("still here ✓")
    assert not any("connect" in row for row in terminal.everything())


def test_a_line_goes_to_the_conversation_in_which_it_was_typed_before_a_click(
    house: House, broker: Broker, at_terminal: Open
) -> None:
    (bob,) = house.join(broker, unique("bob"))
    name = unique("alice")
    terminal = at_terminal(name, columns=120)
    terminal.wait_for("at Lab")
    terminal.types(f"/w {bob.name}{ENTER}")
    rows = terminal.wait_for(f"2 @{bob.name}")
    terminal.wait_for("nobody else reads it")
    terminal.is_read()
    public, whispers = [click(rows, row) for row in ("1 public", f"2 @{bob.name}")]
    terminal.types(f"{ENTER}for bob{ENTER}{public}for all{ENTER}{whispers}for bob again{ENTER}")
    bob.wait("whisper", sender=name, text="for bob again")
    bob.wait("message", sender=name, text="for all")
    assert public_texts(bob, name) == ["for all"]
    assert [each["text"] for each in bob.seen("whisper", sender=name)] == ["for bob", "for bob again"]


def click(rows: list[str], text: str) -> str:
    """A click on this text, as a terminal tells it."""
    y = next(number for number, row in enumerate(rows) if text in row)
    at = f"{rows[y].index(text) + 1};{y + 1}"
    return f"\x1b[<0;{at}M\x1b[<0;{at}m"
