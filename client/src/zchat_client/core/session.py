"""The session core: one client's place at a broker, from the first registration through every outage.

The shell tells it what happened (:meth:`Session.link_opened`, :meth:`Session.command_link`,
:meth:`Session.topic_link`, :meth:`Session.link_closed`, :meth:`Session.tick`) and after each call carries out
:meth:`Session.outputs`, in order. It calls ``tick`` no later than :meth:`Session.next_s`. Time and randomness are
arguments.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum, auto

from zchat_client.core.beat import Beat
from zchat_client.core.contacts import Contacts, unkept_text
from zchat_client.core.outbox import Outbox, Pending
from zchat_client.core.outputs import Contact, Output, Over, Pin, Rebuild, Send, Settled, Show
from zchat_client.core.questions import (
    ForContact,
    ForGap,
    ForKeys,
    ForParty,
    ForProof,
    ForRoster,
    ForTicket,
    Make,
    Questions,
)
from zchat_client.core.reading import Reading
from zchat_client.core.receipts import Receipts
from zchat_client.core.sealer import OF_CONTACTS, Sealer
from zchat_client.core.verdicts import on_ended, on_rejected
from zchat_client.events import Connected, Disconnected, Error, PartyMembers, Reconnected
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.clock import Now
from zchat_common.errors import Code
from zchat_common.identity import Identity
from zchat_common.limits import PROTOCOL_VERSION
from zchat_common.text import clean_text
from zchat_common.topics import PUBLIC

# A broker with thousands of clients coming back needs a millisecond of handshake for each.
_REGISTER_S = 10.0
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
        identity: Identity,
        pins: Mapping[str, bytes],
        draw: Callable[[], int],
    ) -> None:
        """``positions`` are the seqs shown last in earlier runs, by topic, ``pins`` the keys of contacts kept in
        them, by folded name; ``draw()`` gives a random 63-bit number.
        """
        self.name = name
        self.fingerprint = fingerprint
        self.first_contact = False
        # What the introduction said, if there was one: protocol version, commands port, topics port.
        self.introduced: tuple[int, int, int] | None = None
        self.phase = Phase.OFFLINE
        self.title = ""
        # An invitation code, until the broker has let us in.
        self.invite = ""
        self.beat = Beat()
        self.outbox = Outbox(draw())
        self._draw = draw
        self._run = draw()
        self._takeover = takeover
        self._token = b""
        self._questions = Questions()
        self._outputs: list[Output] = []
        self.contacts = Contacts(name, identity, pins, self._out)
        self.reading = Reading(name, positions, self.beat, self._questions, self.contacts, self._out)
        self._receipts = Receipts(self.reading, positions)
        self._sealer = Sealer(self.outbox, self.contacts, self._questions, self._settle)
        self._outage = False
        self._ended = False
        self._deadline_s = float("inf")

    # -- what the shell tells ---------------------------------------------------------------------------------------

    def link_opened(self, now: Now) -> None:
        """Both links are open: registers, and subscribes to all that may be read."""
        self.phase = Phase.REGISTERING
        self._deadline_s = now.steady_s + _REGISTER_S
        self.beat.start(now.steady_s)
        self.reading.subscribe()
        self._send(m.Register(PROTOCOL_VERSION, self.name, self._run, self._takeover, self.invite))

    def link_closed(self, reason: str, now: Now) -> None:
        """The links are gone. The user is told once for each outage."""
        self.phase = Phase.OFFLINE
        self._token = b""
        # Whoever was told that his session is over is not told that the client tries to come back.
        if self.reading.showing and not self._outage and not self._ended:
            self._outage = True
            self.reading.replayed = 0
            self._out(Show(Disconnected(at=now.at, reason=reason)))

    def command_link(self, frame: bytes, now: Now) -> None:
        """A frame came down the commands link."""
        if self.phase is Phase.OFFLINE:
            return
        self._questions.heard(now.steady_s)
        messages = wire.decode_downstream(frame)
        # What comes behind the end of this link is as late as if it came in a frame of its own.
        while not any(isinstance(output, Over | Rebuild) for output in self._outputs):
            try:
                message = next(messages, None)
            except wire.WireError:
                break  # nothing can be told apart after what is malformed
            if message is None:
                break
            self._downstream(message, now)
        self._pump(now)

    def topic_link(self, frame: bytes, now: Now) -> None:
        """A frame came down the topics link."""
        if self.phase is Phase.OFFLINE:
            return
        self.beat.heard(now.steady_s)
        self.reading.frame(frame, now)
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
        if self.beat.is_unvouched(now.steady_s):
            self.reading.pages.doubt()
        for number, topic in self.beat.due(self.reading.own_topic, now.steady_s):
            self._send(m.Ping(self._token, number, topic))
        self.outbox.repeat_if_lost(now.steady_s)
        self._pump(now)

    @property
    def owes_receipt(self) -> bool:
        """Whether the broker waits to hear that what was shown is remembered as well."""
        return self._receipts.is_owed

    def remembered(self, own_seq: int, now: Now) -> None:
        """The user was shown his own topic up to this message, and the next run knows it, however this one ends."""
        self._receipts.remembered(own_seq)
        self._pump(now)

    def pinned(self, pins: Sequence[Pin], refused: str, now: Now) -> None:
        """What the shell did with each :class:`Pin`: it is kept for the next run, or ``refused`` says why none is."""
        for pin in pins:
            self.contacts.pinned(pin, kept=not refused)
            if refused and not self._sealer.unkept(pin, refused):
                text = unkept_text(pin.folded, refused, "the next start will not know it.")
                self._out(Show(Error(at=now.at, code=Code.STORAGE_FAILED, text=text)))
        self._pump(now)

    def next_s(self, now: Now) -> float:
        """When ``tick`` is to be called at the latest, by the steady clock."""
        if self.phase is Phase.OFFLINE:
            return float("inf")
        if self.phase is Phase.REGISTERING:
            return self._deadline_s
        outbox_s = self.outbox.next_s(now.steady_s) if self.reading.showing else float("inf")
        return min(self.beat.next_s(), outbox_s, self._questions.next_s())

    def outputs(self) -> list[Output]:
        """What the shell has to do now, in this order."""
        outputs, self._outputs = self._outputs, []
        return outputs

    # -- what the user wants ----------------------------------------------------------------------------------------

    def submit(self, op: str, args: tuple[m.Scalar, ...], ticket: int, now: Now) -> None:
        """Takes a command in; it is kept, in order, until the broker has answered it for good.

        Of ``whisper`` the arguments are name and text. ``trust`` and ``verify`` are commands with a name as well, which
        are settled here when their turn has come: with a Contact, or a Refusal.
        """
        self.outbox.submit(op, args, ticket, ready=op not in OF_CONTACTS)
        self._pump(now)

    def ask(self, make: Make, ticket: int, now: Now) -> None:
        """Takes a question in; it is answered as things stand after the commands submitted before it."""
        self._questions.ask(make, ForTicket(ticket), self.outbox.last_place)
        self._pump(now)

    # -- the commands link ------------------------------------------------------------------------------------------

    def _downstream(self, message: m.Downstream, now: Now) -> None:
        match message:
            case m.Registered():
                self._registered(message, now)
            case m.Rejected():
                registering, was_connected = self.phase is Phase.REGISTERING, self.reading.showing
                self._out(on_rejected(message, now.at, registering=registering, was_connected=was_connected))
            case m.Answer():
                self._answered(message, now)
            case m.Refusal():
                self._refused(message, now)
            case m.Expected():
                if not self.outbox.go_back(message.instance, message.n, now.steady_s):
                    self.outbox.renumber(self._draw())
            case m.Roster() | m.Party() | m.History() | m.Keys() | m.Bans() | m.User() | m.Denied():
                self._reply(message, now)
            case m.Ended():
                self._ended = True
                self._out(on_ended(message))
            case m.Probe():
                # Another client wants our place, and the broker asks whether we are still here.
                self.beat.hurry(now.steady_s)

    def _registered(self, registered: m.Registered, now: Now) -> None:
        if self.phase is not Phase.REGISTERING:
            return
        repeated = (registered.version, registered.commands_port, registered.topics_port)
        if self.introduced is not None and self.introduced != repeated:
            text = "The introduction was not this broker's own; somebody may be in between. Nothing was sent."
            self._out(Over("refused", Code.VERSION, text))
            return
        self.phase = Phase.SYNCING
        self._receipts.registered()
        self.name, self.title = clean_text(registered.name), clean_text(registered.title)
        self._token = registered.token
        # The name is ours now: only the first registration may push another session aside.
        self._takeover = False
        self.invite = ""
        self._questions.reopen()
        self._sealer.registered()
        self.reading.registered(registered, now)
        self.outbox.open(registered.rate / 1000, registered.burst, now.steady_s)
        self.beat.heard(now.steady_s)
        self.beat.vouched(now.steady_s)

    def _answered(self, answer: m.Answer, now: Now) -> None:
        command = self.outbox.settle(answer, now.steady_s)
        if command is None:
            return
        if command.op == "exit" and answer.at < self.reading.registered_at:
            # It ended the session before this one; the link broke before we were told.
            self.outbox.submit("exit", (), command.ticket)
            return
        if answer.detail in ("created", "joined"):
            self.reading.joined(answer.topic, answer.seq, answer.at, now)
        self._settle(command, answer)

    def _refused(self, refusal: m.Refusal, now: Now) -> None:
        if refusal.code == Code.RATE_LIMITED:
            wait_s = (refusal.retry_after_ms or 1000) / 1000
            self.outbox.postpone(refusal.instance, refusal.n, wait_s, now.steady_s)
            return
        command = self.outbox.settle(refusal, now.steady_s)
        if command is None:
            return
        if command.op == "whisper":
            self._sealer.forget(str(command.args[0]))
        if refusal.code == Code.STORAGE_FAILED:
            # The number was not used up, and what was sent behind it may or may not fail as well: begin anew.
            self.outbox.renumber(self._draw())
        if command.op == "received":
            self._receipts.refused(now.steady_s)
        self._settle(command, refusal)

    def _settle(self, command: Pending, result: m.Answer | m.Refusal | Contact) -> None:
        if command.ticket != _NO_TICKET:
            self._out(Settled(command.ticket, result))

    def _reply(self, reply: m.Roster | m.Party | m.History | m.Keys | m.Bans | m.User | m.Denied, now: Now) -> None:
        if isinstance(reply, m.Denied) and reply.code == Code.RATE_LIMITED:
            self._questions.postpone(reply.ask, now.steady_s)
            return
        purpose = self._questions.settle(reply.ask)
        match purpose:
            case ForTicket() if not isinstance(reply, m.User):
                self._out(Settled(purpose.ticket, reply))
            case ForGap() | ForProof():
                self.reading.pages.reply(purpose, reply, now)
            case ForParty():
                if isinstance(reply, m.Party):
                    self.reading.party_reply(purpose, reply.party)
            case ForRoster():
                if isinstance(reply, m.Roster):
                    self.reading.roster_reply(reply)
            case ForKeys():
                if isinstance(reply, m.Keys):
                    self.reading.keys_reply(reply, now)
            case ForContact():
                if isinstance(reply, (m.User, m.Denied)):
                    self._sealer.reply(purpose.place, reply)
            case _:
                pass

    # -- moving on --------------------------------------------------------------------------------------------------

    def _pump(self, now: Now) -> None:
        """Shows what is in order, and sends what may be sent."""
        if not self._token:
            return
        reading = self.reading
        if self.phase is Phase.SYNCING and reading.synced and not reading.showing:
            self._arrive(now)
        if reading.showing:
            reading.show(now)
        if self.phase is Phase.SYNCING and reading.synced and reading.caught_up:
            self._come_back(now)
        receipt = self._receipts.take(now.steady_s)
        if receipt:
            self.outbox.submit("received", (receipt,), _NO_TICKET)
        reading.pages.ask()
        if reading.showing:
            self._send_commands(now)
        # Nothing that the user asks is answered before `connected`, which every front end shows first.
        for question in self._questions.take(self._token, self.outbox, now.steady_s, of_user=reading.showing):
            self._send(question)

    def _send_commands(self, now: Now) -> None:
        going_on = True
        while going_on:
            for command in self.outbox.take(self._token, now.steady_s):
                self._send(command)
            going_on = self._sealer.advance()

    def _arrive(self, now: Now) -> None:
        self.phase = Phase.ONLINE
        self.reading.showing = True
        party = self.reading.membership.party
        users = self.reading.roster.members(() if party is None else party.members)
        connected = Connected(
            at=now.at,
            name=self.name,
            title=self.title,
            fingerprint=self.fingerprint,
            first_contact=self.first_contact,
            users=users,
            party=None if party is None else PartyMembers(party.leader, party.members),
            admins=self.reading.roster.admins_of(users),
        )
        # Whoever sees nothing more of this run has this place to come back to, and is no newcomer then.
        self._out(Show(connected, PUBLIC, self.reading.public_position))

    def _come_back(self, now: Now) -> None:
        self.phase = Phase.ONLINE
        self._outage = False
        self._out(Show(Reconnected(at=now.at, replayed=self.reading.replayed)))

    def _send(self, message: m.Upstream) -> None:
        self._out(Send(wire.encode(message)))

    def _out(self, output: Output) -> None:
        self._outputs.append(output)
