"""Events reach their reader in order; what he is too slow for is counted, and what he was shown is noted."""

import asyncio
from collections.abc import AsyncIterator

from zchat_client.core.outputs import Show
from zchat_client.events import Bye, Event, Lagged, Message
from zchat_client.feed import Feed

BYE = Show(Bye(at=9, reason="exit"))


def message(seq: int, topic: str = "public") -> Show:
    shown = Message(at=seq, topic="public", seq=seq, sender="Bob", text="hi", action=False, replayed=False)
    return Show(shown, topic, seq)


class Reader:
    """A feed, and what was noted as shown."""

    def __init__(self, bound: int = 100) -> None:
        self.noted: list[tuple[str, int]] = []
        self.feed = Feed(bound, lambda topic, seq: self.noted.append((topic, seq)))

    def put(self, *shows: Show) -> None:
        for show in shows:
            self.feed.put(show)

    def everything(self) -> list[Event]:
        """All events up to ``bye``, which must be there."""

        async def read() -> list[Event]:
            return [event async for event in self.feed.events()]

        return asyncio.run(asyncio.wait_for(read(), 5.0))


def seqs(events: list[Event]) -> list[int]:
    return [event.seq for event in events if isinstance(event, Message)]


def test_events_come_in_order_up_to_bye() -> None:
    reader = Reader()
    reader.put(message(1), message(2), BYE, message(3))
    events = reader.everything()
    assert seqs(events) == [1, 2]
    assert events[-1] == BYE.event


def test_a_message_counts_as_shown_when_the_reader_asks_for_the_next_event() -> None:
    reader = Reader()
    reader.put(message(1), message(2, "user.alice"), BYE)

    async def read() -> None:
        events = reader.feed.events()
        await anext(events)
        assert reader.noted == []
        await anext(events)
        assert reader.noted == [("public", 1)]
        await anext(events)
        assert reader.noted == [("public", 1), ("user.alice", 2)]

    asyncio.run(read())


def test_events_without_a_topic_are_not_noted() -> None:
    reader = Reader()
    reader.put(Show(Lagged(at=1, dropped=0)), BYE)
    reader.everything()
    assert reader.noted == []


def test_whoever_reads_again_has_seen_the_last_one() -> None:
    reader = Reader()
    reader.put(message(1), message(2), BYE)

    async def read() -> list[Event]:
        async for _ in reader.feed.events():
            break
        return [event async for event in reader.feed.events()]

    assert seqs(asyncio.run(read())) == [2]
    assert reader.noted == [("public", 1), ("public", 2)]


def test_what_a_slow_reader_misses_is_counted_before_the_rest() -> None:
    reader = Reader(bound=3)
    reader.put(*[message(seq) for seq in range(1, 11)])
    reader.put(BYE)
    lagged, *rest = reader.everything()
    assert isinstance(lagged, Lagged)
    assert lagged.dropped == 8
    assert seqs(rest) == [9, 10]
    assert rest[-1] == BYE.event


def test_he_is_told_each_time() -> None:
    reader = Reader(bound=2)

    async def read() -> list[Event]:
        events = reader.feed.events()
        found: list[Event] = []
        for first in (1, 11):
            reader.put(*[message(seq) for seq in range(first, first + 5)])
            found += [await anext(events) for _ in range(3)]
        return found

    found = asyncio.run(read())
    assert [event.dropped for event in found if isinstance(event, Lagged)] == [3, 3]
    assert seqs(found) == [4, 5, 14, 15]


def test_a_reader_who_keeps_up_misses_nothing() -> None:
    reader = Reader(bound=1)

    async def read() -> list[Event]:
        events: AsyncIterator[Event] = reader.feed.events()
        found: list[Event] = []
        for seq in range(1, 6):
            reader.put(message(seq))
            found.append(await anext(events))
        return found

    assert seqs(asyncio.run(read())) == [1, 2, 3, 4, 5]


def test_a_waiting_reader_is_woken() -> None:
    reader = Reader()

    async def read() -> list[Event]:
        async def everything() -> list[Event]:
            return [event async for event in reader.feed.events()]

        reading = asyncio.create_task(everything())
        for seq in (1, 2):
            await asyncio.sleep(0)
            reader.put(message(seq))
        await asyncio.sleep(0)
        reader.put(BYE)
        return await asyncio.wait_for(reading, 5.0)

    assert seqs(asyncio.run(read())) == [1, 2]


def test_what_is_hidden_is_passed_over_in_its_turn_and_counts_as_shown() -> None:
    noted: list[tuple[str, int]] = []
    feed = Feed(100, lambda topic, seq: noted.append((topic, seq)), lambda event: getattr(event, "seq", 0) in (2, 3))
    for show in (message(1), message(2), message(3), message(4), BYE):
        feed.put(show)

    async def read() -> list[Event]:
        return [event async for event in feed.events()]

    events = asyncio.run(asyncio.wait_for(read(), 5.0))
    assert seqs(events) == [1, 4]
    assert noted == [("public", 1), ("public", 2), ("public", 3), ("public", 4)]
