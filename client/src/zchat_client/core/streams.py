"""One topic's messages, shown once each and in order, whatever order and number of copies they arrive in."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

from zchat_client.core.proof import Finding, Item, Proof
from zchat_common.limits import NEWCOMER_HISTORY
from zchat_common.messages import Kept, TopicState, Unknown
from zchat_common.topics import PUBLIC, party_of

# Messages that came early are held until what is missing arrives; those so far ahead are asked for again instead. (A
# bound on their number would keep out the missing ones too.)
_AHEAD_MAX = 1_000


@dataclass(slots=True)
class Part:
    """What one may read of a party's topic as a member: from ``start`` on.

    When one is out, up to ``end``; ``told_seq`` is the message of one's own topic that tells so. Both are 0 before.
    """

    start: int
    end: int = 0
    told_seq: int = 0


class Stream:
    """A topic as this client reads it. ``position`` is the seq shown last, ``last`` the last one known to exist."""

    def __init__(self, topic: str, position: int, proof: Proof | None = None) -> None:
        self.topic = topic
        self.position = position
        self.last = position
        self.proof = Proof(position) if proof is None else proof
        # Forged lines that the user has to be told of.
        self.findings: list[Finding] = []
        # What existed when this connection was opened is shown as replayed, also what cannot be had before much later.
        self.replayed_to = 0
        self._gave_up = False
        # Of a party: each time that one was a member, in order.
        self.parts: list[Part] = []
        self._held: dict[int, Item] = {}
        # As far as the broker said where nobody else can.
        self._told = 0

    @property
    def level(self) -> bool:
        """Whether everything that is known to exist was shown."""
        return self.position >= self.last

    @property
    def caught_up(self) -> bool:
        """Whether everything was shown that existed when the connection was opened."""
        return self._gave_up or self.position >= self.replayed_to

    @property
    def top(self) -> int:
        """The last message that has come."""
        return max([self.position, *self._held])

    def offer(self, item: Item) -> None:
        """Takes a message in, early, late or twice. Where two differ, the one from the history is true."""
        seq = item.message.seq
        held = self._held.get(seq)
        differs = held is not None and held.body != item.body
        if item.digest is None:
            if seq <= self.proof.seq or (held is not None and held.digest is not None):
                return
            if differs or self.proof.differs(item):
                self.proof.suspect(seq)
                return
        elif held is not None and differs:
            self.findings.append(Finding(held.message, None))
        self.last = max(self.last, seq)
        if self.position < seq <= self.position + _AHEAD_MAX:
            self._held[seq] = item

    def come(self, after: int) -> frozenset[int]:
        """What has come of what lies after message ``after``, and is not vouched for."""
        return frozenset([seq for seq in (*self._held, *self.proof.unproven) if seq > after])

    def page(self, after: int, come: frozenset[int], page: list[Item], last: int) -> None:
        """The broker's history after message ``after``, asked for when ``come`` had come of that, and where it ends.
        What it shows of lines that were not the broker's goes to ``findings``. Offer its messages after this.
        """
        if page:
            self.findings += self.proof.page(after, page, self.position)
        elif last <= after and after >= self.proof.seq:
            judged = self.proof.nothing_after(after, come, self.position)
            forged = [seq for seq in self._held if seq in come]
            self.findings += [*judged.findings, *[Finding(self._held.pop(seq).message, None) for seq in forged]]
            self.position = self.position if judged.end is None else judged.end
            self.last = max(self.top, self._told)

    @property
    def ended(self) -> bool:
        """Whether nothing more will come in it: the topic of a party that one has left."""
        return bool(self.parts) and self.parts[-1].told_seq > 0

    @property
    def part(self) -> Part | None:
        """The part of a party's topic that the next message is of."""
        return next((part for part in self.parts if not part.told_seq or part.end > self.position), None)

    @property
    def next(self) -> Kept | Unknown | None:
        """The next message to show, if it is here."""
        item = self._held.get(self.position + 1)
        return None if item is None or self.proof.is_full else item.message

    def advance(self) -> None:
        """The next message is being shown."""
        self.position += 1
        self.proof.shown(self._held.pop(self.position))

    def learn(self, last: int) -> None:
        """The broker says that the topic has come to ``last``."""
        self._told = max(self._told, last)
        self.last = max(self.last, last)

    def hint(self, last: int) -> None:
        """Somebody says so who may be another member."""
        self.last = max(self.last, last)

    def stands(self, last: int, digest: bytes) -> None:
        """The broker says so where nobody else can, and tells the digest there; a part that is over has none."""
        self.learn(last)
        if self.ended and self.proof.pending:
            self.proof.suspect(self.top)
        elif not self.ended:
            self.proof.stands(self.position, self.top, last, digest)

    def begin(self, start: int) -> Part:
        """One may read from ``start`` on (again), a message that exists."""
        self.learn(start)
        for part in self.parts:
            if part.start == start:
                return part
        part = Part(start)
        self.parts = sorted([*self.parts, part], key=lambda each: each.start)
        return part

    def finish(self, start: int, end: int, told_seq: int) -> None:
        """What one may read from ``start`` on goes up to ``end``, as message ``told_seq`` of one's own topic says."""
        part = self.begin(start)
        part.end, part.told_seq = end, told_seq
        self.learn(end)
        if self.proof.pending:
            # No pong will tell of it any more.
            self.proof.suspect(self.top)

    def skip_to(self, first: int) -> int:
        """What comes before ``first`` and is not held cannot be read: how many messages are lost by it."""
        skipped = max(0, min([first, *self._held]) - 1 - self.position)
        if skipped:
            self.position += skipped
            self.proof.jump(self.position)
        self.last = max(self.last, self.position)
        # What is between two memberships was not ours to read.
        return 0 if any(part.start == self.position + 1 for part in self.parts) else skipped

    def give_up(self) -> None:
        """What is missing cannot be had."""
        self.last = self.position
        self._gave_up = True

    def lacks_before(self, seq: int) -> bool:
        """Whether something before ``seq`` is neither shown nor here."""
        return sum(1 for held in self._held if held < seq) < seq - 1 - self.position

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
