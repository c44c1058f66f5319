"""What comes down the topics link: opened with its topics' keys, each message handed on that has its place there."""

from collections.abc import Callable

from zchat_client.core.alarm import belongs
from zchat_client.core.beat import Beat
from zchat_client.core.keyring import Keyring, Opened
from zchat_client.core.questions import ForKeys, Questions
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.clock import Now
from zchat_common.sealing import SealError

_KEYS_PAUSE_S = 1.0


class Frames:
    """Opens frames, asks for keys that it does not have, and pings when something was missed."""

    def __init__(
        self,
        beat: Beat,
        questions: Questions,
        reads: Callable[[str], bool],
        published: Callable[[str, m.Published, bytes, Now], None],
    ) -> None:
        """``reads`` says whether a topic is ours; ``published`` takes a topic, a message of it, and its bytes."""
        self._beat = beat
        self._questions = questions
        self._reads = reads
        self._published = published
        self._keyring = Keyring()
        self._keys_asked_s = float("-inf")

    def new_link(self) -> None:
        """What waited for a key came down another link."""
        self._keyring.drop_waiting()

    def take(self, frame: bytes, now: Now) -> None:
        """A frame came down the topics link."""
        try:
            opened = self._keyring.open(frame, self._reads)
        except SealError:
            return  # forged, a copy, or not for us: the pong shows whether anything is missing
        if opened is None:
            self._ask_keys(now)
        else:
            self._opened(opened, now)

    def knows(self, key: m.TopicKey) -> bool:
        """Whether this key is one that it had."""
        return self._keyring.knows(key)

    def add(self, key: m.TopicKey) -> None:
        """The broker names a key. What waits for it waits on, until :meth:`open_waiting`."""
        try:
            self._keyring.add(key)
        except SealError:
            return  # a key of the wrong size opens nothing; the frames under it will be asked for

    def forget(self, topic: str) -> None:
        """The topic is not ours any more."""
        self._keyring.forget(topic)

    def open_waiting(self, now: Now) -> None:
        """Opens what waited for keys that have come."""
        for opened in self._keyring.waiting():
            self._opened(opened, now)

    def _opened(self, opened: Opened, now: Now) -> None:
        if opened.missed:
            self._beat.hurry(now.steady_s)
        try:
            for message, body in wire.decode_frame(opened.plain):
                if belongs(opened.topic, message):
                    self._published(opened.topic, message, body, now)
        except wire.WireError:
            self._beat.hurry(now.steady_s)

    def _ask_keys(self, now: Now) -> None:
        if now.steady_s - self._keys_asked_s >= _KEYS_PAUSE_S:
            self._keys_asked_s = now.steady_s
            self._questions.ask(m.AskKeys, ForKeys())
