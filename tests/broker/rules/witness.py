"""Somebody who sees only entries and effects, and checks what they promise.

It keeps what a store would keep, and holds it against the state after every entry; so an effect that was forgotten
is found by whatever test comes past it.
"""

import copy
from dataclasses import dataclass, field, replace

from zchat_broker.rules import State
from zchat_broker.rules.effects import (
    Answered,
    Audited,
    Effect,
    KeyChanged,
    NumberingRemoved,
    Posted,
    PresenceChanged,
    RegistrationRefused,
    Removed,
    Saved,
    Sent,
    SessionEnded,
    SessionOpened,
    TopicDropped,
)
from zchat_broker.rules.entries import Command, Entry, Registering
from zchat_broker.rules.invariants import check_invariants
from zchat_broker.rules.state import Numbering
from zchat_broker.rules.views import readable_from, roster
from zchat_common.limits import ANSWERS_KEPT
from zchat_common.messages import Answer, Expected, PartyChanged, Refusal, Rejected, RosterEntry
from zchat_common.names import fold
from zchat_common.topics import PUBLIC, party_of, party_topic


def frozen(state: State) -> State:
    """A copy that no later entry changes."""
    return copy.deepcopy(state)


def facts(state: State) -> State:
    """A copy without what every command moves: the time and the numberings."""
    return replace(frozen(state), at=0, numberings={})


@dataclass
class Witness:
    """Call ``see`` after every entry."""

    kept: State = field(default_factory=State)
    readers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    roster: dict[str, RosterEntry] = field(default_factory=dict)
    answers: dict[tuple[str, int], list[Answer | Refusal]] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    at: int = 0

    def see(self, entry: Entry, effects: list[Effect], state: State) -> None:
        """Raises AssertionError when the effects of the entry are wrong, or not what the state says."""
        user = self.sessions.get(entry.session) if isinstance(entry, Command) else None
        assert state.at == max(self.at, entry.at), "time goes back or runs away"
        self.at = state.at
        for effect in effects:
            self._take(effect, state.at)
        self._check_replies(entry, user, effects)
        check_invariants(state)
        assert replace(self.kept, at=state.at, settings=state.settings) == state
        assert tuple([self.roster[user] for user in sorted(self.roster)]) == roster(state)
        assert self.sessions == state.session_users
        self._check_readers(state)

    def _take(self, effect: Effect, at: int) -> None:
        match effect:
            case Saved(record):
                self.kept.put(record)
            case Removed(record):
                self.kept.drop(record)
                self.kept.seats = {seat.user: party.id for party in self.kept.parties.values() for seat in party.seats}
            case Posted():
                self._take_message(effect)
            case KeyChanged(topic, readers, after):
                assert after == self.kept.last_seq.get(topic, 0)
                self.readers[topic] = readers
                if topic == PUBLIC:
                    # Whoever is banned is out before it.
                    assert sorted(readers) == sorted(self.sessions.values())
            case PresenceChanged(version, entry):
                self._take_presence(version, entry)
            case Answered():
                self._take_answer(effect, at)
            case NumberingRemoved(user, instance):
                del self.answers[user, instance]
                del self.kept.numberings[user][instance]
                if not self.kept.numberings[user]:
                    del self.kept.numberings[user]
            case TopicDropped(topic):
                self.kept.last_seq.pop(topic, None)
                self.readers.pop(topic, None)
            case SessionOpened(session, user):
                self.sessions[session] = user
            case SessionEnded(session, user, _):
                assert self.sessions.pop(session) == user
            case Audited(entry):
                assert entry.at == self.at
            case Sent() | RegistrationRefused():
                pass
        seated = [(seat.user, party.id) for party in self.kept.parties.values() for seat in party.seats]
        self.kept.seats = dict(seated)

    def _take_message(self, posted: Posted) -> None:
        topic, message = posted
        assert message.seq == self.kept.last_seq.get(topic, 0) + 1, f"{topic} is not dense"
        assert message.at == self.at
        self.kept.last_seq[topic] = message.seq
        party_id = party_of(topic)
        if party_id is None:
            return
        members = self.kept.parties[party_id].users
        assert self.readers[topic] == members, "somebody else holds the key that this message is sealed with"
        if isinstance(message, PartyChanged):
            assert tuple([fold(name) for name in message.members]) == members

    def _take_presence(self, version: int, entry: RosterEntry) -> None:
        assert version == self.kept.roster_version + 1
        self.kept.roster_version = version
        if entry.status == "offline":
            del self.roster[fold(entry.name)]
        else:
            self.roster[fold(entry.name)] = entry

    def _take_answer(self, answered: Answered, at: int) -> None:
        _, user, answer = answered
        given = self.answers.setdefault((user, answer.instance), [])
        given.append(answer)
        assert answer.n == len(given), "a command was applied twice, or one was left out"
        numbering = self.kept.numberings.setdefault(user, {}).setdefault(answer.instance, Numbering())
        numbering.last_n = answer.n
        numbering.used_at = at
        numbering.answers.append(answer)

    def _check_replies(self, entry: Entry, user: str | None, effects: list[Effect]) -> None:
        replies = [effect for effect in effects if isinstance(effect, (Answered, Sent))]
        verdicts = [effect for effect in effects if isinstance(effect, (SessionOpened, RegistrationRefused))]
        assert len(replies) == isinstance(entry, Command), "each command gets one reply, and nothing else gets any"
        assert len(verdicts) == isinstance(entry, Registering)
        for reply in replies:
            assert isinstance(entry, Command)
            assert reply.session == entry.session
            if isinstance(reply, Sent):
                self._check_reply(entry, user, reply)
                assert len(effects) == 1, "a command that is not applied changes nothing"

    def _check_reply(self, entry: Command, user: str | None, reply: Sent) -> None:
        given = [] if user is None else self.answers.get((user, entry.instance), [])
        match reply.message:
            case Rejected(code, _):
                assert code == "no_session"
                assert user is None
            case Expected(instance, n):
                assert (instance, n) == (entry.instance, len(given) + 1)
                assert entry.n > n or not given
            case Answer() | Refusal():
                asked = given[entry.n - 1] if 0 < entry.n <= len(given) else None
                too_old = entry.n <= max(0, len(given) - ANSWERS_KEPT)
                assert too_old or reply.message == asked, "the answer has changed"
            case _:
                raise AssertionError(reply)

    def _check_readers(self, state: State) -> None:
        for party in state.parties.values():
            topic = party_topic(party.id)
            may = {user for user in state.users if readable_from(state, user, topic) is not None}
            assert may == set(party.users)
            assert self.readers[topic] == party.users
