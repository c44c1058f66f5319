"""What stands around the log: the lists at its sides and the line above it."""

from pathlib import Path

from tests.client.tui.stage import on_stage, play, user
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
