"""Dialogs under a pilot: each in plain words, with a way out that does no harm."""

import asyncio
import signal
from pathlib import Path

import pytest
from textual import events

from tests.client.tui.stage import Stage, on_stage, play, user
from tests.system.processes import Broker, House, unique


def test_a_changed_broker_key_is_a_dialog_and_leaving_is_the_safe_answer(house: House, tmp_path: Path) -> None:
    first = house.broker("--title", "Lab")
    name = unique("alice")

    async def meets() -> None:
        async with on_stage(first, tmp_path, name) as stage:
            await stage.sees("at Lab")

    async def is_asked(answer: str) -> int | None:
        async with on_stage(first.port, tmp_path, name) as stage:
            await stage.asks("another key than before")
            assert stage.shows(second.fingerprint, "Esc: Leave")
            assert not stage.shows("--"), "nobody types an option here"
            await stage.pilot.press(*({"accept": ["right", "right", "enter"]}.get(answer, [answer])))
            if answer == "accept":
                await stage.sees("at Lab")
            else:
                await stage.until(lambda: stage.app.return_value is not None, "the end")
            return stage.app.return_value

    play(meets())
    first.end()
    second = house.broker("--title", "Lab", port=first.port, data=tmp_path / "another-broker")
    for leaves in ("enter", "escape", "ctrl+c", "ctrl+q"):
        assert asyncio.run(is_asked(leaves)) == 3
    assert asyncio.run(is_asked("accept")) is None


@pytest.mark.parametrize("columns", [40, 59, 60, 80])
def test_every_answer_can_be_read_at_any_width(house: House, tmp_path: Path, columns: int) -> None:
    first = house.broker("--title", "Lab")

    async def scenario() -> None:
        async with on_stage(first, tmp_path) as stage:
            await stage.sees("at Lab")
        first.kill()
        second = house.broker("--title", "Lab", port=first.port, data=tmp_path / "another-broker")
        async with on_stage(second.port, tmp_path, size=(columns, 30)) as stage:
            await stage.sees("Leave", "Try again", "Accept the new key")

    play(scenario())


def shows_behind(stage: Stage, *words: str) -> bool:
    """Whether these words are on the screen on which one chats, behind a dialog."""
    strips = stage.screen._compositor.render_strips()
    return all(any(word in "".join(segment.text for segment in strip) for strip in strips) for word in words)


def test_a_dialog_that_opens_while_one_types_takes_no_key_of_that(house: House, tmp_path: Path) -> None:
    first = house.broker("--title", "Lab")

    async def types_on() -> Broker:
        async with on_stage(first, tmp_path) as stage:
            await stage.sees("at Lab")
            await stage.types("half a sen")
            typed = [events.Key(key, key if len(key) == 1 else None) for key in ("t", "enter", "escape", "ctrl+c", "e")]
            first.kill()
            second = house.broker("--title", "Lab", port=first.port, data=tmp_path / "another-broker")
            await stage.sees("another key than before")
            for key in typed:
                stage.app.post_message(key)
            await stage.until(lambda: stage.screen.entry.text == "half a sente", "a draft")
            assert stage.app.return_value is None
            await stage.asks("another key than before")
            await stage.pilot.press("enter")
            await stage.until(lambda: stage.app.return_value == 3, "leaving")
            assert "another key" in stage.app.last_words
            assert "--accept-key" in stage.app.last_words, "that is for who is back in the shell"
        return second

    async def comes_back(second: Broker) -> None:
        async with on_stage(second, tmp_path) as stage:
            assert stage.app.chat is not None
            stage.app.chat.console.enter("typed ahead")
            asked = await stage.asks("another key than before")
            await stage.pilot.press("right", "enter")
            await stage.until(lambda: stage.app.screen not in (asked, stage.screen), "the same question again")
            await stage.asks("another key than before")
            await stage.pilot.press("right", "right", "enter")
            await stage.sees("at Lab", "public › half a sente", "typed ahead ✓")

    play(comes_back(asyncio.run(types_on())))


def test_what_the_broker_may_have_is_not_sent_again_by_itself(house: House, tmp_path: Path) -> None:
    first = house.broker("--title", "Lab")

    async def scenario() -> None:
        async with on_stage(first, tmp_path) as stage:
            await stage.sees("at Lab")
            first.signal(signal.SIGSTOP)
            await stage.types("perhaps", "enter")
            await stage.sees("perhaps …")
            first.kill()
            house.broker("--title", "Lab", port=first.port, data=tmp_path / "another-broker")
            await stage.asks("another key than before")
            await stage.pilot.press("right", "right", "enter")
            await stage.sees("at Lab", "before the broker had answered", "Up fetches it: perhaps")
            await stage.types("certainly", "enter")
            await stage.sees("certainly ✓")
            assert stage.said() == ["certainly"]
            await stage.pilot.press("up", "up", "enter")
            await stage.sees("perhaps ✓")

    play(scenario())


