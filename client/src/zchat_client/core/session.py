"""The session core: one client's place at a broker, from the first registration through every outage.

The shell tells it what happened (:meth:`Session.link_opened`, :meth:`Session.command_link`,
:meth:`Session.topic_link`, :meth:`Session.link_closed`, :meth:`Session.tick`) and after each call carries out
:meth:`Session.outputs`, in order. It calls ``tick`` no later than :meth:`Session.next_s`. Time and randomness are
arguments.
"""

from collections.abc import Callable, Mapping
from enum import Enum, auto

from zchat_client.core.beat import Beat
from zchat_client.core.keyring import Keyring, Opened
from zchat_client.core.membership import OWN_END, Membership
from zchat_client.core.outbox import Outbox, Pending
from zchat_client.core.outputs import Output, Over, Rebuild, Send, Settled, Show, Subscribe, Unsubscribe
from zchat_client.core.questions import ForGap, ForKeys, ForRoster, ForTicket, Make, Questions
from zchat_client.core.roster import Roster, name_key
from zchat_client.core.showing import event_of
from zchat_client.core.streams import Streams
from zchat_client.events import (
    Connected,
    Disconnected,
    Error,
    Event,
    Message,
    PartyMembers,
    Presence,
    Reconnected,
    Whisper,
)
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.clock import Now
from zchat_common.errors import Code
from zchat_common.limits import HISTORY_PAGE_MAX, PROTOCOL_VERSION
from zchat_common.names import fold
from zchat_common.sealing import SealError
from zchat_common.text import clean_text
from zchat_common.topics import PUBLIC, party_of, party_topic, user_topic

# A broker with thousands of clients coming back needs a millisecond of handshake for each.
_REGISTER_S = 10.0
_KEYS_PAUSE_S = 1.0
_NO_TICKET = 0


class Phase(Enum):
    """How far the client is on its way to its place."""

    OFFLINE = auto()
    REGISTERING = auto()
    SYNCING = auto()
    ONLINE = auto()


