"""The effects of a turn: what is kept of them, and, only then, what is answered and published, in which order."""

import random
from dataclasses import dataclass, field
from hashlib import sha256

from zchat_broker.digests import Digests
from zchat_broker.links import Link, Links
from zchat_broker.outcome import Outcome, Replies
from zchat_broker.presence import Gathering
from zchat_broker.profile import Profile
from zchat_broker.publisher import Publisher
from zchat_broker.rules import Settings, State
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
from zchat_broker.rules.state import AuditEntry, Invitation, Party, Seat, Session, User, Waiting
from zchat_broker.store import KeptAnswer, KeptMessage
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.errors import Code
from zchat_common.limits import PROTOCOL_VERSION
from zchat_common.sealing import OpeningKey, take_apart

AT = 1_700_000_000_000
PROFILE = Profile("Lab", 5555, 5556, Settings(), rate=2.5, burst=7)


def say(seq: int, text: str = "hi") -> m.Say:
    return m.Say(seq, AT, "Alice", text, False)


def answer(n: int = 1) -> m.Answer:
    return m.Answer(7, n, AT, "public", n, "")


def session(user: str = "alice", session_id: str = "s1") -> Session:
    return Session(user, session_id, 1, AT, "192.0.2.1", None, "")


def known(name: str) -> User:
    return User(folded=name.lower(), name=name, key=b"k" * 32, last_seen=AT)


def entry(name: str, text: str = "") -> m.RosterEntry:
    return m.RosterEntry(name, "away" if text else "online", AT, text)


def state(*records: Session | User | Party | Invitation | Waiting) -> State:
    found = State(at=AT)
    for record in records:
        found.put(record)
    return found


@dataclass
class Turn:
    """One turn over a broker's links and keys, with a reader of everything."""

    links: Links = field(default_factory=Links)
    publisher: Publisher = field(default_factory=lambda: Publisher(random.Random(3).randbytes))
    digests: Digests = field(default_factory=lambda: Digests(random.Random(4).randbytes, {}))
    readers: dict[int, OpeningKey] = field(default_factory=dict)
    registering: dict[str, bytes] = field(default_factory=dict)
    replies: Replies = field(default_factory=list)
    # The roster's version before the turn.
    shown_before: int = 0

    def __post_init__(self) -> None:
        self.gathering = Gathering(self.publisher, self.shown_before)
        self.outcome = Outcome(
            PROFILE, self.links, self.publisher, self.digests, self.gathering, random.Random(5).randbytes
        )

    def online(self, user: str, session_id: str) -> Link:
        link = Link(session_id, user, 0.0, session_id.encode(), f"route of {session_id}".encode())
        self.links.add(link)
        self.reads(f"user.{user}")
        return link

    def reads(self, *topics: str) -> None:
        for topic in topics:
            key = self.publisher.key_of(topic)
            self.readers[key.number] = OpeningKey(key)

    def carry_out(self, now: State, *effects: Effect) -> list[tuple[str, m.Published]]:
        """Carries the effects out; what was published, in order, to whom."""
        self.outcome.note(list(effects), AT)
        self.outcome.changes(now, 1)
        self.outcome.carry_out(now, self.registering, 9.0, self.replies)
        return self.published()

    def published(self) -> list[tuple[str, m.Published]]:
        found: list[tuple[str, m.Published]] = []
        for frame in self.publisher.flush():
            parts = take_apart(frame)
            plain, _ = self.readers[parts.number].open(parts)
            for message, _ in wire.decode_frame(plain):
                found.append((parts.topic, message))
                if isinstance(message, m.NewKey):
                    self.readers[message.key.number] = OpeningKey(message.key)
        return found

    def answers(self) -> list[tuple[bytes, m.Downstream]]:
        return [(route, next(wire.decode_downstream(payload))) for route, payload in self.replies]


# -- what is kept ---------------------------------------------------------------------------------------------------


