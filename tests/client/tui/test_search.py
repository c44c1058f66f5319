"""Searching, seen by whoever waits for it."""

import signal
from pathlib import Path

from textual import events

from tests.client.tui.stage import on_stage, play, user
from tests.system.processes import Broker, House, unique


def test_that_it_searches_is_said_until_there_is_something_to_say(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        broker = house.broker("--title", "Lab")
        async with on_stage(broker, tmp_path, "alice") as stage:
            await stage.sees("at Lab")
            await stage.enters("a needle")
            await stage.sees("needle ✓")
            await stage.types("", "ctrl+f")
            for wanted, found in (("needle", "1 of 1"), ("hay", "nothing found")):
                broker.signal(signal.SIGSTOP)
                await stage.types(wanted)
                await stage.sees(f"Search {wanted}", "searching")
                assert not stage.shows(found)
                broker.signal(signal.SIGCONT)
                await stage.sees(found)
                await stage.misses("searching")
                await stage.types("", "ctrl+u")
                await stage.misses(f"Search {wanted}", found)

    play(scenario())


def test_who_comes_back_to_the_window_types_on_in_the_search(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice")) as stage:
            await stage.sees("at Lab")
            await stage.types("", "ctrl+f")
            stage.app.post_message(events.AppBlur())
            await stage.until(lambda: not stage.screen.looking, "somebody who looks elsewhere")
            stage.app.post_message(events.AppFocus())
            await stage.until(lambda: stage.screen.looking, "somebody who is back")
            await stage.pilot.pause()
            await stage.types("needle")
            await stage.sees("Search needle")
            assert stage.screen.entry.text == ""

    play(scenario())


def test_a_conversation_that_begins_by_itself_leaves_the_search_alone(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        bob_name, name = unique("bob"), unique("alice")
        async with user(broker, tmp_path / "bob", bob_name), on_stage(broker, tmp_path, name) as stage:
            await stage.sees("at Lab", bob_name)
            assert stage.app.chat is not None
            await stage.types("", "ctrl+f")
            await stage.types("nee")
            stage.app.chat.order(f"/party invite {bob_name}")
            await stage.sees("2 party", "/p TEXT talks to the party")
            await stage.types("dle")
            await stage.sees("Search needle", "public ›")

    play(scenario())


def test_who_accepts_an_invitation_while_he_searches_is_taken_to_the_party(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        bob_name, name = unique("bob"), unique("alice")
        async with user(broker, tmp_path / "bob", bob_name) as bob, on_stage(broker, tmp_path, name) as stage:
            await stage.sees("at Lab", bob_name)
            await bob.party_invite(name)
            await stage.sees("Accept F2")
            await stage.types("", "ctrl+f")
            await stage.types("needle", "f2")
            await stage.sees("party ›", "You joined the party")
            await stage.misses("Search needle")

    play(scenario())
