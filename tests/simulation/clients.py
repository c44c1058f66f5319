"""Users and their client processes in the simulated world: the real session core, in a shell without sockets."""

import random
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from tests.people import identity_of
from tests.simulation.judge import Judge
from tests.simulation.timeline import Timeline
from tests.simulation.wires import Wires
from zchat_client.core.outputs import Output, Over, Pin, Rebuild, Send, Settled, Show, Subscribe, Unsubscribe
from zchat_client.core.questions import Make
from zchat_client.core.session import Phase, Session
from zchat_client.events import Event
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.errors import Code
from zchat_common.names import fold

_FLUSH_S = 0.5
_RETRY_S = (0.1, 0.3)
_DRAW_BITS = 63
_LONG_CHARS = 3_900


class Place(Protocol):
    """What a client finds of the world."""

    timeline: Timeline
    dice: random.Random
    judge: Judge

    def dial(self, owner: str) -> Wires | None:
        """New connections to the broker, or None while there is none."""

    def hung_up(self, wires: Wires) -> None:
        """A client closed its connections."""

    def ended(self, run: "Run") -> None:
        """A client process ended by itself."""


@dataclass(slots=True)
class User:
    """A person with a name, a key and a data folder: ``saved`` are the positions in it, ``pins`` contacts' keys."""

    name: str
    folded: str
    saved: dict[str, int] = field(default_factory=dict)
    pins: dict[str, bytes] = field(default_factory=dict)
    runs: "list[Run]" = field(default_factory=list)

    @classmethod
    def called(cls, name: str) -> "User":
        """A user of this name who has never been here."""
        return cls(name, fold(name))

    @property
    def run(self) -> "Run | None":
        """The client that runs now, the latest if there are two."""
        return next((run for run in reversed(self.runs) if not run.over), None)


