"""The terminal UI under a pilot: what the keys and the mouse do, over a real client and a real broker."""

import asyncio
from pathlib import Path

import pytest
from rich.color import Color
from textual.geometry import Offset
from textual.widgets import Static

from tests.client.tui.stage import Stage, on_stage, play, user
from tests.system.processes import Broker, House, unique
from zchat_client import Client
from zchat_client.tui import words
from zchat_client.tui.look import THEME_NAMES
from zchat_client.tui.settings import Settings


def test_what_is_wrong_is_told_beside_the_input_and_the_text_stays(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice")) as stage:
            await stage.sees("at Lab")
            await stage.types("/history many", "enter")
            await stage.sees("Usage: /history")
            assert stage.screen.entry.text == "/history many"
            stage.screen.entry.fill("")
            await stage.types("/w nobody-there hi", "enter")
            await stage.sees("nobody-there")
            await stage.until(lambda: stage.screen.entry.text == "/w nobody-there hi", "the text back")
            await stage.sees("public ›")
            await stage.misses("2 @nobody-there")
            stage.screen.entry.fill("")
            await stage.types("/p hi", "enter")
            await stage.sees("You are in no party")

    play(scenario())


def test_commands_are_listed_filtered_and_completed(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        bob = unique("bob")
        async with user(broker, tmp_path / "bob", bob), on_stage(broker, tmp_path, unique("alice")) as stage:
            await stage.sees("at Lab", bob)
            await stage.types("/")
            await stage.sees("/party invite NAME", "whispers to NAME")
            await stage.types("party inv")
            await stage.misses("whispers to NAME")
            await stage.types("", "tab")
            assert stage.screen.entry.text == "/party invite "
            await stage.types(bob[:-1], "tab")
            assert stage.screen.entry.text == f"/party invite {bob} "
            stage.screen.entry.fill("")
            await stage.types("hi " + bob[:-1], "tab")
            assert stage.screen.entry.text == f"hi {bob} "

    play(scenario())


def test_up_and_down_go_through_what_was_entered_in_this_conversation(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice")) as stage:
            await stage.sees("at Lab")
            await stage.types("one", "enter")
            await stage.types("two", "enter")
            await stage.types("thr", "up", "up")
            assert stage.screen.entry.text == "one"
            await stage.types("", "down", "down")
            assert stage.screen.entry.text == "thr"

    play(scenario())


def test_older_messages_come_page_by_page_and_nothing_moves_what_is_read(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with user(broker, tmp_path / "bob", unique("bob")) as bob:
            await asyncio.gather(*[bob.say(f"old {number}") for number in range(400)])
            async with on_stage(broker, tmp_path, unique("alice")) as stage:
                await stage.sees("old 399")
                await stage.until(lambda: len(stage.said()) >= 100, "a page of history")
                before = len(stage.said())
                while len(stage.said()) == before:
                    await stage.pilot.press("pageup")
                log, lines = stage.screen.log_view, stage.screen.log_view.conversation
                await stage.until(lambda: lines is not None and log._rows.lines == len(lines.lines), "the log level")
                log.go_to(60)
                await stage.pilot.pause()
                read = [row[22:95] for row in stage.rows()[:20]]
                await asyncio.gather(*[bob.say(f"fresh {number}") for number in range(50)])
                await stage.sees("50 new, End")
                assert [row[22:95] for row in stage.rows()[:20]] == read
                await stage.pilot.press("end")
                await stage.sees("fresh 49")
                await stage.misses("new, End")
                await stage.types("", "ctrl+f")
                await stage.types("OLD 7")
                await stage.sees(" of ")
                await stage.sees("old 397", "76 of 76")
                for _ in range(75):
                    await stage.pilot.press("enter")
                await stage.sees("old 7 ", "1 of 76")
                await stage.pilot.press("escape")
                await stage.until(lambda: stage.screen.entry.composer.has_focus, "the focus on the input")

    play(scenario())


def test_admins_are_marked_among_the_people_and_by_who(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        own = house.broker("--title", "Lab", "--admin", "Root")
        async with user(own, tmp_path / "root", "Root"), on_stage(own, tmp_path, "alice") as stage:
            await stage.sees("at Lab", "● Root admin", "● alice ")
            await stage.types("/who", "escape", "enter")
            await stage.sees("Here: alice, Root (admin)")

    play(scenario())


def test_the_palette_goes_to_people_commands_and_themes(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        name, bob = unique("alice"), unique("bob")
        async with user(broker, tmp_path / "bob", bob):
            async with on_stage(broker, tmp_path, name) as stage:
                await stage.sees("at Lab", bob)
                await stage.types("", "ctrl+k")
                await stage.types(bob, "enter")
                await stage.sees(f"@{bob} ›")
                await stage.types("", "ctrl+k")
                await stage.types("theme light", "enter")
                await stage.until(lambda: stage.app.theme == "light", "the theme")
                await stage.types("", "ctrl+k")
                await stage.types("away", "enter")
                await stage.until(lambda: stage.screen.entry.text.startswith("/away"), "the command in the input")
            async with on_stage(broker, tmp_path, name) as stage:
                await stage.sees("at Lab")
                assert stage.app.theme == "light", "it is kept"
                dark = Color.parse(str(stage.app.available_themes["dark"].background))
                await stage.until(lambda: dark not in grounds(stage), "all of it")

    play(scenario())


def grounds(stage: Stage) -> set[Color | None]:
    strips = stage.app.screen._compositor.render_strips()
    return {segment.style.bgcolor for strip in strips for segment in strip if segment.style is not None}


@pytest.mark.parametrize("theme", THEME_NAMES)
def test_every_theme_shows_everything(broker: Broker, tmp_path: Path, theme: str) -> None:
    async def scenario() -> None:
        bob_name, name = unique("bob"), unique("alice")
        async with (
            user(broker, tmp_path / "bob", bob_name) as bob,
            on_stage(broker, tmp_path, name, settings=Settings(theme=theme)) as stage,
        ):
            await stage.sees("at Lab")
            await bob.say(f"{name}: see https://example.org ```\ncode\n```")
            await bob.party_invite(name)
            await stage.sees("Accept F2", "https://example.org")
            await stage.types("", "f1")
            await stage.sees("Ctrl+K")
            await stage.types("", "escape")
            await stage.misses("previous conversation")
            assert stage.app.export_screenshot().startswith("<svg")

    play(scenario())


def test_the_mouse_reaches_conversations_people_cards_and_links(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        bob_name, name = unique("bob"), unique("alice")
        async with user(broker, tmp_path / "bob", bob_name) as bob, on_stage(broker, tmp_path, name) as stage:
            await stage.sees("at Lab", bob_name)
            row = next(number for number, text in enumerate(stage.rows()) if bob_name in text)
            await stage.pilot.click("#people", offset=Offset(4, row))
            await stage.sees(f"@{bob_name} ›")
            await stage.pilot.click("#conversations", offset=Offset(4, 1))
            await stage.sees("public ›")
            await bob.party_invite(name)
            await stage.sees("Decline F3")
            await stage.pilot.click("#card-accept")
            await stage.sees("party ›", "You joined the party")
            await stage.misses("Decline F3")
            assert stage.screen.entry.composer.has_focus
            # What one says stands below that, also when a page of history was asked for meanwhile.
            await stage.types("here I am", "enter")
            await stage.sees("here I am ✓")
            rows = stage.rows()
            joined, said = [next(n for n, row in enumerate(rows) if part in row) for part in ("You joined", "here I")]
            assert joined < said

    play(scenario())


def test_each_of_two_invitations_is_answered_where_it_stands_and_says_until_when(
    broker: Broker, tmp_path: Path
) -> None:
    async def scenario() -> None:
        bob_name, carol_name, name = unique("bob"), unique("carol"), unique("alice")
        async with (
            user(broker, tmp_path / "bob", bob_name) as bob,
            user(broker, tmp_path / "carol", carol_name) as carol,
            on_stage(broker, tmp_path, name) as stage,
        ):
            await stage.sees("at Lab")
            await bob.party_invite(name)
            await stage.sees(f"{bob_name} invites you")
            await carol.party_invite(name)
            assert stage.app.chat is not None
            await stage.sees(f"{carol_name} invites you")
            times = [words.clock(card.expires) for card in stage.app.chat.story.cards]
            await stage.sees(f"{bob_name} invites you to a party, until {times[0]}")
            await stage.sees(f"{carol_name} invites you to a party, until {times[1]}")
            await stage.pilot.click("#older-card-decline")
            await stage.misses(f"{bob_name} invites you to a party, until")
            await stage.sees(f"{carol_name} invites you to a party, until", "You declined the invitation")
            await stage.types("begun", "f2")
            await stage.sees("party ›", "You joined the party")
            await stage.types("", "alt+1")
            await stage.sees("public › begun")

    play(scenario())


def test_who_is_not_in_the_party_yet_stays_where_he_is(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        own = house.broker("--title", "Lab")
        async with user(own, tmp_path / "bob", "bob") as bob, on_stage(own, tmp_path, "alice") as stage:
            await stage.sees("at Lab")
            await bob.party_invite("alice")
            await stage.sees("Accept F2")
            own.kill()
            await stage.sees("reconnecting, for")
            await stage.types("", "f2")
            await stage.sees("1 queued", "public ›")
            assert not stage.shows("2 party")

    play(scenario())


def test_text_is_selected_with_the_mouse_and_copied(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        name = unique("alice")
        async with on_stage(broker, tmp_path, name) as stage:
            await stage.sees("at Lab")
            await stage.types("copy these words", "enter")
            await stage.sees("copy these words ✓")
            row = next(number for number, text in enumerate(stage.rows()) if "copy these" in text)
            column = stage.rows()[row].index("these") - stage.screen.log_view.region.x
            await stage.pilot.mouse_down("#log", offset=Offset(column, row))
            await stage.pilot.hover("#log", offset=Offset(column + 10, row))
            await stage.pilot.mouse_up("#log", offset=Offset(column + 10, row))
            await stage.until(lambda: stage.app.clipboard.startswith("these word"), "the clipboard")

    play(scenario())


def test_panes_are_shown_and_hidden_by_key(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice"), size=(80, 24)) as stage:
            await stage.sees("at Lab", "Conversations")
            await stage.misses("Here (")
            await stage.types("", "f7")
            await stage.sees("Here (")
            await stage.types("", "f6")
            await stage.misses("Conversations")
            await stage.types("", "f6")
            await stage.sees("Conversations")

    play(scenario())


def test_a_pane_shown_for_a_moment_leaves_the_log_room_and_no_trace(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice"), size=(60, 20)) as stage:
            await stage.sees("at Lab", "public ›")
            for key, heading in (("f6", "Conversations"), ("f7", "Here (")):
                await stage.types("", key)
                await stage.sees(heading)
                assert stage.screen.log_view.size.width >= 30
            await stage.misses("Conversations")
            await stage.types("", "f7")
            await stage.misses("Here (")
            await stage.pilot.resize_terminal(120, 40)
            await stage.sees("Conversations", "Here (")
            await stage.types("", "f6")
            await stage.misses("Conversations")
            await stage.pilot.resize_terminal(100, 40)
            await stage.types("", "f6", "f7")
            await stage.sees("Conversations", "Here (")
            await stage.pilot.resize_terminal(60, 20)
            await stage.until(lambda: stage.screen.log_view.size.width >= 30, "room for the log")

    play(scenario())


def test_keys_are_settable(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        settings = Settings(keys={"go_to": "ctrl+t"})
        async with on_stage(broker, tmp_path, unique("alice"), settings=settings) as stage:
            await stage.sees("at Lab")
            await stage.types("", "ctrl+t")
            await stage.sees("go to: ")
            await stage.types("", "escape", "f1")
            await stage.sees("Ctrl+T")

    play(scenario())


def test_the_help_wraps_at_its_own_width(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice"), size=(60, 20)) as stage:
            await stage.sees("at Lab")
            await stage.types("", "f1")
            for size in ((60, 20), (80, 24), (120, 40)):
                await stage.pilot.resize_terminal(*size)
                text = stage.app.screen.query_one(Static)
                await stage.until(
                    lambda: str(text.content).count("\n") + 1 == text.size.height,  # noqa: B023 - awaited at once
                    f"a row for each at {size}",
                )

    play(scenario())


def test_idle_is_away_and_a_key_is_back(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        name = unique("alice")
        async with (
            user(broker, tmp_path / "bob", unique("bob")) as bob,
            on_stage(broker, tmp_path, name, settings=Settings(away_after_minutes=0.01)) as stage,
        ):
            await stage.sees("at Lab")
            await stage.until(lambda: status_of(bob, name) == "away", "being away")
            await stage.types("x")
            await stage.until(lambda: status_of(bob, name) == "online", "being back")

    play(scenario())


def status_of(seen_by: Client, name: str) -> str:
    return next((entry.status for entry in seen_by.roster() if entry.name == name), "offline")


def test_somebody_elses_name_is_asked_for_again(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        name = unique("alice")
        async with user(broker, tmp_path / "other", name), on_stage(broker, tmp_path / "mine", name) as stage:
            await stage.sees("Welcome to zchat", "belongs to somebody else")
            other = unique("alba")
            await stage.pilot.press("ctrl+u")
            await stage.types(other, "enter")
            await stage.sees(f"{other} at Lab")

    play(scenario())


def test_no_broker_at_all_is_told_while_it_is_tried(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(1, tmp_path, unique("alice")) as stage:
            await stage.sees("connecting, for", "No broker answers")
            await stage.types("typed ahead", "enter")
            await stage.sees("1 queued")

    play(scenario())


def test_whom_one_whispered_with_is_listed_again_unless_that_was_closed(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        bob_name, carol_name, name = unique("bob"), unique("carol"), unique("alice")
        async with (
            user(broker, tmp_path / "bob", bob_name) as bob,
            user(broker, tmp_path / "carol", carol_name) as carol,
        ):
            async with on_stage(broker, tmp_path, name) as stage:
                await stage.sees("at Lab")
                for each in (bob, carol):
                    await each.whisper(name, "psst")
                    await stage.sees(f"@{each.name}")
                await stage.types("", "alt+3")
                await stage.sees(f"@{carol_name} ›")
                await stage.types("/close", "escape", "enter")
                await stage.misses(f"@{carol_name}")
            async with on_stage(broker, tmp_path, name) as stage:
                await stage.sees(f"2 @{bob_name}")
                assert not stage.shows(f"@{carol_name}")
                await carol.whisper(name, "once more")
                await stage.sees(f"@{carol_name}", f"@{bob_name}")
                assert not stage.shows("✎"), "the command was no draft"

    play(scenario())


def test_typed_commands_work_in_every_conversation(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        bob_name, name = unique("bob"), unique("alice")
        async with user(broker, tmp_path / "bob", bob_name) as bob, on_stage(broker, tmp_path, name) as stage:
            await stage.sees("at Lab")
            await bob.whisper(name, "hi")
            await stage.sees(f"@{bob_name}")
            await stage.types("", "alt+2")
            await stage.sees(f"@{bob_name} ›")
            for typed, answer in (("/who", "Here: "), ("/history 1", "istory of public")):
                await stage.types(typed, "escape", "enter")
                await stage.sees(answer)
            await stage.types("/me waves", "enter")
            await stage.sees(f"{name} waves")
            await stage.types("/help", "escape", "enter")
            await stage.sees("previous conversation")
            await stage.types("", "escape")
            await stage.misses("previous conversation")
            await stage.types(f"/party invite {bob_name}", "escape", "enter")
            await stage.sees("You began a party", f"{bob_name} is invited")
            await stage.types("", "alt+3")
            await stage.sees("party ›")
            await stage.types("/notify off", "escape", "enter")
            await stage.sees("you are told of nothing here")
            await stage.types("/close", "escape", "enter")
            await stage.sees("public ›")
            await stage.misses("3 party")

    play(scenario())


__all__ = ["Stage"]
