"""What is new since somebody looked: where it begins is told, can be gone to, and stays until he looks away."""

import asyncio
import time
from pathlib import Path

from textual import events

from tests.client.tui.stage import Stage, on_stage, play, user
from tests.system.processes import Broker, House, unique
from zchat_client import Client
from zchat_client.events import Whisper
from zchat_client.tui.attention import Attention
from zchat_client.tui.conversation import Conversation

MARK = "new since you looked"


async def looks(stage: Stage, event: events.Event, *, attentive: bool) -> None:
    """Another window has the focus, or this one has it again."""
    stage.app.post_message(event)
    await stage.until(lambda: at_screen(stage) == attentive, "that it is known")


def at_screen(stage: Stage) -> bool:
    assert stage.app.chat is not None
    return stage.app.chat.conversations.attentive


def public(stage: Stage) -> Conversation:
    assert stage.app.chat is not None
    return stage.app.chat.conversations.public


async def says(bob: Client, *texts: str) -> None:
    await asyncio.gather(*[bob.say(text) for text in texts])


def test_who_comes_back_is_taken_to_the_first_new_message(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            user(broker, tmp_path / "bob", unique("bob")) as bob,
            on_stage(broker, tmp_path, unique("alice")) as stage,
        ):
            await says(bob, *[f"before {number}" for number in range(40)])
            await stage.sees("before 39")
            await looks(stage, events.AppBlur(), attentive=False)
            await says(bob, *[f"new {number}." for number in range(90)])
            await stage.sees("new 89.")
            await looks(stage, events.AppFocus(), attentive=True)
            await stage.sees("▲ 90 new, Home")
            await stage.types("", "pageup")
            await stage.sees("▲ 90 new, Home   ▼ End goes to the latest")
            await says(bob, "meanwhile")
            await stage.sees("▼ 1 new, End")
            await stage.types("", "home")
            await stage.sees(MARK, "new 0.")
            await stage.misses("new, Home")
            await stage.types("", "end")
            await stage.sees("meanwhile")
            assert not stage.shows("new, Home"), "he knows where it begins"
            assert public(stage).news.read_seq == public(stage).last_seq
            await looks(stage, events.AppBlur(), attentive=False)
            await looks(stage, events.AppFocus(), attentive=True)
            assert public(stage).news.mark is None

    play(scenario())


def test_the_top_is_one_key_further(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        broker = house.broker("--rate", "0")
        async with (
            user(broker, tmp_path / "bob", unique("bob")) as bob,
            on_stage(broker, tmp_path, unique("alice")) as stage,
        ):
            await says(bob, *[f"before {number}" for number in range(60)])
            await stage.sees("before 59")
            await looks(stage, events.AppBlur(), attentive=False)
            await says(bob, *[f"new {number}." for number in range(60)])
            await stage.sees("new 59.")
            await looks(stage, events.AppFocus(), attentive=True)
            for key in ("home", "home"):
                assert stage.screen.log_view.scroll_y > 0
                await stage.types("", key)
            await stage.until(lambda: stage.screen.log_view.scroll_y == 0, "the top")

    play(scenario())


def test_what_was_said_since_the_last_run_is_gone_to_through_all_its_pages(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        name = unique("alice")
        async with user(broker, tmp_path / "bob", unique("bob")) as bob:
            async with on_stage(broker, tmp_path, name) as stage:
                await bob.whisper(name, "seen")
                await stage.sees(f"@{bob.name}")
                await stage.types("", "alt+2")
                await stage.sees("seen")
            # Another program shows what it does not mark as read here: it comes page by page.
            async with user(broker, tmp_path, name) as plain:
                sending = asyncio.gather(*[bob.whisper(name, f"new {number}.") for number in range(260)])
                async for event in plain:
                    if isinstance(event, Whisper) and event.text == "new 259.":
                        break
                await sending
            async with on_stage(broker, tmp_path, name) as stage:
                await stage.sees(f"@{bob.name}")
                assert stage.app.chat is not None
                whispers = stage.app.chat.conversations.whispers_with(bob.name)
                await stage.until(lambda: whispers.news.unread, "what is new")
                await stage.types("", "alt+2")
                await stage.sees("+ new, Home", "new 259.")
                await stage.types("", "home")
                await stage.sees(MARK, "new 0.")
                assert (whispers.news.new, whispers.news.unread) == (260, 0)
                assert whispers.news.read_seq == whispers.last_seq

    play(scenario())


def test_the_first_message_after_a_minute_without_a_key_is_not_read(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            user(broker, tmp_path / "bob", unique("bob")) as bob,
            on_stage(broker, tmp_path, unique("alice")) as stage,
        ):
            await says(bob, "seen")
            await stage.sees("seen")
            # Nobody was there for long, and no word came from the terminal.
            stage.app._attention = Attention(time.monotonic() - 100)
            await says(bob, "not seen")
            await stage.sees("not seen", MARK)
            assert public(stage).news.unread == 1
            assert public(stage).news.read_seq == public(stage).last_seq - 1
            await stage.types("x")
            await stage.until(lambda: not public(stage).news.unread, "a look at it")
            assert public(stage).news.mark is not None

    play(scenario())
