import pytest

from zchat_client import typed as t
from zchat_client.tui import screen_commands
from zchat_client.tui.completion import People, choices, is_command

COMMANDS = (*t.help_lines(), *screen_commands.LINES)
PEOPLE = People(
    here=("alba", "bob", "Carol"),
    speakers=("Carol", "bob"),
    members=("bob", "dora"),
    inviters=("eve",),
    ignored=("Mallory",),
)


def become(before: str, *, asked: bool = False) -> list[str]:
    return [choice.text for choice in choices(before, COMMANDS, PEOPLE, asked=asked)]


def test_a_slash_lists_every_command_with_its_help() -> None:
    listed = choices("/", COMMANDS, PEOPLE, asked=False)
    assert [choice.label for choice in listed] == [line.usage for line in COMMANDS]
    assert all(choice.does for choice in listed)


@pytest.mark.parametrize(
    ("before", "first"),
    [
        ("/whi", "/w "),
        ("/wh", "/who"),
        ("/party in", "/party invite "),
        ("/PARTY L", "/party leave"),
        ("/exi", "/exit"),
        ("/w b", "/w bob "),
        ("/msg b", "/msg bob "),
        ("/w ", "/w Carol "),
        ("/party kick ", "/party kick bob "),
        ("/party accept ", "/party accept eve "),
        ("/notify m", "/notify mentions "),
        ("/history p", "/history party "),
        ("/list", "/list"),
        ("/quit", "/quit"),
        ("/msg", "/msg "),
        ("/lis", "/who"),
        ("/unignore ", "/unignore Mallory "),
    ],
)
def test_commands_and_their_arguments_are_completed(before: str, first: str) -> None:
    assert become(before)[0] == first


@pytest.mark.parametrize("before", ["/list", "/quit", "/who", "/exit", "/ignored"])
def test_a_whole_command_becomes_nothing_else(before: str) -> None:
    assert become(before) == [before]


def test_only_who_is_ignored_can_be_heard_again() -> None:
    assert become("/unignore ") == ["/unignore Mallory "]
    assert become("/unignore b") == []


@pytest.mark.parametrize("before", ["/party kick x", "/w bob hel", "//w", "hello", "/me b", "/away l"])
def test_where_nothing_is_known_nothing_is_listed(before: str) -> None:
    assert become(before) == []


@pytest.mark.parametrize("before", ["/who", "/w", "/party ", "/party invite ", "/w ", "/part", "/away", "/shows"])
def test_nothing_is_listed_twice(before: str) -> None:
    labels = [choice.label for choice in choices(before, COMMANDS, PEOPLE, asked=False)]
    assert labels
    assert len(labels) == len(set(labels))


def test_names_are_completed_when_asked_for_recent_speakers_first() -> None:
    assert become("c", asked=True) == ["Carol: "]
    assert become("hi B", asked=True) == ["hi bob "]
    assert become("/w ") == ["/w Carol ", "/w bob ", "/w alba "]
    assert become("see @al", asked=True) == ["see @alba "]
    assert become("", asked=True) == []
    assert choices("hi ", COMMANDS, PEOPLE, asked=True) == []


@pytest.mark.parametrize(("text", "whole"), [("/who", True), ("/party leave", True), ("/msg", True), ("/part", False)])
def test_a_whole_command_is_known(text: str, whole: bool) -> None:
    assert is_command(text, COMMANDS) is whole
