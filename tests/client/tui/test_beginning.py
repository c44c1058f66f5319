"""What one is told when one comes in: below what was said before, and of this broker, not of one before."""

from pathlib import Path

from textual import events
from textual.widgets import Input

from tests.client.tui.stage import on_stage, play, user
from tests.system.processes import Broker, House, unique
from zchat_client import Client


def place(rows: list[str], words: str) -> int:
    """The row in which these words stand."""
    return next(number for number, row in enumerate(rows) if words in row)


def test_broken_settings_and_first_contact_stand_below_what_was_said_before(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with user(broker, tmp_path / "bob", unique("bob")) as bob:
            for number in range(60):
                await bob.say(f"old {number}")
            troubles = ("theme must be one of these",)
            async with on_stage(broker, tmp_path, unique("alice"), size=(120, 24), troubles=troubles) as stage:
                await stage.sees("old 59", "First contact with this broker", "theme must be")
                rows = stage.rows()
                assert place(rows, "old 59") < place(rows, "theme must be") < place(rows, "First contact")
                assert not stage.shows("new since you looked")

    play(scenario())


def test_first_contact_is_told_to_who_gets_in_at_his_second_try(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        name = unique("alice")
        async with user(broker, tmp_path / "other", name), on_stage(broker, tmp_path / "mine", name) as stage:
            await stage.sees("belongs to somebody else")
            await stage.may_answer()
            await stage.pilot.press("ctrl+u")
            await stage.types(unique("alba"), "enter")
            await stage.sees("at Lab", "First contact with this broker")

    play(scenario())


def test_what_was_read_at_a_broker_set_up_anew_hides_nothing(house: House, tmp_path: Path) -> None:
    first = house.broker("--title", "Lab")

    async def reads() -> None:
        async with user(first, tmp_path / "bob") as bob, on_stage(first, tmp_path) as stage:
            await stage.sees("at Lab", "bob")
            for number in range(5):
                await bob.whisper("alice", f"psst {number}")
            await stage.sees("@bob")
            await stage.types("", "alt+2")
            await stage.sees("psst 4")

    async def is_whispered_to() -> None:
        client = Client("bob", port=second.port, data=tmp_path / "bob", accept_key=second.fingerprint)
        async with client as bob, on_stage(second, tmp_path) as stage:
            await stage.asks("another key than before")
            await stage.pilot.press("right", "right", "enter")
            await stage.sees("at Lab")
            assert not stage.shows("@bob")
            await bob.whisper("alice", "is it you?")
            await stage.sees("2 @bob")
            assert stage.app.chat is not None
            assert stage.app.chat.story.conversations["@bob"].news.unread == 1

    play(reads())
    first.end()
    second = house.broker("--title", "Lab", port=first.port, data=tmp_path / "another-broker")
    play(is_whispered_to())


def test_somebody_elses_name_is_asked_for_again(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        name = unique("alice")
        ahead = [events.Key("x", "x"), events.Key("enter", "\r"), events.Key("y", "y")]
        async with user(broker, tmp_path / "other", name), on_stage(broker, tmp_path / "mine", name) as stage:
            await stage.sees("Welcome to zchat", "belongs to somebody else")
            for key in ahead:
                stage.app.post_message(key)
            await stage.until(lambda: stage.screen.entry.text == "xy", "a draft behind it")
            await stage.may_answer()
            other = unique("alba")
            await stage.pilot.press("ctrl+u")
            await stage.types(other, "enter")
            await stage.sees(f"{other} at Lab", "public › xy")

    play(scenario())


def test_the_name_used_last_is_there_at_the_next_start_and_typing_replaces_it(broker: Broker, tmp_path: Path) -> None:
    name, other = unique("Alice"), unique("Bert")

    async def enters(shown: str, typed: str, place: str) -> None:
        async with on_stage(broker, tmp_path, None, login="dora") as stage:
            await stage.sees("Welcome to zchat", shown, "Enter takes this name")
            field = stage.app.screen.query_one(Input)
            await stage.until(lambda: field.selection.end == len(shown) and not field.selection.is_empty, "selected")
            await stage.types(typed, "enter")
            await stage.sees(f"{place} at Lab")
            await stage.types("/exit", "escape", "enter")
            await stage.until(lambda: stage.app.return_value == 0, "leaving")

    play(enters("dora", name, name))
    play(enters(name, "", name))
    play(enters(name, other, other))


def test_a_refused_name_is_not_offered_again(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        taken = unique("alice")
        async with user(broker, tmp_path / "other", taken):
            async with on_stage(broker, tmp_path / "mine", taken) as stage:
                await stage.sees("belongs to somebody else", taken)
                assert not stage.shows("Enter takes this name")
            async with on_stage(broker, tmp_path / "mine", None) as stage:
                await stage.sees("Welcome to zchat", "your name")
                assert not stage.shows(taken)

    play(scenario())


def test_no_broker_at_all_is_told_while_it_is_tried(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(1, tmp_path, unique("alice")) as stage:
            await stage.sees("connecting, for", "No broker answers")
            await stage.types("typed ahead", "enter")
            await stage.sees("1 queued")

    play(scenario())
