"""Every theme on the screen."""

from pathlib import Path

import pytest
from rich.color import Color

from tests.client.tui.stage import on_stage, play, user
from tests.system.processes import Broker, unique
from zchat_client.tui.look import THEME_NAMES
from zchat_client.tui.settings import Settings


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
            chosen = stage.app.current_theme
            assert chosen.name == theme
            ground = Color.parse("default" if chosen.ansi else str(chosen.background))
            assert ground.get_truecolor() in {each.get_truecolor() for each in stage.grounds() if each is not None}

    play(scenario())
