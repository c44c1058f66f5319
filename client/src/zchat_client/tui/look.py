"""Themes, and the styles in which a log is drawn: readable on their own ground, or in the terminal's own colours."""

import codecs
import colorsys
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from rich.color import Color
from rich.style import Style
from textual.theme import Theme

from zchat_client.core.roster import name_key
from zchat_client.tui import name_colours

DARK, LIGHT, CONTRAST, SIXTEEN = "dark", "light", "contrast", "16-colours"
READABLE: Final = 4.5
# Lines that only part what stands on the screen: quiet, but there; clear where that is what the theme is for.
RULES: Final = 1.8
RULES_HIGH: Final = 4.5

_THEMES: Final = (
    Theme(
        name=DARK, dark=True, primary="#7aa2f7", secondary="#9d8cf0", accent="#e0af68", success="#7fc98f",
        warning="#e0af68", error="#f7768e", foreground="#d5d9e6", background="#15171c", surface="#1c1f27",
        panel="#252a35",
    ),
    Theme(
        name=LIGHT, dark=False, primary="#2456b3", secondary="#6b3fa0", accent="#9a5b00", success="#1a6e35",
        warning="#9a5b00", error="#b3202f", foreground="#1d2129", background="#fcfcfa", surface="#f1f2f0",
        panel="#e3e5e4",
    ),
    Theme(
        name=CONTRAST, dark=True, primary="#ffff00", secondary="#00ffff", accent="#ffff00", success="#00ff00",
        warning="#ffff00", error="#ff8080", foreground="#ffffff", background="#000000", surface="#000000",
        panel="#1a1a1a", text_alpha=1.0,
    ),
    Theme(
        name=SIXTEEN, dark=True, ansi=True, primary="ansi_cyan", secondary="ansi_magenta", accent="ansi_yellow",
        success="ansi_green", warning="ansi_yellow", error="ansi_red", foreground="ansi_default",
        background="ansi_default", surface="ansi_default", panel="ansi_default", boost="ansi_default",
        variables={
            "ansi-background": "ansi_black", "ansi-foreground": "ansi_white",
            "block-cursor-foreground": "ansi_black", "block-cursor-background": "ansi_cyan",
            "input-cursor-background": "ansi_default", "input-cursor-foreground": "ansi_default",
            "input-cursor-text-style": "reverse", "input-selection-background": "ansi_cyan",
            "input-selection-foreground": "ansi_black", "screen-selection-background": "ansi_cyan",
            "screen-selection-foreground": "ansi_black", "border": "ansi_cyan", "border-blurred": "ansi_default",
        },
    ),
)  # fmt: skip
THEME_NAMES: Final = tuple([theme.name for theme in _THEMES])
_NAMES: Final = {DARK: name_colours.DARK, LIGHT: name_colours.LIGHT, CONTRAST: name_colours.CONTRAST}


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The marks that are not letters."""

    kept: str = "✓"
    delivered: str = "✓✓"
    pending: str = "…"
    rule: str = "─"
    bar: str = "│"
    system: str = "·"
    error: str = "!"
    announcement: str = "◆"
    prompt: str = "›"  # noqa: RUF001 - that mark is meant
    leader: str = "★"
    online: str = "●"
    away: str = "◐"
    offline: str = "○"
    unknown: str = "·"
    draft: str = "✎"
    above: str = "▲"
    below: str = "▼"
    more: str = "…"
    between: str = "·"


ASCII: Final = Glyphs(
    "[ok]", "[got]", "[..]", "-", "|", "-", "!", "#", ">", "*", "o", "z", ".", "?", "~", "^", "v", "...", "|"
)


def glyphs_for(environment: Mapping[str, str] | None = None, encoding: str = "utf-8") -> Glyphs:
    """ASCII where the terminal's font or encoding has no more; ``encoding`` is the one that is written to it."""
    env = os.environ if environment is None else environment
    locale = env.get("LC_ALL") or env.get("LC_CTYPE") or env.get("LANG") or "UTF-8"
    # Python reads C and POSIX as UTF-8 too; terminals that cannot are named in the locale, or are the Linux console.
    told = locale.upper().replace("-", "")
    is_utf8 = "UTF8" in told or told in ("C", "POSIX") or told.startswith("C.")
    is_utf8 = is_utf8 and codecs.lookup(encoding).name == "utf-8"
    return ASCII if env.get("TERM", "") in ("linux", "vt100", "vt220") or not is_utf8 else Glyphs()


def theme_for(wanted: str, environment: Mapping[str, str]) -> str:
    """The theme that the terminal can show: a Linux console, and whoever wants no colours, gets the terminal's own."""
    if environment.get("TERM") == "linux" or environment.get("NO_COLOR"):
        return SIXTEEN
    return wanted if wanted in THEME_NAMES else DARK


class Look:
    """The styles of one theme by name. ``name:KEY`` is the colour of a user's name, the same on every screen."""

    def __init__(self, theme: Theme, glyphs: Glyphs) -> None:
        self.glyphs = glyphs
        self.ansi = theme.ansi
        ground = "default" if theme.ansi else str(theme.background)
        self.base = Style() if theme.ansi else Style(color=theme.foreground, bgcolor=ground)
        self._names = _ansi_names() if theme.ansi else _names(theme, self.base)
        self._styles = {"base": self.base} | (
            _ansi_styles() if theme.ansi else {name: self.base + style for name, style in _styles(theme).items()}
        )

    def style(self, name: str) -> Style:
        """The style of this name."""
        if name.startswith("name:"):
            return self._names[zlib.crc32(name_key(name[5:]).encode("utf-8", "replace")) % len(self._names)]
        return self._styles[name]

    def front(self, name: str) -> Style:
        """The style without what lies behind the text."""
        style = self.style(name)
        return Style(color=style.color, bold=style.bold, dim=style.dim, italic=style.italic, underline=style.underline)

    def ground(self, name: str) -> Style:
        """Only what lies behind the text in this style."""
        style = self._styles[name]
        return Style(bgcolor=style.bgcolor, reverse=style.reverse)


