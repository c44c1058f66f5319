"""The heartbeat: pings up the commands link, pongs down the topics link.

A pong proves the whole loop. Until each of the topics just subscribed to has brought one, pings go out faster, because
a subscription takes effect some time after the call and what is published before that is missed.
"""

from zchat_common.limits import BEAT_S, LINK_SILENCE_S

_FIRST_PAUSE_S = 0.05
_PAUSE_GROWTH = 1.5


class Beat:
    """When to ping on which topic, and whether the link is still alive. Times are of the steady clock."""

    def __init__(self) -> None:
        self._number = 0
        self._unproven: dict[str, None] = {}
        self._pause_s = BEAT_S
        self._next_s = float("inf")
        # One's own topic has its ping at each beat, whatever else is to be proven: only its pong cannot be forged.
        self._own_next_s = 0.0
        self._heard_s = 0.0
        self._vouched_s = 0.0
        self._sent_s: dict[int, float] = {}
        self.latency_s: float | None = None

    @property
    def number(self) -> int:
        """The number of the last ping."""
        return self._number

    def start(self, now_s: float) -> None:
        """The links were opened."""
        self._unproven.clear()
        self._sent_s.clear()
        self._next_s = float("inf")
        self._own_next_s = now_s
        self._heard_s = now_s
        self._vouched_s = now_s

    def prove(self, topic: str, now_s: float) -> None:
        """Pings on this topic until its pong comes."""
        self._unproven[topic] = None
        self._pause_s = _FIRST_PAUSE_S
        self._next_s = now_s

    def hurry(self, now_s: float) -> None:
        """Pings now: something may have been missed."""
        self._next_s = min(self._next_s, now_s)

    def abandon(self, topic: str) -> None:
        """The topic is not ours any more."""
        self._unproven.pop(topic, None)

    def heard(self, now_s: float) -> None:
        """Any frame is a sign of life: a slow link that still works through its backlog must not be rebuilt."""
        self._heard_s = now_s

    def vouched(self, now_s: float) -> None:
        """The broker said how far the topics go where nobody else can say it."""
        self._vouched_s = now_s

    def is_unvouched(self, now_s: float) -> bool:
        """Whether frames come, but for long nothing by which to tell that they are true; True once each time.

        Frames name their topics: whoever is on the path can pick the pongs out, and let everything else through.
        """
        unvouched = now_s - self._vouched_s > LINK_SILENCE_S
        if unvouched:
            self._vouched_s = now_s
        return unvouched

    def pong(self, topic: str, number: int, now_s: float) -> None:
        """A pong of ours came on ``topic``."""
        self._unproven.pop(topic, None)
        sent_s = self._sent_s.pop(number, None)
        if sent_s is not None:
            self.latency_s = now_s - sent_s
        self._sent_s = {known: at_s for known, at_s in self._sent_s.items() if known > number}

    def proven(self, topic: str) -> bool:
        """Whether frames of the topic are sure to arrive."""
        return topic not in self._unproven

    def due(self, own_topic: str, now_s: float) -> list[tuple[int, str]]:
        """The pings to send now, as (number, topic)."""
        if now_s < self._next_s:
            return []
        topics = list(self._unproven)
        if own_topic not in topics and (not topics or now_s >= self._own_next_s):
            topics.append(own_topic)
        if own_topic in topics:
            self._own_next_s = now_s + BEAT_S
        pings: list[tuple[int, str]] = []
        for topic in topics:
            self._number += 1
            self._sent_s[self._number] = now_s
            pings.append((self._number, topic))
        self._pause_s = min(BEAT_S, self._pause_s * _PAUSE_GROWTH) if self._unproven else BEAT_S
        self._next_s = now_s + self._pause_s
        return pings

    def dead(self, now_s: float) -> bool:
        """Whether nothing at all was heard for too long."""
        return now_s - self._heard_s > LINK_SILENCE_S

    def next_s(self) -> float:
        """When to look again."""
        return min(self._next_s, self._heard_s + LINK_SILENCE_S + 0.01)
