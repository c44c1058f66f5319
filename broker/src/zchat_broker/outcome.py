"""What the effects of one turn come to: first the changes to keep, then, once kept, what to answer and publish."""

from collections.abc import Callable
from math import ceil
from typing import NamedTuple

from zchat_broker.digests import Digests
from zchat_broker.links import Link, Links
from zchat_broker.presence import Gathering
from zchat_broker.profile import Profile
from zchat_broker.publisher import Publisher
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
from zchat_broker.rules.state import State
from zchat_broker.rules.views import open_invitations, party_state, readable_from, receipt_due, topics_of
from zchat_broker.store import Changes, KeptAnswer, KeptMessage, record_key
from zchat_common import wire
from zchat_common.limits import PROTOCOL_VERSION
from zchat_common.messages import Ended, NewKey, Registered, Rejected, RosterEntry
from zchat_common.topics import party_of, user_topic

_TOKEN_BYTES = 16

Replies = list[tuple[bytes, bytes]]


class _Restart(NamedTuple):
    """With a new key the running digest of a party's topic begins anew; until then it was ``ended``.

    Both are empty for other topics, whose digest goes on.
    """

    digest: bytes = b""
    ended: bytes = b""


class Outcome:
    """The effects of one turn. Call ``note`` for each entry, then commit ``changes``, then ``carry_out``."""

    def __init__(
        self,
        profile: Profile,
        links: Links,
        publisher: Publisher,
        digests: Digests,
        gathering: Gathering,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._profile = profile
        self._links = links
        self._publisher = publisher
        self._digests = digests
        self._gathering = gathering
        self._random_bytes = random_bytes
        self._changes = Changes()
        # Each effect in its order, with the message that it makes, encoded; empty if it makes none.
        self._steps: list[tuple[Effect, bytes]] = []
        # One for each change of a key, in the same order.
        self._restarts: list[_Restart] = []
        self._presence: list[RosterEntry] = []

    def note(self, effects: list[Effect], at: int) -> None:
        """Takes in the effects of the next entry, applied at ``at``. Encodes each message, once for all uses."""
        self._changes.at = at
        for effect in effects:
            self._steps.append((effect, self._keep(effect)))

    def changes(self, state: State, position: int) -> Changes:
        """What is to be kept of this turn, which ended with the entry at ``position``."""
        self._changes.position = position
        # Also of a turn without entries, which keeps what an outage has put off.
        self._changes.at = state.at
        self._changes.roster_version = state.roster_version
        return self._changes

    @property
    def drops_topics(self) -> bool:
        """Whether the store has messages to delete now."""
        return bool(self._changes.topics_dropped)

    def carry_out(self, state: State, registering: dict[str, bytes], now_s: float, replies: Replies) -> None:
        """Answers and publishes. ``registering`` holds the route of each registration under way, by session."""
        self._gathering.add(self._presence)
        self._gathering.show_in_time(state.roster_version, len(state.sessions), now_s)
        ended = [effect for effect, _ in self._steps if isinstance(effect, SessionEnded)]
        for session in ended:
            self._tell_end(session, replies)
        opened: list[SessionOpened] = []
        restarts = iter(self._restarts)
        for effect, body in self._steps:
            match effect:
                case Posted():
                    self._publisher.add(effect.topic, body)
                case Answered() | Sent():
                    self._send(effect.session, body, replies)
                case KeyChanged():
                    self._change_key(state, effect, next(restarts))
                case TopicDropped():
                    self._publisher.forget_key(effect.topic)
                case SessionOpened():
                    opened.append(effect)
                case RegistrationRefused():
                    refused = Rejected(effect.code, effect.text, effect.wants)
                    replies.append((registering.pop(effect.session), wire.encode(refused)))
                case PresenceChanged() | SessionEnded() | Saved() | Removed() | Audited() | NumberingRemoved():
                    pass  # kept with the turn, or told before and after
        for session in ended:
            self._end(session)
        for session_opened in opened:
            self._open(state, session_opened, registering, now_s, replies)

    def _keep(self, effect: Effect) -> bytes:
        """Notes what is to be kept of the effect; returns the message that it makes, if any."""
        changes = self._changes
        match effect:
            case Posted():
                topic, message = effect
                body = wire.encode(message)
                before, changes.digests[topic] = self._digests.add(topic, body)
                changes.messages.append(KeptMessage(topic, message.seq, message.at, body, before))
                return body
            case Answered():
                _, user, answer = effect
                body = wire.encode(answer)
                changes.answers.append(KeptAnswer(user, answer.instance, answer.n, changes.at, body))
                return body
            case Sent():
                return wire.encode(effect.message)
            case PresenceChanged():
                self._presence.append(effect.entry)
            case Saved():
                changes.records[record_key(effect.record)] = effect.record
            case Removed():
                changes.records[record_key(effect.record)] = None
            case Audited():
                changes.audited.append(effect.entry)
            case NumberingRemoved():
                changes.remove_numbering(effect.user, effect.instance)
            case TopicDropped():
                changes.drop_topic(effect.topic)
                self._digests.forget(effect.topic)
            case KeyChanged():
                self._restarts.append(self._restart_digest(effect.topic))
            case SessionOpened() | SessionEnded() | RegistrationRefused():
                pass  # of this moment only
        return b""

    def _restart_digest(self, topic: str) -> _Restart:
        if party_of(topic) is None:
            return _Restart()
        ended = self._digests.now(topic)
        digest = self._changes.digests[topic] = self._digests.restart(topic)
        return _Restart(digest, ended)

    def _change_key(self, state: State, effect: KeyChanged, restart: _Restart) -> None:
        for_newcomers = NewKey(self._publisher.change_key(effect.topic), effect.after, restart.digest)
        key, key_for_newcomers = wire.encode(for_newcomers._replace(ended=restart.ended)), wire.encode(for_newcomers)
        for reader in effect.readers:
            # As it is at the end of the turn: from when on one may read only ever moves on.
            start = readable_from(state, reader, effect.topic)
            # By the digest of what somebody may not read he could check his guesses of it.
            was_reader = start is not None and start <= effect.after
            self._publisher.add(user_topic(reader), key if was_reader else key_for_newcomers)

    def _tell_end(self, ended: SessionEnded, replies: Replies) -> None:
        """Before anything else, so that no answer about a session that is over sends its client back for another."""
        link = self._links.of_session(ended.session)
        if link is not None and ended.reason and link.route:
            replies.append((link.route, wire.encode(Ended(ended.reason, ended.text))))

    def _end(self, ended: SessionEnded) -> None:
        self._links.remove(ended.session)
        if self._links.of_user(ended.user) is None:
            self._publisher.forget_key(user_topic(ended.user))

    def _open(
        self, state: State, opened: SessionOpened, registering: dict[str, bytes], now_s: float, replies: Replies
    ) -> None:
        route = registering.pop(opened.session)
        if state.session(opened.session) is None:
            return
        link = Link(opened.session, opened.user, now_s, self._random_bytes(_TOKEN_BYTES), route)
        self._links.add(link)
        replies.append((route, wire.encode(self._registered(state, link))))

    def _registered(self, state: State, link: Link) -> Registered:
        profile, user = self._profile, link.user
        topics = topics_of(state, user)
        return Registered(
            PROTOCOL_VERSION,
            profile.commands_port,
            profile.topics_port,
            link.token,
            state.name_of(user),
            profile.title,
            state.at,
            ceil(profile.rate * 1000),
            profile.burst,
            self._gathering.shown,
            len(state.sessions),
            tuple([self._publisher.key_of(topic.topic) for topic in topics if not topic.told_seq]),
            self._digests.stamp(topics),
            party_state(state, user),
            open_invitations(state, user),
            receipt_due(state, user),
            state.names_of(state.settings.admins),
        )

    def _send(self, session: str, body: bytes, replies: Replies) -> None:
        link = self._links.of_session(session)
        if link is not None and link.route:
            replies.append((link.route, body))
