import pytest

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
    names = [look.style(f"name:user{number}") for number in range(60)]
    assert len({str(style.color) for style in names}) >= 8, "names are told apart"
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
