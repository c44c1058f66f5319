"""One entry on its way through the rules: the state, the entry's time, and the effects so far."""

from dataclasses import dataclass
from typing import NamedTuple

from zchat_broker.rules.effects import (
    Audited,
    Effect,
    KeyChanged,
    Posted,
    PresenceChanged,
    Removed,
    Saved,
    SessionEnded,
)
from zchat_broker.rules.state import AuditEntry, Record, Session, State, User
from zchat_common.errors import Code
from zchat_common.messages import Kept, RosterEntry


class Done(NamedTuple):
    """A command succeeded; ``topic`` and ``seq`` name the message it made, if any. See messages.Answer."""

    topic: str = ""
    seq: int = 0
    detail: str = ""


class No(NamedTuple):
    """A command was refused: the code, and a sentence that says what to do."""

    code: Code
    text: str


class Actor(NamedTuple):
    """Who gave the command."""

    user: User
    session: Session


@dataclass(slots=True)
class Step:
    """Changes the state and notes each change as an effect, so that neither can be forgotten."""

    state: State
    at: int
    effects: list[Effect]

    def post(self, topic: str, kind: type[Kept], *fields: object) -> int:
        """Appends a message to a topic and returns its seq; ``fields`` are those after seq and time."""
        last_seq = self.state.last_seq
        seq = last_seq[topic] = last_seq.get(topic, 0) + 1
        self.effects.append(Posted(topic, kind(seq, self.at, *fields)))  # type: ignore[arg-type]
        return seq

    def save(self, record: Record) -> None:
        """Puts a record that is new or has changed into the state."""
        self.state.put(record)
        self.effects.append(Saved(record))

    def remove(self, record: Record) -> None:
        """Takes a record out of the state."""
        self.state.drop(record)
        self.effects.append(Removed(record))

    def change_key(self, topic: str, readers: tuple[str, ...]) -> None:
        """From here on the topic is for these readers only."""
        self.effects.append(KeyChanged(topic, readers, self.state.last_seq.get(topic, 0)))

    def show_presence(self, user: User, status: str, since: int, text: str = "") -> None:
        """Tells everybody a user's new status."""
        self.state.roster_version += 1
        entry = RosterEntry(user.name, status, since, text)
        self.effects.append(PresenceChanged(self.state.roster_version, entry))

    def end_session(self, session: Session, reason: str, text: str = "") -> None:
        """Ends a session; what its user loses by it is for the caller to say."""
        self.remove(session)
        self.effects.append(SessionEnded(session.id, session.user, reason, text))

    def audit(
        self, act: str, by: str, name: str, *, until: int | None = None, address: str = "", reason: str = ""
    ) -> None:
        """Notes who did what to whom, for good."""
        self.effects.append(Audited(AuditEntry(self.at, by, act, name, until, address, reason)))
