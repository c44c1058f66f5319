"""All topics that a client reads: which they are, where each goes on, and what of one comes before what of another."""

from collections.abc import Callable, Iterator, Mapping
from math import inf
from typing import NamedTuple

from zchat_client.core.proof import Item
from zchat_client.core.stream import Stream
from zchat_common.limits import NEWCOMER_HISTORY
from zchat_common.messages import Kept, TopicState, Unknown
from zchat_common.topics import PUBLIC, party_of


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
        # Of parties: where the digest began anew last.
        self._restarts: dict[str, tuple[int, bytes]] = {}

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

    def goes_on(self, topic: str) -> bool:
        """Whether the topic is being read, and more may come in it."""
        return topic in self._streams and not self._streams[topic].ended

    def parties(self) -> list[str]:
        """The party topics among them in which more may come."""
        return [topic for topic in self._parties() if not self._streams[topic].ended]

    def ended(self) -> list[str]:
        """The topics of parties that one has left and not read to the end, or not known to have."""
        return [topic for topic in self._parties() if self._streams[topic].ended]

    def topics(self) -> list[str]:
        """All of them, in the order in which one came to them."""
        return list(self._streams)

    def registered(self, states: tuple[TopicState, ...], same: bool = False) -> Registered:
        """The broker says which topics there are to read, and how far they have come.

        ``same``: it has run since the registration before this one, so that it can have lost nothing.
        """
        present: dict[str, list[TopicState]] = {}
        for state in states:
            present.setdefault(state.topic, []).append(state)
        change = Registered([topic for topic in self._streams if topic not in present], [], [])
        for topic, parts in present.items():
            if party_of(topic) is not None and topic not in self._streams and not parts[-1].told_seq:
                change.new_parties.append(topic)
            if self._renew(topic, parts, same):
                change.shorter.append(topic)
        return change

    def join(self, topic: str, start: int) -> bool:
        """Begins to read a topic from ``start``, a message that exists; False if nothing is new about it."""
        known = self._streams.get(topic)
        if start <= (self._positions.get(topic, 0) if known is None else known.position):
            return False
        is_new = known is None or known.ended
        stream = self._streams.setdefault(topic, Stream(topic, start - 1))
        stream.begin(start)
        if topic in self._restarts:
            stream.proof.restart(*self._restarts[topic])
        return is_new and not stream.ended

    def read_tail(self, topic: str, start: int, end: int, told_seq: int) -> None:
        """One was a member from ``start`` to ``end``, and is out."""
        stream = self._streams.get(topic)
        if stream is None and self._positions.get(topic, 0) < end:
            stream = self._streams[topic] = Stream(topic, max(self._positions.get(topic, 0), start - 1))
        if stream is not None:
            stream.finish(start, end, told_seq)

    def leave(self, topic: str) -> None:
        """Ends the reading of a topic; how far it was read is remembered."""
        self._restarts.pop(topic, None)
        stream = self._streams.pop(topic, None)
        if stream is not None:
            self._positions[topic] = stream.position

    def offer(self, topic: str, item: Item) -> None:
        """Takes a message in; one of a topic that is not being read is passed over."""
        if topic in self._streams:
            self._streams[topic].offer(item)

    def restart(self, topic: str, after: int, digest: bytes, ended: bytes) -> None:
        """With a new key of a party, which one may be about to join, its digest begins anew; it ``ended`` as this."""
        self._restarts[topic] = (after, digest)
        if topic in self._streams:
            self._streams[topic].stands(after, ended)
            self._streams[topic].proof.restart(after, digest)

    def is_heavy(self, topic: str) -> bool:
        """Whether so much was shown of a topic that it is time to ask for proof."""
        return topic in self._streams and self._streams[topic].proof.is_heavy

    def get(self, topic: str) -> Stream | None:
        """The stream of a topic that is being read."""
        return self._streams.get(topic)

    def waits_for(self, party: str, own_topic: str) -> float:
        """The message of one's own topic that comes before the next one of the party's, since it ends an earlier
        membership; infinite while that end is still unknown, 0 if there is none.
        """
        stream = self._streams[party]
        part = stream.part
        if part is not None and not part.told_seq and (part is not stream.parts[-1] or self.parties()[0] != party):
            return inf
        # The end of an earlier one may be among what is missing.
        if part is not None and self._streams[own_topic].lacks_before(part.told_seq):
            return inf
        own_told_seq = inf if part is None or not part.told_seq else part.told_seq
        told = [each.told_seq for topic in self._parties() for each in self._streams[topic].parts]
        return max([told_seq for told_seq in told if told_seq < own_told_seq], default=0)

    def take_of(self, topic: str, may_show: Callable[[Kept], bool]) -> Iterator[tuple[Kept, bool]]:
        """The messages of one topic to show next, as far as they ``may_show``, each with whether it is replayed.

        The topic may be left while they are taken.
        """
        while topic in self._streams:
            stream = self._streams[topic]
            message = stream.next
            if message is None or not (isinstance(message, Unknown) or may_show(message)):
                return
            stream.advance()
            if not isinstance(message, Unknown):
                yield message, message.seq <= stream.replayed_to

    def gaps(self) -> Iterator[tuple[str, int, int | None]]:
        """What is missing, by topic, as the bounds of a history question."""
        for topic, stream in self._streams.items():
            gap = stream.gap()
            if gap is not None:
                yield topic, *gap

    def doubts(self) -> Iterator[tuple[str, int]]:
        """The topics of which something shown may be forged, and after which message."""
        for topic, stream in self._streams.items():
            if stream.proof.asks:
                yield topic, stream.proof.seq

    def _renew(self, topic: str, parts: list[TopicState], same: bool) -> bool:
        """``parts`` has one element, or more for a party that was left and joined again; True if its end is lost."""
        start, last = parts[0].start, parts[-1].last
        known = self._streams.get(topic)
        position = self._positions.get(topic) if known is None else known.position
        # Then what was shown beyond the end since the last proof was forged, and is not the broker's loss.
        forged = same and known is not None and known.position > last >= known.proof.seq
        shorter = position is not None and position > last and not forged
        if position is None:
            position = last - NEWCOMER_HISTORY if topic == PUBLIC else 0
        stream = Stream(topic, max(position if forged else min(position, last), start - 1))
        if known is not None and known.position >= stream.position >= known.proof.seq:
            stream.proof = known.proof
            stream.proof.cut(stream.position)
        elif known is not None and known.position == stream.position:
            stream.proof = known.proof
            stream.proof.renew(stream.position)
        stream.learn(last)
        stream.replayed_to = last
        for part in parts if party_of(topic) is not None else ():
            if part.told_seq:
                stream.finish(part.start, part.last, part.told_seq)
            else:
                stream.begin(part.start)
        stream.stands(last, parts[-1].digest)
        self._streams[topic] = stream
        return shorter

    def _parties(self) -> list[str]:
        return [topic for topic in self._streams if party_of(topic) is not None]
