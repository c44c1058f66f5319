"""One topic's messages, shown once each and in order, whatever order and number of copies they arrive in."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from zchat_common.limits import NEWCOMER_HISTORY
from zchat_common.messages import Kept, TopicState, Unknown
from zchat_common.topics import PUBLIC, party_of

# Messages that came early are held until what is missing arrives; those so far ahead are asked for again instead. (A
# bound on their number would keep out the missing ones too.)
_AHEAD_MAX = 1_000


class Stream:
    """A topic as this client reads it. ``position`` is the seq shown last, ``last`` the last one known to exist."""

    def __init__(self, topic: str, position: int) -> None:
        self.topic = topic
        self.position = position
        self.last = position
        # What existed when this connection was opened is shown as replayed.
        self.replayed_to = 0
        self._held: dict[int, Kept | Unknown] = {}

    @property
    def level(self) -> bool:
        """Whether everything that is known to exist was shown."""
        return self.position >= self.last

    @property
    def caught_up(self) -> bool:
        """Whether everything was shown that existed when the connection was opened."""
        return self.position >= self.replayed_to

    def offer(self, message: Kept | Unknown) -> None:
        """Takes a message in, early, late or twice."""
        self.last = max(self.last, message.seq)
        if self.position < message.seq <= self.position + _AHEAD_MAX:
            self._held[message.seq] = message

    def take(self) -> Kept | Unknown | None:
        """The next message to show, if it is here."""
        message = self._held.pop(self.position + 1, None)
        if message is not None:
            self.position += 1
        return message

    def learn(self, last: int) -> None:
        """The broker says that the topic has come to ``last``."""
        self.last = max(self.last, last)

    def skip_to(self, first: int) -> int:
        """What comes before ``first`` and is not held does not exist any more: how many messages are lost by it."""
        lost = max(0, min([first, *self._held]) - 1 - self.position)
        self.position += lost
        self.last = max(self.last, self.position)
        return lost

    def gap(self) -> tuple[int, int | None] | None:
        """What is missing, as the bounds of a history question (after, before); None if nothing is."""
        if self.level or self.position + 1 in self._held:
            return None
        return self.position, min(self._held) if self._held else None


class Registered(NamedTuple):
    """What a registration changed: topics that are gone, parties that are new, topics that lost their end."""

    gone: list[str]
    new_parties: list[str]
    shorter: list[str]


class Streams:
    """All topics that this client reads."""

    def __init__(self, positions: Mapping[str, int]) -> None:
        """``positions`` are the seqs shown last in earlier runs, by topic."""
        self._streams: dict[str, Stream] = {}
        self._positions = dict(positions)

    def __contains__(self, topic: str) -> bool:
        return topic in self._streams

    @property
    def caught_up(self) -> bool:
        """Whether everything was shown that existed when the connection was opened."""
        return all(stream.caught_up for stream in self._streams.values())

    def position(self, topic: str) -> int:
        """The seq from which on the topic, which is being read, goes on."""
        return self._streams[topic].position

    def is_level(self, topic: str) -> bool:
        """Whether everything known to exist in the topic was shown."""
        return topic in self._streams and self._streams[topic].level

    def parties(self) -> list[str]:
        """The party topics among them."""
        return [topic for topic in self._streams if party_of(topic) is not None]

    def registered(self, states: tuple[TopicState, ...]) -> Registered:
        """The broker says which topics there are to read, and how far they have come."""
        present = {state.topic for state in states}
        change = Registered([topic for topic in self._streams if topic not in present], [], [])
        for state in states:
            if party_of(state.topic) is not None and state.topic not in self._streams:
                change.new_parties.append(state.topic)
            if self._renew(state):
                change.shorter.append(state.topic)
        return change

    def join(self, topic: str, start: int) -> bool:
        """Begins to read a topic from ``start``, a message that exists; False if it was being read already."""
        if topic in self._streams:
            return False
        self._streams[topic] = Stream(topic, start - 1)
        self._streams[topic].learn(start)
        return True

    def leave(self, topic: str) -> None:
        """Ends the reading of a topic."""
        self._streams.pop(topic, None)

    def offer(self, topic: str, message: Kept | Unknown) -> None:
        """Takes a message in; one of a topic that is not being read is passed over."""
        if topic in self._streams:
            self._streams[topic].offer(message)

    def learn(self, topic: str, last: int) -> None:
        """The broker says that the topic has come to ``last``."""
        if topic in self._streams:
            self._streams[topic].learn(last)

    def give_up(self, topic: str) -> None:
        """What is missing of the topic cannot be had."""
        if topic in self._streams:
            self._streams[topic].last = self._streams[topic].position

    def skip_to(self, topic: str, first: int) -> int:
        """What comes before ``first`` does not exist any more: how many messages are lost by it."""
        return self._streams[topic].skip_to(first) if topic in self._streams else 0

    def take(self) -> Iterator[tuple[str, Kept, bool]]:
        """The messages to show next, each with its topic and whether it is replayed.

        A topic may be left while they are taken.
        """
        for topic in list(self._streams):
            for message, replayed in self.take_of(topic):
                yield topic, message, replayed

    def take_of(self, topic: str) -> Iterator[tuple[Kept, bool]]:
        """The messages of one topic to show next, each with whether it is replayed."""
        while topic in self._streams:
            stream = self._streams[topic]
            message = stream.take()
            if message is None:
                return
            if not isinstance(message, Unknown):
                yield message, message.seq <= stream.replayed_to

    def gaps(self) -> Iterator[tuple[str, int, int | None]]:
        """What is missing, by topic, as the bounds of a history question."""
        for topic, stream in self._streams.items():
            gap = stream.gap()
            if gap is not None:
                yield topic, *gap

    def _renew(self, state: TopicState) -> bool:
        known = self._streams.get(state.topic)
        position = self._positions.get(state.topic) if known is None else known.position
        shorter = position is not None and position > state.last
        if position is None:
            position = state.last - NEWCOMER_HISTORY if state.topic == PUBLIC else 0
        stream = Stream(state.topic, max(min(position, state.last), state.start - 1))
        stream.learn(state.last)
        stream.replayed_to = state.last
        self._streams[state.topic] = stream
        return shorter
