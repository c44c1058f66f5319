"""Commands on their way: numbered, sent in order, paced, sent again after a cut, settled exactly once."""

import itertools
from collections import deque
from dataclasses import dataclass, field

from zchat_common.limits import IN_FLIGHT_MAX
from zchat_common.messages import Answer, Do, Refusal, Scalar

# One going back answers all the "expected" that the commands behind the missing one will still cause.
_GO_BACK_AGAIN_S = 0.5
# No answer for this long although the link is up: an answer was lost; asking again costs nothing.
_ANSWER_LOST_S = 5.0


@dataclass(slots=True)
class Pending:
    """A command that has no final answer yet. ``ticket`` is the submitter's.

    One that is not ``ready`` cannot be sent as it is; nothing behind it is sent before it is. Of one that was ``sent``
    the broker may have what it says.
    """

    op: str
    args: tuple[Scalar, ...]
    ticket: int
    ready: bool = True
    sent: bool = field(default=False, compare=False)


class Outbox:
    """The commands of one client run, each applied exactly once or refused, in the order of submission.

    A command has a *place* from its submission on, 1, 2, 3 ..., and a number from the moment when it is sent.
    """

    def __init__(self, instance: int) -> None:
        """``instance`` is the random number of this numbering."""
        self._instance = instance
        self._pending: deque[Pending] = deque()
        self._first_place = 1
        self._first_n = 1
        # So many of the pending ones are sent, from the first on.
        self._sent = 0
        self._charged_n = 0
        self._rate = 0.0
        self._burst = 1.0
        self._level = 0.0
        self._level_at_s = 0.0
        self._blocked_until_s = 0.0
        self._went_back_s = float("-inf")
        self._progress_s = 0.0

    def submit(self, op: str, args: tuple[Scalar, ...], ticket: int, *, ready: bool = True) -> int:
        """Takes a command in and returns its place."""
        self._pending.append(Pending(op, args, ticket, ready))
        return self.last_place

    def open(self, rate: float, burst: float, now_s: float) -> None:
        """A session is open: everything without an answer is sent (again). ``rate`` 0 lifts the pace."""
        if self._rate != rate or self._burst != burst:
            self._rate, self._burst, self._level, self._level_at_s = rate, burst, burst, now_s
        self._blocked_until_s = 0.0
        self._go_back_to_first(now_s)

    def take(self, token: bytes, now_s: float) -> list[Do]:
        """The commands to send now."""
        sent: list[Do] = []
        if now_s < self._blocked_until_s:
            return sent
        while self._sent < min(len(self._pending), IN_FLIGHT_MAX):
            command, n = self._pending[self._sent], self._first_n + self._sent
            if not command.ready or not self._pay(n, now_s):
                break
            if not sent and self._sent == 0:
                self._progress_s = now_s
            sent.append(Do(token, self._instance, n, command.op, command.args))
            command.sent = True
            self._sent += 1
        return sent

    def settle(self, answer: Answer | Refusal, now_s: float) -> Pending | None:
        """The command that this answer is the final one for; None if it was settled before."""
        if not self._is_first(answer.instance, answer.n):
            return None
        self._progress_s = now_s
        self._first_n += 1
        return self._pop()

    @property
    def held(self) -> Pending | None:
        """The command that is to be sent next and is not ready: it and all behind it wait to be told more."""
        if self._sent < len(self._pending) and not self._pending[self._sent].ready:
            return self._pending[self._sent]
        return None

    @property
    def held_number(self) -> tuple[int, int]:
        """The numbering and the number that the command held will be sent under first."""
        return self._instance, self._first_n + self._sent

    @property
    def held_place(self) -> int:
        """The place of the command held."""
        return self._first_place + self._sent

    def release(self, args: tuple[Scalar, ...]) -> None:
        """Makes the command held ready, with these arguments, which are sent from now on however often."""
        command = self._pending[self._sent]
        command.args, command.ready = args, True

    def withdraw(self) -> Pending:
        """Takes the command held out, which must be the first of all; it uses up no number."""
        return self._pop()

    def postpone(self, instance: int, n: int, wait_s: float, now_s: float) -> None:
        """The broker's rate refused command ``n``, which stays ours to send."""
        if instance != self._instance or not self._pending or n < self._first_n:
            return
        self._blocked_until_s = max(self._blocked_until_s, now_s + wait_s)
        self._sent = min(self._sent, n - self._first_n)
        self._void(n - self._first_n)
        # It was not charged, nor was anything behind it, and the broker says that there is nothing left.
        self._charged_n = min(self._charged_n, n - 1)
        self._level, self._level_at_s = 0.0, now_s

    def go_back(self, instance: int, n: int, now_s: float) -> bool:
        """The broker expects ``n`` next. False if that is a number we have settled: it has lost what it had."""
        if instance != self._instance or not self._pending:
            return True
        if n < self._first_n:
            return False
        if n < self._first_n + self._sent and now_s - self._went_back_s >= _GO_BACK_AGAIN_S:
            self._went_back_s = now_s
            self._sent = n - self._first_n
        return True

    def renumber(self, instance: int) -> None:
        """Begins a new numbering for everything that has no answer. What was sent under the old one is void."""
        self._instance = instance
        self._first_n = 1
        self._sent = 0
        self._charged_n = 0
        self._void(0)

    def repeat_if_lost(self, now_s: float) -> None:
        """Sends everything again when the first answer has not come for long."""
        if self._sent > 0 and now_s - self._progress_s >= _ANSWER_LOST_S:
            self._go_back_to_first(now_s)

    def next_s(self, now_s: float) -> float:
        """When there will be something to do, if nothing else happens."""
        if self._sent >= min(len(self._pending), IN_FLIGHT_MAX) or self.held is not None:
            return self._progress_s + _ANSWER_LOST_S if self._sent > 0 else float("inf")
        if now_s < self._blocked_until_s:
            return self._blocked_until_s
        return now_s + max(0.0, 1.0 - self._level) / self._rate if self._rate > 0 else now_s

    def settled(self, place: int) -> bool:
        """Whether everything up to the command at this place has its answer."""
        return self._first_place > place

    @property
    def last_place(self) -> int:
        """The place of the command submitted last."""
        return self._first_place + len(self._pending) - 1

    @property
    def waiting(self) -> tuple[Pending, ...]:
        """The commands without an answer, in order."""
        return tuple(self._pending)

    @property
    def in_doubt(self) -> frozenset[int]:
        """The tickets of those that were sent and have no answer yet: the broker has them, or it does not."""
        return frozenset([command.ticket for command in self._pending if command.sent])

    def _void(self, place: int) -> None:
        """The broker has none of the pending ones from this place on."""
        for command in itertools.islice(self._pending, place, None):
            command.sent = False

    def _is_first(self, instance: int, n: int) -> bool:
        return instance == self._instance and bool(self._pending) and n == self._first_n

    def _pop(self) -> Pending:
        self._first_place += 1
        self._sent = max(0, self._sent - 1)
        return self._pending.popleft()

    def _go_back_to_first(self, now_s: float) -> None:
        self._progress_s = now_s
        self._sent = 0

    def _pay(self, n: int, now_s: float) -> bool:
        """Takes a command out of the bucket, as the broker will do on its side; a repeated one costs nothing."""
        if self._rate <= 0 or n <= self._charged_n:
            return True
        self._level = min(self._burst, self._level + (now_s - self._level_at_s) * self._rate)
        self._level_at_s = now_s
        if self._level < 1.0:
            return False
        self._level -= 1.0
        self._charged_n = n
        return True
