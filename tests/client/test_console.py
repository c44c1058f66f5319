"""Typed lines become calls in their order, and their results events. What needs a broker is a system test."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TypeVar

import pytest

from tests.client.offline import offline, run, submitted, the_end, tick
from zchat_client import Client
from zchat_client.console import Console
from zchat_client.events import Bye, Error, Event, Help, Ignored, Message, Pending, Whisper
from zchat_common.errors import Code, ZchatError

T = TypeVar("T")


class Typist:
    """A client without a broker and its console."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.console = Console(client)
        self.seen: list[Event] = []

    async def types(self, *lines: str) -> None:
        for line in lines:
            self.console.enter(line)
        await tick()

    async def is_shown(self, event: Event) -> None:
        """Reads up to this event."""
        self.client.show(event)
        async for each in self.client:
            self.seen.append(each)
            if each is event:
                return

    def sends(self) -> list[object]:
        """The arguments of what waits for the broker."""
        return [args if len(args) != 1 else args[0] for _, args in submitted(self.client)]


@pytest.fixture
def scenario(tmp_path: Path) -> Callable[[Callable[[Typist], Coroutine[object, object, None]]], list[Event]]:
    """Runs a scenario; gives the events that came of it."""

    def play(play_it: Callable[[Typist], Coroutine[object, object, None]]) -> list[Event]:
        events: list[Event] = []

        async def whole() -> None:
            typist = Typist(offline(tmp_path))
            await play_it(typist)
            events.extend(typist.seen + await the_end(typist.client))
            await typist.console.settled()

        run(whole())
        assert isinstance(events.pop(), Bye)
        return events

    return play


Scenario = Callable[[Callable[[Typist], Coroutine[object, object, None]]], list[Event]]


def whisper(sender: str, recipient: str) -> Whisper:
    return Whisper(at=1, seq=1, sender=sender, recipient=recipient, text="psst", replayed=False)


def only(kind: type[T], events: list[Event]) -> T:
    (found,) = [event for event in events if isinstance(event, kind)]
    return found


def test_what_is_said_is_pending_until_it_is_sent(scenario: Scenario) -> None:
    async def play(typist: Typist) -> None:
        await typist.types("hello", "//slash", "/me waves", "/p psst")
        assert typist.sends() == [("hello", False), ("/slash", False), ("waves", True), ("psst", False)]
        assert typist.console.unsent == ("hello", "//slash", "/me waves", "/p psst")

    pending = [event for event in scenario(play) if isinstance(event, Pending)]
    assert [event.typed for event in pending] == ["hello", "//slash", "/me waves", "/p psst"]
    assert len({event.id for event in pending}) == 4


def test_a_thousand_lines_keep_their_order(scenario: Scenario) -> None:
    lines = [f"/w bob {number}" if number % 3 else f"text {number}" for number in range(1_000)]

    async def play(typist: Typist) -> None:
        await typist.types(*lines)
        assert list(typist.console.unsent) == lines
        said = [args[-1] if op == "whisper" else args[0] for op, args in submitted(typist.client)]
        assert said == [line.removeprefix("/w bob ") for line in lines]

    scenario(play)


def test_blank_lines_do_nothing(scenario: Scenario) -> None:
    async def play(typist: Typist) -> None:
        await typist.types("", "   ", "\t")
        assert typist.console.unsent == ()

    assert scenario(play) == []


def test_help_and_exit_need_no_broker(scenario: Scenario) -> None:
    async def play(typist: Typist) -> None:
        await typist.types("/help")
        assert not typist.console.exit.is_set()
        await typist.types("/exit")
        assert typist.console.exit.is_set()
        assert typist.console.unsent == ()

    assert len(only(Help, scenario(play)).commands) > 10


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("/wat", Code.UNKNOWN_COMMAND),
        ("/who now", Code.USAGE),
        ("/r hi", Code.NOBODY_TO_REPLY),
        ("/party accept", Code.NO_INVITATION),
        ("/party decline Bob", Code.NO_INVITATION),
        ("bad \x1b text", Code.BAD_TEXT),
        ("x" * 4_001, Code.TOO_LONG),
        ("/away \x1b", Code.BAD_TEXT),
        (f"/w {'x' * 40_000} hi", Code.NO_SUCH_USER),
        ("/party invite a/b\\c d", Code.USAGE),
    ],
)
def test_what_is_refused_here_is_an_error_that_names_the_line(scenario: Scenario, line: str, code: Code) -> None:
    async def play(typist: Typist) -> None:
        await typist.types(line)
        assert typist.console.unsent == ()
        assert submitted(typist.client) == []

    error = only(Error, scenario(play))
    assert (error.code, error.typed) == (code, line)


def test_an_error_of_a_pending_line_names_its_number(scenario: Scenario) -> None:
    async def play(typist: Typist) -> None:
        await typist.types("fine", "bad \x1b text")

    events = scenario(play)
    numbers = {event.typed: event.id for event in events if isinstance(event, Pending)}
    assert only(Error, events).id == numbers["bad \x1b text"]


