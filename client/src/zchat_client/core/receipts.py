"""When the broker may hear that its user was shown what it keeps for him, and may forget it then."""

from collections.abc import Mapping

from zchat_client.core.reading import Reading
from zchat_common.limits import BEAT_S


class Receipts:
    """A receipt is due once the message was shown, and the next run knows that, however this one ends."""

    def __init__(self, reading: Reading, positions: Mapping[str, int]) -> None:
        """``positions`` are the seqs shown last in earlier runs, by topic."""
        self._reading = reading
        self._remembered_seq = positions.get(reading.own_topic, 0)
        self._given_seq = 0
        # Not before this time: the broker could not keep the last one.
        self._not_before_s = 0.0

    def registered(self) -> None:
        """A new session: the broker has said again what it waits for."""
        self._given_seq = 0

    @property
    def is_owed(self) -> bool:
        """Whether the broker waits to hear that what was shown is remembered as well."""
        return self._reading.receipt > max(self._given_seq, self._remembered_seq)

    def remembered(self, own_seq: int) -> None:
        """The user was shown his own topic up to this message, and the next run knows it."""
        self._remembered_seq = own_seq

    def take(self, now_s: float) -> int:
        """The message of one's own topic up to which a receipt is to be given now; 0 if none is due."""
        seq = min(self._reading.receipt, self._remembered_seq)
        if seq <= self._given_seq or now_s < self._not_before_s:
            return 0
        self._given_seq = seq
        return seq

    def refused(self, now_s: float) -> None:
        """The broker could not keep the last one; it is given again a beat later."""
        self._given_seq, self._not_before_s = 0, now_s + BEAT_S
