"""What the palette lists first for what was typed."""

import pytest

from zchat_client.tui.places import Place, meant

PLACES = [
    Place("conversation", "public", "public"),
    Place("person", "Carol", "@Carol", "whisper"),
    Place("doing", "search", "Ctrl+F", "search in this conversation"),
    Place("doing", "pane('people')", "F7", "show or hide who is here"),
    Place("command", "/party invite ", "/party invite NAME", "invites somebody to your party"),
    Place("command", "/party leave", "/party leave", "leaves your party"),
    Place("command", "/away ", "/away [TEXT]", "says that you are away"),
    Place("theme", "light", "theme light", "change the colours"),
]


@pytest.mark.parametrize(
    ("typed", "labels"),
    [
        ("", [each.label for each in PLACES]),
        ("sear", ["Ctrl+F"]),
        ("car", ["@Carol"]),
        ("@CAR", ["@Carol"]),
        ("/pa", ["/party invite NAME", "/party leave"]),
        ("leave", ["/party leave"]),
        ("who hide", ["F7"]),
        ("light", ["theme light"]),
        ("F7", ["F7"]),
        ("colours", ["theme light"]),
        ("arty", ["/party invite NAME", "/party leave"]),
        ("pin", []),
        ("copy", []),
    ],
)
def test_what_is_meant_is_what_the_words_say(typed: str, labels: list[str]) -> None:
    assert [each.label for each in meant(PLACES, typed)] == labels


def test_how_something_begins_counts_before_what_is_in_it() -> None:
    places = [
        Place("command", "/party", "/party"),
        Place("person", "Art", "@Art"),
        Place("doing", "x", "F9", "hide art"),
    ]
    assert [each.label for each in meant(places, "art")] == ["@Art", "F9", "/party"]
