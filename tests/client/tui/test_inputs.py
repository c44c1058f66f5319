"""Keys, pastes and clicks mean what was on the screen when they were made."""

import asyncio
from pathlib import Path

from textual import events
from textual.app import App, ComposeResult
from textual.geometry import Offset
from textual.widgets import Input

from tests.client.tui.stage import on_stage, play, user
from tests.system.processes import Broker, unique
from zchat_client.events import Message
from zchat_client.tui.inputs import Input as Made
from zchat_client.tui.inputs import Inputs


class Two(App[int]):
    """Two inputs."""

    def compose(self) -> ComposeResult:
        yield Input(id="first")
        yield Input(id="second")


def test_what_comes_late_of_one_key_does_not_end_the_wait_for_a_later_one() -> None:
    handed: list[str] = []

    async def hand_on(event: Made) -> None:
        assert isinstance(event, events.Key)
        handed.append(event.key)

    async def scenario() -> None:
        app = Two()
        async with app.run_test(), asyncio.timeout(20):
            inputs = Inputs(app, hand_on, ())
            inputs.follow()
            first, second = app.query_one("#first"), app.query_one("#second")
            free, passed, second_free = asyncio.Event(), asyncio.Event(), asyncio.Event()
            while app.focused is not first:
                await asyncio.sleep(0.01)
            await inputs.take(events.Key("a", "a"))
            while not handed:
                await asyncio.sleep(0.01)
            first.call_later(free.wait)
            await inputs.take(events.Key("enter", None))
            second.focus()
            second.call_later(second_free.wait)
            # The guard lets it go, since the first does not answer.
            await inputs.take(events.Key("escape", None))
            while "escape" not in handed:
                await asyncio.sleep(0.01)
            await inputs.take(events.Key("up", None))
            late = Inputs(app, hand_on, ())
            late._release = lambda *_: passed.set()  # type: ignore[method-assign,assignment]
            late._wait_behind([first, *first.ancestors_with_self] * 2)
            free.set()
            await passed.wait()
            early = handed[3:]
            second_free.set()
            assert early == []
            while handed[-1] != "up":
                await asyncio.sleep(0.01)

    play(scenario())


PUBLIC_ROW, WHISPERS_ROW = Offset(3, 1), Offset(3, 2)


def test_a_click_overtakes_no_key_and_keys_overtake_no_click(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            user(broker, tmp_path / "bob", unique("bob")) as bob,
            on_stage(broker, tmp_path, unique("alice")) as stage,
        ):
            await stage.sees("at Lab", bob.name)
            await stage.enters(f"/w {bob.name}")
            await stage.sees(f"2 @{bob.name}")
            assert stage.app.chat is not None
            conversations = stage.app.chat.conversations
            for number in range(5):
                stage.press("backspace", *f"secret{number}", "enter")
                stage.click(PUBLIC_ROW)
                stage.press(*f"open{number}", "enter")
                stage.click(WHISPERS_ROW)
            await stage.sees("secret4 ✓✓", f"@{bob.name} › Whisper")
            whispers = [line.text for line in conversations.open.lines if line.sender]
            assert whispers == [f"secret{number}" for number in range(5)]
            await stage.types("", "alt+1")
            await stage.sees("open4 ✓", "public › Say something")
            assert stage.said()[-5:] == [f"open{number}" for number in range(5)]

    play(scenario())


def test_the_wheel_waits_for_no_key(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice"), size=(80, 24)) as stage:
            await stage.sees("at Lab")
            await stage.enters("line\n" * 40 + "last")
            await stage.sees("last ✓")
            log, free = stage.screen.log_view, asyncio.Event()
            await stage.until(lambda: log.at_end and log.max_scroll_y > 0, "more than the log shows")
            stage.screen.entry.composer.call_later(free.wait)
            stage.press("enter")
            stage.press("f1")
            at = Offset(30, 5)
            stage.app.post_message(events.MouseScrollUp(None, *at, 0, -1, 0, False, False, False, *at))
            await stage.until(lambda: not log.at_end, "the lines before")
            is_held = stage.app.screen is stage.screen
            free.set()
            await stage.until(lambda: stage.app.screen is not stage.screen, "the help, behind Enter")
            assert is_held

    play(scenario())


def test_a_click_on_what_has_just_come_under_the_pointer_answers_nothing(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        name = unique("alice")
        async with (
            user(broker, tmp_path / "bob", unique("bob")) as bob,
            on_stage(broker, tmp_path, name) as stage,
        ):
            await stage.sees("at Lab")
            early = events.MouseDown(None, 0, 0, 0, 0, 1, False, False, False, 0, 0)
            await bob.party_invite(name)
            await stage.sees("Accept F2")
            await stage.until(lambda: stage.screen.query_one("#card-accept").region, "the card")
            at = stage.screen.query_one("#card-accept").content_region.offset
            for kind in (events.MouseDown, events.MouseUp):
                made = kind(None, *at, 0, 0, 1, False, False, False, *at)
                made.time = early.time
                stage.app.post_message(made)
            await stage.pilot.pause()
            await stage.reads()
            assert stage.shows("Accept F2", "public ›")
            await stage.clicks("#card-accept")
            await stage.sees("You joined the party", "party ›")

    play(scenario())


def test_what_opens_by_itself_waits_for_what_was_typed_before(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            user(broker, tmp_path / "bob", unique("bob")) as bob,
            on_stage(broker, tmp_path, unique("alice")) as stage,
        ):
            await stage.sees("at Lab", bob.name)
            assert stage.app.chat is not None
            conversations, free = stage.app.chat.conversations, asyncio.Event()
            stage.screen.entry.composer.call_later(free.wait)
            stage.press("x")
            stage.app.chat.order(f"/party invite {bob.name}")
            await stage.until(lambda: conversations.get("party"), "the party")
            free.set()
            await stage.sees("/p TEXT talks to the party", "public › x", "2 party")

    play(scenario())


def test_a_paste_is_sent_as_it_was_copied_and_acts_on_no_terminal(broker: Broker, tmp_path: Path) -> None:
    copied = "all:\r\n\tmake 👍🏽 👨\u200d👩\u200d👧 می\u200cخواهم"

    async def scenario() -> None:
        async with (
            user(broker, tmp_path / "bob", unique("bob")) as bob,
            on_stage(broker, tmp_path, unique("alice")) as stage,
        ):
            await stage.sees("at Lab", bob.name)
            stage.app.post_message(events.Paste(copied))
            await stage.until(lambda: "make" in stage.screen.entry.text, "the text")
            await stage.types("", "enter")
            await stage.sees(" ✓")
            (found,) = (await bob.history("public", limit=1)).messages
            assert isinstance(found, Message)
            assert found.text == copied.replace("\r\n", "\n")

            for key in ("ctrl+f", "ctrl+k"):
                await stage.types("", key)
                await stage.until(lambda: isinstance(stage.app.focused, Input), "the input of a box")
                stage.app.post_message(events.Paste("x\x0e\x1b[2Jy"))
                box = stage.app.focused
                assert isinstance(box, Input)
                await stage.until(lambda box=box: box.value == "x\ufffd\ufffd[2Jy", "what was pasted")  # type: ignore[misc]
                await stage.types("", "escape")
                await stage.until(lambda: stage.screen.entry.composer.has_focus, "the input below")

    play(scenario())
