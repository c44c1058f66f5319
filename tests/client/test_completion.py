"""Tab completes commands and names."""

import pytest

from zchat_client.completion import completions

NAMES = ("alice", "Bob", "bobby", "Łukasz", "carol")


@pytest.mark.parametrize(
    ("line", "begun", "found"),
    [
        ("/hi", "/hi", ["/history"]),
        ("/w", "/w", ["/w", "/whisper", "/who"]),
        ("/HEL", "/HEL", ["/help"]),
        ("/party le", "/party le", ["/party lead", "/party leave"]),
        ("/party invite", "/party invite", ["/party invite"]),
        ("/party invite b", "b", ["Bob", "bobby"]),
        ("/w al", "al", ["alice"]),
        ("/w ", "", ["alice", "Bob", "bobby", "carol", "Łukasz"]),
        ("ca", "ca", ["carol"]),
        ("hello @BO", "BO", ["Bob", "bobby"]),
        ("to ł", "ł", ["Łukasz"]),
        ("hello zed", "zed", []),
        ("/xyzzy", "/xyzzy", []),
        ("", "", []),
        ("a word and ", "", []),
    ],
)
def test_what_is_begun_has_these_ends(line: str, begun: str, found: list[str]) -> None:
    assert completions(line, NAMES) == (begun, found)


def test_what_only_admins_may_type_is_offered_to_them_alone() -> None:
    assert completions("/ki", NAMES, for_admin=True) == ("/ki", ["/kick"])
    assert completions("/ki", NAMES)[1] == []


@pytest.mark.parametrize("line", ["\x00", "/w \ud800", "/" * 40, "/party\tin", "x" * 5_000])
def test_whatever_is_typed_does_no_harm(line: str) -> None:
    assert completions(line, NAMES)[1] == []
