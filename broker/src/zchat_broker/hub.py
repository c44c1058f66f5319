"""One turn of the broker, without a socket: what arrived goes in, what is to be sent and published comes out.

A turn decodes what arrived, hands it to the order, applies what the order gives back, commits once, and only then
answers and publishes. The shell around it (:mod:`zchat_broker.server`) owns sockets and clocks.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from zchat_broker.allowances import Allowances
from zchat_broker.digests import Digests
from zchat_broker.door import Door
from zchat_broker.links import Link, Links
from zchat_broker.nonsense import Nonsense
from zchat_broker.order import EmbeddedOrder, Order
from zchat_broker.outage import Outage
from zchat_broker.outcome import Outcome
from zchat_broker.presence import Gathering
from zchat_broker.profile import Profile
from zchat_broker.pruning import Pruning
from zchat_broker.publisher import Publisher
from zchat_broker.questions import Questions
from zchat_broker.registrations import Peer, Registrations
from zchat_broker.rules import Rules
from zchat_broker.rules.commands import COMMANDS
from zchat_broker.rules.entries import Command, Entry, Pruned, Registering, SessionExpired, Started
from zchat_broker.rules.upkeep import due
from zchat_broker.store import Store, StoreFailed, StoreUnusable
from zchat_broker.timeline import Timeline
from zchat_common import wire
from zchat_common.clock import Now
from zchat_common.errors import Code
from zchat_common.limits import SESSION_SILENCE_S
from zchat_common.messages import Do, Downstream, Expected, Ping, Refusal, Register, Rejected, Stopping
from zchat_common.topics import PUBLIC

_log = logging.getLogger("zchat.broker")

_ID_BYTES = 8
# The shell calls this often; a much longer pause was a stall of this process, and nobody else's silence.
_LONGEST_PAUSE_S = 0.5
_STALL_S = 3.0
# After a restart the clients come back one after another, the last ones after 3 ms for each user that there was, and
# a handshake costs a millisecond: whoever waits for his turn is not silent. Else 5,000 clients are told that thousands
# of them went offline and came back (measured: four times the CPU; docs/performance.md).
_RETURN_PER_USER_S = 0.006
_NOT_KEPT = "The broker could not keep it (its disk may be full); try again later."


class Arrival(NamedTuple):
    """A payload from a route. ``peer`` is asked only when it is needed: looking it up is not free."""

    route: bytes
    payload: bytes
    peer: Callable[[], Peer]


@dataclass(slots=True)
class Outgoing:
    """What a turn sends: payloads by route on the commands link, and frames to publish, each in order."""

    replies: list[tuple[bytes, bytes]] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)
    # Routes of peers that do not stop sending what is only refused: their connections are to be shut.
    shut: list[bytes] = field(default_factory=list)


class Hub:
    """The broker's inside: rules, order, store, links, keys."""

    def __init__(
        self,
        profile: Profile,
        store: Store,
        random_bytes: Callable[[int], bytes],
        reachable: Callable[[bytes], bool],
        now: Now,
        door: Door | None = None,
    ) -> None:
        """Loads the store. ``reachable(route)`` tells whether a route still leads to anybody. Raises StoreUnusable."""
        self._profile = profile
        self._store = store
        self._random_bytes = random_bytes
        loaded = store.load()
        self._rules = Rules(loaded.state)
        self._order: Order = EmbeddedOrder(loaded.position)
        self._links = Links()
        self._publisher = Publisher(random_bytes)
        self._allowances = Allowances(profile)
        self._digests = Digests(random_bytes, loaded.digests)
        self._gathering = Gathering(self._publisher, loaded.state.roster_version)
        self._questions = Questions(store, self._publisher, self._digests, self._gathering, self._allowances)
        self._registrations = Registrations(
            profile,
            door or Door(),
            self._order,
            self._links,
            self._allowances,
            reachable,
            random_bytes,
            lambda: self._rules.state,
        )
        self.nonsense = Nonsense()
        self._turn_s = now.steady_s
        self._tidy_s = now.steady_s
        self._forgiving_until_s = now.steady_s
        self._pruning = Pruning(store, self._order, profile.history_days, now)
        self._publisher.key_of(PUBLIC)
        self._outage = Outage(store)
        # False while what the rules hold was not kept, and what is kept cannot be read.
        self._rules_hold = True
        # A start that could not be kept: without it deadlines would count that ran while nobody listened.
        self._owes_start = False
        patience_s = _RETURN_PER_USER_S * len(loaded.state.sessions)
        for session in loaded.state.sessions.values():
            self._links.add(Link(session.id, session.user, now.steady_s + patience_s))
        self._timeline = Timeline(loaded.state.at, now)
        at, _ = self._timeline.advance(now)
        self._order.submit(Started(at, profile.settings))
        self._order.submit(Pruned(at))

    @property
    def rules(self) -> Rules:
        """The rules, to look at."""
        return self._rules

    @property
    def gathering(self) -> Gathering:
        """What changed in the roster and was not shown yet, to look at."""
        return self._gathering

    def pause_s(self, now: Now) -> float:
        """How long the next turn may wait, if nothing arrives."""
        if not self._rules_hold:
            return _LONGEST_PAUSE_S
        state = self._rules.state
        if self._questions.are_waiting(state.roster_version):
            return 0.0
        return min(_LONGEST_PAUSE_S, self._gathering.pause_s(state.roster_version, len(state.sessions), now.steady_s))

    def turn(self, arrivals: Iterable[Arrival], now: Now) -> Outgoing:
        """One turn. Call it also when nothing arrives for ``pause_s``, after all that waits was taken in."""
        out = Outgoing()
        now = self._look_at_clock(now)
        self._forgive_stall(now)
        for arrival in arrivals:
            self._take(arrival, now, out)
        self._registrations.settle_doubts(now)
        self._keep_time(now)
        self._settle(out)
        if self._rules_hold:
            state = self._rules.state
            self._gathering.show_in_time(state.roster_version, len(state.sessions), now.steady_s)
            self._questions.answer(self._rules.state, out.replies)
        else:
            self._questions.drop()
        out.frames = self._publisher.flush()
        return out

    def stop(self, reason: str) -> list[bytes]:
        """The frames that tell everybody that the broker stops."""
        if self._rules_hold:
            # Else all of them would ask for the roster when they come back.
            self._gathering.show(self._rules.state.roster_version)
        self._publisher.add(PUBLIC, wire.encode(Stopping(reason)))
        return self._publisher.flush()

    # -- taking in --------------------------------------------------------------------------------------------------

    def _take(self, arrival: Arrival, now: Now, out: Outgoing) -> None:
        try:
            message = wire.decode_upstream(arrival.payload)
        except wire.WireError as error:
            code = Code.UNKNOWN_TYPE if isinstance(error, wire.UnknownType) else Code.MALFORMED
            self.nonsense.count(arrival.peer().address, str(error))
            self._tire(arrival.route, now, out)
            self._reply(out, arrival.route, Rejected(code, f"This broker does not understand that: {error}."))
            return
        if isinstance(message, Register):
            self._register(message, arrival, now, out)
            return
        link = self._links.of_token(message.token)
        if link is None:
            self._tire(arrival.route, now, out)
            self._reply(out, arrival.route, Rejected(Code.NO_SESSION, "This session is over; register again."))
            return
        link.heard_s = now.steady_s
        link.route = arrival.route
        if isinstance(message, Do):
            self._command(message, link, now, out)
        elif isinstance(message, Ping):
            if self._allowances.may_ping(link.user, now.steady_s):
                self._questions.ping(link, message)
            else:
                self._tire(link.route, now, out)
        elif not self._questions.ask(link, message, now.steady_s):
            self._tire(link.route, now, out)

    def _register(self, message: Register, arrival: Arrival, now: Now, out: Outgoing) -> None:
        rejected = self._registrations.take(message, arrival.route, arrival.peer, now)
        if rejected is None:
            return
        # Refused before the rules were asked: that may go on without end, and costs an answer each time.
        self._tire(arrival.route, now, out)
        self._reply(out, arrival.route, rejected)

    def _command(self, message: Do, link: Link, now: Now, out: Outgoing) -> None:
        _, instance, n, name, args = message
        if n < 1 or instance < 0:
            self._tire(link.route, now, out)
            self._reply(out, link.route, Rejected(Code.MALFORMED, "Commands are numbered from 1 on."))
            return
        if instance == link.void_instance and n > self._last_n(link, instance):
            self._reply(out, link.route, _storage_failed(message))
            return
        expected_n = self._chargeable_n(instance, link)
        if n != expected_n:
            # Free, but not without end: each costs an answer.
            self._tire(link.route, now, out)
        if n > expected_n:
            # What was refused before it has to come first; charging it twice would leave nothing to pay for that.
            self._reply(out, link.route, Expected(instance, expected_n))
            return
        if n == expected_n:
            wait_s = self._wait_of(link, now)
            if wait_s > 0:
                self._tire(link.route, now, out)
                text = f"Too much at once; try again in {wait_s:.1f} s."
                self._reply(out, link.route, Refusal(instance, n, Code.RATE_LIMITED, text, int(wait_s * 1000) + 1))
                return
            link.charged_n = n
        op = COMMANDS.get(name)
        fresh_id = self._draw_id() if op is not None and op.creates else ""
        self._order.submit(Command(now.at, link.session, instance, n, name, args, fresh_id))

    def _wait_of(self, link: Link, now: Now) -> float:
        """How long the user of this link has to wait until he may give a command; 0.0 if that is charged now."""
        state = self._rules.state
        owner, session = state.users.get(link.user), state.sessions.get(link.user)
        if owner is None or session is None:
            return 0.0  # it is over, as the rules will say
        return self._allowances.command_wait(owner.key, session.address, now.steady_s)

    def _chargeable_n(self, instance: int, link: Link) -> int:
        """The command that the user pays for next; those before it are paid for, however often they come."""
        if link.instance != instance:
            link.instance, link.charged_n = instance, self._last_n(link, instance)
        return link.charged_n + 1

    def _tire(self, route: bytes, now: Now, out: Outgoing) -> None:
        """Somebody was refused, or asked once more: whoever goes on and on is to be shut, since that costs time too."""
        if not self._allowances.may_be_refused(route, now.steady_s):
            out.shut.append(route)

    def _last_n(self, link: Link, instance: int) -> int:
        numbering = self._rules.state.numberings.get(link.user, {}).get(instance)
        return 0 if numbering is None else numbering.last_n

    # -- time -------------------------------------------------------------------------------------------------------

    def _look_at_clock(self, now: Now) -> Now:
        at, jumped = self._timeline.advance(now)
        if jumped:
            _log.warning("this machine's clock was set forward; every running deadline begins anew")
        if jumped or self._owes_start:
            self._owes_start = False
            self._order.submit(Started(at, self._profile.settings))
        return Now(at, now.steady_s)

    def _forgive_stall(self, now: Now) -> None:
        pause_s = now.steady_s - self._turn_s
        self._turn_s = now.steady_s
        if pause_s > _STALL_S:
            _log.warning("this process stood still for %.1f s; all deadlines are extended by it", pause_s)
            self._links.forgive(pause_s)
            self._registrations.forgive(pause_s)
            self._forgiving_until_s = now.steady_s + pause_s

    def _keep_time(self, now: Now) -> None:
        self._registrations.look_for_codes(now)
        if now.steady_s - self._tidy_s < 1.0:
            return
        self._tidy_s = now.steady_s
        self._allowances.tidy(now.steady_s)
        for link in self._links.silent(now.steady_s - SESSION_SILENCE_S):
            self._order.submit(SessionExpired(now.at, link.session))
        if now.steady_s >= self._forgiving_until_s:
            for entry in due(self._rules.state, now.at):
                self._order.submit(entry)
        self._pruning.step(now)

    # -- settling ---------------------------------------------------------------------------------------------------

    def _settle(self, out: Outgoing) -> None:
        """Applies, commits once, and only then lets anything out."""
        position, entries = self._order.take()
        if not entries and self._rules_hold:
            return
        if not self._outage.may_try(self._turn_s) or not self._restore_rules():
            self._fail(entries, out)
            return
        outcome = Outcome(
            self._profile, self._links, self._publisher, self._digests, self._gathering, self._random_bytes
        )
        state = self._rules.state
        for entry in entries:
            outcome.note(self._rules.apply(entry), state.at)
        try:
            self._store.commit(outcome.changes(state, position))
        except StoreFailed as error:
            self._outage.failed(error, self._turn_s)
            self._rules_hold = False
            self._restore_rules()
            self._fail(entries, out)
            return
        self._outage.succeeded()
        if outcome.drops_topics:
            self._pruning.hurry()
        outcome.carry_out(state, self._registrations.routes, self._turn_s, out.replies)

    def _restore_rules(self) -> bool:
        """Takes the rules back to what is kept; False if that cannot be read, and nothing can be said of it."""
        if self._rules_hold:
            return True
        try:
            loaded = self._store.load()
        except StoreUnusable as error:
            self._outage.failed(error, self._turn_s)
            return False
        state = loaded.state
        state.settings = self._profile.settings
        self._rules = Rules(state)
        self._digests.reset(loaded.digests)
        self._rules_hold = True
        return True

    def _fail(self, entries: list[Entry], out: Outgoing) -> None:
        """Nothing of the turn happened: whoever asked for something is told."""
        for entry in entries:
            if isinstance(entry, Command):
                self._fail_command(entry, out)
            elif isinstance(entry, Registering):
                self._reply(
                    out, self._registrations.routes.pop(entry.session), Rejected(Code.STORAGE_FAILED, _NOT_KEPT)
                )
            elif isinstance(entry, Started):
                self._owes_start = True

    def _fail_command(self, command: Command, out: Outgoing) -> None:
        link = self._links.of_session(command.session)
        if link is None or not self._rules_hold:
            return  # it may have been kept before: who gets no answer asks again
        kept = self._rules.state.numberings.get(link.user, {}).get(command.instance)
        answer = None if kept is None else kept.answer(command.n)
        if answer is None:
            link.void_instance = command.instance
            answer = _storage_failed(command)
        self._reply(out, link.route, answer)

    def _draw_id(self) -> str:
        return self._random_bytes(_ID_BYTES).hex()

    @staticmethod
    def _reply(out: Outgoing, route: bytes, message: Downstream) -> None:
        out.replies.append((route, wire.encode(message)))


def _storage_failed(command: Do | Command) -> Refusal:
    return Refusal(command.instance, command.n, Code.STORAGE_FAILED, _NOT_KEPT, None)
