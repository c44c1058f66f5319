"""What stands around the log: the lists at its sides and the line above it."""

from functools import partial
from pathlib import Path

from tests.client.tui.stage import Stage, on_stage, play, user
from tests.system.processes import Broker, House, unique


def test_admins_are_marked_among_the_people_and_by_who(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        own = house.broker("--title", "Lab", "--admin", "Root")
        async with user(own, tmp_path / "root", "Root"), on_stage(own, tmp_path, "alice") as stage:
            await stage.sees("at Lab", "● Root admin", "● alice ")
            await stage.types("/who", "escape", "enter")
            await stage.sees("Here: alice, Root (admin)")

    play(scenario())


def test_panes_are_shown_and_hidden_by_key(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice"), size=(80, 24)) as stage:
            await stage.sees("at Lab", "Conversations", " 1 here ·")
            await stage.misses("Here (")
            await stage.types("", "f7")
            await stage.sees("Here (1)")
            await stage.misses(" 1 here ·")
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


def opens(stage: Stage, count: int) -> list[str]:
    """Begins whispers with so many people; their keys."""
    assert stage.app.chat is not None
    conversations = stage.app.chat.conversations
    begun = [conversations.whispers_with(f"p{number:02}").key for number in range(count)]
    stage.screen.level()
    return begun


def is_listed(stage: Stage, name: str) -> bool:
    """Whether a name stands on the list at the left."""
    return any(name in row[:22] for row in stage.rows())


def test_the_list_goes_to_the_open_conversation_and_tells_what_is_unread_beyond_it(
    broker: Broker, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with (
            user(broker, tmp_path / "bob", bob_name := unique("bob")) as bob,
            on_stage(broker, tmp_path, name := unique("alice"), size=(80, 24)) as stage,
        ):
            await stage.sees("at Lab")
            keys = opens(stage, 40)
            await bob.whisper(name, "psst")
            await stage.until(lambda: "▼ unread" in stage.rows()[22], "what is unread below")
            for key in (keys[35], keys[2], keys[20]):
                assert stage.screen._turning is not None
                stage.screen._turning.to(key)
                await stage.sees(f"{key} ›")
                await stage.until(partial(is_listed, stage, key), f"{key} on the list")
            await stage.pilot.resize_terminal(80, 12)
            await stage.until(partial(is_listed, stage, keys[20]), "it on a list of few rows")
            await stage.pilot.click("#conversations", offset=(3, 10))
            await stage.until(partial(is_listed, stage, bob_name), "what is unread")
            assert not stage.shows("▼ unread")

    play(scenario())


def test_a_click_on_what_the_strip_has_no_room_for_opens_the_palette(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice"), size=(60, 20)) as stage:
            await stage.sees("at Lab")
            (*_, last) = opens(stage, 12)
            assert stage.app.chat is not None
            await stage.sees(" 2 @p00", "+7 ")
            await stage.pilot.click("#strip", offset=(stage.rows()[0].index("+7"), 0))
            await stage.sees("go to: ")
            await stage.types("", "escape")
            await stage.misses("go to: ")
            stage.app.chat.conversations[last].news.unread = 3
            stage.screen.level()
            await stage.sees(f"{last} 3! · +")
            await stage.types("", "ctrl+k")
            await stage.sees(f"{last}  ", "3! unread")
            await stage.types("", "escape")
            await stage.misses("go to: ")
            await stage.pilot.click("#strip", offset=(stage.rows()[0].index("@p01"), 0))
            await stage.sees("@p01 ›")

    play(scenario())


def test_of_words_at_once_the_one_said_last_is_the_last_and_each_stands_there_once(
    broker: Broker, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice")) as stage:
            await stage.sees("at Lab")
            for note, seen in (("tea", " · tea  "), ("milk", " · tea · milk  "), ("tea", " · milk · tea  ")):
                stage.screen.say(note)
                await stage.sees(seen, "F1 help")
            await stage.misses("tea", "milk")

    play(scenario())


def test_nothing_that_others_or_oneself_have_written_ends_a_row(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        own = house.broker("--title", "Lab\nand more")
        async with on_stage(own, tmp_path, "alice") as stage:
            await stage.sees("at Lab and more")
            own.kill()
            await stage.sees("reconnecting, for")
            await stage.enters("/away at\nlunch")
            await stage.sees("/away at lunch")
            assert not [row for row in stage.rows() if "\n" in row]

    play(scenario())


def test_one_sees_that_whoever_one_whispers_with_is_away_or_has_gone(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        name = unique("bob")
        async with on_stage(broker, tmp_path, unique("alice"), size=(80, 24)) as stage:
            async with user(broker, tmp_path / "bob", name) as bob:
                await stage.sees("at Lab", "2 here")
                await stage.enters(f"/w {name} hi")
                await stage.sees(f"@{name} ›", "hi ✓✓")
                assert f"{name} is" not in stage.rows()[-1]
                await bob.away("lunch")
                await stage.until(lambda: f"{name} is away" in stage.rows()[-1], "that he is away")
                await bob.leave()
            await stage.until(lambda: f"{name} has gone" in stage.rows()[-1], "that he has gone")
            await stage.reads()
            await stage.types("", "alt+1")
            await stage.until(lambda: name not in stage.rows()[-1], "nothing of him in public")

    play(scenario())