def test_a_line_that_is_no_text_is_refused_by_its_reader(scenario: Scenario) -> None:
    async def play(typist: Typist) -> None:
        typist.console.refuse("caf\ufffd", ZchatError(Code.BAD_TEXT, "no UTF-8"))

    error = only(Error, scenario(play))
    assert (error.code, error.text, error.typed) == ("bad_text", "no UTF-8", "caf\ufffd")


def test_reply_goes_to_the_last_one_shown_whoever_began(scenario: Scenario) -> None:
    async def play(typist: Typist) -> None:
        await typist.is_shown(whisper("Bob", "Alice"))
        await typist.types("/r one")
        await typist.is_shown(whisper("ALICE", "Carol"))
        await typist.types("/reply two")
        await typist.is_shown(
            Message(at=1, topic="public", seq=1, sender="Dave", text="", action=False, replayed=False)
        )
        await typist.types("/r three")
        assert [args[0] for _, args in submitted(typist.client)] == ["Bob", "Carol", "Carol"]

    scenario(play)


def test_reply_goes_to_whom_one_has_just_whispered(scenario: Scenario) -> None:
    async def play(typist: Typist) -> None:
        await typist.is_shown(whisper("Bob", "Alice"))
        await typist.types("/w Carol hi", "/r and more")
        await typist.is_shown(whisper("Dave", "Alice"))
        await typist.types("/r hi Dave")
        assert [args[0] for _, args in submitted(typist.client)] == ["Carol", "Carol", "Dave"]

    scenario(play)


def test_a_whisper_that_was_refused_is_none_to_reply_to(scenario: Scenario) -> None:
    async def play(typist: Typist) -> None:
        await typist.is_shown(whisper("Bob", "Alice"))
        await typist.types("/w no/body\x00 hi")
        await typist.types("/r for Bob")
        assert [args[0] for _, args in submitted(typist.client)] == ["Bob"]

    scenario(play)


def test_a_reply_stays_with_whom_it_was_meant_for_when_enter_was_pressed(scenario: Scenario) -> None:
    async def play(typist: Typist) -> None:
        await typist.is_shown(whisper("Bob", "Alice"))
        typist.console.enter("/r for Bob")
        await typist.is_shown(whisper("Carol", "Alice"))
        await tick()
        assert [args[0] for _, args in submitted(typist.client)] == ["Bob"]

    scenario(play)


def test_what_had_no_result_at_the_end_stays_unsent_and_is_no_error(tmp_path: Path) -> None:
    async def play() -> None:
        typist = Typist(offline(tmp_path))
        await typist.types("one", "/w bob two", "/away", "/who")
        events = await the_end(typist.client)
        await asyncio.wait_for(typist.console.settled(), 5.0)
        assert typist.console.unsent == ("one", "/w bob two", "/away", "/who")
        assert not any(isinstance(event, Error) for event in events)

    run(play())


def test_after_the_end_nothing_is_taken_for_sent(tmp_path: Path) -> None:
    async def play() -> None:
        typist = Typist(offline(tmp_path))
        await typist.client.close()
        await typist.types("late", "/who")
        assert typist.console.unsent == ("late", "/who")

    run(play())


# -- keeping order --------------------------------------------------------------------------------------------------


def test_what_an_admin_types_becomes_commands_in_their_order(scenario: Scenario) -> None:
    async def play(typist: Typist) -> None:
        await typist.types(
            "/kick Bob rude", "/ban Bob address for 1h spam", "/unban Bob", "/mute Bob for 30m", "/unmute Bob"
        )
        await typist.types("/announce hear me", "/release Bob")
        assert submitted(typist.client) == [
            ("kick", ("Bob", "rude")),
            ("ban", ("Bob", True, 3600, "spam")),
            ("unban", ("Bob",)),
            ("mute", ("Bob", 1800, "")),
            ("unmute", ("Bob",)),
            ("announce", ("hear me",)),
            ("release", ("Bob",)),
        ]

    scenario(play)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (f"/kick {'x' * 40_000}", Code.NO_SUCH_USER),
        (f"/ban Bob {'x' * 40_000}", Code.TOO_LONG),
        ("/announce \x1b[2J", Code.BAD_TEXT),
        ("/ignore alice", Code.NOT_YOURSELF),
        (f"/ignore {'x' * 40_000}", Code.NO_SUCH_USER),
        ("/unignore Bob", Code.NO_SUCH_USER),
    ],
)
def test_what_nobody_could_do_is_refused_here(scenario: Scenario, line: str, code: Code) -> None:
    async def play(typist: Typist) -> None:
        await typist.types(line)
        assert submitted(typist.client) == []

    error = only(Error, scenario(play))
    assert (error.code, error.typed) == (code, line)


def test_whom_one_ignores_is_listed_after_each_change(scenario: Scenario) -> None:
    async def play(typist: Typist) -> None:
        await typist.types("/ignored", "/ignore Bob", "/ignore EVE", "/unignore BOB", "/ignored")
        assert submitted(typist.client) == []

    lists = [event.names for event in scenario(play) if isinstance(event, Ignored)]
    assert lists == [(), ("Bob",), ("Bob", "EVE"), ("EVE",), ("EVE",)]
