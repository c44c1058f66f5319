"""Commands on their way: numbered, sent in order, paced, sent again after a cut, settled exactly once."""

from collections import deque
from dataclasses import dataclass

from zchat_common.limits import IN_FLIGHT_MAX
from zchat_common.messages import Answer, Do, Refusal, Scalar

# One going back answers all the "expected" that the commands behind the missing one will still cause.
_GO_BACK_AGAIN_S = 0.5
# No answer for this long although the link is up: an answer was lost; asking again costs nothing.
_ANSWER_LOST_S = 5.0


@dataclass(slots=True)
class Pending:
    """A command that has no final answer yet. ``ticket`` is the submitter's."""

    n: int
    op: str
    args: tuple[Scalar, ...]
    ticket: int


class Outbox:
    """The commands of one client run, each applied exactly once or refused, in the order of submission."""

    def __init__(self, instance: int) -> None:
        """``instance`` is the random number of this numbering."""
        self._instance = instance
        self._pending: deque[Pending] = deque()
        self._next_n = 1
        self._unsent_n = 1
        self._charged_n = 0
        self._rate = 0.0
        self._burst = 1.0
        self._level = 0.0
        self._level_at_s = 0.0
        self._blocked_until_s = 0.0
        self._went_back_s = float("-inf")
        self._progress_s = 0.0

    def submit(self, op: str, args: tuple[Scalar, ...], ticket: int) -> int:
        """Takes a command in and returns its number."""
        n = self._next_n
        self._next_n += 1
        self._pending.append(Pending(n, op, args, ticket))
        return n

    def open(self, rate: float, burst: float, now_s: float) -> None:
        """A session is open: everything without an answer is sent (again). ``rate`` 0 lifts the pace."""
        if self._rate != rate or self._burst != burst:
            self._rate, self._burst, self._level, self._level_at_s = rate, burst, burst, now_s
        self._blocked_until_s = 0.0
        self._go_back_to_first(now_s)

    def take(self, token: bytes, now_s: float) -> list[Do]:
        """The commands to send now."""
        ready: list[Do] = []
        if not self._pending or now_s < self._blocked_until_s:
            return ready
        first = self._pending[0].n
        while self._unsent_n < self._next_n and self._unsent_n < first + IN_FLIGHT_MAX:
            command = self._pending[self._unsent_n - first]
            if not self._pay(command.n, now_s):
                break
            if not ready and command.n == first:
                self._progress_s = now_s
            ready.append(Do(token, self._instance, command.n, command.op, command.args))
            self._unsent_n += 1
        return ready

    def settle(self, answer: Answer | Refusal, now_s: float) -> Pending | None:
        """The command that this answer is the final one for; None if it was settled before."""
        if not self._is_first(answer.instance, answer.n):
            return None
        self._progress_s = now_s
        settled = self._pending.popleft()
        self._unsent_n = max(self._unsent_n, settled.n + 1)
        return settled

    def postpone(self, instance: int, n: int, wait_s: float, now_s: float) -> None:
        """The broker's rate refused command ``n``, which stays ours to send."""
        if instance != self._instance or not self._pending or n < self._pending[0].n:
            return
        self._blocked_until_s = max(self._blocked_until_s, now_s + wait_s)
        self._unsent_n = min(self._unsent_n, n)

    def go_back(self, instance: int, n: int, now_s: float) -> bool:
        """The broker expects ``n`` next. False if that is a number we have settled: it has lost what it had."""
        if instance != self._instance or not self._pending:
            return True
        if n < self._pending[0].n:
            return False
        if n < self._unsent_n and now_s - self._went_back_s >= _GO_BACK_AGAIN_S:
            self._went_back_s = now_s
            self._unsent_n = n
        return True

    def renumber(self, instance: int) -> None:
        """Begins a new numbering for everything that has no answer. What was sent under the old one is void."""
        self._instance = instance
        for n, command in enumerate(self._pending, start=1):
            command.n = n
        self._next_n = len(self._pending) + 1
        self._unsent_n = 1
        self._charged_n = 0

    def repeat_if_lost(self, now_s: float) -> None:
        """Sends everything again when the first answer has not come for long."""
        in_flight = self._pending and self._unsent_n > self._pending[0].n
        if in_flight and now_s - self._progress_s >= _ANSWER_LOST_S:
            self._go_back_to_first(now_s)

    def next_s(self, now_s: float) -> float:
        """When there will be something to do, if nothing else happens."""
        if not self._pending:
            return float("inf")
        lost_s = self._progress_s + _ANSWER_LOST_S
        if self._unsent_n >= self._next_n or self._unsent_n >= self._pending[0].n + IN_FLIGHT_MAX:
            return lost_s
        if now_s < self._blocked_until_s:
            return self._blocked_until_s
        return now_s + max(0.0, 1.0 - self._level) / self._rate if self._rate > 0 else now_s

    def settled(self, n: int) -> bool:
        """Whether everything up to command ``n`` has its answer."""
        return not self._pending or self._pending[0].n > n

    @property
    def last_n(self) -> int:
        """The number of the command submitted last."""
        return self._next_n - 1

    @property
    def waiting(self) -> tuple[Pending, ...]:
        """The commands without an answer, in order."""
        return tuple(self._pending)

    def _is_first(self, instance: int, n: int) -> bool:
        return instance == self._instance and bool(self._pending) and self._pending[0].n == n

    def _go_back_to_first(self, now_s: float) -> None:
        self._progress_s = now_s
        self._unsent_n = self._pending[0].n if self._pending else self._next_n

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
