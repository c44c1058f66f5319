"""What one conversation holds: its lines in order, what is under way, what was read. Knows no terminal."""

import itertools
from typing import Final

from zchat_client.events import Place
from zchat_client.tui.line import Kind, Line, State, day_of
from zchat_client.tui.news import News
from zchat_client.tui.writing import Writing

PUBLIC: Final = "public"
PARTY: Final = "party"

# About so many lines are kept; what is older comes back page by page. More while somebody reads further up.
KEPT_LINES: Final = 5_000
KEPT_READING: Final = 20_000
_DROPPED_AT_ONCE: Final = 500


class Conversation:
    """The lines of public, of the party, or of whispers with one partner.

    ``prepended``, ``dropped`` and ``rewritten`` count what happened above the end, so that a view can follow cheaply.
    """

    def __init__(self, key: str, title: str, partner: str | None = None) -> None:
        self.key = key
        self.title = title
        self.partner = partner
        self.lines: list[Line] = []
        self.pending: list[Line] = []
        self.prepended = 0
        self.dropped = 0
        self.rewritten = 0
        self.news = News(self.lines, self._rewrite)
        # Its place in the lists, from when it is listed first; 0 before.
        self.number = 0
        # How many messages were added at the end.
        self.said = 0
        self.first_run = False
        # Nothing more can be said here: the party is over.
        self.over = False
        # How many parties have begun here: what was typed for one is not for the next.
        self.begun = 0
        self.first_seq: int | None = None
        self.last_seq = 0
        # Whether there is nothing older to load.
        self.complete = False
        self.writing = Writing()
        self.notify = ""
        self.hidden = False
        self.reading_back = False
        # By number, so that it stays small while nobody looks at the conversation.
        self._changed: dict[int, Line] = {}
        self._caught_up: Line | None = None
        # What stays last while the messages of before are still coming.
        self._last: list[Line] = []
        # The places of forged lines: what the broker did say there may still come.
        self._free: set[int] = set()

    # -- adding -----------------------------------------------------------------------------------------------------

    def add(self, line: Line, *, of_before: bool = False) -> bool:
        """Adds a line at the end, or a message ``of_before`` above what stays last; False if it is there already."""
        if line.seq:
            if line.seq <= self.last_seq:
                return self._fill(line)
            self._free.discard(line.seq)
            self.last_seq = line.seq
            if self.first_seq is None:
                self.first_seq = line.seq
        last = self._take_last() if of_before else []
        self._append(line)
        for each in last:
            self.add_last(each)
        if line.kind is Kind.SAID:
            self.said += 1
            if not of_before:
                self._last.clear()
        self.hidden = False
        if len(self.lines) > (KEPT_READING if self.reading_back else KEPT_LINES) + _DROPPED_AT_ONCE:
            self._drop(_DROPPED_AT_ONCE)
        return True

    def add_last(self, line: Line) -> None:
        """Adds a line that stays below the messages of before, which may still be coming."""
        self._append(line)
        self._last.append(line)

    def _take_last(self) -> list[Line]:
        """Takes what stays last, and all that came after it, off the end."""
        if not self._last:
            return []
        index = self.lines.index(self._last[0])
        index -= index > 0 and self.lines[index - 1].kind is Kind.DAY
        taken = [line for line in self.lines[index:] if line.kind is not Kind.DAY]
        del self.lines[index:]
        self._last.clear()
        self.rewritten += 1
        return taken

    def _append(self, line: Line) -> None:
        self._mark_day(line)
        self.lines.append(line)

    def disown(self, seq: int, warning: str) -> None:
        """The broker never published what was shown there: the place is free, and a message in it says so."""
        self._free.add(seq)
        line = self.by_seq(seq)
        if line is None:
            return
        line.seq, line.warning = 0, warning
        self.last_seq = max([each.seq for each in self.lines if each.seq], default=seq - 1)
        self.news.behind(self.last_seq)
        self.changed(line)

    def disown_change(self, place: Place, warning: str) -> None:
        """What was shown as a change there never happened: its line says so, wherever it was shown."""
        for line in self.lines:
            if line.place == place:
                line.warning = warning
                self.changed(line)

    def _fill(self, line: Line) -> bool:
        """What belongs in the place of a forged line, with others after it."""
        if line.seq not in self._free:
            return False
        self._free.discard(line.seq)
        index = next((index for index, each in enumerate(self.lines) if each.seq > line.seq), len(self.lines))
        self.lines.insert(index, line)
        self.rewritten += 1
        return True

    def prepend(self, older: list[Line]) -> int:
        """Adds an older page in front; returns how many of its lines were not there yet."""
        before = self.first_seq
        fresh = [line for line in older if before is None or line.seq < before]
        if not fresh:
            return 0
        self.first_seq = fresh[0].seq
        self.last_seq = max(self.last_seq, fresh[-1].seq)
        if self.lines and self.lines[0].kind is Kind.DAY and day_of(self.lines[0]) == day_of(fresh[-1]):
            del self.lines[0]
            self.dropped += 1
        page: list[Line] = []
        for line in fresh:
            if not page or day_of(page[-1]) != day_of(line):
                page.append(Line(Kind.DAY, line.at, ""))
            page.append(line)
        self.lines[:0] = page
        self.prepended += len(page)
        return len(fresh)

    def begin_anew(self) -> None:
        """One has come into a party: all that may be read of it comes from here on, and no older page of any. What was
        typed for the one before can be fetched again.
        """
        self.writing.begin_anew()
        self.news.begin_anew()
        self.begun += 1
        self.first_seq, self.last_seq, self.complete = None, 0, True
        self.over = self.hidden = False
        self._free.clear()
        # Each party counts from 1: what was said in the one before is found by no place of this one.
        for line in self.lines:
            line.seq, line.place = 0, None

    # -- messages of one's own ----------------------------------------------------------------------------------------

    def send(self, line: Line) -> None:
        """A message of one's own is under way; it stands at the end until it has its place."""
        self.pending.append(line)

    def settle(self, text: str) -> Line | None:
        """A message of one's own has its place in the order: takes out the one under way that it was."""
        for index, line in enumerate(self.pending):
            if line.text == text:
                return self.pending.pop(index)
        return None

    def withdraw(self, pending_id: int) -> Line | None:
        """A message under way was refused."""
        for index, line in enumerate(self.pending):
            if line.pending_id == pending_id:
                return self.pending.pop(index)
        return None

    def become(self, line: Line, state: State) -> None:
        """The broker or the recipient has it."""
        line.state = state
        self.changed(line)

    def changed(self, line: Line) -> None:
        """A line looks different now."""
        line.revision += 1
        self._changed[line.number] = line

    def take_changed(self) -> list[Line]:
        """The lines that look different since this was called last."""
        taken, self._changed = self._changed, {}
        return list(taken.values())

    def by_seq(self, seq: int) -> Line | None:
        """The message with this seq, looked for from the end."""
        return next((line for line in reversed(self.lines) if line.seq == seq), None)

    # -- reading ------------------------------------------------------------------------------------------------------

    def mark_read(self) -> None:
        """Somebody looks at the end."""
        self.news.mark_read(self.last_seq)

    def behind(self, top: int) -> None:
        """The broker's messages end at ``top``: what was read beyond that is not among them any more."""
        self.news.behind(max(top, self.last_seq))

    @property
    def new_goes_on(self) -> bool:
        """Whether there may be older messages that are new too."""
        return not self.complete and self.news.begins_at_top

    def catching_up(self, at: int) -> None:
        """A missed message follows; the first of them gets a line before it."""
        if self._caught_up is None:
            self._caught_up = Line(Kind.CAUGHT_UP, at, "0")
            self._append(self._caught_up)
        self._caught_up.text = str(int(self._caught_up.text) + 1)
        self.changed(self._caught_up)

    def caught_up(self) -> int:
        """Nothing is missing any more; returns how much was."""
        line, self._caught_up = self._caught_up, None
        return 0 if line is None else int(line.text)

    def speakers(self) -> list[str]:
        """Who spoke here lately, the latest first."""
        found: dict[str, None] = {}
        for line in itertools.islice(reversed(self.lines), 300):
            if line.kind is Kind.SAID and not line.own:
                found.setdefault(line.sender)
        return list(found)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _mark_day(self, line: Line) -> None:
        if not self.lines or day_of(self.lines[-1]) != day_of(line):
            self.lines.append(Line(Kind.DAY, line.at, ""))

    def _drop(self, count: int) -> None:
        gone = {line.number for line in self.lines[:count]}
        del self.lines[:count]
        self._last = [line for line in self._last if line.number not in gone]
        self.news.dropped(gone)
        self.dropped += count
        self.complete = False
        self.first_seq = next((line.seq for line in self.lines if line.seq), None)

    def _rewrite(self) -> None:
        self.rewritten += 1
