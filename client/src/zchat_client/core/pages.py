"""What is asked of the broker's history: what is missing of a topic, and whether what was shown of it is true."""

from collections.abc import Callable

from zchat_client.core.alarm import alarm_of
from zchat_client.core.outputs import Output, Rebuild, Show
from zchat_client.core.proof import Item, chained
from zchat_client.core.questions import ForGap, ForParty, ForProof, Make, Questions
from zchat_client.core.stream import Stream
from zchat_client.core.streams import Streams
from zchat_client.events import Error
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.clock import Now
from zchat_common.errors import Code


class Pages:
    """Asks for pages and takes them in. ``offer`` is given each message, ``put_right`` those that come late."""

    def __init__(
        self,
        streams: Streams,
        questions: Questions,
        out: Callable[[Output], None],
        offer: Callable[[str, Item], None],
        put_right: Callable[[str, m.Kept], None],
    ) -> None:
        # Parties that the broker does not let us read any more.
        self.denied: set[str] = set()
        self._streams = streams
        self._questions = questions
        self._out = out
        self._offer = offer
        self._put_right = put_right
        # Of each question: after which message it asks, and which beyond it had come then.
        self._asked: dict[ForGap | ForProof, tuple[int, frozenset[int]]] = {}

    def ask(self) -> None:
        """Asks for what is missing or in doubt, topic by topic."""
        for topic, after, before in self._streams.gaps():
            self._ask(ForGap(topic), after, before)
        for topic, after in self._streams.doubts():
            self._ask(ForProof(topic), after, None)

    def doubt(self) -> None:
        """No pong vouches for what is shown, or says what was missed: the history has to, of every topic."""
        for topic in self._streams.topics():
            stream = self._streams.get(topic)
            if stream is None or stream.ended:
                continue
            if stream.proof.pending:
                stream.proof.suspect(stream.top)
            self._ask(ForProof(topic), stream.proof.seq, None)

    def reply(self, purpose: ForGap | ForProof, reply: object, now: Now) -> None:
        """A page came, or why there is none."""
        topic = purpose.topic
        asked = self._asked.pop(purpose, None)
        stream = self._streams.get(topic)
        if asked is None or stream is None:
            return
        if not isinstance(reply, m.History):
            self._refused(purpose, stream, reply)
            return
        if isinstance(purpose, ForGap):
            lost = stream.skip_to(reply.first)
            if lost:
                text = f"{lost} messages of {topic} are older than this broker keeps; they cannot be shown."
                self.say_changed(topic, text, now)
        try:
            items = chained([(wire.decode_kept(body), body) for body in reply.messages], reply.digest)
        except wire.WireError:
            self._out(Rebuild("the broker's history is damaged"))
            return
        stream.learn(reply.last)
        stream.page(*asked, items, reply.last)
        if isinstance(purpose, ForProof) and not items and reply.last > asked[0]:
            stream.proof.drop(stream.position)  # older than the broker keeps
        for item in items:
            self._offer(topic, item)

    def say_changed(self, topic: str, text: str, now: Now) -> None:
        """With the new position, so that the next run does not say it again and passes over nothing new."""
        error = Error(at=now.at, code=Code.HISTORY_CHANGED, text=text)
        self._out(Show(error, topic, self._streams.position(topic)))

    def _ask(self, purpose: ForGap | ForProof, after: int, before: int | None) -> None:
        stream = self._streams.get(purpose.topic)
        if stream is not None and not self._questions.asks_for(purpose):
            self._asked[purpose] = (after, stream.come(after))
            limit = self._questions.page
            self._questions.ask(_history_question(purpose.topic, after, before, limit), purpose)

    def _refused(self, purpose: ForGap | ForProof, stream: Stream, reply: object) -> None:
        """Not ours to read any more, or not to be read now: the next pong says whether to ask again."""
        denied = isinstance(reply, m.Denied) and reply.code == Code.ACCESS_DENIED
        if isinstance(purpose, ForGap):
            stream.give_up()
        elif denied:
            stream.proof.drop(stream.position)
        else:
            stream.proof.give_up()
        if denied:
            self.denied.add(purpose.topic)

    def tell(self, now: Now) -> None:
        """Marks each forged line that was found, and puts the true one in its place."""
        for topic in self._streams.topics():
            stream = self._streams.get(topic)
            if stream is not None and stream.findings:
                self._tell(stream, now)

    def _tell(self, stream: Stream, now: Now) -> None:
        findings, stream.findings = stream.findings, []
        for forged, true in findings:
            if forged is not None:
                self._out(Show(alarm_of(stream.topic, forged, now.at), stream.topic, stream.position))
            if true is not None and not isinstance(true, m.Unknown):
                self._put_right(stream.topic, true)
        if any(isinstance(each, m.PartyChanged) for each, _ in findings):
            self._questions.ask(m.AskParty, ForParty(stream.topic, stream.position))


def _history_question(topic: str, after: int, before: int | None, limit: int) -> Make:
    return lambda token, ask: m.AskHistory(token, ask, topic, after, before, limit)
