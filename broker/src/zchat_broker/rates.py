"""How much of a thing each one may have: a token bucket each."""

from dataclasses import dataclass


@dataclass(slots=True)
class _Bucket:
    level: float
    at_s: float


class Rates:
    """A bucket per user that holds ``burst`` commands and gains ``rate`` a second; rate 0 lifts the limit.

    Other things than commands are measured out in the same way: to keys, addresses or routes, in pieces or bytes.

    The client paces itself by the same figures, but its clock and the network's jitter are not ours: a slack of a
    tenth of the burst keeps an honest client from being refused for a few milliseconds.
    """

    def __init__(self, rate: float, burst: int) -> None:
        """``rate`` in commands (or what else it is) per second."""
        self.rate = rate
        self.burst = burst
        self._full = burst + max(1.0, burst / 10)
        self._buckets: dict[str, _Bucket] = {}

    def take(self, user: str, now_s: float) -> float:
        """Takes one command out of the user's bucket: 0.0, or the seconds until there is one to take."""
        if self.rate <= 0:
            return 0.0
        bucket = self._buckets.get(user)
        if bucket is None:
            bucket = self._buckets[user] = _Bucket(self._full, now_s)
        bucket.level = min(self._full, bucket.level + (now_s - bucket.at_s) * self.rate)
        bucket.at_s = now_s
        if bucket.level < 1.0:
            return (1.0 - bucket.level) / self.rate
        bucket.level -= 1.0
        return 0.0

    def charge(self, user: str, cost: float) -> None:
        """Takes more out of the bucket of one who has taken, or gives back if it is negative."""
        bucket = self._buckets.get(user)
        if bucket is not None:
            bucket.level -= cost

    def tidy(self, now_s: float) -> None:
        """Forgets the buckets that have filled up again."""
        if self.rate <= 0:
            return
        self._buckets = {
            user: bucket
            for user, bucket in self._buckets.items()
            if bucket.level + (now_s - bucket.at_s) * self.rate < self._full
        }