class Session:
    """See the module. ``name`` must be a valid name (:func:`zchat_common.names.check_name`)."""

    def __init__(
        self,
        name: str,
        fingerprint: str,
        positions: Mapping[str, int],
        takeover: bool,
        draw: Callable[[], int],
    ) -> None:
        """``positions`` are the seqs shown last in earlier runs, by topic; ``draw()`` gives a random 63-bit number."""
        self.name = name
        self.fingerprint = fingerprint
        self.first_contact = False
        self.phase = Phase.OFFLINE
        self.title = ""
        self.users = 1
        self.beat = Beat()
        self.roster = Roster()
        self.membership = Membership()
        self.outbox = Outbox(draw())
        self._draw = draw
        self._run = draw()
        self._takeover = takeover
        self._own_topic = user_topic(fold(name))
        self._token = b""
        self._keyring = Keyring()
        self._questions = Questions()
        self._streams = Streams(positions)
        self._outputs: list[Output] = []
        self._was_connected = False
        self._outage = False
        self._replayed = 0
        self._deadline_s = float("inf")
        self._keys_asked_s = float("-inf")
        self._receipt_due = 0
        self._receipt_sent = 0

    # -- what the shell tells ---------------------------------------------------------------------------------------

    def link_opened(self, now: Now) -> None:
        """Both links are open: registers, and subscribes to all that may be read."""
        self.phase = Phase.REGISTERING
        self._deadline_s = now.steady_s + _REGISTER_S
        self.beat.start(now.steady_s)
        self._keyring.drop_waiting()
        parties = dict.fromkeys((*self._streams.parties(), *self.membership.invited_topics()))
        # One's own topic comes last: its pong then proves all the subscriptions before it.
        for topic in (PUBLIC, *parties, self._own_topic):
            self._out(Subscribe(topic))
        self._send(m.Register(PROTOCOL_VERSION, self.name, self._run, self._takeover))

    def link_closed(self, reason: str, now: Now) -> None:
        """The links are gone. The user is told once for each outage."""
        self.phase = Phase.OFFLINE
        self._token = b""
        if self._was_connected and not self._outage:
            self._outage = True
            self._replayed = 0
            self._out(Show(Disconnected(at=now.at, reason=reason)))

    def command_link(self, payload: bytes, now: Now) -> None:
        """A payload came down the commands link."""
        try:
            message = wire.decode_downstream(payload)
        except wire.WireError:
            return  # a newer broker may say things that this client does not know
        if self.phase is Phase.OFFLINE:
            return
        self._downstream(message, now)
        self._pump(now)

    def topic_link(self, frame: bytes, now: Now) -> None:
        """A frame came down the topics link."""
        if self.phase is Phase.OFFLINE:
            return
        self.beat.heard(now.steady_s)
        try:
            opened = self._keyring.open(frame)
        except SealError:
            return  # forged, or a copy: the pong shows whether anything is missing
        if opened is None:
            self._ask_keys(now)
            return
        self._opened_frame(opened, now)
        self._pump(now)

    def tick(self, now: Now) -> None:
        """Time has passed."""
        if self.phase is Phase.OFFLINE:
            return
        if self.phase is Phase.REGISTERING:
            if now.steady_s >= self._deadline_s:
                self._out(Rebuild("the broker does not answer"))
            return
        if self.beat.dead(now.steady_s):
            self._out(Rebuild("nothing was heard from the broker"))
            return
        for number, topic in self.beat.due(self._own_topic, now.steady_s):
            self._send(m.Ping(self._token, number, topic))
        self.outbox.repeat_if_lost(now.steady_s)
        self._pump(now)

    def next_s(self, now: Now) -> float:
        """When ``tick`` is to be called at the latest, by the steady clock."""
        if self.phase is Phase.OFFLINE:
            return float("inf")
        if self.phase is Phase.REGISTERING:
            return self._deadline_s
        return min(self.beat.next_s(), self.outbox.next_s(now.steady_s), self._questions.next_s())

    def outputs(self) -> list[Output]:
        """What the shell has to do now, in this order."""
        outputs, self._outputs = self._outputs, []
        return outputs

    # -- what the user wants ----------------------------------------------------------------------------------------

    def submit(self, op: str, args: tuple[m.Scalar, ...], ticket: int, now: Now) -> None:
        """Takes a command in; it is kept, in order, until the broker has answered it for good."""
        self.outbox.submit(op, args, ticket)
        self._pump(now)

    def ask(self, make: Make, ticket: int, now: Now) -> None:
        """Takes a question in; it is answered as things stand after the commands submitted before it."""
        self._questions.ask(make, ForTicket(ticket), self.outbox.last_n)
        self._pump(now)

    # -- the commands link ------------------------------------------------------------------------------------------

    def _downstream(self, message: m.Downstream, now: Now) -> None:
        match message:
            case m.Registered():
                self._registered(message, now)
            case m.Rejected():
                self._rejected(message)
            case m.Answer():
                self._answered(message, now)
            case m.Refusal():
                self._refused(message, now)
            case m.Expected():
                if not self.outbox.go_back(message.instance, message.n, now.steady_s):
                    self.outbox.renumber(self._draw())
            case m.Roster() | m.Party() | m.History() | m.Keys() | m.Denied():
                self._reply(message, now)
            case m.Ended():
                self._out(Over(message.reason, None, f"This session was ended: {message.reason}."))
            case m.Probe():
                pass

    def _registered(self, registered: m.Registered, now: Now) -> None:
        if self.phase is not Phase.REGISTERING:
            return
        self.phase = Phase.SYNCING
        self.name, self.title, self.users = registered.name, clean_text(registered.title), registered.users
        self._token = registered.token
        # The name is ours now: only the first registration may push another session aside.
        self._takeover = False
        self._questions.reopen()
        for key in registered.keys:
            self._add_key(key)
        for invitation in self.membership.registered(registered.party, registered.invitations):
            self._out(Subscribe(party_topic(invitation.party)))
        self._take_topics(registered.topics, now)
        self.outbox.open(registered.rate / 1000, registered.burst, now.steady_s)
        self.beat.heard(now.steady_s)
        if self.roster.version != registered.roster_version:
            self._questions.ask(m.AskRoster, ForRoster())

    def _take_topics(self, topics: tuple[m.TopicState, ...], now: Now) -> None:
        change = self._streams.registered(topics)
        for topic in change.gone:
            self._leave_topic(topic)
        for topic in change.new_parties:
            self._out(Subscribe(topic))
        for topic in (*self._streams.parties(), self._own_topic):
            self.beat.prove(topic, now.steady_s)
        for topic in change.shorter:
            text = f"The broker's history of {topic} is shorter than it was (an older backup?); following the broker."
            self._out(Show(Error(at=now.at, code=Code.HISTORY_CHANGED, text=text)))

    def _rejected(self, rejected: m.Rejected) -> None:
        code = _code(rejected.code)
        if code is Code.NO_SESSION or (code is Code.STORAGE_FAILED and self.phase is Phase.REGISTERING):
            self._out(Rebuild(clean_text(rejected.text)))
        elif self.phase is Phase.REGISTERING:
            self._out(Over("refused", code, clean_text(rejected.text)))

    def _answered(self, answer: m.Answer, now: Now) -> None:
        command = self.outbox.settle(answer, now.steady_s)
        if command is None:
            return
        if answer.detail in ("created", "joined") and party_of(answer.topic) is not None:
            self.membership.accepted(party_of(answer.topic) or "")
            self._join_topic(answer.topic, answer.seq, now)
        self._settle(command, answer)

    def _refused(self, refusal: m.Refusal, now: Now) -> None:
        if refusal.code == Code.RATE_LIMITED:
            wait_s = (refusal.retry_after_ms or 1000) / 1000
            self.outbox.postpone(refusal.instance, refusal.n, wait_s, now.steady_s)
            return
        command = self.outbox.settle(refusal, now.steady_s)
        if command is None:
            return
        if refusal.code == Code.STORAGE_FAILED:
            # The number was not used up, and what was sent behind it may or may not fail as well: begin anew.
            self.outbox.renumber(self._draw())
        self._settle(command, refusal)

    def _settle(self, command: Pending, result: m.Answer | m.Refusal) -> None:
        if command.ticket != _NO_TICKET:
            self._out(Settled(command.ticket, result))

    def _reply(self, reply: m.Roster | m.Party | m.History | m.Keys | m.Denied, now: Now) -> None:
        purpose = self._questions.settle(reply.ask)
        match purpose:
            case ForTicket():
                self._out(Settled(purpose.ticket, reply))
            case ForGap():
                self._fill_gap(purpose.topic, reply, now)
            case ForRoster():
                if isinstance(reply, m.Roster):
                    self._show_presence(self.roster.replace(reply.version, reply.entries))
            case ForKeys():
                if isinstance(reply, m.Keys):
                    for key in reply.keys:
                        self._add_key(key)
                    self._open_waiting(now)
            case None:
                pass

    # -- the topics link --------------------------------------------------------------------------------------------

    def _opened_frame(self, opened: Opened, now: Now) -> None:
        if opened.missed:
            self.beat.hurry(now.steady_s)
        try:
            for message in wire.decode_frame(opened.plain):
                self._published(opened.topic, message, now)
        except wire.WireError:
            self.beat.hurry(now.steady_s)

    def _published(self, topic: str, message: m.Published, now: Now) -> None:
        match message:
            case m.Pong():
                self._pong(topic, message, now)
            case m.Presence():
                changes = self.roster.apply(message)
                if changes is None:
                    self._ask_roster()
                else:
                    self._show_presence(changes)
            case m.NewKey():
                if topic == self._own_topic:
                    self._add_key(message.key)
                    self._open_waiting(now)
            case m.Stopping():
                self._out(Rebuild(clean_text(message.reason)))
            case m.Say() | m.Whisper() | m.Delivered() | m.Invited() | m.PartyChanged():
                if topic not in self._streams and self._is_own_join(message):
                    self._join_topic(topic, message.seq, now)
                self._streams.offer(topic, message)

    def _pong(self, topic: str, pong: m.Pong, now: Now) -> None:
        if not self._is_me(pong.name):
            return
        self.beat.pong(topic, pong.number, now.steady_s)
        self.users = pong.users
        for state in pong.topics:
            if state.topic not in self._streams:
                self._join_topic(state.topic, state.start, now)
            self._streams.learn(state.topic, state.last)
        if pong.roster_version != self.roster.version:
            self._ask_roster()

    # -- topics and keys --------------------------------------------------------------------------------------------

    def _join_topic(self, topic: str, start: int, now: Now) -> None:
        if self._streams.join(topic, start):
            self._out(Subscribe(topic))
            self.beat.prove(topic, now.steady_s)

    def _leave_topic(self, topic: str) -> None:
        self._streams.leave(topic)
        self._keyring.forget(topic)
        self.beat.abandon(topic)
        self._out(Unsubscribe(topic))

    def _add_key(self, key: m.TopicKey) -> None:
        try:
            self._keyring.add(key)
        except SealError:
            return  # a key of the wrong size opens nothing; the frames under it will be asked for

    def _ask_keys(self, now: Now) -> None:
        if self._token and now.steady_s - self._keys_asked_s >= _KEYS_PAUSE_S:
            self._keys_asked_s = now.steady_s
            self._questions.ask(m.AskKeys, ForKeys())
            self._pump(now)

    def _open_waiting(self, now: Now) -> None:
        for opened in self._keyring.waiting():
            self._opened_frame(opened, now)

    def _ask_roster(self) -> None:
        if not self._questions.asks_for(ForRoster()):
            self._questions.ask(m.AskRoster, ForRoster())

    # -- gaps -------------------------------------------------------------------------------------------------------

    def _ask_for_gaps(self) -> None:
        for topic, after, before in self._streams.gaps():
            if not self._questions.asks_for(ForGap(topic)):
                self._questions.ask(_history_question(topic, after, before), ForGap(topic))

    def _fill_gap(self, topic: str, reply: object, now: Now) -> None:
        if not isinstance(reply, m.History):
            # Not ours to read any more: what ended our reading is on its way on our own topic.
            self._streams.give_up(topic)
            return
        lost = self._streams.skip_to(topic, reply.first)
        if lost:
            text = f"{lost} messages of {topic} are older than this broker keeps; they cannot be shown."
            self._out(Show(Error(at=now.at, code=Code.HISTORY_CHANGED, text=text)))
        self._streams.learn(topic, reply.last)
        try:
            for body in reply.messages:
                self._streams.offer(topic, wire.decode_kept(body))
        except wire.WireError:
            self._out(Rebuild("the broker's history is damaged"))

    # -- moving on --------------------------------------------------------------------------------------------------

    def _pump(self, now: Now) -> None:
        """Shows what is in order, and sends what may be sent."""
        if not self._token:
            return
        self._arrive(now)
        if self._was_connected:
            self._show_streams()
        self._come_back(now)
        self._acknowledge_receipt()
        self._ask_for_gaps()
        for question in self._questions.take(self._token, self.outbox, now.steady_s):
            self._send(question)
        for command in self.outbox.take(self._token, now.steady_s):
            self._send(command)

    def _arrive(self, now: Now) -> None:
        synced = self.beat.proven(self._own_topic) and not self._questions.asks_for(ForRoster())
        if self.phase is not Phase.SYNCING or not synced or self._was_connected:
            return
        self.phase = Phase.ONLINE
        self._was_connected = True
        party = self.membership.party
        connected = Connected(
            at=now.at,
            name=self.name,
            title=self.title,
            fingerprint=self.fingerprint,
            first_contact=self.first_contact,
            users=self.roster.members(() if party is None else party.members),
            party=None if party is None else PartyMembers(party.leader, party.members),
        )
        self._out(Show(connected))

    def _come_back(self, now: Now) -> None:
        synced = self.beat.proven(self._own_topic) and not self._questions.asks_for(ForRoster())
        if self.phase is not Phase.SYNCING or not synced:
            return
        if self._streams.caught_up:
            self.phase = Phase.ONLINE
            self._outage = False
            self._out(Show(Reconnected(at=now.at, replayed=self._replayed)))

    def _show_streams(self) -> None:
        for topic, message, replayed in self._streams.take():
            event = event_of(topic, message, replayed)
            self._replayed += replayed and isinstance(event, (Message, Whisper))
            self._out(Show(event, topic, message.seq))
            self._follow(topic, message, replayed)

    def _follow(self, topic: str, message: m.Kept, replayed: bool) -> None:
        """What a message that was just shown changes for this client."""
        match message:
            case m.Whisper() if message.delivery == "stored" and self._is_me(message.recipient):
                self._receipt_due = message.seq
            case m.Invited() if not replayed:
                self.membership.invited(message)
                self._out(Subscribe(party_topic(message.party)))
            case m.PartyChanged():
                about_me = self._is_me(message.name)
                party = party_topic(message.party)
                if self.membership.changed(message, about_me, topic == self._own_topic) and party not in self._streams:
                    self._out(Unsubscribe(party))
                if about_me and topic == self._own_topic and message.change in OWN_END and party in self._streams:
                    self._leave_topic(party)
            case _:
                pass

    def _acknowledge_receipt(self) -> None:
        """Tells the broker how far its stored whispers were shown, once they all were."""
        due = self._receipt_due
        if due <= self._receipt_sent or not self._streams.is_level(self._own_topic):
            return
        self._receipt_sent = due
        self.outbox.submit("received", (due,), _NO_TICKET)

    def _show_presence(self, changes: list[m.RosterEntry]) -> None:
        if not self._was_connected:
            return
        for entry in changes:
            if entry.status == "offline" and self._is_me(entry.name):
                continue
            event: Event = Presence(
                at=entry.since,
                name=entry.name,
                status=entry.status,
                since=entry.since,
                text=clean_text(entry.text),
            )
            self._out(Show(event))

    def _is_me(self, name: str) -> bool:
        return name_key(name) == name_key(self.name)

    def _is_own_join(self, message: m.Kept) -> bool:
        return isinstance(message, m.PartyChanged) and message.change == "joined" and self._is_me(message.name)

    def _send(self, message: m.Upstream) -> None:
        self._out(Send(wire.encode(message)))

    def _out(self, output: Output) -> None:
        self._outputs.append(output)


def _history_question(topic: str, after: int, before: int | None) -> Make:
    return lambda token, ask: m.AskHistory(token, ask, topic, after, before, HISTORY_PAGE_MAX)


def _code(value: str) -> Code:
    try:
        return Code(value)
    except ValueError:
        return Code.ACCESS_DENIED