class Run:
    """One process of a client, from its start to its end."""

    def __init__(self, place: Place, user: User, takeover: bool) -> None:
        self.user = user
        self.number = len(user.runs) + 1
        self.over = False
        self.leaving = False
        self.end: Over | None = None
        self.wires: Wires | None = None
        self.events: list[Event] = []
        self._place = place
        self._timeline = place.timeline
        self._dice = place.dice
        self._judge = place.judge
        secrets = random.Random(f"{user.folded} {self.number} {place.dice.random()}")
        self.session = Session(
            user.name,
            "",
            dict(user.saved),
            takeover,
            identity_of(user.name),
            dict(user.pins),
            lambda: secrets.getrandbits(_DRAW_BITS),
        )
        self._shown: dict[str, int] = {}
        self._flushing = False
        self._armed_s = float("inf")
        self._broken: str | None = None
        self._tickets = 0
        user.runs.append(self)
        self._judge.began(self)

    @property
    def label(self) -> str:
        """What every text of this run begins with."""
        return f"{self.user.folded}.{self.number}"

    # -- its life ---------------------------------------------------------------------------------------------------

    def dial(self) -> None:
        """Opens a link, now or as soon as there is a broker."""
        if self.over or self.wires is not None:
            return
        wires = self._place.dial(self.user.folded)
        if wires is None:
            self._timeline.after(self._dice.uniform(*_RETRY_S), self.dial)
            return
        self.wires = wires
        self._broken = None
        wires.to_client = self._command_link
        wires.to_reader = self._topic_link
        self.session.link_opened(self._timeline.now())
        self._carry_out()

    def hear_cut(self, wires: Wires) -> None:
        """The system tells that the link is gone, if it is still in use."""
        if self.wires is wires:
            self._hang_up("the connection was lost")

    def kill(self) -> None:
        """The process is gone; what it had not written yet is forgotten."""
        self._close()

    def quit(self) -> None:
        """The process ends in good order: the positions are written."""
        self._save()
        self._close()

    def _close(self) -> None:
        self.over = True
        if self.wires is not None:
            self._place.hung_up(self.wires)
            self.wires = None

    def _hang_up(self, reason: str) -> None:
        if self.wires is not None:
            self._place.hung_up(self.wires)
        self.wires = None
        self.session.link_closed(reason, self._timeline.now())
        self._carry_out()
        if not self.over:
            self._timeline.after(self._dice.uniform(*_RETRY_S), self.dial)

    # -- what its user does -----------------------------------------------------------------------------------------

    def do(self, op: str, *args: m.Scalar) -> int:
        """Gives a command; returns its ticket."""
        self._tickets += 1
        self._judge.wished(self, self._tickets, op, args)
        self.session.submit(op, args, self._tickets, self._timeline.now())
        self._carry_out()
        return self._tickets

    def next_text(self) -> str:
        """A text that nobody said before, now and then a long one."""
        length = self._dice.choice((0, 0, 0, 0, 0, 0, 0, 0, 0, _LONG_CHARS))
        return f"{self.label}.{self._tickets + 1} {'x' * length}".rstrip()

    def say(self) -> int:
        """Says something new to everyone."""
        return self.do("say", self.next_text(), False)

    def party_say(self) -> int:
        """Says something new to the party."""
        return self.do("party_say", self.next_text(), False)

    def whisper(self, recipient: str) -> int:
        """Whispers something new."""
        return self.do("whisper", recipient, self.next_text())

    def ask(self, make: Make) -> int:
        """Asks a question; returns its ticket."""
        self._tickets += 1
        self._judge.asked(self, self._tickets)
        self.session.ask(make, self._tickets, self._timeline.now())
        self._carry_out()
        return self._tickets

    def exit(self) -> int:
        """Leaves the chat; the process ends when the broker has answered."""
        self.leaving = True
        return self.do("exit")

    # -- what reaches it --------------------------------------------------------------------------------------------

    def _command_link(self, wires: Wires, frame: bytes) -> None:
        if self.wires is not wires:
            return
        if self.session.phase is Phase.REGISTERING:
            for message in wire.decode_downstream(frame):
                if isinstance(message, m.Registered):
                    self._judge.registered(self, message)
        self.session.command_link(frame, self._timeline.now())
        self._carry_out()

    def _topic_link(self, wires: Wires, frame: bytes) -> None:
        if self.wires is wires:
            self.session.topic_link(frame, self._timeline.now())
            self._carry_out()

    def _tick(self, armed_s: float) -> None:
        if self.over or armed_s != self._armed_s:
            return
        self._armed_s = float("inf")
        self.session.tick(self._timeline.now())
        self._carry_out()

    # -- what it puts out -------------------------------------------------------------------------------------------

    def _carry_out(self) -> None:
        while outputs := self.session.outputs():
            for output in outputs:
                self._take(output)
        if self.end is not None and not self.over:
            self._judge.ended(self, self.end)
            self.quit()
            self._place.ended(self)
        elif self._broken is not None and self.wires is not None:
            # The loop gets to it a little later; what comes in between is still taken in.
            self._timeline.after(self._dice.random() * 0.005, partial(self._give_up, self.wires))
        self._arm()

    def _take(self, output: Output) -> None:
        match output:
            case Show():
                self._show(output)
            case Settled():
                self._settled(output)
            case Pin():
                self._judge.pinned(self, output)
                self.user.pins[output.folded] = output.key
                self.session.pinned([output], "", self._timeline.now())
            case Over():
                self.end = output
            case Rebuild():
                self._broken = output.reason
            case Send() | Subscribe() | Unsubscribe():
                self._use_link(output)

    def _give_up(self, wires: Wires) -> None:
        if self.wires is wires and self._broken is not None:
            self._hang_up(self._broken)

    def _use_link(self, output: Send | Subscribe | Unsubscribe) -> None:
        if self.wires is None:
            return
        match output:
            case Send():
                self._judge.sent(self, output.payload)
                self.wires.up.send(output.payload)
            case Subscribe():
                self.wires.subscribe(output.topic)
            case Unsubscribe():
                self.wires.unsubscribe(output.topic)

    def _show(self, show: Show) -> None:
        self._judge.shown(self, show)
        self.events.append(show.event)
        if show.topic is None:
            return
        self._shown[show.topic] = show.seq
        if not self._flushing:
            self._flushing = True
            self._timeline.after(_FLUSH_S, self._flush)

    def _flush(self) -> None:
        self._flushing = False
        if not self.over:
            self._save()
            self.session.remembered(self.user.saved.get(self.session.reading.own_topic, 0), self._timeline.now())
            self._carry_out()

    def _save(self) -> None:
        self.user.saved.update(self._shown)

    def _settled(self, settled: Settled) -> None:
        op = self._judge.settled(self, settled.ticket, settled.result)
        result = settled.result
        gone = isinstance(result, m.Answer) or (isinstance(result, m.Refusal) and result.code == Code.NO_SESSION)
        if op == "exit" and gone:
            self._timeline.after(0.0, self.quit)

    def _arm(self) -> None:
        if self.over:
            return
        now = self._timeline.now()
        due_s = self.session.next_s(now)
        if due_s < self._armed_s:
            # Time always moves on between two looks at it.
            self._armed_s = max(due_s, now.steady_s + 0.001)
            self._timeline.at(self._armed_s, partial(self._tick, self._armed_s))
