"""Frames become messages: what cannot be opened yet is asked for, what was missed is pinged for."""

from zchat_client.core.beat import Beat
from zchat_client.core.frames import Frames
from zchat_client.core.outbox import Outbox
from zchat_client.core.questions import ForKeys, Questions
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.clock import Now
from zchat_common.sealing import SealingKey

KEY = m.TopicKey("public", 1, b"1" * 32)
NEXT = m.TopicKey("public", 2, b"2" * 32)


class Desk:
    """Frames of ``public`` and of one's own topic, and what comes of them."""

    def __init__(self, *keys: m.TopicKey) -> None:
        self.beat, self.questions = Beat(), Questions()
        self.beat.start(0.0)
        self.beat.due("user.alice", 0.0)
        self.published: list[m.Published] = []
        self.frames = Frames(self.beat, self.questions, {"public", "user.alice"}.__contains__, self._take)
        for key in keys:
            self.frames.add(key)

    def _take(self, _topic: str, message: m.Published, body: bytes, _now: Now) -> None:
        assert body == wire.encode(message)
        self.published.append(message)

    def take(self, frame: bytes, now_s: float = 1.0) -> None:
        self.frames.take(frame, Now(0, now_s))

    def asked(self) -> int:
        """How often keys were asked for since this was called last."""
        asked = [each for each in self.questions.take(b"", Outbox(1), 100.0) if isinstance(each, m.AskKeys)]
        for question in asked:
            self.questions.settle(question.ask)
        return len(asked)

    def pings(self) -> bool:
        """Whether a ping is due at once, long before the next beat."""
        return self.beat.next_s() <= 1.0


def say(seq: int) -> m.Say:
    return m.Say(seq, seq, "Bob", f"text {seq}", False)


def frame(key: SealingKey, *messages: m.Published) -> bytes:
    return key.seal(b"".join(wire.encode(message) for message in messages))


def test_messages_are_handed_on_in_order_with_their_bytes() -> None:
    desk = Desk(KEY)
    desk.take(frame(SealingKey(KEY), say(1), say(2)))
    assert desk.published == [say(1), say(2)]
    assert not desk.pings()


def test_what_has_no_place_on_a_topic_is_passed_over() -> None:
    desk = Desk(KEY)
    desk.take(frame(SealingKey(KEY), m.NewKey(NEXT), say(1)))
    assert desk.published == [say(1)]


def test_after_a_missed_frame_it_pings() -> None:
    desk, key = Desk(KEY), SealingKey(KEY)
    desk.take(frame(key, say(1)))
    frame(key, say(2))
    assert not desk.pings()
    desk.take(frame(key, say(3)))
    assert desk.pings()


def test_after_a_malformed_message_the_rest_of_the_frame_is_ignored_and_it_pings() -> None:
    desk, key = Desk(KEY), SealingKey(KEY)
    desk.take(key.seal(wire.encode(say(1)) + b"\xc1" + wire.encode(say(2))))
    assert desk.pings()
    assert say(2) not in desk.published


def test_a_frame_waits_for_its_key_which_is_asked_for_once_a_second() -> None:
    desk, key = Desk(KEY), SealingKey(NEXT)
    frames = [frame(key, say(seq)) for seq in (1, 2, 3)]
    for each, now_s in zip(frames, (1.0, 1.9, 2.0), strict=True):
        desk.take(each, now_s)
    assert desk.published == []
    assert desk.questions.asks_for(ForKeys())
    assert desk.asked() == 2
    desk.frames.add(NEXT)
    desk.frames.open_waiting(Now(0, 2.0))
    assert desk.published == [say(1), say(2), say(3)]


def test_what_waited_came_down_a_link_that_is_gone() -> None:
    desk = Desk()
    desk.take(frame(SealingKey(KEY), say(1)))
    desk.frames.new_link()
    desk.frames.add(KEY)
    desk.frames.open_waiting(Now(0, 2.0))
    assert desk.published == []


def test_what_is_not_ours_is_neither_opened_nor_asked_for() -> None:
    desk, other = Desk(KEY), m.TopicKey("user.bob", 9, b"9" * 32)
    desk.take(frame(SealingKey(other), say(1)))
    desk.take(b"nonsense")
    desk.frames.forget("public")
    assert not desk.frames.knows(KEY)
    assert (desk.published, desk.asked()) == ([], 0)


def test_a_key_of_the_wrong_size_is_none() -> None:
    desk = Desk(m.TopicKey("public", 1, b"short"))
    assert not desk.frames.knows(KEY)
    desk.frames.add(KEY)
    assert desk.frames.knows(KEY)
