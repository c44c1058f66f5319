"""What the broker vouches for of a topic, and what was only read on the plain link since.

Everybody who may read a topic holds its key, so a reader who sits on the path can forge its frames. He cannot forge
what comes down the commands link, nor a pong on one's own topic: from those come the running digests that the lines
shown are held against. A digest that differs is a suspicion; what is right is then asked for over the commands link.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple

from zchat_common.messages import Kept, Unknown

# Lines without proof are kept. A beat has not that many, unless somebody makes them: then no more are shown until there
# is proof, and at half of it one is asked for early.
_UNPROVEN_MAX_BYTES = 8 * 1024 * 1024
_LINE_BYTES = 300


class Item(NamedTuple):
    """A message with its bytes. ``digest`` is the one before it as the broker said it over the commands link (empty: it
    does not say); None for a message of a frame, which may be forged.
    """

    message: Kept | Unknown
    body: bytes
    digest: bytes | None = None


class Finding(NamedTuple):
    """A line that the broker never published, and what is true in its place; each None if there is nothing to tell."""

    forged: Kept | Unknown | None
    true: Kept | Unknown | None


@dataclass(slots=True)
class Judged:
    """What a page brought to light; the topic ends at ``end``, if it does not go as far as was believed."""

    findings: list[Finding] = field(default_factory=list)
    end: int | None = None


class Proof:
    """``seq`` is how far the broker vouches for what was shown, or lies ready to be."""

    def __init__(self, seq: int, digest: bytes = b"") -> None:
        """``digest`` is the one after message ``seq``; empty if it is not known."""
        self.seq = seq
        self.hurried = False
        # There, and after the last message shown; empty if it is not known.
        self._digest = digest
        self._at = digest
        # What was shown since, without a hole (but where a forged line was found).
        self._lines: dict[int, Item] = {}
        self._bytes = 0
        # Where the digest begins anew, as the broker told with a new key.
        self._restarts: dict[int, bytes] = {}
        self._suspect_to = 0
        # The history cannot be had until a pong comes.
        self._waits = False

    @property
    def suspects(self) -> bool:
        """Whether the history is needed to tell what is true."""
        return self._suspect_to > self.seq

    @property
    def asks(self) -> bool:
        """Whether the history is to be asked now."""
        return self.suspects and not self._waits

    @property
    def unproven(self) -> Iterable[int]:
        """What was shown without proof so far."""
        return self._lines.keys()

    @property
    def pending(self) -> bool:
        """Whether something was shown without proof so far."""
        return bool(self._lines)

    @property
    def is_heavy(self) -> bool:
        """Whether it is time to ask for proof; True once."""
        heavy = self._bytes > _UNPROVEN_MAX_BYTES // 2 and not self.hurried
        self.hurried = self.hurried or heavy
        return heavy

    @property
    def is_full(self) -> bool:
        """Whether nothing more may be shown without proof."""
        return self._bytes > _UNPROVEN_MAX_BYTES

    def suspect(self, seq: int) -> None:
        """Something up to ``seq`` may be forged."""
        self._waits = False
        self._suspect_to = max(self._suspect_to, seq)

    def restart(self, after: int, digest: bytes) -> None:
        """Under a new key the digest begins anew after message ``after``."""
        self._restarts[after] = digest

    def differs(self, item: Item) -> bool:
        """Whether a message of a frame is another one than was shown in its place."""
        line = self._lines.get(item.message.seq)
        return line is not None and line.body != item.body

    def shown(self, item: Item) -> None:
        """The next message is being shown."""
        seq = item.message.seq
        expected = self._restarts.get(seq - 1, self._at)
        before = expected if item.digest is None else item.digest
        self._at = _next(before, item.body)
        if seq <= self.seq:
            return
        vouched = item.digest is not None
        if vouched and (not self._lines or (before and before == expected and self._leads_to(seq - 1))):
            self._prove(seq, self._at)
            return
        self._lines[seq] = item
        self._bytes += len(item.body) + _LINE_BYTES
        if vouched and before:
            self.suspect(seq)

    def jump(self, position: int) -> None:
        """What lies before is gone, or not one's own to read."""
        self._at = b""
        if self._lines:
            self.suspect(position)
        elif self.seq < position:
            self.seq, self._digest = position, b""

    def stands(self, position: int, top: int, last: int, digest: bytes) -> None:
        """The broker says, where nobody else can, that the topic ends at ``last`` with this digest.

        Frames keep their order, so nothing beyond ``last`` can have come before this: ``top`` is the last that did.
        """
        self._waits = False
        if not digest or last < self.seq:
            return
        if position == last:
            is_ours = self._restarts.get(position, self._at) == digest
            if not self._lines or (is_ours and self._leads_to(position)):
                self._prove(position, digest)
            else:
                self.suspect(position)
        if top > last:
            self.suspect(top)

    def renew(self, position: int) -> None:
        """What was held is gone: only what was shown counts."""
        if self.seq > position:
            self.seq, self._digest = position, self._at
        self._suspect_to = min(self._suspect_to, position)

    def cut(self, position: int) -> None:
        """The topic goes on after ``position``: what was shown beyond is gone, what came before is still to prove."""
        self._lines = {seq: item for seq, item in self._lines.items() if seq <= position}
        self._suspect_to = min(self._suspect_to, position)
        self._count(position)

    def page(self, after: int, page: Sequence[Item], position: int) -> list[Finding]:
        """The broker's history after message ``after``: what of the lines shown is another one there."""
        findings: list[Finding] = []
        for item in page:
            seq = item.message.seq
            if self.seq < seq <= position:
                line = self._lines.get(seq)
                if line is None or line.body != item.body:
                    findings.append(Finding(None if line is None else line.message, item.message))
                self._lines[seq] = item
        if after <= self.seq < page[-1].message.seq:
            self._advance(page, position)
        return findings

    def nothing_after(self, after: int, come: frozenset[int], position: int) -> Judged:
        """The broker had nothing after message ``after`` when it was asked: what had ``come`` of that is forged."""
        judged = Judged()
        if after < self.seq:
            return judged
        for seq in [seq for seq in self._lines if seq in come]:
            judged.findings.append(Finding(self._lines.pop(seq).message, None))
        later = [seq for seq in self._lines if seq > after]
        end = after + len(later)
        if position > end >= max(later, default=after):
            # The one after it is the next message to show.
            judged.end = position = end
        # What came later is one question more, if it does not follow on what is true.
        self._suspect_to = position if later and judged.findings else min(self._suspect_to, position)
        self._count(position)
        return judged

    def give_up(self) -> None:
        """There is no proof to be had now; the next pong says whether to ask again."""
        self._waits = True

    def drop(self, position: int) -> None:
        """There will never be proof for what was shown."""
        self._prove(position, b"")

    def _leads_to(self, position: int) -> bool:
        """Whether a true digest there vouches for all that was shown: one that began anew since then does not."""
        return not self.suspects and not any(self.seq < after <= position for after in self._restarts)

    def _advance(self, page: Sequence[Item], position: int) -> None:
        self.seq = page[-1].message.seq
        self._digest = _after(page[-1])
        for item in page:
            if item.message.seq == position:
                self._at = _after(item)
        self._count(position)

    def _count(self, position: int) -> None:
        """Goes through the lines that are left without proof, after some of them got it."""
        self._lines = {seq: item for seq, item in self._lines.items() if seq > self.seq}
        self._bytes = sum([len(item.body) + _LINE_BYTES for item in self._lines.values()])
        self._tidy()
        if self.seq > position:
            return  # what is vouched for lies ready to be shown
        self._at = self._digest
        for seq in range(self.seq + 1, position + 1):
            line = self._lines.get(seq)
            self._at = b"" if line is None else _next(self._restarts.get(seq - 1, self._at), line.body)

    def _prove(self, seq: int, digest: bytes) -> None:
        self.seq, self._digest, self._at = seq, digest, digest
        self._lines.clear()
        self._bytes = 0
        self._tidy()

    def _tidy(self) -> None:
        self.hurried = False
        if self._restarts:
            self._restarts = {after: digest for after, digest in self._restarts.items() if after >= self.seq}


def _next(before: bytes, body: bytes) -> bytes:
    return sha256(before + body).digest() if before else b""


def _after(item: Item) -> bytes:
    return _next(item.digest or b"", item.body)


def chained(page: Sequence[tuple[Kept | Unknown, bytes]], digest: bytes) -> list[Item]:
    """The messages of a page, each with the digest before it; ``digest`` is the one before the first."""
    items: list[Item] = []
    for message, body in page:
        items.append(Item(message, body, digest))
        digest = _next(digest, body)
    return items
