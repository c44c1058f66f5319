"""All users at once: a row for each thing that happens, and a dot for each one who sees it."""

import contextlib
import textwrap
from collections.abc import Mapping, Sequence
from typing import Final, TextIO

from demo.checks import Verdict
from demo.play import CAST, Seen

_TEXT_COLUMNS: Final = 52
_NAME_COLUMNS: Final = 9

# Readable on dark and on light grounds alike.
_COLOURS: Final = {"alice": "36", "bob": "35", "dave": "32"}
_BOLD, _FAINT, _RED, _GREEN = "1", "2", "31", "32"

_SENTENCES: Final = {
    ("presence", "online"): "{who} is here",
    ("presence", "offline"): "{who} has gone",
    ("public", "message"): "{who}: {text}",
    ("public", "action"): "* {who} {text}",
    ("whisper", "whisper"): "{who}: {text}",
    ("whisper", "kept whisper"): "{who} (kept for later): {text}",
    ("whisper", "delivered"): "{who} has got the whisper that was kept",
    ("party", "message"): "[party] {who}: {text}",
    ("party", "invitation"): "invitation from {who} (members: {text})",
    ("party", "created"): "{who} began a party",
    ("party", "invited"): "{who} is invited",
    ("party", "joined"): "{who} joined (members: {text})",
    ("party", "declined"): "{who} declined",
    ("party", "left"): "{who} left",
    ("party", "leader"): "{who} leads the party now",
    ("party", "dissolved"): "the party is over",
}
_ROW_TITLES: Final = {
    "public": "public messages",
    "whisper": "whispers and their receipts",
    "party": "party: messages, invitations and changes",
}
_MARKS: Final = {"●": "*", "→": "->"}


class Screen:
    """Writes rows of at most 80 columns."""

    def __init__(self, out: TextIO, colours: bool) -> None:
        self._out = out
        self._colours = colours

    def heading(self, text: str) -> None:
        """The first lines: what this is, and whose column is which."""
        self._line(self._ink(_BOLD, text))
        self._line("")
        self._row("a dot: this one sees it", [self._name(name) for name in CAST])

    def scene(self, title: str) -> None:
        """A title above what begins here."""
        self._line("")
        self._line(self._ink(_BOLD, title))

    def typed(self, name: str, line: str) -> None:
        """A command that somebody typed."""
        self._line(f"  {self._names_in(name)}{self._ink(_FAINT, f'> {line}')}")

    def seen(self, seen: Seen, counts: Mapping[str, int]) -> None:
        """Something that happened, and how often each one has seen it."""
        who = seen.who.replace(" to ", " → ")
        sentence = _SENTENCES.get((seen.topic, seen.what), f"{seen.what}: {{who}} {{text}}").format(
            who=who, text=seen.text
        )
        first, *more = textwrap.wrap(sentence, _TEXT_COLUMNS - 2, subsequent_indent="    ")
        self._row(first, [self._dot(counts, name) for name in CAST])
        for line in more:
            self._line(f"  {self._names_in(line)}")

    def table(self, verdicts: Mapping[str, Verdict], checks: Mapping[str, bool]) -> None:
        """What was verified: of each user, and besides."""
        self.scene("Verified: what each one got, held against what was his")
        for topic, title in _ROW_TITLES.items():
            counts = [(verdict.right[topic], verdict.expected[topic]) for verdict in verdicts.values()]
            self._row(title, [self._judged(f"{right} of {every}", right == every) for right, every in counts])
        for kind in next(iter(verdicts.values())).faults:
            faults = [verdict.faults[kind] for verdict in verdicts.values()]
            self._row(kind, [self._judged(str(len(each)), not each) for each in faults])
        for title, good in checks.items():
            self._row(title, [self._judged("yes" if good else "no", good)])
        for name, verdict in verdicts.items():
            for line in verdict.complaints:
                self._line(self._ink(_RED, f"  {name}: {line}"))

    def end(self, text: str, good: bool) -> None:
        """The last line."""
        self._line("")
        self._line(self._ink(_GREEN if good else _RED, text))

    def _dot(self, counts: Mapping[str, int], name: str) -> str:
        """A dot; a number in its place for what was seen more than once."""
        count = counts.get(name, 0)
        if count == 0:
            return " " * _NAME_COLUMNS
        mark = "●" if count == 1 else str(count)
        return self._ink(_COLOURS[name], "  " + mark.ljust(_NAME_COLUMNS - 2))

    def _judged(self, text: str, good: bool) -> str:
        return self._ink(_GREEN if good else _RED, text.ljust(_NAME_COLUMNS))

    def _name(self, name: str) -> str:
        return self._ink(_COLOURS[name], name.ljust(_NAME_COLUMNS))

    def _names_in(self, text: str) -> str:
        for name in CAST:
            text = text.replace(name, self._ink(_COLOURS[name], name))
        return text

    def _row(self, text: str, cells: Sequence[str]) -> None:
        self._line(self._names_in(f"  {text}".ljust(_TEXT_COLUMNS)) + "".join(cells))

    def _ink(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colours else text

    def _line(self, text: str) -> None:
        line = text.rstrip()
        for mark, plain in _MARKS.items():
            line = line if _can_write(self._out, mark) else line.replace(mark, plain)
        # A reader who has seen enough does not end the play.
        with contextlib.suppress(BrokenPipeError):
            print(line, file=self._out, flush=True)


def _can_write(out: TextIO, mark: str) -> bool:
    try:
        mark.encode(out.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True
