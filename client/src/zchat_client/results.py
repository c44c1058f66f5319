"""What a client says of a command, of its link, and of its end."""

from dataclasses import dataclass
from typing import NamedTuple, Self

from zchat_common.errors import Code
from zchat_common.messages import Answer
from zchat_common.text import clean_text


@dataclass(frozen=True, slots=True)
class LinkState:
    """The link to the broker: whether it is up, since when (milliseconds since the epoch), and its last round trip."""

    connected: bool
    since: int
    latency_s: float | None


class Receipt(NamedTuple):
    """What the broker has for good: topic and seq of the message made, if any, and where a whisper went."""

    topic: str
    seq: int
    delivery: str | None = None
    """``online`` or ``stored``, for a whisper."""
    recipient: str | None = None
    """A whisper's recipient, by his name as everybody sees it."""

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """What the broker's answer to a command says."""
        delivery, _, recipient = answer.detail.partition(" ")
        if not recipient:
            return cls(answer.topic, answer.seq)
        return cls(answer.topic, answer.seq, clean_text(delivery), clean_text(recipient))


class End(NamedTuple):
    """How a client's life ended: the reason of ``bye``, and the refusal behind it if there was one."""

    reason: str
    code: Code | None
    text: str
