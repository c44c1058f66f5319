"""What stands over the conversation leads somewhere, and goes with its session."""

from pathlib import Path

from rich.color import Color

from tests.client.tui.stage import on_stage, play, user
from tests.system.processes import Broker, unique


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
                await stage.until(lambda: dark not in stage.grounds(), "all of it")

    play(scenario())


def test_what_has_a_key_is_in_the_palette_too(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice")) as stage:
            await stage.sees("at Lab", "Here (")
            await stage.types("", "ctrl+k")
            await stage.types("who is here")
            await stage.sees("show or hide who is here", "F7")
            await stage.types("", "enter")
            await stage.misses("Here (")
            await stage.types("", "ctrl+k")
            await stage.types("search", "enter")
            await stage.until(lambda: stage.screen.search_bar.is_open, "the search")

    play(scenario())


def test_what_stands_over_a_session_goes_with_it(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        name = unique("alice")
        async with (
            user(broker, tmp_path / "carol", unique("carol")) as carol,
            on_stage(broker, tmp_path, name) as stage,
        ):
            await stage.sees("at Lab", carol.name)
            await stage.enters(f"/w {carol.name}")
            await stage.sees(f"@{carol.name} ›")
            await stage.types("", "ctrl+k")
            await stage.sees("go to: a conversation")
            async with user(broker, tmp_path, name, takeover=True):
                await stage.asks("Your place was taken over")
                await stage.pilot.press("right", "enter")
                await stage.sees("at Lab", "public ›")
                await stage.until(lambda: stage.app.screen is stage.screen, "no list of what was there before")
            # What is not there is gone to by nothing: nothing happens.
            assert stage.screen._turning is not None
            stage.screen._turning.to(f"@{carol.name}")
            assert stage.shows("public ›")

    play(scenario())