def test_being_online_elsewhere_and_being_taken_over_are_dialogs(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        name = unique("alice")
        async with user(broker, tmp_path, name) as elsewhere, on_stage(broker, tmp_path, name) as stage:
            await stage.asks("You are online elsewhere")
            assert stage.shows(f"{name} is online from", "ends that session, and you go on here")
            assert not stage.shows("--"), "nobody types an option here"
            await stage.pilot.press("right", "right", "enter")
            await stage.sees("at Lab")
            await stage.until(lambda: elsewhere.end is not None, "the other session's end")
            async with user(broker, tmp_path, name, takeover=True):
                await stage.asks("Your place was taken over")
                await stage.until(lambda: shows_behind(stage, "not connected", "As of ", f"· {name}"), "who was here")
                assert not shows_behind(stage, "reconnecting")
                assert not shows_behind(stage, f"● {name}")
                await stage.pilot.press("enter")
                await stage.until(lambda: stage.app.return_value == 6, "leaving")

    play(scenario())


def test_a_dialog_that_opens_where_one_clicks_takes_no_click_of_that(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        name = unique("alice")
        async with on_stage(broker, tmp_path, name) as stage:
            await stage.sees("at Lab")
            async with user(broker, tmp_path, name, takeover=True):
                await stage.sees("Your place was taken over")
                await stage.until(lambda: stage.app.screen.query_one("#leave").region, "its answers")
                await stage.clicks("#leave")
                await stage.asks("Your place was taken over")
                assert stage.app.return_value is None
                await stage.clicks("#leave")
                await stage.until(lambda: stage.app.return_value == 6, "leaving")

    play(scenario())


def test_no_broker_at_first_contact_is_a_dialog_that_escape_leaves(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(1, tmp_path, unique("alice")) as stage:
            await stage.asks("Is the broker running")
            assert stage.shows("127.0.0.1 port 1 (", "Esc: Leave")
            assert sum("No broker answers" in row for row in stage.rows()[:-1]) == 1, "it is said once"
            await stage.pilot.press("escape")
            await stage.until(lambda: stage.app.return_value == 4, "leaving")

    play(scenario())


def test_escape_and_ctrl_c_paste_nothing_and_ctrl_q_leaves(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice")) as stage:
            await stage.sees("at Lab")
            for key in ("escape", "ctrl+c", "ctrl+q"):
                stage.app.post_message(events.Paste("line\n" * 12))
                await stage.asks("Esc: Cancel")
                await stage.pilot.press(key)
                await stage.misses("Esc: Cancel")
                assert stage.screen.entry.text == ""
            await stage.until(lambda: stage.app.return_value == 0, "leaving")

    play(scenario())


def test_a_paste_that_makes_a_message_too_long_says_so_and_is_not_the_safe_answer(
    broker: Broker, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice")) as stage:
            await stage.sees("at Lab")
            await stage.types("begun ")
            stage.app.post_message(events.Paste("many words " * 400))
            dialog = await stage.asks("at most 4,000")
            assert stage.shows("4,400 characters")
            assert dialog._answers[0].label == "Cancel"
            await stage.pilot.press("right", "enter")
            await stage.until(lambda: len(stage.screen.entry.text) == 4406, "the text")
            await stage.types("", "enter")
            await stage.sees("A message has at most 4,000 characters")
            await stage.reads()
            await stage.types("", "ctrl+u")
            await stage.sees("public › Say something")

    play(scenario())


def test_what_is_typed_right_behind_a_large_paste_stands_behind_it(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice")) as stage:
            await stage.sees("at Lab")
            for answer, left in (("enter", "begun " + "line\n" * 12 + "and on"), ("escape", "begun and on")):
                stage.press(*"begun ")
                stage.app.post_message(events.Paste("line\n" * 12))
                stage.press(*"and on", "enter")
                await stage.until(lambda: stage.screen.entry.text == "begun and on", "what was typed behind it")
                await stage.asks("Put 12 lines")
                await stage.pilot.press(answer)
                await stage.until(lambda: stage.screen.entry.text == left, "the text")  # noqa: B023 - awaited at once
                await stage.misses("Put 12 lines")
                await stage.types("!")
                assert stage.screen.entry.text == f"{left}!"
                stage.screen.entry.fill("")
            assert stage.said() == []

    play(scenario())


@pytest.mark.parametrize(("key", "text"), [("f1", "previous conversation"), ("ctrl+k", "go to: ")])
def test_ctrl_c_closes_and_ctrl_q_leaves_what_stands_over_the_conversation(
    broker: Broker, tmp_path: Path, key: str, text: str
) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice")) as stage:
            await stage.sees("at Lab")
            for closes in ("ctrl+c", "escape", "ctrl+q"):
                await stage.pilot.press(key)
                await stage.sees(text)
                await stage.pilot.press(closes)
                await stage.misses(text)
            await stage.until(lambda: stage.app.return_value == 0, "leaving")

    play(scenario())
