"""What a terminal sends, from bytes to keys: whatever comes, nobody is thrown out. Knows no terminal."""

import re
from codecs import getincrementaldecoder
from collections.abc import Iterable
from itertools import groupby
from typing import Final
from unicodedata import category

from textual import events
from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.keys import Keys
from textual.message import Message

from zchat_common.text import harmless

# A paste whose end got lost would swallow every key. Slow connections pause too, but hardly so long.
PASTE_S: Final = 5.0
# So long after that its rest may still come.
_REST_S: Final = 10.0
# Nobody types so many characters at once: they are the rest of a paste that was given up too early.
_TYPED_CHARS: Final = 200
_MARKER: Final = len(BRACKETED_PASTE_END)
# Ctrl and a letter, where that is no white space: nobody pastes these, but who finds every key dead presses them.
_PRESSED: Final = frozenset(map(chr, range(1, 27))) - frozenset("\t\n\r")
# Spaces, and joiners and other characters that only change how others look.
_WRITTEN: Final = ("Zs", "Cf")
# So many letters at once were not typed key by key; so many at a time are no large paste, which would be asked about.
_WORD: Final = 32
_PIECE: Final = 500
# Keys as xterm's modifyOtherKeys writes them, and tmux with it: Escape [ 27 ; modifiers ; character ~.
_OTHER_KEY: Final = re.compile(r"\x1b\[27;(\d+);(\d+)~")


class Letter(events.Key):
    """A key that types a character which Python does not call printable, though people type it."""

    @property
    def is_printable(self) -> bool:
        """It goes into the text."""
        return True


class _Keys(XTermParser):
    """Textual's parser, which knows such keys only as kitty writes them: Escape [ character ; modifiers u."""

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        if len(sequence) == 1 and not (alt or sequence.isascii()) and category(harmless(sequence)) in _WRITTEN:
            return [Letter(sequence, sequence)]
        try:
            return list(super()._sequence_to_key_events(_OTHER_KEY.sub("\x1b[\\2;\\1u", sequence), alt))
        except (ValueError, ArithmeticError):
            # A number that no character has.
            return [events.Key(Keys.Ignore, sequence)]


def _in_words(found: list[Message]) -> list[Message]:
    """Many letters in a row as one text: as so many keys each of them would be laid out by itself, and whoever pastes
    where a terminal does not tell of it would wait, and his session with him.
    """
    made: list[Message] = []
    for is_letters, those in groupby(found, lambda each: isinstance(each, events.Key) and each.is_printable):
        run = list(those)
        if is_letters and len(run) >= _WORD:
            letters = "".join([each.character or "" for each in run if isinstance(each, events.Key)])
            made += [events.Paste(letters[start : start + _PIECE]) for start in range(0, len(letters), _PIECE)]
        else:
            made += run
    return made


class TerminalIn:
    """Takes bytes as they come; ``now_s`` is a clock that only goes forward."""

    def __init__(self, encoding: str) -> None:
        # A byte that is no letter shows as one that could not be read; left out, it would shift a mouse's report.
        self._decoder = getincrementaldecoder(encoding)("replace")
        self._parser = _Keys()
        self._tail = ""
        self._pasting = False
        # A paste was given up; its rest may come still.
        self._gave_up = False
        self._gave_up_s = 0.0
        self._last_s = 0.0

    def feed(self, data: bytes, now_s: float) -> list[Message]:
        """The keys, pastes and reports in these bytes."""
        self._last_s = now_s
        if now_s - self._gave_up_s > _REST_S:
            self._gave_up = False
        text = self._decoder.decode(data)
        ended = self._give_up(now_s) if self._pasting and text in _PRESSED else []
        return ended + self._parse(self._as_paste(text))

    def tick(self, now_s: float) -> list[Message]:
        """What silence has decided: an Escape that was only that, and a paste without an end."""
        if self._pasting and now_s - self._last_s > PASTE_S:
            return self._give_up(now_s)
        return list(self._parser.tick())

    def _give_up(self, now_s: float) -> list[Message]:
        """The end of a paste was lost."""
        self._pasting, self._gave_up, self._gave_up_s = False, True, now_s
        return self._parse(BRACKETED_PASTE_END)

    def _as_paste(self, text: str) -> str:
        """The text, as a paste again if it is the rest of one that was given up: typed, each of its lines was sent."""
        first, end = text.find(BRACKETED_PASTE_START), text.find(BRACKETED_PASTE_END)
        # Moves of a mouse are many characters too; but each begins with an Escape.
        is_much = len(text) > _TYPED_CHARS and not text.startswith("\x1b")
        if self._gave_up and first < 0 and (end >= 0 or is_much):
            text = BRACKETED_PASTE_START + text
        seen = self._tail + text
        first, end = seen.rfind(BRACKETED_PASTE_START), seen.rfind(BRACKETED_PASTE_END)
        if first >= 0 or end >= 0:
            self._pasting, self._gave_up = first > end, False
        self._tail = seen[1 - _MARKER :]
        return text

    def _parse(self, text: str) -> list[Message]:
        found: list[Message] = []
        try:
            for message in self._parser.feed(text) if text else ():
                found.append(message)
        except (ValueError, ArithmeticError):
            # A size or a place that cannot be; the parser is of no use after that.
            self._parser = _Keys()
        return _in_words(found)
