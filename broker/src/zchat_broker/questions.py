"""Pings and questions: answered from the state and the store after a turn's commit, changing nothing."""

from collections import deque

from zchat_broker.allowances import Allowances
from zchat_broker.digests import Digests
from zchat_broker.links import Link
from zchat_broker.pages import Pages
from zchat_broker.presence import Gathering
from zchat_broker.publisher import Publisher
from zchat_broker.rules.commands import user
from zchat_broker.rules.restraints import is_admin
from zchat_broker.rules.state import State
from zchat_broker.rules.state import User as Owner
from zchat_broker.rules.step import No
from zchat_broker.rules.views import (
    Readable,
    party_state,
    readable_from,
    readable_parts,
    restraints,
    roster,
    topics_of,
)
from zchat_broker.store import Store, StoreFailed
from zchat_common import wire
from zchat_common.errors import Code
from zchat_common.limits import HISTORY_PAGE_MAX, HISTORY_PAGE_MAX_BYTES
from zchat_common.messages import (
    AskBans,
    AskHistory,
    AskKeys,
    AskParty,
    AskRoster,
    AskUser,
    Bans,
    Denied,
    Downstream,
    History,
    Keys,
    Party,
    Ping,
    Pong,
    User,
)
from zchat_common.topics import party_of, user_topic

# Answers made in one turn: what is left over comes in the next one, after the commands that came meanwhile, so that a
# flood of questions takes neither memory nor everybody's time. A full page of history takes a millisecond. At
# saturation there are twenty turns a second, and whoever comes back asks for two messages first.
_TURN_BYTES = 16 * HISTORY_PAGE_MAX_BYTES
# Rosters are encoded once. While many join there is one turn in a quarter of a second that can hand them out, and ten
# thousand who join within a minute each want one.
_TURN_ROSTERS_BYTES = 4 * _TURN_BYTES
_TURN_MESSAGES = 4 * HISTORY_PAGE_MAX
# A page costs as much as so many messages before the first one.
_PAGE_MESSAGES = 8

_OfOne = AskParty | AskHistory | AskKeys | AskUser | AskBans
Question = AskRoster | _OfOne


