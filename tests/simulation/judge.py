"""The judge sees everything that everybody wants, gets and is shown, and holds it against the promises of the design.

It knows nothing of how broker and clients do it: what is true is what the store kept (:mod:`record`), who could read it
is known from the keys that left the broker (:mod:`custody`) and from its replies (:mod:`replies`), and what a client
shows is followed by :mod:`reader`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.people import key_of, text_in
from tests.simulation.custody import Custody
from tests.simulation.reader import Reader
from tests.simulation.record import Record, Text, Wrong, label_of
from tests.simulation.replies import Replies
from zchat_broker.hub import Hub
from zchat_broker.rules.invariants import check_invariants
from zchat_broker.store import Changes, Store
from zchat_client.core.outputs import Over, Pin, Reply, Show
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.errors import Code
from zchat_common.topics import user_of

if TYPE_CHECKING:
    from tests.simulation.clients import Run, User

# What a whisper's key is made of stands at the beginning of its body: version, instance, n, and both keys.
_SALT_AND_KEYS = 1 + 8 + 8 + 32 + 32
_TEXTS = ("say", "party_say", "whisper")
# What the rules may answer to somebody who types what he likes. Anything else is our fault.
_USERS_MISTAKES = frozenset(
    {
        Code.NO_SUCH_USER,
        Code.NOT_YOURSELF,
        Code.NOT_IN_PARTY,
        Code.ALREADY_IN_PARTY,
        Code.ALREADY_MEMBER,
        Code.ALREADY_INVITED,
        Code.NO_INVITATION,
        Code.NOT_LEADER,
        Code.NOT_MEMBER,
        Code.EMPTY_TEXT,
        Code.UNKNOWN_TYPE,
    }
)


@dataclass(slots=True)
class Wish:
    """One command of a run: how often its text was kept (a whisper's copy apart), and its final answer."""

    op: str
    label: str
    kept: int = 0
    copies: int = 0
    result: m.Answer | m.Refusal | None = None


@dataclass(slots=True)
class Question:
    """One question of a run: the commands before it, and its answer."""

    after: list[Wish]
    reply: Reply | m.Denied | None = None


class Judge:
    """Raises :class:`Wrong` at the moment when a promise is broken."""

    def __init__(self, clock: Callable[[], float], traced: bool) -> None:
        """``clock`` gives the times in the trace, which is kept if ``traced``."""
        self.record = Record()
        self.readers: dict[str, Reader] = {}
        self.wishes: dict[str, Wish] = {}
        self.commits = 0
        self.storage_may_fail = False
        self.trace: list[str] | None = [] if traced else None
        self._clock = clock
        self._commits_checked = 0
        self.custody = Custody(self.record)
        self._replies = Replies(self.record)
        self._sealed: dict[bytes, bytes] = {}
        self._said_last: dict[str, int] = {}
        self._questions: dict[str, dict[int, Question]] = {}

    def note(self, *words: object) -> None:
        """Adds a line to the trace, if somebody wants one."""
        if self.trace is not None:
            self.trace.append(f"{self._clock():9.4f} " + " ".join([str(word) for word in words]))

    # -- what the users do ------------------------------------------------------------------------------------------

    def began(self, run: "Run") -> None:
        """A client process starts."""
        self.note(run.label, "begins with", run.user.saved)
        self.readers[run.label] = Reader(run.user.folded, dict(run.user.saved), self.record)
        self._questions[run.label] = {}

    def wished(self, run: "Run", ticket: int, op: str, args: tuple[m.Scalar, ...]) -> None:
        """A user gave a command."""
        self.note(run.label, "wishes", ticket, op, args)
        label = f"{run.label}.{ticket}"
        self.wishes[label] = Wish(op, label)

    def asked(self, run: "Run", ticket: int) -> None:
        """A user asked a question."""
        self.note(run.label, "asks", ticket)
        before = [self.wishes.get(f"{run.label}.{earlier}") for earlier in range(1, ticket)]
        self._questions[run.label][ticket] = Question([wish for wish in before if wish is not None])

    # -- what the clients say ---------------------------------------------------------------------------------------

    def registered(self, run: "Run", registered: m.Registered) -> None:
        """A client took its registration in."""
        self.readers[run.label].registered(registered.topics)

    def shown(self, run: "Run", show: Show) -> None:
        """A client showed something."""
        self.note(run.label, "is shown", show.topic, show.seq, show.event)
        self.readers[run.label].shown(show, self._clock())

    def sent(self, run: "Run", payload: bytes) -> None:
        """A client sends this up. Of a whisper only what is sealed leaves it, and under each salt one text only."""
        message = wire.decode_upstream(payload)
        if not isinstance(message, m.Do) or message.op != "whisper":
            return
        body = message.args[3]
        if not isinstance(body, bytes) or message.args[2] != m.SEALED or run.label.encode() in payload:
            raise Wrong(f"{run.label} sends an open whisper: {message}")
        if self._sealed.setdefault(body[:_SALT_AND_KEYS], body) != body:
            raise Wrong(f"{run.label} sealed two texts under one salt: {message}")

    def pinned(self, run: "Run", pin: Pin) -> None:
        """A client keeps the key of a contact, and nobody ever has another one here."""
        self.note(run.label, "pins", pin.folded)
        if pin.key != key_of(pin.folded):
            raise Wrong(f"{run.label} pinned {pin}")

    def ended(self, run: "Run", over: Over) -> None:
        """A client says that it is over, which only another process of the same user can be the cause of."""
        self.note(run.label, "is over:", over.reason, over.code)
        others = [other for other in run.user.runs if other is not run]
        if not others or (over.code is not None and over.code is not Code.NAME_IN_USE):
            raise Wrong(f"{run.label} was ended: {over}")

    def settled(self, run: "Run", ticket: int, result: m.Answer | m.Refusal | Reply | m.Denied) -> str:
        """A client tells its user how a command or question ended; returns the op of a command."""
        self.note(run.label, "has for", ticket, result)
        if not isinstance(result, (m.Answer, m.Refusal)):
            self._check_reply(run, ticket, result)
            return ""
        wish = self.wishes[f"{run.label}.{ticket}"]
        if wish.result is not None:
            raise Wrong(f"{wish} was settled again, with {result}")
        wish.result = result
        if isinstance(result, m.Answer):
            self._check_answered(wish, result)
        else:
            self._check_refused(wish, result)
        return wish.op

    def _check_reply(self, run: "Run", ticket: int, reply: Reply | m.Denied) -> None:
        question = self._questions[run.label].get(ticket)
        if question is None or question.reply is not None:
            raise Wrong(f"{run.label}: an answer to no question: {ticket} {reply}")
        question.reply = reply
        open_wishes = [wish for wish in question.after if wish.result is None]
        if open_wishes:
            raise Wrong(f"{run.label}: {reply} came before the answers to {open_wishes}")

    def _check_answered(self, wish: Wish, answer: m.Answer) -> None:
        if wish.op not in _TEXTS:
            return
        fact = self.record.fact(answer.topic, answer.seq)
        if wish.kept != 1 or fact is None or _label_in(fact.message) != wish.label:
            raise Wrong(f"{wish} was answered with {answer}, where {fact} stands")

    def _check_refused(self, wish: Wish, refusal: m.Refusal) -> None:
        allowed = refusal.code in _USERS_MISTAKES or (refusal.code == Code.STORAGE_FAILED and self.storage_may_fail)
        if not allowed:
            raise Wrong(f"{wish} was refused: {refusal}")
        if wish.kept:
            raise Wrong(f"{wish} was refused and kept: {refusal}")

    # -- what the broker does ---------------------------------------------------------------------------------------

    def committed(self, changes: Changes) -> None:
        """The store kept a turn."""
        self.commits += 1
        for text in self.record.committed(changes):
            self._said(text, in_order=True)

    def turned(self, hub: Hub, replies: list[tuple[str, bytes]], frames: list[bytes]) -> None:
        """The broker ended a turn, and is about to send this to the owners of these keys, and to publish this."""
        if self.commits != self._commits_checked:
            self._commits_checked = self.commits
            check_invariants(hub.rules.state)
        answers = [(user, next(wire.decode_downstream(payload))) for user, payload in replies]
        for user, message in answers:
            if isinstance(message, (m.Registered, m.Keys)):
                for key in message.keys:
                    self.custody.granted(user, key)
        self.published(frames)
        for user, message in answers:
            self.note("broker to", user, message)
            self._replies.sent(user, message)

    def published(self, frames: Iterable[bytes]) -> None:
        """The broker is about to publish this."""
        for frame in frames:
            topic, messages, texts = self.custody.published(frame)
            self.note("broker publishes on", topic, messages)
            for text in texts:
                self._said(text, in_order=False)

    def broker_died(self, hub: Hub, store: Store) -> None:
        """A broker is gone: what it leaves is what it knew."""
        self.note("broker dies")
        # What it had not told yet, the next one's roster says.
        self.custody.presence(hub.gathering.waiting)
        state = hub.rules.state
        check_invariants(state)
        if store.load().state != replace(state, settings=store.load().state.settings):
            raise Wrong(f"the store holds {store.load().state}, but the rules {state}")

    def _said(self, text: Text, in_order: bool) -> None:
        wish = self.wishes.get(text.label)
        if wish is None:
            raise Wrong(f"nobody said {text}")
        sender, _, number = text.label.rpartition(".")
        # A whisper stands on two topics; its place in the order is that on the sender's.
        if user_of(text.topic) not in (None, sender.partition(".")[0]):
            wish.copies += 1
            return
        wish.kept += 1
        if wish.kept > 1 or wish.result is not None:
            raise Wrong(f"{wish} was kept again, or too late: {text}")
        if in_order:
            if int(number) <= self._said_last.get(sender, 0):
                raise Wrong(f"{text} was kept after {self._said_last[sender]}")
            self._said_last[sender] = int(number)

    # -- the end ----------------------------------------------------------------------------------------------------

    def unanswered(self, run: "Run") -> list[int]:
        """The tickets of the questions of this client that have no answer yet."""
        return [ticket for ticket, question in self._questions[run.label].items() if question.reply is None]

    def finish(self, users: Iterable["User"], hub: Hub, store: Store, harmless: bool) -> None:
        """Everything is over and everybody level: what can be said only now. ``harmless``: nothing was ever lost."""
        self.custody.check()
        self.broker_died(hub, store)
        for wish in self.wishes.values():
            wanted = 1 if isinstance(wish.result, m.Answer) else 0
            if wish.op in _TEXTS and wish.result is not None and wish.kept != wanted:
                raise Wrong(f"{wish} was kept {wish.kept} times")
            if wish.copies != (wish.kept if wish.op == "whisper" else 0):
                raise Wrong(f"{wish} reached its recipient's topic {wish.copies} times")
        self._check_receipts([user.folded for user in users if user.run is not None])
        for reader in self.readers.values():
            reader.finish(self.custody.gone_offline, harmless)

    def _check_receipts(self, online: list[str]) -> None:
        """Whoever whispered to somebody who was away is told once that it arrived, as soon as it has."""
        for topic, facts in self.record.topics.items():
            told = [fact.message.whisper_seq for fact in facts if isinstance(fact.message, m.Delivered)]
            if len(told) != len(set(told)):
                raise Wrong(f"{topic} says twice that a whisper was delivered: {told}")
            for fact in facts:
                message = fact.message
                if isinstance(message, m.Whisper) and message.delivery == "stored" and _is_from(topic, message):
                    recipient = message.recipient.casefold()
                    if recipient in online and message.seq not in told:
                        raise Wrong(f"{topic} never says that {message} was delivered")


def _is_from(topic: str, message: m.Whisper) -> bool:
    return user_of(topic) == message.sender.casefold()


def _label_in(message: m.Kept) -> str:
    match message:
        case m.Say():
            return label_of(message.text)
        case m.Whisper():
            return label_of(text_in(message))
        case _:
            return ""
