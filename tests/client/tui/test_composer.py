"""The input alone under a pilot: what keys do to a long text."""

from textual.app import App, ComposeResult

from tests.client.tui.stage import play
from zchat_client.tui.composer import Composer

LONG = "many words " * 40

# Keys, the text in which they are pressed, and what is left of it.
CASES = (
    (("ctrl+u",), LONG, ""),
    (("ctrl+u",), f"one\n{LONG}", "one\n"),
    (("ctrl+u", "ctrl+u"), f"zero\n{LONG}\ntwo", "zero\n"),
    (("ctrl+u",) * 4, f"zero\n{LONG}\ntwo", ""),
    (("left", "left", "ctrl+u"), f"zero\n{LONG}123", "zero\n23"),
    (("home", "ctrl+u"), "zero\none", "one"),
    (("home", "up", "ctrl+u"), "zero\none", "zero\none"),
    (("ctrl+a", "ctrl+a", "ctrl+u"), f"zero\n{LONG}\ntwo", ""),
    (("ctrl+a", "ctrl+a", "x"), f"zero\n{LONG}\ntwo", "x"),
    (("ctrl+a", "x"), f"zero\n{LONG}", f"zero\nx{LONG}"),
    (("ctrl+a", "x", "ctrl+a", "y"), "zero\none", "zero\nyxone"),
    (("ctrl+a", "x", "ctrl+e", "y"), f"zero\n{LONG}", f"zero\nx{LONG}y"),
)


class Alone(App[None]):
    """The input and nothing else."""

    def compose(self) -> ComposeResult:
        yield Composer(lambda _: False)


def test_lines_are_whole_lines_however_many_rows_they_take() -> None:
    async def scenario() -> None:
        async with Alone().run_test(size=(60, 20)) as pilot:
            composer = pilot.app.query_one(Composer)
            composer.focus()
            for keys, text, left in CASES:
                composer.fill(text)
                await pilot.press("right", *keys)
                assert (composer.text, composer.selected_text) == (left, ""), keys

    play(scenario())


def test_ctrl_a_twice_selects_everything() -> None:
    async def scenario() -> None:
        async with Alone().run_test(size=(60, 20)) as pilot:
            composer = pilot.app.query_one(Composer)
            composer.focus()
            composer.fill(f"zero\n{LONG}\ntwo")
            await pilot.press("ctrl+a", "ctrl+a")
            assert composer.selected_text == composer.text

    play(scenario())
