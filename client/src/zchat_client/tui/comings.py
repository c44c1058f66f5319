"""Comings and goings that follow each other: one line that changes, and says of each person what it came to."""

from typing import Final, NamedTuple

from zchat_client import events as e
from zchat_client.core.roster import name_key
from zchat_client.tui import words
from zchat_client.tui.conversation import Conversation
from zchat_client.tui.line import Kind, Line, day_of

# A line tells of so many people at most: writing it anew for each of them stays cheap.
_PEOPLE: Final = 50
# What somebody's first and last move came to, if that is more than the last one.
_TOGETHER: Final = {("online", "offline"): "came and left", ("offline", "online"): "left and came back"}


class _Moves(NamedTuple):
    """What somebody did first and last."""

    first: str
    last: e.Presence


class Comings:
    """The line in one conversation that tells of them now; the next begins when something else stands below it."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._line: Line | None = None
        # By name_key, whoever moved last at the end.
        self._moves: dict[str, _Moves] = {}

    def take(self, event: e.Presence) -> None:
        """Somebody came, went, or is away."""
        line, folded = self._line_for(event), name_key(event.name)
        before = self._moves.pop(folded, None)
        self._moves[folded] = _Moves(event.status if before is None else before.first, event)
        line.at, line.text = event.at, self._text()
        self._conversation.changed(line)

    def _line_for(self, event: e.Presence) -> Line:
        fresh, lines = Line(Kind.SYSTEM, event.at, ""), self._conversation.lines
        line = self._line
        if line is None or lines[-1] is not line or len(self._moves) >= _PEOPLE or day_of(line) != day_of(fresh):
            # Nobody has said anything: what was taken off the list stays so.
            hidden = self._conversation.hidden
            self._conversation.add(fresh)
            self._conversation.hidden = hidden
            self._line, self._moves, line = fresh, {}, fresh
        return line

    def _text(self) -> str:
        """Whoever moved last comes first: he is the news."""
        names: dict[tuple[str, str], list[str]] = {}
        for first, last in reversed(self._moves.values()):
            came_to = _TOGETHER.get((first, last.status), last.status)
            names.setdefault((came_to, last.text), []).append(last.name)
        return "; ".join([words.presence(*came_to, those) for came_to, those in names.items()])
