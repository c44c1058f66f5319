"""What one sees while the broker is away, and after."""

import asyncio
import signal
from pathlib import Path

from textual import events

from tests.client.tui.stage import on_stage, play, user
from tests.system.processes import House


def test_nobody_stays_online_in_an_outage_and_what_waits_is_named(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        broker = house.broker("--title", "Lab", "--rate", "0")
        async with user(broker, tmp_path / "bob"), on_stage(broker, tmp_path, "alice") as stage:
            await stage.sees("at Lab", "● bob", "Here (2)")
            broker.kill()
            await stage.sees("connection lost", "As of ", "· bob", "· alice")
            assert not stage.shows("● bob")
            await stage.types("/away lunch", "escape", "enter")
            await stage.sees("1 queued, sent on return: /away lunch")
            house.broker("--title", "Lab", "--rate", "0", port=broker.port, data=broker.data)
            await stage.sees("connected again after", "Here (2)", "● bob", "◐ alice at Lab · away · lunch")
            await stage.types("/back", "escape", "enter")
            await stage.misses("away · lunch")
            await stage.types("/away tea", "escape", "enter")
            await stage.sees("away · tea")

    play(scenario())


def test_a_refusal_tells_in_which_conversation_it_was_typed(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        broker = house.broker("--title", "Lab")
        async with user(broker, tmp_path / "bob") as bob, on_stage(broker, tmp_path, "alice") as stage:
            await bob.whisper("alice", "psst")
            await stage.sees("at Lab", "2 @bob")
            broker.signal(signal.SIGSTOP)
            await stage.enters("/w nobody-there hi")
            await stage.types("", "alt+2")
            await stage.sees("@bob ›")
            broker.signal(signal.SIGCONT)
            await stage.sees("public: ", "nobody-there", "1 public ✎")
            await stage.types("", "alt+1")
            await stage.sees("@nobody-there › /w nobody-there hi")
            await stage.misses("public: ", "✎")

    play(scenario())


def test_whispers_opened_while_the_broker_is_away_are_loaded_when_it_is_back(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        broker = house.broker("--title", "Lab", "--rate", "0")
        async with (
            user(broker, tmp_path / "bob") as bob,
            user(broker, tmp_path / "carol", "carol") as carol,
            on_stage(broker, tmp_path, "alice") as stage,
        ):
            await stage.sees("at Lab")
            await bob.whisper("alice", "psst")
            await stage.sees("@bob")
            await stage.types("", "alt+2")
            await stage.sees("psst")
            # A page of them: his is not on it, and is loaded for whoever looks only.
            await asyncio.gather(*[carol.whisper("alice", "hush") for _ in range(100)])
            await stage.sees("99+")
        broker.kill()
        async with on_stage(broker, tmp_path, "alice") as stage:
            await stage.sees("connecting, for", "2 @bob")
            await stage.types("", "alt+2")
            await stage.sees("@bob ›")
            house.broker("--title", "Lab", "--rate", "0", port=broker.port, data=broker.data)
            await stage.sees("psst")

    play(scenario())


def test_what_was_pasted_and_is_asked_about_runs_together_with_no_refused_text(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        broker = house.broker("--title", "Lab")
        async with on_stage(broker, tmp_path, "alice") as stage:
            await stage.sees("at Lab")
            broker.kill()
            await stage.sees("reconnecting, for")
            await stage.enters("/party invite nobody-there")
            await stage.sees("1 queued")
            pasted = "line\n" * 12
            stage.app.post_message(events.Paste(pasted))
            await stage.asks("Put 12 lines")
            house.broker("--title", "Lab", port=broker.port, data=broker.data)
            assert stage.app.chat is not None
            writing = stage.app.chat.conversations.open.writing
            await stage.until(lambda: bool(writing.refused), "the refusal")
            await stage.types("", "enter")
            await stage.until(lambda: stage.screen.entry.text == pasted, "what was pasted alone")
            await stage.reads()
            await stage.types("", "enter")
            await stage.sees("public › /party invite nobody-there")

    play(scenario())


def test_what_is_said_to_a_party_by_who_is_in_none_leaves_none_listed(house: House, tmp_path: Path) -> None:
    async def scenario() -> None:
        broker = house.broker("--title", "Lab")
        async with on_stage(broker, tmp_path, "alice") as stage:
            await stage.sees("at Lab")
            broker.kill()
            await stage.sees("reconnecting, for")
            await stage.enters("/p hi")
            await stage.sees("2 party", "1 queued")
            house.broker("--title", "Lab", port=broker.port, data=broker.data)
            await stage.sees("You are in no party", "› /p hi")
            await stage.misses("2 party")

    play(scenario())
