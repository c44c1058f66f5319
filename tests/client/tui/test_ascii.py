"""A terminal that has nothing but ASCII: all that zchat itself draws is in it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual import events
from textual.scrollbar import ScrollBar

from tests.client.tui.stage import Stage, on_stage, play, user
from tests.system.processes import Broker, House, unique
from zchat_client import tui
from zchat_client.tui.display import PlainBar
from zchat_client.tui.look import ASCII
from zchat_client.tui.settings import Settings

LONG = "n" * 20


@pytest.fixture(autouse=True)
def plain_bar() -> Iterator[None]:
    """As the program sets it for such a terminal."""
    before, ScrollBar.renderer = ScrollBar.renderer, PlainBar
    yield
    ScrollBar.renderer = before


def all_ascii(stage: Stage) -> None:
    strange = [row for row in stage.rows() if not row.isascii()]
    assert not strange, "\n".join(strange)


def literals(path: Path) -> Iterator[str]:
    """The texts in a module: neither what describes or looks for something, nor the marks for other terminals."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            is_pattern = isinstance(child, ast.Call) and ast.unparse(child.func) == "re.compile"
            if (
                is_pattern
                or isinstance(child, ast.Expr)
                or (isinstance(child, ast.ClassDef) and child.name == "Glyphs")
            ):
                for each in ast.walk(child):
                    if isinstance(each, ast.Constant):
                        each.value = ""
    yield from (each.value for each in ast.walk(tree) if isinstance(each, ast.Constant) and isinstance(each.value, str))


def test_no_text_of_the_terminal_ui_has_marks_of_its_own() -> None:
    modules = sorted(Path(tui.__file__).parent.glob("*.py"))
    assert len(modules) > 30
    assert [(path.name, text) for path in modules for text in literals(path) if not text.isascii()] == []
    assert "".join(getattr(ASCII, name) for name in ASCII.__slots__).isascii()


def test_everything_on_the_screen_is_ascii(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        bob_name, name = unique(LONG), unique("alice")
        sixteen = Settings(theme="16-colours")
        async with (
            user(broker, tmp_path / "bob", bob_name) as bob,
            on_stage(broker, tmp_path, name, glyphs=ASCII, settings=sixteen) as stage,
        ):
            await stage.sees("at Lab", "Say something")
            all_ascii(stage)
            await bob.say(f"{name}: see https://example.org\n```\ncode\n```" + "\nline" * 50)
            await bob.whisper(name, "psst")
            await bob.party_invite(name)
            await bob.away("a long reason " * 9)
            await stage.sees("Accept F2", " a long", "reason a long r...", "2 @nnn")
            await stage.enters("mine")
            await stage.sees("mine [ok]")
            await stage.types("a draft", "alt+2")
            await stage.sees("psst", "1 public ~", "Whisper to")
            all_ascii(stage)
            await stage.enters(f"/away {'for long ' * 9}")
            await stage.sees("| away")
            await stage.enters("what")
            await stage.sees("what [got]")
            await stage.types("", "f2")
            await stage.sees("party >", "You joined")
            all_ascii(stage)
            await stage.enters("/party kick")
            await stage.sees("Usage: ")
            all_ascii(stage)
            await stage.types("", "ctrl+u")
            await stage.pilot.resize_terminal(60, 20)
            await stage.sees("1 public ~ | 2 @nnn")
            await stage.types("/pa")
            await stage.sees("/party invite NAME")
            all_ascii(stage)
            await stage.types("", "ctrl+u")
            for key, words in (("ctrl+k", "go to: "), ("f1", "Alt+Enter"), ("ctrl+f", "words; ")):
                await stage.types("", key)
                await stage.sees(words)
                all_ascii(stage)
                await stage.types("", "escape")
                await stage.misses(words)
            stage.app.post_message(events.Paste("line\n" * 12))
            await stage.asks("Esc: Cancel")
            all_ascii(stage)
            await stage.types("", "escape", "alt+1", "pageup")
            await stage.sees("v End goes to the latest")
            await bob.say("more")
            await stage.sees("v 1 new")
            all_ascii(stage)

    play(scenario())


def test_what_stands_over_the_conversation_by_itself_is_ascii(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        own = house.broker("--title", "Lab", "--access", "invited")
        async with on_stage(own, tmp_path, None, glyphs=ASCII, size=(80, 24)) as stage:
            await stage.sees("Choose the name")
            all_ascii(stage)
            await stage.types("alice", "enter")
            await stage.sees("invitation code")
            all_ascii(stage)
            await stage.may_answer()
            await stage.types("", "escape")
            await stage.asks("does not let you in")
            all_ascii(stage)
        open_to_all = house.broker("--title", "Lab")
        async with on_stage(open_to_all, tmp_path, "alice", glyphs=ASCII, size=(80, 24)) as stage:
            await stage.sees("at Lab")
            open_to_all.kill()
            await stage.sees("reconnecting, for")
            await stage.enters("not sent " * 9)
            await stage.enters("/away")
            await stage.sees("queued")
            all_ascii(stage)
            await stage.types("", "ctrl+q")
            await stage.asks("Leave without sending?")
            all_ascii(stage)

    play(scenario())
