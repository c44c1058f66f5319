"""What one client process may show next: each topic without a hole, without a repetition, and nothing of others."""

from tests.people import text_in
from tests.simulation.insider import Alarms
from tests.simulation.record import Fact, Record, Wrong
from zchat_client import events as e
from zchat_client.core.outputs import Show
from zchat_common import messages as m
from zchat_common.names import fold
from zchat_common.topics import PUBLIC, party_of, party_topic, user_topic

_NEWCOMERS_LINES = 50


class Reader:
    """The screen of one run. ``positions`` are those that the run began with."""

    def __init__(self, user: str, positions: dict[str, int], record: Record) -> None:
        self.user = user
        self._own = user_topic(user)
        self._positions = positions
        self._record = record
        self.last: dict[str, int] = {}
        self._connected = False
        self._down = False
        self._outages = 0
        self._gone_offline: dict[str, int] = {}
        self.alarms = Alarms(user, record)

    def registered(self, topics: tuple[m.TopicState, ...]) -> None:
        """The first registration: from here on everything is to be shown."""
        if self.last:
            return
        for state in topics:
            if state.topic == PUBLIC:
                self.last[PUBLIC] = self._positions.get(PUBLIC, max(0, state.last - _NEWCOMERS_LINES))
        self.last[self._own] = self._positions.get(self._own, 0)

    def shown(self, show: Show, now_s: float) -> None:
        """Raises Wrong when this is not what may come next."""
        event, topic = show.event, show.topic or ""
        if topic not in self.last and party_of(topic) is not None and topic in self._positions:
            # Where the run before this one ended; what comes next may be forged already.
            self.last[topic] = self._positions[topic]
        if self.alarms.takes(show, self.last, now_s):
            return
        match event:
            case e.Connected():
                self._expect(not self._connected, "connected twice")
                self._connected = True
            case e.Disconnected():
                self._expect(self._connected and not self._down, "disconnected twice")
                self._down = True
                self._outages += 1
            case e.Reconnected():
                self._expect(self._down, "reconnected without an outage")
                self._down = False
            case e.Presence() if event.status == "offline":
                self._gone_offline[event.name] = self._gone_offline.get(event.name, 0) + 1
            case e.Error():
                self._expect(False, f"was told of an error: {event.text}")
            case _:
                self._expect(self._connected, "was shown something before it was connected")
        if show.topic is not None and not isinstance(event, e.Connected):
            self._next(show.topic, show.seq, event)

    @property
    def in_place(self) -> bool:
        """Whether the user was told that he is connected, and nothing else since."""
        return self._connected and not self._down

    def is_level(self, topic: str) -> bool:
        """Whether everything of the topic was shown."""
        return self.last.get(topic, self._positions.get(topic, -1)) == self._record.last(topic)

    def finish(self, gone_offline: dict[str, int], harmless: bool) -> None:
        """Raises Wrong for what can be said only at the end."""
        for name, times in self._gone_offline.items():
            self._expect(times <= gone_offline.get(name, 0), f"was shown {times} times that {name} went offline")
        if harmless:
            self._expect(not self._outages, "was disconnected, although nothing was ever lost")

    def _next(self, topic: str, seq: int, event: e.Event) -> None:
        fact = self._record.fact(topic, seq)
        if fact is None:
            raise Wrong(f"{self.user} was shown {event}, which was never kept")
        self._expect(fact.is_for(self.user), f"was shown {fact.message} of {topic}, which is for {fact.readers} only")
        self._expect(_matches(topic, event, fact.message), f"was shown {event} for {fact.message}")
        if isinstance(fact.message, m.PartyChanged) and fact.message.end:
            self._out_of(fact.message)
        last = self.last.get(topic, 0)
        if seq != last + 1:
            self._jump(topic, last, seq, fact)
        self.last[topic] = seq

    def _jump(self, topic: str, last: int, seq: int, fact: Fact) -> None:
        """Only whoever comes (again) into a party begins to read anywhere but after the last message shown."""
        self._expect(seq > last, f"was shown {topic} {seq} again after {last}: {fact.message}")
        self._expect(_is_join_of(self.user, fact.message), f"was shown {topic} {seq} after {last}: {fact.message}")
        if topic in self.last:
            missed = [self._record.fact(topic, between) for between in range(last + 1, seq)]
            own = [fact for fact in missed if fact is not None and fact.is_for(self.user)]
            self._expect(not own, f"was never shown {own} of {topic}")

    def _out_of(self, message: m.PartyChanged) -> None:
        """The end of a membership is shown after all of it. (An earlier run may have read all of it.)"""
        topic = party_topic(message.party)
        if topic in self.last:
            self._expect(self.last[topic] >= message.end, f"was out after {topic} {self.last[topic]}: {message}")

    def _expect(self, holds: bool, what: str) -> None:
        if not holds:
            raise Wrong(f"{self.user} {what}")


def _is_join_of(user: str, message: m.Kept) -> bool:
    joined = isinstance(message, m.PartyChanged) and message.change in ("created", "joined")
    return joined and isinstance(message, m.PartyChanged) and fold(message.name) == user


def _matches(topic: str, event: e.Event, message: m.Kept) -> bool:
    match event, message:
        case e.Message(), m.Say():
            place = "public" if topic == PUBLIC else "party"
            return (event.topic, event.sender, event.text) == (place, message.sender, message.text)
        case e.Whisper(), m.Whisper():
            return (event.sender, event.recipient, event.text) == (
                message.sender,
                message.recipient,
                text_in(message),
            )
        case e.Delivered(), m.Delivered():
            return (event.recipient, event.seq) == (message.recipient, message.whisper_seq)
        case e.Invited(), m.Invited():
            return (event.inviter, event.members) == (message.inviter, message.members)
        case e.Moderated(), m.Moderated():
            return (event.act, event.name, event.until) == (message.act, message.name, message.until)
        case e.Party(), m.PartyChanged():
            said = (message.change, message.name, message.leader, message.members)
            return (event.change, event.name, event.leader, event.members) == said
        case _:
            return False
