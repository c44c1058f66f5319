"""docs/security.md names tests that exist, and says what must not be read over."""

import re
from functools import cache
from pathlib import Path

import pytest

from tests.security.weakened import DEFENCES

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "security.md").read_text("utf-8")


@cache
def sources() -> dict[Path, str]:
    return {path: path.read_text("utf-8") for path in sorted((ROOT / "tests").rglob("*.py"))}


NAMED = sorted(set(re.findall(r"`(test_\w+)`", DOCUMENT)))
FILES = sorted(set(re.findall(r"`(tests/[\w/]+\.py)`", DOCUMENT)))


def test_many_tests_are_named() -> None:
    assert len(NAMED) > 35


@pytest.mark.parametrize("name", NAMED)
def test_each_test_that_is_named_exists(name: str) -> None:
    assert any(re.search(rf"^(async )?def {name}\(", source, re.MULTILINE) for source in sources().values())


@pytest.mark.parametrize("name", FILES)
def test_each_file_that_is_named_exists(name: str) -> None:
    assert (ROOT / name).is_file()


@pytest.mark.parametrize(
    "words",
    [
        "Topic names, sizes and times on the plain topics link are visible",
        "In open access (the default) anybody may register",
        "There is no forward secrecy for stored whispers",
        "First contact can be intercepted",
        "a stolen database holds public and party texts",
        "repeated whispers",
        "Who has the recipient's secret key can write to him in anybody's name",
        "`ask_user` tells any registered user the key of any name",
        "macOS has no `TCP_INFO`",
        "`--rate 0` lifts every rate",
    ],
)
def test_what_remains_is_said(words: str) -> None:
    assert words in " ".join(DOCUMENT.split())


def test_each_kind_of_attacker_has_his_section() -> None:
    headings = " ".join(re.findall(r"^## .*", DOCUMENT, re.MULTILINE))
    assert re.findall(r"\b([a-e])\b(?=[,)])", headings) == list("abcde")


def test_each_defence_that_can_be_taken_out_is_taken_out_by_some_test() -> None:
    attacks = "".join(source for path, source in sources().items() if path.name != "weakened.py")
    assert [defence for defence in DEFENCES if f'"{defence}"' not in attacks] == []


def test_the_documents_for_users_and_developers_lead_there() -> None:
    for name in ("README.md", "docs/architecture.md"):
        assert "docs/security.md" in (ROOT / name).read_text("utf-8")
