"""Plays one part: types when it is his turn, remembers what he is shown, and leaves."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from demo import play
from demo.checks import Verdict, compare
from demo.play import CAST, LEAD, PLAY, Seen, part_of
from demo.seeing import is_call, seen_in
from zchat_client import Client
from zchat_client import events as e
from zchat_client.console import Console

# A line is read in this time, and the whole play stays below 20 s.
PACE_S: Final = 0.5
# Two lines are said while he is away; this is what their readers may take for it on a busy machine.
AWAY_S: Final = 2.5
# What should not come has this long to come after the last line.
LISTEN_S: Final = 0.5
# Whoever leaves does not wait for a broker that does not answer.
GOODBYE_S: Final = 2.0

_ANSWERS: Final = 3


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a player waits, in seconds."""

    # Containers start one after the other, on a slow machine after a build.
    arrival_s: float = 60.0
    # Somebody who heard the call answers within his pace; without an answer it was a ghost's place on the roster.
    answer_s: float = 5.0
    # The longest that anybody waits for the others in the play is dave's absence and a few lines.
    step_s: float = 15.0


_PATIENT: Final = Patience()


class Failed(Exception):
    """The play cannot go on; the text says why."""


class _CalledAgain(Exception):
    """The lead has called (again): everybody begins anew."""


class Report(Protocol):
    """Where a player says what he does and sees."""

    def scene(self, title: str) -> None:
        """Something new begins."""

    def typed(self, name: str, line: str) -> None:
        """He typed a line."""

    def shown(self, name: str, event: e.Event, seen: Seen | None) -> None:
        """He was shown an event, and what it is in the play, if it is part of it."""


class Player:
    """One user, from his arrival to his goodbye."""

    def __init__(
        self,
        name: str,
        connect: Callable[[], Client],
        report: Report,
        pace_s: float,
        patience: Patience = _PATIENT,
    ) -> None:
        """``connect`` makes a client that is not started yet; ``pace_s`` is how long he thinks before each line."""
        self._name = name
        self._part = part_of(name, PLAY)
        self._connect = connect
        self._report = report
        self._pace_s = pace_s
        self._patience = patience
        self._client = connect()
        self._console = Console(self._client)
        self._reading: asyncio.Task[None] | None = None
        self._record: list[Seen] = []
        self._on_stage = False
        self._calls = 0
        self._called_at: int | None = None
        self._trouble = ""
        self._news = asyncio.Event()

    async def perform(self) -> Verdict:
        """Plays the part to its end. Raises Failed, and ZchatError if the broker will not have him."""
        try:
            await self._come()
            await self._clear_the_stage()
            while not await self._play():
                pass
            await asyncio.sleep(LISTEN_S)
        finally:
            await self._go()
        return compare(self._part, self._record)

    # -- coming and going -------------------------------------------------------------------------------------------

    async def _come(self) -> None:
        self._reading = asyncio.create_task(self._read())
        self._client.start()
        try:
            async with asyncio.timeout(self._patience.arrival_s):
                await self._client.connected()
        except TimeoutError:
            raise Failed(f"{self._name} found no broker: {self._client.unreachable}") from None

    async def _go(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                await self._client.leave()
        await self._client.close()
        if self._reading is not None:
            await self._reading

    async def _come_back(self) -> None:
        self._client = self._connect()
        self._console = Console(self._client)
        await self._come()

    async def _clear_the_stage(self) -> None:
        """Leaves a party that an earlier performance was broken off in; until then he hears no call."""
        if self._client.party() is not None:
            await self._client.party_leave()
            await self._go()
            await self._come_back()

    # -- playing ----------------------------------------------------------------------------------------------------

    async def _play(self) -> bool:
        """One performance from the call on; False if it is to begin anew."""
        try:
            if self._name == LEAD:
                await self._wait(self._all_here, "everybody is here", self._patience.arrival_s)
                self._calls += 1
            else:
                await self._wait(lambda: self._calls > 0, f"{LEAD} calls", self._patience.arrival_s)
            call = self._calls
            for number, step in enumerate(PLAY):
                if step.speaker == self._name:
                    await asyncio.sleep(self._pace_s)
                    self._check_call(call)
                    await self._do(step.typed, step.scene)
                await self._wait_for_step(number, call)
        except _CalledAgain:
            return False
        return True

    async def _do(self, typed: str, scene: str) -> None:
        if scene:
            self._report.scene(scene)
        if typed == play.RETURN:
            await asyncio.sleep(AWAY_S + self._pace_s)
        self._report.typed(self._name, typed)
        match typed:
            case play.RETURN:
                await self._come_back()
            case play.EXIT:
                await self._go()
            case _:
                self._console.enter(typed)

    async def _wait_for_step(self, number: int, call: int) -> None:
        """Until everything came that this step and those before it have for him."""
        mine = Counter(part_of(self._name, PLAY[: number + 1]))
        called_back = self._name == LEAD and 0 < number < _ANSWERS

        def complete() -> bool:
            self._check_call(call)
            return mine <= Counter(self._record)

        missing = f"it is shown what {PLAY[number].speaker} does with: {PLAY[number].typed}"
        try:
            await self._wait(complete, missing, self._patience.answer_s if called_back else self._patience.step_s)
        except Failed:
            if called_back and self._calls < _ANSWERS and not self._trouble:
                raise _CalledAgain from None
            raise

    def _check_call(self, call: int) -> None:
        if self._calls != call:
            raise _CalledAgain

    def _all_here(self) -> bool:
        here = {entry.name for entry in self._client.roster() if entry.status != "offline"}
        return here.issuperset(CAST)

    async def _wait(self, met: Callable[[], bool], what: str, patience_s: float) -> None:
        """Until it is met, which is looked at after each event. Raises Failed."""
        try:
            async with asyncio.timeout(patience_s):
                while not met():
                    if self._trouble:
                        raise Failed(self._trouble)
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise Failed(f"{self._name} waited {patience_s:.0f} s in vain until {what}") from None

    # -- reading ----------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        async for event in self._client:
            self._remember(event)
            self._news.set()

    def _remember(self, event: e.Event) -> None:
        match event:
            case e.Error() if event.typed is not None:
                self._trouble = f"{self._name} typed {event.typed} and was refused: {event.text}"
            case e.Lagged():
                self._trouble = f"{self._name} was too slow for {event.dropped} events"
            case e.Bye() if event.reason != "exit":
                self._trouble = f"{self._name} was sent away: {event.reason}"
            case e.Connected():
                self._on_stage = event.party is None
            case e.Message() if self._on_stage and is_call(event):
                self._record.clear()
                self._called_at = event.at
                self._calls += self._name != LEAD
            case _:
                pass
        seen = self._seen_in_play(event)
        if seen is not None:
            self._record.append(seen)
        self._report.shown(self._name, event, seen)

    def _seen_in_play(self, event: e.Event) -> Seen | None:
        # All these times are the broker's. What was said before the call belongs to an earlier performance.
        if self._called_at is None or event.at < self._called_at:
            return None
        seen = seen_in(event)
        # Everybody's coming before the play and going after it belong to nobody's part.
        if seen is not None and seen.topic == "presence" and (seen not in self._part or seen in self._record):
            return None
        return seen
