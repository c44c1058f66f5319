"""Getting around by key and mouse, over a real client and a real broker."""

from pathlib import Path

from textual.geometry import Offset
from textual.widgets import Static

from tests.client.tui.stage import on_stage, play, user
from tests.system.processes import Broker, unique
from zchat_client.tui.settings import Settings


def test_keys_that_are_named_can_be_clicked(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice"), size=(80, 24)) as stage:
            await stage.sees("at Lab", "1 here")
            for name, shown in (("1 here", "Here (1)"), ("Ctrl+K go to", "go to: a conversation")):
                await stage.pilot.click("#status", offset=Offset(stage.rows()[-1].index(name) + 2, 0))
                await stage.sees(shown)
            await stage.pilot.press("escape")
            await stage.misses("go to: a conversation")
            await stage.pilot.click("#status", offset=Offset(stage.rows()[-1].index("Ctrl+Q leave"), 0))
            await stage.until(lambda: stage.app.return_value == 0, "the end")

    play(scenario())


def test_the_mouse_reaches_conversations_people_cards_and_links(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        bob_name, name = unique("bob"), unique("alice")
        async with user(broker, tmp_path / "bob", bob_name) as bob, on_stage(broker, tmp_path, name) as stage:
            await stage.sees("at Lab", bob_name)
            row = next(number for number, text in enumerate(stage.rows()) if bob_name in text)
            await stage.pilot.click("#people", offset=Offset(4, row))
            await stage.sees(f"@{bob_name} ›")
            await stage.pilot.click("#conversations", offset=Offset(4, 1))
            await stage.sees("public ›")
            await bob.party_invite(name)
            await stage.sees("Decline F3")
            await stage.reads()
            await stage.clicks("#card-accept")
            await stage.sees("party ›", "You joined the party")
            await stage.misses("Decline F3")
            assert stage.screen.entry.composer.has_focus
            # What one says stands below that, also when a page of history was asked for meanwhile.
            await stage.types("here I am", "enter")
            await stage.sees("here I am ✓")
            rows = stage.rows()
            joined, said = [next(n for n, row in enumerate(rows) if part in row) for part in ("You joined", "here I")]
            assert joined < said

    play(scenario())


def test_keys_are_settable_and_the_screen_names_them(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        settings = Settings(keys={"go_to": "ctrl+t", "help": "f5", "leave": "ctrl+x", "accept": "f8,f9"})
        bob_name, name = unique("bob"), unique("alice")
        async with (
            user(broker, tmp_path / "bob", bob_name) as bob,
            on_stage(broker, tmp_path, None, settings=settings) as stage,
        ):
            await stage.sees("Welcome to zchat")
            await stage.types(name, "enter")
            await stage.sees("at Lab", "F5 help · Ctrl+T go to · Ctrl+X leave")
            await stage.types("", "ctrl+c")
            await stage.sees("Ctrl+X leaves; so does /exit")
            await bob.party_invite(name)
            await stage.sees("Accept F8 ")
            for key, shown in (("ctrl+t", "go to: "), ("f5", "this help")):
                await stage.types("", key)
                await stage.sees(shown)
                await stage.types("", key)
                await stage.misses(shown)
            await stage.types("", "f5")
            await stage.sees("Ctrl+T", "F8 or F9")
            await stage.types("", "ctrl+x")
            await stage.until(lambda: stage.app.return_value == 0, "leaving")

    play(scenario())


def test_the_key_that_leaves_leaves_the_question_for_a_name_too(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(1, tmp_path, None, settings=Settings(keys={"leave": "ctrl+x"})) as stage:
            await stage.sees("Welcome to zchat")
            await stage.types("", "ctrl+x")
            await stage.until(lambda: stage.app.return_value == 0, "leaving")

    play(scenario())


def test_the_help_wraps_at_its_own_width(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice"), size=(60, 20)) as stage:
            await stage.sees("at Lab")
            await stage.types("", "f1")
            for size in ((60, 20), (80, 24), (120, 40)):
                await stage.pilot.resize_terminal(*size)
                text = stage.app.screen.query_one(Static)
                await stage.until(
                    lambda: str(text.content).count("\n") + 1 == text.size.height,  # noqa: B023 - awaited at once
                    f"a row for each at {size}",
                )

    play(scenario())


def test_typed_commands_work_in_every_conversation(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        bob_name, name = unique("bob"), unique("alice")
        async with user(broker, tmp_path / "bob", bob_name) as bob, on_stage(broker, tmp_path, name) as stage:
            await stage.sees("at Lab")
            await bob.whisper(name, "hi")
            await stage.sees(f"@{bob_name}")
            await stage.types("", "alt+2")
            await stage.sees(f"@{bob_name} ›")
            for typed, answer in (("/who", "Here: "), ("/history 1", "istory")):
                await stage.types(typed, "escape", "enter")
                await stage.sees(answer)
            await stage.types("/me waves", "enter")
            await stage.sees(f"{name} waves")
            await stage.types("/me\nhides", "enter")
            await stage.sees(f"{name} hides")
            assert stage.app.chat is not None
            assert not any("hides" in line.text for line in stage.app.chat.conversations.public.lines)
            await stage.types("/help", "escape", "enter")
            await stage.sees("previous conversation")
            await stage.types("", "escape")
            await stage.misses("previous conversation")
            await stage.types(f"/party invite {bob_name}", "escape", "enter")
            await stage.sees("You began a party", f"{bob_name} is invited")
            await stage.types("", "alt+3")
            await stage.sees("party ›")
            await stage.types("/notify off", "escape", "enter")
            await stage.sees("you are told of nothing here")
            await stage.types("/close", "escape", "enter")
            await stage.sees("public ›")
            await stage.misses("3 party")

    play(scenario())


def test_what_cannot_be_done_says_so(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with on_stage(broker, tmp_path, unique("alice")) as stage:
            await stage.sees("at Lab")
            await stage.types("/close", "escape", "enter")
            await stage.sees("Public stays on the list.", "public › /close")
            stage.screen.entry.fill("")
            await stage.types("/notify", "escape", "enter")
            await stage.sees("you are told here when you are named", "on|mentions|off changes that")
            await stage.types("", "ctrl+k")
            await stage.types("nothing of that name", "enter")
            await stage.sees("nothing is called so", "nothing of that name")
            await stage.types("", "escape")
            await stage.misses("nothing of that name")

    play(scenario())


def test_whom_one_whispers_with_is_called_as_he_calls_himself(broker: Broker, tmp_path: Path) -> None:
    async def scenario() -> None:
        bob, name = unique("Bob"), unique("alice")
        async with user(broker, tmp_path / "bob", bob):
            for _ in range(2):
                async with on_stage(broker, tmp_path, name) as stage:
                    await stage.sees("at Lab")
                    await stage.types(f"/w {bob.lower()} psst", "enter")
                    await stage.sees(f"2 @{bob}", f"@{bob} ›", "psst ✓✓", f"Whisper to {bob};")

    play(scenario())