def test_what_is_kept_follows_from_the_effects() -> None:
    turn = Turn()
    outcome, before = turn.outcome, turn.digests.now("public")
    user, gone = known("Alice"), session()
    outcome.note([Saved(user), Posted("public", say(1))], AT - 1)
    outcome.note([Removed(gone), Answered("s1", "alice", answer()), Sent("s1", m.Expected(7, 2))], AT)
    changes = outcome.changes(State(at=AT, roster_version=6), 42)
    assert (changes.position, changes.at, changes.roster_version) == (42, AT, 6)
    assert list(changes.records.values()) == [user, None]
    assert changes.messages == [KeptMessage("public", 1, AT, wire.encode(say(1)), before)]
    assert changes.digests == {"public": turn.digests.now("public")}
    assert changes.answers == [KeptAnswer("alice", 7, 1, AT, wire.encode(answer()))]


def test_a_record_is_kept_as_it_is_at_the_end_of_the_turn() -> None:
    outcome = Turn().outcome
    outcome.note([Saved(session()), Saved(session(session_id="s2")), Removed(session("bob"))], AT)
    outcome.note([Saved(session("bob", "s3"))], AT)
    assert list(outcome.changes(State(), 1).records.values()) == [session(session_id="s2"), session("bob", "s3")]


def test_what_was_dropped_takes_what_the_turn_had_posted_and_answered_with_it() -> None:
    outcome = Turn().outcome
    outcome.note([Posted("party.p1", say(1)), Answered("s1", "alice", answer()), Posted("public", say(1))], AT)
    before = outcome.drops_topics
    outcome.note([TopicDropped("party.p1"), NumberingRemoved("alice", 7)], AT)
    changes = outcome.changes(State(), 1)
    assert (before, outcome.drops_topics) == (False, True)
    assert [kept.topic for kept in changes.messages] == ["public"]
    assert changes.answers == []
    assert (changes.topics_dropped, changes.numberings_removed) == (["party.p1"], [("alice", 7)])


def test_nothing_leaves_before_it_is_carried_out() -> None:
    turn = Turn()
    turn.online("alice", "s1")
    turn.reads("public")
    turn.outcome.note([Posted("public", say(1)), Answered("s1", "alice", answer())], AT)
    turn.outcome.changes(State(), 1)
    assert turn.published() == []
    assert turn.replies == []


# -- what leaves ----------------------------------------------------------------------------------------------------


def test_messages_are_published_and_answers_sent_to_their_session() -> None:
    turn = Turn()
    turn.online("alice", "s1")
    turn.reads("public")
    effects = (Posted("public", say(1)), Answered("s1", "alice", answer()), Sent("s1", m.Expected(7, 2)))
    assert turn.carry_out(state(), *effects) == [("public", say(1))]
    assert turn.answers() == [(b"route of s1", answer()), (b"route of s1", m.Expected(7, 2))]


def test_an_answer_without_a_way_back_is_not_sent() -> None:
    turn = Turn()
    turn.links.add(Link("s1", "alice", 0.0))
    turn.carry_out(state(), Answered("s1", "alice", answer()), Answered("s9", "bob", answer()))
    assert turn.replies == []


def test_presence_is_coalesced_into_one_message_before_all_others() -> None:
    turn = Turn(shown_before=10)
    turn.reads("public")
    now = state()
    now.roster_version = 12
    effects = (
        Posted("public", say(1)),
        PresenceChanged(11, entry("Alice")),
        PresenceChanged(12, entry("Bob", "lunch")),
    )
    presence = m.Presence(12, (entry("Alice"), entry("Bob", "lunch")))
    assert turn.carry_out(now, *effects) == [("public", presence), ("public", say(1))]


def test_whoever_comes_while_presence_is_gathered_is_told_what_was_shown() -> None:
    turn = Turn(shown_before=12)
    turn.reads("public")
    turn.gathering.show_in_time(13, 1, 9.0)
    turn.registering["s1"] = b"way back"
    now = everything()
    now.roster_version = 14
    effects = (PresenceChanged(14, entry("Alice")), SessionOpened("s1", "alice"))
    assert turn.carry_out(now, *effects) == []
    ((_, registered),) = turn.answers()
    assert isinstance(registered, m.Registered)
    assert registered.roster_version == 13


