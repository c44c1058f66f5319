"""Screenshots keep every character in its cells, whatever fonts draw them."""

import re
from xml.etree import ElementTree

from rich.segment import Segment
from rich.style import Style
from scripts.drawing import Colours, drawing
from textual.strip import Strip

SVG = "{http://www.w3.org/2000/svg}"


def parts_of(*segments: Segment) -> list[ElementTree.Element]:
    """What one row is drawn with."""
    drawn = drawing([Strip(segments)], "title", Colours("#ffffff", "#000000", "#808080"))
    group = ElementTree.fromstring(drawn).find(f"{SVG}g")  # noqa: S314 - made here
    assert group is not None
    return list(group)


def test_letters_after_wide_ones_begin_in_their_own_cell() -> None:
    hello, then = parts_of(Segment("日 ok"))
    assert (hello.text, hello.get("x"), hello.get("class")) == ("日", "9.0", "c")
    assert (then.text, then.get("x"), then.get("textLength")) == ("ok", "27", "18")


def test_rules_are_lines_from_edge_to_edge() -> None:
    drawn = [part.get("d") for part in parts_of(Segment("│─╭"))]
    assert drawn == ["M4.5 0Q4.5 10.0 4.5 20", "M9 10.0Q13.5 10.0 18 10.0", "M22.5 20Q22.5 10.0 27 10.0"]


def test_grounds_styles_and_markup() -> None:
    ground, text = parts_of(Segment("<&>", Style(color="#00ff00", bgcolor="#0000ff", bold=True)))
    assert (ground.get("fill"), ground.get("width")) == ("#0000ff", "27")
    assert (text.get("fill"), text.get("class"), text.text) == ("#00ff00", "b", "<&>")


def test_it_needs_nothing_from_elsewhere() -> None:
    drawn = drawing([Strip([Segment("hi")])], "title", Colours("#ffffff", "#000000", "#808080"))
    assert re.findall(r"https?://[^\" ]+", drawn) == ["http://www.w3.org/2000/svg"]
