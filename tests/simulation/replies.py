"""What the broker sends down the commands links: only what was kept, and nothing to anybody whom it is not for."""

from tests.simulation.record import Record, Wrong
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.errors import Code
from zchat_common.topics import PUBLIC, party_of, user_topic


class Replies:
    """All replies of a run."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._finals: dict[tuple[str, int, int], m.Answer | m.Refusal] = {}

    def sent(self, user: str, message: m.Downstream) -> None:
        """The broker is about to send this to a route that proved this user's key."""
        match message:
            case m.History():
                kept = [wire.decode_kept(body) for body in message.messages]
                for each in kept:
                    self._check_kept(user, message.topic, each)
                if message.digest:
                    self._check_digest(user, message, [each.seq for each in kept])
            case m.Registered():
                for state in message.topics:
                    self._check_topic(user, state)
            case m.Refusal() if message.code == Code.RATE_LIMITED:
                pass  # does not use up the number
            case m.Answer() | m.Refusal():
                self._check_final(user, message)
            case _:
                pass

    def _check_digest(self, user: str, page: m.History, seqs: list[int]) -> None:
        """The digest before its first message leads to all of the page."""
        digest = page.digest
        for seq in seqs:
            before, after = self._record.digests(page.topic, seq)
            if digest != before:
                raise Wrong(f"{user} got a page of {page.topic} whose digest does not lead to {seq} of {seqs}")
            digest = after

    def _check_kept(self, user: str, topic: str, message: m.Kept | m.Unknown) -> None:
        fact = self._record.fact(topic, message.seq)
        if fact is None or fact.message != message:
            raise Wrong(f"{user} got {message} out of the history, where {fact} is kept")
        if not fact.is_for(user):
            raise Wrong(f"{user} got {message} out of the history, which is for {fact.readers}")

    def _check_topic(self, user: str, state: m.TopicState) -> None:
        if state.told_seq:
            self._check_tail(user, state)
            return
        if state.last != self._record.last(state.topic):
            raise Wrong(f"{user} was told {state} of a topic that has {self._record.last(state.topic)} messages")
        if state.last and party_of(state.topic) is None:
            _, digest = self._record.digests(state.topic, state.last)
            if state.digest != digest:
                raise Wrong(f"{user} was told another digest than that of {state}")
        fact = self._record.fact(state.topic, state.start)
        if state.topic not in (PUBLIC, user_topic(user)) and (fact is None or not fact.is_for(user)):
            raise Wrong(f"{user} was told that he may read {state}: {fact}")

    def _check_tail(self, user: str, state: m.TopicState) -> None:
        """A tail is a whole membership, to its very end: what comes next is not for him, or is his coming again."""
        for seq in range(state.start, state.last + 1):
            fact = self._record.fact(state.topic, seq)
            if fact is None or not fact.is_for(user):
                raise Wrong(f"{user} was told that he may read {state} to its end: {fact}")
        after = self._record.fact(state.topic, state.last + 1)
        if after is not None and after.is_for(user):
            raise Wrong(f"{user} was told that {state} ends before {after}")

    def _check_final(self, user: str, answer: m.Answer | m.Refusal) -> None:
        """One number has one answer; only what could not be kept may be tried again, if nobody heard of the failure."""
        number = (user, answer.instance, answer.n)
        if isinstance(answer, m.Refusal) and answer.code == Code.STORAGE_FAILED:
            known = self._finals.get(number, answer)
        else:
            known = self._finals.setdefault(number, answer)
        if known != answer:
            raise Wrong(f"{user} was answered {known}, and now {answer}")
