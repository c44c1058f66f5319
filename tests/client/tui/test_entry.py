"""What is typed under a pilot: nothing of it is lost, and all of it goes where the prompt said it would."""

from pathlib import Path

from textual import events

from tests.client.tui.stage import Stage, on_stage, play, user
from tests.system.processes import Broker, House, unique


def test_a_refused_command_leaves_one_where_one_was_with_its_text(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        name = unique("alice")
        async with on_stage(broker, tmp_path, name) as stage:
            await stage.sees("at Lab")
            for typed, trouble, aim in (
                ("/p hi", "You are in no party", "party"),
                (f"/w {name} hi", "That is you", f"@{name}"[:19]),
                ("/party accept", "invitation", "public"),
            ):
                await stage.types(typed, "enter")
                await stage.until(lambda: trouble in shown_trouble(stage), trouble)  # noqa: B023 - awaited at once
                await stage.until(lambda: stage.screen.entry.text == typed, "the text back")  # noqa: B023
                await stage.pilot.pause()
                assert stage.shows(aim, trouble)
                assert [row for row in stage.rows() if row.startswith((" 2", "2"))] == []
                await stage.reads()
                await stage.types("", "ctrl+u")
                await stage.until(lambda: not shown_trouble(stage), "the trouble read and gone")
                await stage.sees("public › Say something")

    play(scenario())


def shown_trouble(stage: Stage) -> str:
    return stage.screen.entry._trouble


def test_no_list_covers_what_is_wrong_and_escape_closes_a_list_first(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            user(broker, tmp_path / "bob", unique("bob")) as bob,
            on_stage(broker, tmp_path, unique("alice"), size=(80, 24)) as stage,
        ):
            await stage.sees("at Lab")
            choices = stage.screen.entry._choices
            await stage.types(f"/party kick {bob.name}", "escape", "enter")
            await stage.sees("You are in no party")
            await stage.pilot.pause()
            assert not choices.is_open
            await stage.reads()
            await stage.types("", "ctrl+u")
            await stage.types("/party kick", "enter")
            await stage.sees("Usage: /party kick NAME")
            assert not choices.is_open
            await stage.reads()
            await stage.types("", "backspace")
            await stage.until(lambda: choices.is_open, "a list, for what is typed now")
            assert stage.shows("Usage: /party kick NAME")
            await stage.types("", "escape")
            assert not choices.is_open
            assert stage.shows("Usage: /party kick NAME")
            await stage.types("", "escape")
            await stage.misses("Usage: /party kick NAME")

    play(scenario())


def test_a_refused_text_waits_for_who_types_on(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice")) as stage:
            await stage.sees("at Lab")
            entry = stage.screen.entry
            await stage.types("/w nobody-there hi", "enter", "o")
            await stage.sees("nobody-there")
            await stage.until(lambda: shown_trouble(stage), "what is wrong")
            assert entry.text == "o"
            await stage.types("n", "enter")
            await stage.sees("on ✓")
            assert entry.text == "/w nobody-there hi"
            assert "nobody-there" in shown_trouble(stage)

    play(scenario())


def test_nothing_is_sent_or_deleted_that_nobody_has_seen_in_the_input(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            user(broker, tmp_path / "bob", unique("bob")) as bob,
            on_stage(broker, tmp_path, unique("alice")) as stage,
        ):
            await stage.sees("at Lab", bob.name)
            entry = stage.screen.entry
            await stage.enters(f"/w {bob.name} psst")
            await stage.sees(f"@{bob.name} ›")
            await stage.reads()
            await stage.types("begun", "alt+1")
            await stage.sees("public ›")
            early = [events.Key("enter", "\r"), events.Key("ctrl+u", None), events.Key("o", "o")]
            await stage.enters(f"/w {bob.name} again")
            await stage.sees(f"@{bob.name} › begun")
            stage.app.post_message(early[0])
            await stage.sees("public › Say something")
            await stage.enters("/w nobody-there hi")
            await stage.until(lambda: entry.text == "/w nobody-there hi" and shown_trouble(stage), "the refused text")
            stage.app.post_message(early[1])
            await stage.pilot.pause()
            await stage.until(lambda: entry.text == "/w nobody-there hi" and shown_trouble(stage), "it there still")
            stage.app.post_message(early[2])
            await stage.until(lambda: entry.text == "o", "an empty input, as it was")
            await stage.types("n", "enter")
            await stage.sees("on ✓", "› /w nobody-there hi")
            await stage.reads()
            await stage.types("", "alt+2")
            await stage.sees(f"@{bob.name} › begun")

    play(scenario())


def test_spaces_are_no_message_and_leave_an_empty_input(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice")) as stage:
            await stage.sees("at Lab")
            await stage.types("   ", "enter")
            await stage.sees("There is nothing to send", "public › Say something")
            await stage.types("h")
            await stage.misses("There is nothing to send")
            await stage.types("i", "enter")
            await stage.sees("hi ✓")

    play(scenario())


def test_a_name_alone_behind_w_opens_the_whispers_with_him(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        name = unique("alice")
        async with user(broker, tmp_path / "bob", unique("Bob")) as bob, on_stage(broker, tmp_path, name) as stage:
            await stage.sees("at Lab", bob.name)
            await stage.enters(f"/w {bob.name.lower()}")
            await stage.sees(f"@{bob.name} › Whisper to {bob.name}")
            await stage.types("psst", "enter")
            await stage.sees("psst ✓✓")
            for typed, trouble in (("/msg nobody-there", "nobody-there is not here"), (f"/w {name}", "That is you")):
                await stage.enters(typed)
                await stage.sees(trouble, f"@{bob.name} › {typed}")
            stage.screen.entry.fill("")
            await stage.types("", "alt+1")
            await stage.sees("public › Say something")
            await stage.enters(f"/whisper {bob.name}")
            await stage.sees(f"@{bob.name} › Whisper to {bob.name}")

    play(scenario())


def test_recalling_opens_no_list(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            user(broker, tmp_path / "bob", unique("bob")) as bob,
            on_stage(broker, tmp_path, unique("alice")) as stage,
        ):
            await stage.sees("at Lab", bob.name)
            await stage.types("first", "enter")
            await stage.types(f"/w {bob.name[:-1]}", "tab")
            await stage.types("psst", "enter")
            await stage.sees(f"@{bob.name} ›")
            await stage.types("", "alt+1")
            await stage.types(f"/verify {bob.name}", "escape", "enter")
            await stage.sees(f"Compare with {bob.name}")
            await stage.types("", "up")
            await stage.pilot.pause()
            assert stage.screen.entry.text == f"/verify {bob.name}"
            assert not stage.screen.entry._choices.is_open
            await stage.types("", "up", "up")
            assert stage.screen.entry.text == "first"
            await stage.types("", "down", "down", "down")
            assert stage.screen.entry.text == ""

    play(scenario())


def test_tab_goes_on_to_the_next_argument_and_shift_tab_back(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            user(broker, tmp_path / "bob", unique("zed-bob")) as bob,
            user(broker, tmp_path / "carol", unique("zed-carol")) as carol,
            on_stage(broker, tmp_path, unique("alice")) as stage,
        ):
            await stage.sees("at Lab", bob.name, carol.name)
            entry = stage.screen.entry
            await stage.types("/w zed-", "tab")
            assert entry.text == f"/w {bob.name} "
            await stage.types("", "tab")
            assert entry.text == f"/w {carol.name} "
            await stage.types("", "tab")
            assert entry.text == f"/w {bob.name} ", "round"
            await stage.types("", "shift+tab")
            assert entry.text == f"/w {carol.name} "
            await stage.types("hi", "tab")
            assert entry.text == f"/w {carol.name} hi", "what was typed behind it stays"
            await stage.types("", "ctrl+u")
            await stage.types("/list", "tab")
            assert entry.text == "/list"

    play(scenario())


def test_every_choice_has_one_row_in_the_room_there_is(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice"), size=(80, 24)) as stage:
            await stage.sees("at Lab")
            for size in ((80, 24), (60, 20), (120, 40)):
                await stage.pilot.resize_terminal(*size)
                await stage.types("", "ctrl+u")
                for typed, count in (("/", 10), ("/p", 8), ("/party k", 1)):
                    await stage.types("", "ctrl+u")
                    await stage.types(typed)
                    await stage.until(lambda: stands_on_the_input(stage, count), f"{count} whole rows")  # noqa: B023

    play(scenario())


def stands_on_the_input(stage: Stage, count: int) -> bool:
    choices, entry = stage.screen.entry._choices, stage.screen.entry
    drawn = [row[choices.region.x : choices.region.right] for row in stage.rows()]
    rows = drawn[choices.region.y + 1 : choices.region.bottom - 1]
    return (
        choices.is_open
        and choices.region.bottom == entry.region.y + 1
        and len(rows) == count
        and all(row.startswith("│/") for row in rows)
    )


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
            await stage.misses("2 @nobody-there")
            stage.screen.entry.fill("")
            await stage.sees("public ›")
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


def test_a_second_enter_leaves_a_text_that_was_just_refused(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice")) as stage:
            await stage.sees("at Lab")
            entry = stage.screen.entry
            entry.fill("/history many")
            enter, again, early = events.Key("enter", "\r"), events.Key("enter", "\r"), events.Key("x", "x")
            for key in (enter, again):
                stage.app.post_message(key)
            await stage.pilot.pause()
            assert entry.text == "/history many"
            assert shown_trouble(stage)
            stage.app.post_message(early)
            await stage.until(lambda: entry.text == "x", "what was typed on")
            stage.app.post_message(events.Key("ctrl+u", None))
            await stage.until(lambda: entry.text == "/history many", "the refused text back")
            assert "Usage" in shown_trouble(stage)

    play(scenario())


def test_who_may_speak_again_is_told_no_more_that_he_may_not(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        broker = house.broker("--title", "Lab", "--admin", "Root")
        async with user(broker, tmp_path / "root", "Root") as root, on_stage(broker, tmp_path, "alice") as stage:
            await stage.sees("at Lab")
            await root.moderation.mute("alice", seconds=600)
            await stage.sees("Root muted you")
            for text in ("one", "two"):
                await stage.enters(text)
                await stage.until(lambda: "You are muted until" in shown_trouble(stage), "why it is refused")
                await stage.reads()
            await root.moderation.unmute("alice")
            await stage.sees("Root lets you speak again")
            await stage.until(lambda: not shown_trouble(stage), "nothing that is wrong")
            assert stage.screen.entry.text == "two", "what was refused is there all the same"
            await stage.types("", "enter")
            await stage.sees("two ✓")

    play(scenario())


def test_a_command_of_the_palette_makes_room_and_what_was_begun_comes_back(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice")) as stage:
            await stage.sees("at Lab")
            for gone in (("", "ctrl+u"), ("tea", "enter")):
                await stage.types("a long text", "ctrl+k")
                await stage.sees("go to: ")
                await stage.types("/away", "enter")
                await stage.sees("public › /away")
                assert stage.screen.entry.text == "/away "
                await stage.types(*gone)
                await stage.sees("public › a long text")
                await stage.reads()
                await stage.types("", "ctrl+u")
            await stage.sees("away · tea")

    play(scenario())


def test_what_is_recalled_is_no_draft(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with (
            user(broker, tmp_path / "bob", unique("bob")) as bob,
            on_stage(broker, tmp_path, unique("alice")) as stage,
        ):
            await stage.sees("at Lab", bob.name)
            await bob.whisper(stage.app.chat.client.name if stage.app.chat else "", "psst")
            await stage.sees(f"2 @{bob.name}")
            await stage.types("one", "enter")
            await stage.sees("one ✓")
            await stage.types("my draft", "up")
            await stage.sees("public › one")
            await stage.types("", "alt+2")
            await stage.sees(f"@{bob.name} › Whisper", "1 public ✎")
            await stage.types("", "alt+1")
            await stage.sees("public › my draft")
            await stage.types("", "up")
            await stage.types(" more", "alt+2")
            await stage.sees(f"@{bob.name} › Whisper")
            await stage.types("", "alt+1")
            await stage.sees("public › one more")
            await stage.types("", "up")
            assert stage.screen.entry.text == "my draft", "it can be fetched again"
            await stage.types("", "down")
            assert stage.screen.entry.text == "one more"

    play(scenario())