def test_a_key_change_reaches_its_readers_before_the_first_message_under_it() -> None:
    turn = Turn()
    for user, session_id in (("alice", "s1"), ("bob", "s2"), ("eve", "s3")):
        turn.online(user, session_id)
    turn.reads("party.p1")
    old = turn.publisher.key_of("party.p1")
    effects = (Posted("party.p1", say(1)), KeyChanged("party.p1", ("alice", "bob"), 1), Posted("party.p1", say(2)))
    published = turn.carry_out(state(), *effects)
    changes = turn.outcome.changes(State(), 1)
    fresh = changes.messages[1].digest
    assert fresh != sha256(changes.messages[0].digest + changes.messages[0].body).digest()
    assert changes.digests["party.p1"] == sha256(fresh + changes.messages[1].body).digest()
    new = turn.publisher.key_of("party.p1")
    assert new.number != old.number
    assert [each for each in published if each[0] != "party.p1"] == [
        ("user.alice", m.NewKey(new, 1, fresh)),
        ("user.bob", m.NewKey(new, 1, fresh)),
    ]
    assert published.index(("user.bob", m.NewKey(new, 1, fresh))) < published.index(("party.p1", say(2)))


def test_only_who_could_read_it_is_told_how_a_digest_ended() -> None:
    """By it the others could check their guesses of what was said before they came."""
    turn = Turn()
    for user, session_id in (("alice", "s1"), ("bob", "s2")):
        turn.online(user, session_id)
    turn.reads("party.p1")
    now = state(Party("p1", "alice", (Seat("alice", 1, None), Seat("bob", 2, None))))
    now.seats.update({"alice": "p1", "bob": "p1"})
    ended = sha256(turn.digests.now("party.p1") + wire.encode(say(1))).digest()
    published = turn.carry_out(now, Posted("party.p1", say(1)), KeyChanged("party.p1", ("alice", "bob"), 1))
    new, fresh = turn.publisher.key_of("party.p1"), turn.digests.now("party.p1")
    assert [each for each in published if each[0] != "party.p1"] == [
        ("user.alice", m.NewKey(new, 1, fresh, ended)),
        ("user.bob", m.NewKey(new, 1, fresh)),
    ]


def test_a_dropped_topic_loses_its_key() -> None:
    turn = Turn()
    turn.reads("party.p1")
    first = turn.publisher.key_of("party.p1")
    turn.carry_out(state(), TopicDropped("party.p1"))
    assert turn.publisher.key_of("party.p1") != first


# -- registrations --------------------------------------------------------------------------------------------------


def everything() -> State:
    """Alice in Bob's party, invited to Carol's, with a whisper waiting."""
    found = state(
        known("Alice"),
        known("Bob"),
        known("Carol"),
        session("alice", "s1"),
        session("bob", "s2"),
        Party("p1", "bob", (Seat("bob", 1, None), Seat("alice", 4, None))),
        Party("p2", "carol", (Seat("carol", 1, 5),)),
        Invitation("p2", "alice", "carol", AT + 600),
        Waiting("alice", 3, "bob", 8),
    )
    found.last_seq = {"public": 9, "user.alice": 3, "party.p1": 6}
    found.roster_version = 12
    return found


def test_a_registration_is_answered_with_all_that_a_client_needs() -> None:
    turn = Turn()
    turn.registering["s1"] = b"way back"
    turn.carry_out(everything(), SessionOpened("s1", "alice"))
    ((route, registered),) = turn.answers()
    link = turn.links.of_session("s1")
    assert link is not None
    assert (link.user, link.heard_s, link.route, len(link.token)) == ("alice", 9.0, b"way back", 16)
    assert route == b"way back"
    topics = turn.digests.stamp(
        (m.TopicState("public", 9, 1), m.TopicState("user.alice", 3, 1), m.TopicState("party.p1", 6, 4))
    )
    assert registered == m.Registered(
        version=PROTOCOL_VERSION,
        commands_port=5555,
        topics_port=5556,
        token=link.token,
        name="Alice",
        title="Lab",
        at=AT,
        rate=2_500,
        burst=7,
        roster_version=12,
        users=2,
        keys=tuple([turn.publisher.key_of(topic.topic) for topic in topics]),
        topics=topics,
        party=m.PartyState("p1", "Bob", ("Bob", "Alice")),
        invitations=(m.OpenInvitation("p2", "Carol", ("Carol",), AT + 600),),
        waiting=3,
    )
    assert turn.registering == {}


def test_a_refused_registration_is_answered() -> None:
    turn = Turn()
    turn.registering["s1"] = b"way back"
    turn.carry_out(state(), RegistrationRefused("s1", Code.NAME_OWNED, "no"))
    assert turn.answers() == [(b"way back", m.Rejected("name_owned", "no"))]
    assert turn.registering == {}


