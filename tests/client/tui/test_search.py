"""Searching, seen by whoever waits for it."""

import asyncio
import signal
from pathlib import Path

from textual import events

from tests.client.tui.stage import Stage, on_stage, play, user
from tests.system.processes import Broker, House, unique

# Less than a question to a broker that does not answer takes.
_SOON_S = 5.0


def looked_at(stage: Stage) -> bool:
    return stage.app.chat is not None and stage.app.chat.conversations.attentive


async def escapes_soon(stage: Stage, *keys: str) -> None:
    """Presses keys without waiting for what they lead to; Escape is the last."""
    for key in (*keys, "escape"):
        stage.app.post_message(events.Key(key, None))
    async with asyncio.timeout(_SOON_S):
        while stage.screen.search_bar.is_open:
            await asyncio.sleep(0.01)


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
            await stage.until(lambda: not looked_at(stage), "somebody who looks elsewhere")
            stage.app.post_message(events.AppFocus())
            await stage.until(lambda: looked_at(stage), "somebody who is back")
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


def test_up_down_and_enter_go_from_hit_to_hit(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice")) as stage:
            await stage.sees("at Lab")
            wanted = unique("pin")
            for number in range(3):
                await stage.enters(f"{wanted} {number}")
                await stage.sees(f"{wanted} {number} ✓")
            await stage.types("", "ctrl+f")
            await stage.types(wanted)
            await stage.sees("3 of 3")
            for key, hit in (("up", 2), ("enter", 1), ("down", 2), ("shift+enter", 1)):
                await stage.types("", key)
                await stage.sees(f"{hit} of 3")

    play(scenario())


def test_a_silent_broker_keeps_nobody_in_the_search(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        broker = house.broker("--title", "Lab", "--rate", "0")
        async with user(broker, tmp_path / "bob") as bob:
            for text in ("a needle", *["hay"] * 260, "one more needle"):
                await bob.say(text)
            async with on_stage(broker, tmp_path, "alice") as stage:
                await stage.sees("at Lab", "one more needle")
                await stage.types("", "ctrl+f")
                await stage.types("needle")
                await stage.sees("2 of 2")
                broker.signal(signal.SIGSTOP)
                stage.app.post_message(events.Key("enter", None))
                await stage.sees("searching")
                await escapes_soon(stage)
                broker.signal(signal.SIGCONT)
                await stage.enters("that was it")
                await stage.sees("that was it ✓")
                assert stage.screen.log_view.found is None, "nobody searches any more"
                await stage.types("", "ctrl+f")
                broker.signal(signal.SIGSTOP)
                await stage.types("needle")
                await stage.sees("searching")
                await escapes_soon(stage, *["shift+enter"] * 3)
                broker.signal(signal.SIGCONT)

    play(scenario())


def test_who_cannot_be_taken_to_what_was_found_is_told_so(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        broker = house.broker("--title", "Lab", "--rate", "0")
        async with user(broker, tmp_path / "bob") as bob:
            await asyncio.gather(
                *[bob.say(text) for text in ("a needle", "a needle", *["hay"] * 260, "one more needle")]
            )
            async with on_stage(broker, tmp_path, "alice") as stage:
                await stage.sees("at Lab", "one more needle")
                await stage.types("", "ctrl+f")
                await stage.types("needle")
                await stage.sees("3 of 3")
                broker.kill()
                await stage.sees("reconnecting, for")
                await stage.types("", "up", "up")
                await stage.sees("2 of 3 could not be loaded", "one more needle")
                house.broker("--title", "Lab", "--rate", "0", port=broker.port, data=broker.data)
                await stage.sees("at Lab")
                await stage.types("", "up")
                await stage.sees("a needle")
                assert stage.shows("2 of 3 ")
                assert not stage.shows("loaded")

    play(scenario())