class Questions:
    """What clients asked and have no answer to yet."""

    def __init__(
        self, store: Store, publisher: Publisher, digests: Digests, gathering: Gathering, allowances: Allowances
    ) -> None:
        self._pages = Pages(store)
        self._publisher = publisher
        self._digests = digests
        self._gathering = gathering
        self._allowances = allowances
        self._pings: list[tuple[Link, Ping]] = []
        self._asked: deque[tuple[Link, _OfOne]] = deque()
        # These wait while there is anything in the roster that was not shown yet.
        self._asked_roster: deque[tuple[Link, AskRoster]] = deque()
        # The session and question of each that waits: who asks again before he is answered gets one answer.
        self._waiting: set[tuple[str, Question]] = set()
        self._refused: list[tuple[Link, Question]] = []
        # The roster as it was shown, encoded once for all who ask: its version, and the bytes.
        self._roster = (-1, b"")

    def ping(self, link: Link, ping: Ping) -> None:
        """Notes a ping for the end of the turn."""
        self._pings.append((link, ping))

    def ask(self, link: Link, question: Question, now_s: float) -> bool:
        """Notes a question for the end of the turn; False if its user has asked too much, and is told so then."""
        if (link.session, question) in self._waiting:
            return True
        if not self._allowances.may_ask(link.user, now_s):
            self._refused.append((link, question))
            return False
        if isinstance(question, AskRoster):
            self._asked_roster.append((link, question))
        else:
            self._asked.append((link, question))
        self._waiting.add((link.session, question))
        return True

    def are_waiting(self, version: int) -> bool:
        """Whether some were left over for the next turn; ``version`` is the roster's."""
        return bool(self._asked) or (bool(self._asked_roster) and version == self._gathering.shown)

    def drop(self) -> None:
        """Forgets everything noted: there is nothing to answer it from. Who asked asks again."""
        self._pings, self._refused = [], []
        self._asked.clear()
        self._asked_roster.clear()
        self._waiting.clear()

    def answer(self, state: State, replies: list[tuple[bytes, bytes]]) -> None:
        """Answers what was noted, as much as one turn may. Pongs go to the publisher, answers to ``replies``."""
        pings, self._pings = self._pings, []
        refused, self._refused = self._refused, []
        for link, ping in pings:
            if state.session(link.session) is not None:
                self._pong(state, link, ping)
        for link, question in refused:
            text = "That was asked too much at once; ask again in a second."
            replies.append((link.route, wire.encode(Denied(question.ask, Code.RATE_LIMITED, text))))
        self._answer_rosters(state, replies)
        size = messages = 0
        while self._asked and size < _TURN_BYTES and messages < _TURN_MESSAGES:
            link, question = self._asked.popleft()
            if state.session(link.session) is None:
                # Not even made: an answer about keys would draw one for a topic that nobody reads any more.
                self._waiting.discard((link.session, question))
                continue
            reply = self._reply(state, link, question)
            if isinstance(reply, History):
                messages += _PAGE_MESSAGES + len(reply.messages)
            size += self._send(state, link, question, wire.encode(reply), replies)

    def _pong(self, state: State, link: Link, ping: Ping) -> None:
        user = link.user
        topics = topics_of(state, user)
        topic, stamped = user_topic(user), True
        if party_of(ping.topic) is not None and readable_from(state, user, ping.topic) is not None:
            # The other members read this pong too: the user's own topic is not their business.
            topic, stamped = ping.topic, False
            topics = tuple([each for each in topics if each.topic == topic and not each.told_seq])
        if stamped:
            # Only the broker and the user have the key of his topic: a digest is for where nobody can forge it.
            topics = self._digests.stamp(topics)
        users = len(state.sessions)
        pong = Pong(state.name_of(user), ping.number, state.at, self._gathering.shown, users, topics)
        self._publisher.add(topic, wire.encode(pong))

    def _answer_rosters(self, state: State, replies: list[tuple[bytes, bytes]]) -> None:
        """Whoever asked for the roster gets it as it is when all of it is shown, which is a quarter of a second off at
        most. So it holds what he did before he asked, nothing of it is shown to him again, and all get the same one.
        """
        version, size = state.roster_version, 0
        if version != self._gathering.shown:
            return
        while self._asked_roster and size < _TURN_ROSTERS_BYTES:
            link, question = self._asked_roster.popleft()
            if version != self._roster[0]:
                self._roster = (version, wire.pack_roster(version, roster(state)))
            payload = wire.roster_reply(question.ask, self._roster[1])
            size += self._send(state, link, question, payload, replies)

    def _send(
        self, state: State, link: Link, question: Question, payload: bytes, replies: list[tuple[bytes, bytes]]
    ) -> int:
        self._waiting.discard((link.session, question))
        if state.session(link.session) is None:
            return 0
        self._allowances.answered(link.user, len(payload))
        replies.append((link.route, payload))
        return len(payload)

    def _reply(self, state: State, link: Link, question: _OfOne) -> Downstream:
        match question:
            case AskParty():
                return Party(question.ask, party_state(state, link.user))
            case AskKeys():
                readable = [topic.topic for topic in topics_of(state, link.user) if not topic.told_seq]
                return Keys(question.ask, tuple([self._publisher.key_of(topic) for topic in readable]))
            case AskUser():
                return _user(state, question)
            case AskBans():
                if not is_admin(state, link.user):
                    return Denied(question.ask, Code.NOT_ADMIN, "Only an admin of this broker may see that.")
                return Bans(question.ask, restraints(state))
            case AskHistory():
                return self._history(state, link, question)

    def _history(self, state: State, link: Link, question: AskHistory) -> History | Denied:
        parts = readable_parts(state, link.user, question.topic)
        if not parts:
            return Denied(question.ask, Code.ACCESS_DENIED, "That topic is not yours to read.")
        if not 1 <= question.limit <= HISTORY_PAGE_MAX:
            return Denied(question.ask, Code.MALFORMED, f"A page has 1 to {HISTORY_PAGE_MAX} messages.")
        part = _part_asked_for(parts, question)
        last = state.last_seq.get(question.topic, 0) if part.end is None else part.end
        try:
            first, page = self._pages.page(question, part.start, last)
        except StoreFailed:
            return Denied(question.ask, Code.STORAGE_FAILED, "The broker could not read its history.")
        digest = page[0].digest if page and question.after is not None else b""
        return History(question.ask, question.topic, first, last, tuple([kept.body for kept in page]), digest)


def _part_asked_for(parts: list[Readable], question: AskHistory) -> Readable:
    """The part of the topic that holds what was asked for; whoever was a member more than once has several."""
    if question.after is not None:
        ahead = [part for part in parts if part.end is None or part.end > question.after]
        return ahead[0] if ahead else parts[-1]
    begun = [part for part in parts if question.before is None or part.start < question.before]
    return begun[-1] if begun else parts[0]


def _user(state: State, question: AskUser) -> User | Denied:
    match user(state, question.name):
        case Owner() as found:
            return User(question.ask, found.name, found.key)
        case No() as no:
            return Denied(question.ask, no.code, no.text)
        case found:
            raise AssertionError(found)