def _styles(theme: Theme) -> dict[str, Style]:
    ground, front = str(theme.background), str(theme.foreground)
    dim, selected = dim_of(theme), _selected(theme)
    accent, error, success = (
        readable(str(colour), selected, READABLE) for colour in (theme.accent, theme.error, theme.success)
    )
    mention = _mix(str(theme.accent), ground, 0.82)
    return {
        "dim": Style(color=dim),
        "bar": Style(color=rule_of(theme)),
        "pending": Style(color=dim, italic=True),
        "own": Style(color=front, bold=True),
        "system": Style(color=dim),
        "error": Style(color=error),
        "mention": Style(bgcolor=mention, color=readable(front, mention, READABLE)),
        "link": Style(color=readable(theme.primary, ground, READABLE), underline=True),
        "code": Style(bgcolor=str(theme.panel), color=readable(front, str(theme.panel), READABLE)),
        "match": Style(bgcolor=accent, color=ground),
        "found": Style(bgcolor=readable(theme.primary, ground, READABLE), color=ground, bold=True),
        "new": Style(color=error, bold=True),
        "rule": Style(color=dim),
        "caught": Style(color=success),
        "selection": Style(bgcolor=_mix(theme.primary, ground, 0.6), color=front),
        "heading": Style(color=dim, bold=True),
        "selected": Style(bgcolor=selected),
        "announcement": Style(color=accent, bold=True),
        "unread": Style(color=front, bold=True),
        "count": Style(color=accent, bold=True),
        "alert": Style(color=error, bold=True),
        "here": Style(color=success),
    }


def _selected(theme: Theme) -> str:
    """What lies behind the row of the open conversation; of all grounds the one that text is hardest to read on."""
    return _mix(theme.primary, str(theme.background), 0.75)


def dim_of(theme: Theme) -> str:
    """The colour of quiet text, readable on every ground."""
    front = str(theme.foreground)
    return front if theme.name == CONTRAST else readable(_mix(front, str(theme.background), 0.45), _selected(theme))


def rule_of(theme: Theme) -> str:
    """The colour of the lines between what stands on the screen."""
    ground = str(theme.background)
    wanted = RULES_HIGH if theme.name == CONTRAST else RULES
    return readable(_mix(str(theme.foreground), ground, 0.9), ground, wanted)


def _ansi_styles() -> dict[str, Style]:
    return {
        "dim": Style(dim=True),
        "bar": Style(dim=True),
        "pending": Style(dim=True, italic=True),
        "own": Style(bold=True),
        "system": Style(dim=True),
        "error": Style(color="red", bold=True),
        "mention": Style(bold=True, reverse=True),
        "link": Style(underline=True),
        "code": Style(color="cyan"),
        "match": Style(reverse=True),
        "found": Style(reverse=True, bold=True),
        "new": Style(color="red", bold=True),
        "rule": Style(dim=True),
        "caught": Style(color="green"),
        "selection": Style(reverse=True),
        "heading": Style(bold=True),
        "selected": Style(reverse=True),
        "announcement": Style(color="yellow", bold=True),
        "unread": Style(bold=True),
        "count": Style(color="yellow", bold=True),
        "alert": Style(color="red", bold=True),
        "here": Style(color="green"),
    }


def _ansi_names() -> list[Style]:
    return [Style(color=name) for name in ("cyan", "green", "magenta", "yellow", "blue", "red")]


def _names(theme: Theme, base: Style) -> list[Style]:
    """The theme's own, or the dark ones made readable on whatever its ground is."""
    colours = _NAMES.get(theme.name, name_colours.DARK)
    return [base + Style(color=readable(colour, str(theme.background))) for colour in colours]


def readable(colour: str, ground: str, wanted: float = READABLE) -> str:
    """The colour, made lighter or darker until its contrast with the ground is as wanted (WCAG)."""
    red, green, blue = (part / 255 for part in _rgb(colour))
    hue, light, saturation = colorsys.rgb_to_hls(red, green, blue)
    step = 0.02 if luminance(ground) < 0.2 else -0.02
    while contrast(colour, ground) < wanted and 0.0 <= light + step <= 1.0:
        light += step
        colour = _hsl(hue, saturation, light)
    return colour


def contrast(one: str, other: str) -> float:
    """The contrast of two colours by WCAG, from 1 to 21."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance by WCAG."""
    parts = [part / 255 for part in _rgb(colour)]
    red, green, blue = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mix(colour: str, ground: str, share: float) -> str:
    pairs = zip(_rgb(colour), _rgb(ground), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _hsl(hue: float, saturation: float, light: float) -> str:
    parts = colorsys.hls_to_rgb(hue, min(1.0, max(0.0, light)), saturation)
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)


def _rgb(colour: str) -> tuple[int, int, int]:
    triplet = Color.parse(colour).get_truecolor()
    return triplet.red, triplet.green, triplet.blue


def _with_variables(theme: Theme) -> Theme:
    """What the style sheet needs beyond Textual's own colours."""
    dim, rule = ("ansi_default", "ansi_default") if theme.ansi else (dim_of(theme), rule_of(theme))
    return replace(theme, variables={**theme.variables, "dim": dim, "rule": rule})


THEMES: Final = tuple([_with_variables(theme) for theme in _THEMES])