def test_a_refusal_says_what_would_help() -> None:
    turn = Turn()
    turn.registering["s1"] = b"way back"
    turn.carry_out(state(), RegistrationRefused("s1", Code.ACCESS_DENIED, "no", "invite"))
    assert turn.answers() == [(b"way back", m.Rejected("access_denied", "no", "invite"))]


def test_who_is_turned_out_is_told_why_and_reads_no_more_of_public() -> None:
    turn = Turn()
    for user, session_id in (("alice", "s1"), ("eve", "s2")):
        turn.online(user, session_id)
    turn.reads("public")
    old = turn.publisher.key_of("public")
    published = turn.carry_out(
        state(known("Alice"), session("alice")),
        Posted("public", say(1)),
        SessionEnded("s2", "eve", "kicked", "spam"),
        KeyChanged("public", ("alice",), 1),
        Posted("public", say(2)),
    )
    new = turn.publisher.key_of("public")
    assert new != old
    assert turn.answers() == [(b"route of s2", m.Ended("kicked", "spam"))]
    assert published == [("public", say(1)), ("user.alice", m.NewKey(new, 1)), ("public", say(2))]
    first, second = turn.outcome.changes(State(), 1).messages
    assert second.digest == sha256(first.digest + first.body).digest(), "the digest of public goes on"


def test_what_is_to_be_accounted_for_is_kept_with_the_turn() -> None:
    outcome = Turn().outcome
    noted = AuditEntry(AT, "Root", "kick", "Bob", None, "", "")
    outcome.note([Audited(noted), Audited(noted)], AT)
    assert outcome.changes(State(), 1).audited == [noted, noted]


def test_an_ended_session_is_told_why_first_of_all_and_its_link_is_gone() -> None:
    turn = Turn()
    turn.online("alice", "s1")
    turn.carry_out(state(), Sent("s1", m.Rejected("no_session", "over")), SessionEnded("s1", "alice", "taken over"))
    assert turn.answers()[0] == (b"route of s1", m.Ended("taken over"))
    assert turn.links.of_session("s1") is None


def test_a_session_that_ended_by_itself_is_told_nothing() -> None:
    turn = Turn()
    turn.online("alice", "s1")
    turn.carry_out(state(), SessionEnded("s1", "alice", ""), SessionEnded("s9", "bob", "taken over"))
    assert turn.replies == []


def test_what_a_leaving_user_is_told_in_the_same_turn_is_still_published() -> None:
    turn = Turn()
    turn.online("alice", "s1")
    published = turn.carry_out(state(), SessionEnded("s1", "alice", ""), Posted("user.alice", say(1)))
    assert published == [("user.alice", say(1))]
    turn.publisher.add("user.alice", wire.encode(say(2)))
    assert turn.publisher.flush() == []


def test_a_new_session_has_a_new_key_of_its_own_topic() -> None:
    """Whoever had the last session cannot read on."""
    turn = Turn()
    turn.online("alice", "s1")
    old = turn.publisher.key_of("user.alice")
    turn.registering["s2"] = b"new route"
    now = state(known("Alice"), session("alice", "s2"))
    turn.carry_out(now, SessionEnded("s1", "alice", "taken over"), SessionOpened("s2", "alice"))
    (_, ended), (route, registered) = turn.answers()
    assert ended == m.Ended("taken over")
    assert route == b"new route"
    assert isinstance(registered, m.Registered)
    assert old not in registered.keys
    assert turn.links.of_token(b"s1") is None
    assert turn.links.of_token(registered.token) is turn.links.of_user("alice")


def test_a_session_that_ended_in_the_turn_that_opened_it_is_not_answered() -> None:
    turn = Turn()
    turn.registering.update({"s1": b"first", "s2": b"second"})
    now = state(known("Alice"), session("alice", "s2"))
    effects = (SessionOpened("s1", "alice"), SessionEnded("s1", "alice", ""), SessionOpened("s2", "alice"))
    turn.carry_out(now, *effects)
    assert [route for route, _ in turn.answers()] == [b"second"]
    assert turn.registering == {}
    assert turn.links.of_session("s1") is None
