"""Questions to the broker that change nothing: asked after the commands before them, and again after a cut."""

from collections.abc import Callable
from dataclasses import dataclass

from zchat_client.core.outbox import Outbox
from zchat_common.limits import HISTORY_PAGE_MAX, NEWCOMER_HISTORY
from zchat_common.messages import Upstream

# Nothing came down the commands link for this long: the answer was lost on the way. While anything comes the answer may
# be behind it, and asking again would fill a slow link with copies faster than it empties.
_SILENCE_S = 5.0
# An answer can be lost on a busy link as well. Asking twice does no harm, if it is rare.
_ASK_AGAIN_S = 20.0
# After the broker has said that it was asked too much.
_ASK_LATER_S = 1.0

# Only an answer that has come whole is a sign of life, so no page may be longer under way than a heartbeat waits. Two
# of the longest messages take 5 s at 10 kB/s; on a quick link pages are full after a few.
_FIRST_PAGE = 2
_QUICK_S = 0.5
_SLOW_S = 2.0

Make = Callable[[bytes, int], Upstream]
"""Makes the question from the session's token and the number to ask under."""


@dataclass(frozen=True, slots=True)
class ForGap:
    """The session core asks for what is missing of a topic."""

    topic: str


@dataclass(frozen=True, slots=True)
class ForProof:
    """The session core asks whether what it has shown of a topic is true."""

    topic: str


@dataclass(frozen=True, slots=True)
class ForParty:
    """The session core asks for its party: what it was shown up to ``seq`` of the party's topic was not all true."""

    topic: str
    seq: int


@dataclass(frozen=True, slots=True)
class ForRoster:
    """The session core brings its roster level."""


@dataclass(frozen=True, slots=True)
class ForKeys:
    """The session core lacks a topic key."""


@dataclass(frozen=True, slots=True)
class ForTicket:
    """The client's user asks."""

    ticket: int


@dataclass(frozen=True, slots=True)
class ForContact:
    """The session core looks up whom the command at this place of the outbox is for."""

    place: int


Purpose = ForGap | ForProof | ForParty | ForRoster | ForKeys | ForTicket | ForContact


@dataclass(slots=True)
class _Open:
    make: Make
    purpose: Purpose
    after: int
    sent_s: float | None = None
    later_s: float | None = None


class Questions:
    """The questions without an answer."""

    def __init__(self) -> None:
        self._open: dict[int, _Open] = {}
        self._next = 1
        self._heard_s = float("-inf")
        # How many messages of history to ask for at once.
        self.page = NEWCOMER_HISTORY
        # A newcomer gets his history at once; whoever comes back may do so on a link that could not carry it.
        self._next_first_page = NEWCOMER_HISTORY

    def heard(self, now_s: float) -> None:
        """Something came down the commands link."""
        self._heard_s = now_s

    def ask(self, make: Make, purpose: Purpose, after: int = 0) -> None:
        """Takes a question in; it is sent when all commands up to the place ``after`` have their answers."""
        self._open[self._next] = _Open(make, purpose, after)
        self._next += 1

    def take(self, token: bytes, outbox: Outbox, now_s: float, *, of_user: bool = True) -> list[Upstream]:
        """The questions to send now; those of the user only when ``of_user``."""
        ready: list[Upstream] = []
        for number, question in self._open.items():
            # Asked once, it need not wait for commands any more: those before it have their answers.
            if isinstance(question.purpose, ForTicket) and not of_user:
                is_due = False
            elif question.sent_s is None:
                is_due = outbox.settled(question.after)
            else:
                is_due = now_s >= self._again_s(question)
            if is_due:
                question.sent_s, question.later_s = now_s, None
                ready.append(question.make(token, number))
        return ready

    def settle(self, number: int) -> Purpose | None:
        """What the question was for; None if it had its answer already."""
        question = self._open.pop(number, None)
        if question is None:
            return None
        if isinstance(question.purpose, (ForGap, ForProof)) and question.sent_s is not None:
            self._fit_page(self._heard_s - question.sent_s)
        return question.purpose

    def _fit_page(self, took_s: float) -> None:
        if took_s <= _QUICK_S:
            self.page = min(HISTORY_PAGE_MAX, self.page * 2)
        elif took_s > _SLOW_S:
            self.page = max(1, self.page // 2)

    def postpone(self, number: int, now_s: float) -> None:
        """The broker was asked too much at once: the question stays open, and is asked again a little later."""
        question = self._open.get(number)
        if question is not None:
            question.later_s = now_s + _ASK_LATER_S

    def reopen(self) -> None:
        """A new session is open: the user's questions are asked again, the core's own were for the old one."""
        self._open = {
            number: question for number, question in self._open.items() if isinstance(question.purpose, ForTicket)
        }
        for question in self._open.values():
            question.sent_s = None
        self.page, self._next_first_page = self._next_first_page, _FIRST_PAGE

    def asks_for(self, purpose: Purpose) -> bool:
        """Whether a question for this purpose is open."""
        return any(question.purpose == purpose for question in self._open.values())

    def next_s(self) -> float:
        """When the next question is to be asked again."""
        return min([self._again_s(question) for question in self._open.values()], default=float("inf"))

    def _again_s(self, question: _Open) -> float:
        if question.later_s is not None:
            return question.later_s
        if question.sent_s is None:
            return float("inf")
        return min(max(question.sent_s, self._heard_s) + _SILENCE_S, question.sent_s + _ASK_AGAIN_S)
