"""One topic's messages, shown once each and in order, whatever order and number of copies they arrive in."""

from dataclasses import dataclass

from zchat_client.core.proof import Finding, Item, Proof
from zchat_common.messages import Kept, Unknown

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
