"""Everything on the screen can be read, in every theme."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.style import Style

from tests.client.tui.stage import Stage, on_stage, play, user
from tests.system.processes import Broker, unique
from zchat_client.tui.look import CONTRAST, READABLE, SIXTEEN, THEMES, contrast
from zchat_client.tui.settings import Settings

# What only parts or frames, and the scrollbars.
_LINES = set("─│╭╮╰╯▁▂▃▄▅▆▇█▔▊▎")
_QUIET, _CLEAR = 1.5, 3.0


def pairs(stage: Stage) -> Iterator[tuple[str, str, str]]:
    """Each piece of text on the screen with its colour and what lies behind it."""
    boxes = stage.app.screen.query(".box") if stage.app.screen is not stage.screen else ()
    strips = stage.app.screen._compositor.render_strips()
    # Behind a box all is dimmed.
    for box in boxes:
        region = box.region
        strips = [strip.crop(region.x, region.right) for strip in strips[region.y : region.bottom]]
    for strip in strips:
        for segment in strip:
            text, style = segment.text.strip(), segment.style or Style()
            if text and style.color is not None and style.bgcolor is not None:
                front, ground = style.color, style.bgcolor
                if style.reverse:
                    front, ground = ground, front
                yield text, front.get_truecolor().hex, ground.get_truecolor().hex


def unreadable(stage: Stage, wanted_of_lines: float) -> list[tuple[str, float]]:
    """What of it has too little contrast."""
    found = []
    for text, front, ground in pairs(stage):
        got = contrast(front, ground)
        is_line = set(text) <= _LINES
        if got < (wanted_of_lines if is_line else READABLE):
            found.append((text, round(got, 2)))
    return found


@pytest.mark.parametrize("theme", [theme.name for theme in THEMES if theme.name != SIXTEEN])
def test_everything_on_the_screen_can_be_read(broker: Broker, tmp_path: Path, theme: str) -> None:
    wanted = _CLEAR if theme == CONTRAST else _QUIET

    async def scenario() -> None:
        bob_name, name = unique("bob"), unique("alice")
        async with (
            user(broker, tmp_path / "bob", bob_name) as bob,
            on_stage(broker, tmp_path, name, settings=Settings(theme=theme)) as stage,
        ):
            await stage.sees("at Lab", "Say something")
            assert not unreadable(stage, wanted)
            await bob.say(f"{name}: see https://example.org\n```\ncode\n```")
            await bob.whisper(name, "psst")
            await bob.party_invite(name)
            await bob.away("tea")
            await stage.sees("Accept F2", "https://example.org", f"@{bob_name}", "tea")
            await stage.types("mine", "enter")
            await stage.sees("mine ✓")
            await stage.types("a draft", "alt+2")
            await stage.sees("psst", "public ✎", "Whisper to")
            assert not unreadable(stage, wanted)
            await stage.types("/pa")
            await stage.sees("/party invite NAME")
            assert not unreadable(stage, wanted)
            await stage.types("rty kick", "escape", "enter")
            await stage.sees("Usage: ")
            assert not unreadable(stage, wanted)
            for key, words in (("ctrl+k", "go to: "), ("f1", "previous conversation"), ("ctrl+f", "words; Enter")):
                await stage.types("", key)
                await stage.sees(words)
                assert not unreadable(stage, wanted), key
                await stage.types("", "escape")
                await stage.misses(words)

    play(scenario())


def test_sixteen_colours_make_no_block_of_the_status_mark(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice"), settings=Settings(theme=SIXTEEN)) as stage:
            await stage.sees("at Lab")
            row = stage.app.screen._compositor.render_strips()[-1]
            marks = [segment for segment in row if "●" in segment.text]
            assert [segment.style.reverse for segment in marks if segment.style is not None] == [True]
            assert len({segment.style.color for segment in row if segment.style is not None}) == 1

    play(scenario())
