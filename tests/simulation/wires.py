"""The network: the two connections of one client link, as ZeroMQ makes them behave.

On one connection everything keeps its order until the connection is cut; between two connections there is no order at
all. Subscriptions travel like everything else and count at the broker when they have arrived. A cut loses what is
under way, and each end hears of it in its own time, or never. What a client sent before it closed a connection itself
may still arrive at the broker, even after the first payload of its next connection.
"""

import random
from collections import deque
from collections.abc import Callable
from functools import partial

from tests.simulation.timeline import Timeline
from zchat_common.sealing import subscription

Delay = Callable[[], float]


class Pipe:
    """One direction of one connection: first in, first out."""

    __slots__ = ("_alive", "_deliver", "_free_s", "_late_s", "_lost_until_s", "_timeline", "delay", "sent")

    def __init__(self, timeline: Timeline, delay: Delay, ready_s: float, deliver: Callable[[bytes], None]) -> None:
        """What is sent before ``ready_s`` waits until then, as it does while a connection is being made."""
        self._timeline = timeline
        self.delay = delay
        # What was sent on it, for tests to count and to send again; the last of it only.
        self.sent: deque[bytes] = deque(maxlen=1_000)
        self._deliver = deliver
        self._free_s = ready_s
        self._alive = True
        self._late_s = 0.0
        self._lost_until_s = 0.0

    def send(self, payload: bytes) -> None:
        """Sends, or drops the payload silently."""
        now_s = self._timeline.now_s
        self.sent.append(payload)
        if now_s < self._lost_until_s:
            return
        self._free_s = max(self._free_s, now_s + self.delay())
        self._timeline.at(self._free_s, partial(self._arrive, payload))

    def freeze(self, until_s: float) -> None:
        """What is sent from now on arrives only then."""
        self._free_s = max(self._free_s, until_s)

    def lose(self, until_s: float) -> None:
        """Until then everything sent is dropped silently, as at a high-water mark."""
        self._lost_until_s = until_s

    def cut(self) -> None:
        """What is under way is lost, and everything sent after it."""
        self._alive = False

    def leave_behind(self, late_s: float) -> None:
        """The sender has closed: nothing new comes, and what is under way arrives so much later."""
        self._late_s = late_s

    def _arrive(self, payload: bytes) -> None:
        if not self._alive:
            return
        if self._late_s:
            self._timeline.after(self._late_s, partial(self._deliver, payload))
        else:
            self._deliver(payload)


class Wires:
    """Both connections of a link: ``route`` is what the broker knows the commands connection by."""

    def __init__(self, timeline: Timeline, dice: random.Random, owner: str, route: bytes, delay: Delay) -> None:
        """``owner`` is the user whose key the commands connection proved, by folded name."""
        self.owner = owner
        self.route = route
        # Whether the broker has noticed that nobody is at the other end any more.
        self.known_dead = False
        self.subscribed: dict[bytes, None] = {}
        self._counts: dict[str, int] = {}
        self._timeline = timeline
        now_s = timeline.now_s
        commands_s, topics_s = (now_s + dice.choice((0.001, 0.01, 0.3)) * dice.random() for _ in range(2))
        make = partial(Pipe, timeline, delay)
        self.up = make(commands_s, self._up)
        self.down = make(commands_s, self._down)
        self.wishes = make(topics_s, self._wish)
        self.frames = make(topics_s, self._frame)
        self.to_broker: Callable[[Wires, bytes], None] = lambda wires, payload: None
        self.to_client: Callable[[Wires, bytes], None] = lambda wires, payload: None
        self.to_reader: Callable[[Wires, bytes], None] = lambda wires, payload: None

    # -- the client's end -------------------------------------------------------------------------------------------

    def subscribe(self, topic: str) -> None:
        """As a SUB socket does it: it counts, and only the first call for a topic goes to the publisher."""
        self._counts[topic] = self._counts.get(topic, 0) + 1
        if self._counts[topic] == 1:
            self.wishes.send(b"\1" + subscription(topic))

    def unsubscribe(self, topic: str) -> None:
        """Only the last call for a topic goes to the publisher."""
        count = self._counts.get(topic, 0)
        if count == 1:
            self.wishes.send(b"\0" + subscription(topic))
        self._counts[topic] = max(0, count - 1)

    def topics(self) -> list[str]:
        """What the client is subscribed to at this moment."""
        return [topic for topic, count in self._counts.items() if count]

    def close(self, late_s: float | None) -> None:
        """The client closes both connections; what it had sent is lost (None) or arrives so much later."""
        for pipe in (self.down, self.frames, self.wishes):
            pipe.cut()
        if late_s is None:
            self.up.cut()
        else:
            self.up.leave_behind(late_s)

    # -- faults -----------------------------------------------------------------------------------------------------

    def cut_commands(self) -> None:
        """The commands connection is broken; neither end knows it yet."""
        self.up.cut()
        self.down.cut()

    def cut_topics(self) -> None:
        """The topics connection is broken; neither end knows it yet."""
        self.wishes.cut()
        self.frames.cut()

    def freeze(self, until_s: float) -> None:
        """Nothing passes until then, and nothing is lost."""
        for pipe in (self.up, self.down, self.wishes, self.frames):
            pipe.freeze(until_s)

    def mend(self) -> None:
        """Nothing is dropped from here on."""
        self.down.lose(0.0)
        self.frames.lose(0.0)

    def inject(self, frame: bytes) -> None:
        """Somebody on the plain link slips a frame in."""
        self.to_reader(self, frame)

    # -- arrivals ---------------------------------------------------------------------------------------------------

    def _up(self, payload: bytes) -> None:
        self.to_broker(self, payload)

    def _down(self, payload: bytes) -> None:
        self.to_client(self, payload)

    def _frame(self, frame: bytes) -> None:
        self.to_reader(self, frame)

    def _wish(self, payload: bytes) -> None:
        if payload[:1] == b"\1":
            self.subscribed[payload[1:]] = None
        else:
            self.subscribed.pop(payload[1:], None)
