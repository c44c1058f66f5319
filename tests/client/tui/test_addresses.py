"""Where a text goes, and that one sees it while one types."""

from pathlib import Path

import pytest

from tests.client.tui.stage import Stage, on_stage, play, user
from tests.system.processes import Broker, unique
from zchat_client import Client
from zchat_client.tui.addresses import named_in
from zchat_client.typed import PartySay, WhisperTo


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("/w bob ", "bob"),
        ("/w bob psst", "bob"),
        ("  /MSG Bob\tpsst", "Bob"),
        ("/whisper Bob one\ntwo", "Bob"),
        ("/w bob", None),
        ("/r ", ""),
        ("/reply yes", ""),
        ("/r", None),
        ("/rq yes", None),
        ("/party who", None),
        ("//w bob psst", None),
        ("see /w bob psst", None),
        ("/me /w bob", None),
        ("", None),
    ],
)
def test_a_text_names_whom_it_is_for_as_soon_as_the_name_is_complete(text: str, name: str | None) -> None:
    said = named_in(text)
    if name is None:
        assert said is None
    else:
        assert isinstance(said, WhisperTo)
        assert (said.recipient or "") == name


def test_a_text_for_the_party_names_it() -> None:
    assert isinstance(named_in("/p "), PartySay)
    assert isinstance(named_in("/p /me waves"), PartySay)
    assert named_in("/p") is None


def whispers_of(stage: Stage, other: Client) -> list[str]:
    assert stage.app.chat is not None
    found = stage.app.chat.conversations.get(f"@{other.name}")
    return [] if found is None else [line.text for line in found.lines if line.own]


def test_the_prompt_says_where_a_text_goes_that_is_for_others_than_the_open_conversation(
    broker: Broker, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with (
            user(broker, tmp_path / "bob", unique("bob")) as bob,
            on_stage(broker, tmp_path, unique("alice")) as stage,
        ):
            await stage.sees("at Lab", bob.name)
            await stage.types(f"/w {bob.name}")
            await stage.sees(f"public › /w {bob.name}")
            await stage.types(" ")
            await stage.sees(f"@{bob.name} › /w {bob.name}")
            await stage.types("psst", "ctrl+u")
            await stage.sees("public › Say something")
            await stage.types("/p hello")
            await stage.sees("party › /p hello")
            await stage.types("", "home")
            await stage.types("/")
            await stage.sees("public › //p hello")

    play(scenario())


def test_a_reply_goes_to_whom_it_was_begun_for_whoever_whispers_meanwhile(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        name = unique("alice")
        async with (
            user(broker, tmp_path / "dave", unique("dave")) as dave,
            user(broker, tmp_path / "mallory", unique("mallory")) as mallory,
            on_stage(broker, tmp_path, name) as stage,
        ):
            await stage.sees("at Lab", dave.name, mallory.name)
            await dave.whisper(name, "well?")
            await stage.sees(f"2 @{dave.name}")
            await stage.reads()
            await stage.types("/r for dave")
            await stage.sees(f"@{dave.name} › /r for dave")
            await mallory.whisper(name, "look at me")
            await stage.sees(f"3 @{mallory.name}")
            await stage.types(" alone", "alt+2")
            await stage.sees(f"@{dave.name} › Whisper to")
            await stage.types("", "alt+1")
            await stage.sees(f"@{dave.name} › /r for dave alone")
            await stage.types("", "enter")
            await stage.sees("for dave alone ✓✓")
            await stage.reads()
            await stage.types("", "alt+1", "up")
            await stage.sees("› /r for dave alone")
            await stage.types("", "ctrl+u")
            await mallory.whisper(name, "and now?")
            await stage.until(
                lambda: stage.app.chat and stage.app.chat.conversations[f"@{mallory.name}"].news.unread == 2, ""
            )
            await stage.reads()
            await stage.types("/r for mallory")
            await stage.sees(f"@{mallory.name} › /r for mallory")
            await stage.types("", "enter")
            await stage.sees("for mallory ✓✓")
            assert whispers_of(stage, dave) == ["for dave alone"]
            assert whispers_of(stage, mallory) == ["for mallory"]

    play(scenario())


def test_a_reply_is_not_for_whose_whisper_nobody_has_seen(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        name = unique("alice")
        async with (
            user(broker, tmp_path / "dave", unique("dave")) as dave,
            user(broker, tmp_path / "mallory", unique("mallory")) as mallory,
            on_stage(broker, tmp_path, name) as stage,
        ):
            await stage.sees("at Lab", dave.name, mallory.name)
            early = stage.keys(*"/r for nobody", "enter")
            await dave.whisper(name, "well?")
            await stage.sees(f"2 @{dave.name}")
            stage.post(early)
            await stage.sees("Nobody had whispered with you when this was begun", "› /r for nobody")
            await stage.reads()
            await stage.types("", "ctrl+u")
            await stage.sees("public › Say something")
            early = stage.keys(*"/r for dave", "enter", *"/r for dave too", "enter")
            await mallory.whisper(name, "look at me")
            await stage.sees(f"3 @{mallory.name}")
            stage.post(early)
            await stage.until(lambda: whispers_of(stage, dave) == ["for dave", "for dave too"], "both")
            assert whispers_of(stage, mallory) == []

    play(scenario())


def test_whom_one_has_just_written_to_oneself_a_reply_is_for(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        name = unique("alice")
        async with (
            user(broker, tmp_path / "dave", unique("dave")) as dave,
            user(broker, tmp_path / "carol", unique("carol")) as carol,
            on_stage(broker, tmp_path, name) as stage,
        ):
            await stage.sees("at Lab", dave.name, carol.name)
            await dave.whisper(name, "well?")
            await stage.sees(f"2 @{dave.name}")
            await stage.reads()
            stage.press(*f"/w {carol.name} one", "enter", *"/r two", "enter")
            await stage.until(lambda: whispers_of(stage, carol) == ["one", "two"], "both")
            await stage.until(lambda: not stage.screen.entry.text, "an empty input")
            await stage.types("", "alt+1")
            await stage.types("/w nobody-there hi", "enter")
            await stage.sees("Nobody here is called 'nobody-there'")
            await stage.reads()
            await stage.types("", "ctrl+u")
            await stage.types("/r three")
            await stage.sees(f"@{carol.name} › /r three")

    play(scenario())


def test_a_refused_reply_comes_back_as_it_was_typed(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        name = unique("alice")
        async with (
            user(broker, tmp_path / "dave", unique("dave")) as dave,
            on_stage(broker, tmp_path, name) as stage,
        ):
            await stage.sees("at Lab", dave.name)
            await dave.whisper(name, "well?")
            await stage.sees(f"2 @{dave.name}")
            await stage.reads()
            long = "/r " + "x" * 4001
            await stage.types("/r ")
            await stage.sees(f"@{dave.name} ›")
            await stage.enters(long)
            await stage.sees("at most 4,000 characters")
            await stage.until(lambda: stage.screen.entry.text == long, "the text back")
            await stage.sees(f"@{dave.name} ›")

    play(scenario())
