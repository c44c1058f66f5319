import itertools
import math

import pytest
from textual.theme import Theme

from zchat_client.tui.look import (
    ASCII,
    CONTRAST,
    DARK,
    LIGHT,
    READABLE,
    SIXTEEN,
    THEMES,
    Glyphs,
    Look,
    contrast,
    glyphs_for,
    theme_for,
)

PAINTED = [theme for theme in THEMES if not theme.ansi]
STYLES = (
    "base",
    "dim",
    "system",
    "error",
    "mention",
    "link",
    "code",
    "match",
    "found",
    "new",
    "caught",
    "alert",
    "count",
)


@pytest.mark.parametrize("theme", PAINTED, ids=lambda theme: theme.name)
def test_names_and_texts_are_readable_in_every_theme(theme: object) -> None:
    look = Look(next(each for each in PAINTED if each is theme), Glyphs())
    names = [look.style(f"name:user{number}") for number in range(200)]
    wanted = 7.0 if theme is THEMES[2] else READABLE
    for style in names:
        assert style.color is not None
        assert style.bgcolor is not None
        assert contrast(style.color.name, style.bgcolor.name) >= wanted
    for name in STYLES:
        style = look.style(name)
        assert style.color is not None
        assert style.bgcolor is not None
        assert contrast(style.color.name, style.bgcolor.name) >= READABLE, name


@pytest.mark.parametrize("theme", PAINTED, ids=lambda theme: theme.name)
def test_names_are_told_apart_from_each_other_and_from_the_text(theme: Theme) -> None:
    look = Look(theme, Glyphs())
    colours = {look.style(f"name:user{number}").color for number in range(200)} | {look.base.color}
    assert len(colours) == 17
    places = [in_oklab(colour.get_truecolor().normalized) for colour in colours if colour is not None]
    # Two hundredths are a just noticeable difference side by side; names stand rows apart.
    assert min(math.dist(one, other) for one, other in itertools.combinations(places, 2)) >= 0.1


def in_oklab(colour: tuple[float, float, float]) -> tuple[float, float, float]:
    """Where a colour stands in a space in which distances are as people see them."""
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour]
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    middle = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def test_sixteen_colours_are_the_terminals_own() -> None:
    look = Look(next(theme for theme in THEMES if theme.name == SIXTEEN), Glyphs())
    assert look.style("base").bgcolor is None
    assert look.style("name:bob").color is not None
    assert all(look.style(name) is not None for name in STYLES)


def test_a_name_has_one_colour_in_any_case() -> None:
    look = Look(THEMES[0], Glyphs())
    assert look.style("name:Alice") == look.style("name:ALICE")


def test_the_terminal_decides_about_marks_and_colours() -> None:
    assert glyphs_for({"TERM": "linux"}) is ASCII
    assert glyphs_for({"TERM": "xterm", "LANG": "de_DE.ISO-8859-1"}) is ASCII
    assert glyphs_for({"TERM": "xterm", "LANG": "C.UTF-8"}) == Glyphs()
    assert theme_for(LIGHT, {"TERM": "xterm"}) == LIGHT
    assert theme_for("no such", {}) == DARK
    assert theme_for(CONTRAST, {"NO_COLOR": "1"}) == SIXTEEN
    assert theme_for(LIGHT, {"TERM": "linux"}) == SIXTEEN
