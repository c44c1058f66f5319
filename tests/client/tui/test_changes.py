"""What changes by itself where one types takes its turn, and takes nothing away."""

import signal
from pathlib import Path

from textual import events

from tests.client.tui.stage import on_stage, play, user
from tests.system.processes import Broker, House, unique


def test_a_key_typed_before_the_prompt_changed_by_itself_is_meant_for_the_one_before(
    broker: Broker, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with (
            user(broker, tmp_path / "bob", unique("bob")) as bob,
            on_stage(broker, tmp_path, unique("alice")) as stage,
        ):
            await stage.sees("at Lab", bob.name)
            early = events.Key("x", "x")
            await stage.types(f"/w {bob.name} psst", "enter")
            await stage.sees(f"@{bob.name} ›")
            stage.app.post_message(early)
            await stage.sees("public › x", f"2 @{bob.name}")

    play(scenario())


def test_all_that_is_refused_at_once_comes_back(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        broker = house.broker("--title", "Lab")
        async with on_stage(broker, tmp_path, "alice") as stage:
            await stage.sees("at Lab")
            broker.signal(signal.SIGSTOP)
            lines = [f"/w nobody-{number} hi" for number in range(3)]
            for line in lines:
                await stage.enters(line)
            broker.signal(signal.SIGCONT)
            assert stage.app.chat is not None
            chat = stage.app.chat

            def back() -> list[str]:
                return [stage.screen.entry.text, *[each.text for each in chat.conversations.public.writing.refused]]

            await stage.until(lambda: not chat.console.unsent and stage.screen.entry.text, "the answers")
            await stage.until(lambda: sorted(back()) == lines, "all three lines")

    play(scenario())
