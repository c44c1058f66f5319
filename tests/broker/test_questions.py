"""Pings and questions are answered from what is so at the end of the turn, to those only who may know."""

import random

import pytest

from tests.broker.rules.conversation import SETTINGS, Chat, key_of
from zchat_broker.allowances import Allowances
from zchat_broker.digests import Digests
from zchat_broker.links import Link
from zchat_broker.presence import Gathering
from zchat_broker.profile import Profile
from zchat_broker.publisher import Publisher
from zchat_broker.questions import Question, Questions
from zchat_broker.store import Changes, KeptMessage, Stored, StoreFailed
from zchat_broker.store.memory import MemoryStore
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.limits import HISTORY_PAGE_MAX, HISTORY_PAGE_MAX_BYTES
from zchat_common.sealing import OpeningKey, take_apart

TOKEN = b"token"
PROFILE = Profile("Lab", 5555, 5556)


class FailingStore(MemoryStore):
    """A store whose disk is broken when it is to be read."""

    def page(self, topic: str, after: int | None, before: int | None, limit: int) -> list[Stored]:
        raise StoreFailed("broken")


class Desk:
    """Questions over a chat, with a store that holds what the test puts there."""

    def __init__(self, chat: Chat, store: MemoryStore | None = None, profile: Profile = PROFILE) -> None:
        self.chat = chat
        self.store = MemoryStore() if store is None else store
        self.publisher = Publisher(random.Random(2).randbytes)
        self.digests = Digests(random.Random(3).randbytes, {})
        self.gathering = Gathering(self.publisher, chat.state.roster_version)
        self.questions = Questions(self.store, self.publisher, self.digests, self.gathering, Allowances(profile))
        self.now_s = 0.0

    def link(self, user: str) -> Link:
        return Link(self.chat.sessions[user], user, 0.0, TOKEN, f"route of {user}".encode())

    def keep(self, topic: str, *messages: m.Kept) -> None:
        bodies = [wire.encode(message) for message in messages]
        kept = [
            KeptMessage(topic, message.seq, message.at, body, self.digests.add(topic, body)[0])
            for message, body in zip(messages, bodies, strict=True)
        ]
        self.store.commit(Changes(messages=kept))
        self.chat.state.last_seq[topic] = messages[-1].seq

    def ask(self, user: str, question: Question) -> m.Downstream:
        self.questions.ask(self.link(user), question, self.now_s)
        ((route, payload),) = self.answers()
        assert route == f"route of {user}".encode()
        return next(wire.decode_downstream(payload))

    def answers(self) -> list[tuple[bytes, bytes]]:
        replies: list[tuple[bytes, bytes]] = []
        self.questions.answer(self.chat.state, replies)
        return replies

    def ping(self, user: str, topic: str) -> list[tuple[str, m.Published]]:
        """What is published for a ping: topic and message."""
        keys = [self.publisher.key_of(each) for each in ("public", f"user.{user}", topic)]
        readers = {key.number: OpeningKey(key) for key in keys}
        self.questions.ping(self.link(user), m.Ping(TOKEN, 41, topic))
        assert self.answers() == []
        found: list[tuple[str, m.Published]] = []
        for frame in self.publisher.flush():
            parts = take_apart(frame)
            found += [(parts.topic, each) for each, _ in wire.decode_frame(readers[parts.number].open(parts)[0])]
        return found

    def page(self, user: str, topic: str, after: int | None, before: int | None, limit: int = 200) -> list[int]:
        """The seqs of a page."""
        reply = self.ask(user, m.AskHistory(TOKEN, 9, topic, after, before, limit))
        assert isinstance(reply, m.History)
        assert (reply.ask, reply.topic) == (9, topic)
        return [wire.decode_kept(body).seq for body in reply.messages]


def say(seq: int, text: str = "hi") -> m.Say:
    return m.Say(seq, seq, "Alice", text, False)


@pytest.fixture
def desk() -> Desk:
    return Desk(Chat("Alice", "Bob", "carol"))


def rosters(replies: list[tuple[bytes, bytes]]) -> list[m.Roster]:
    found = [next(wire.decode_downstream(payload)) for _, payload in replies]
    assert all(isinstance(reply, m.Roster) for reply in found)
    return [reply for reply in found if isinstance(reply, m.Roster)]


def denied(desk: Desk, user: str, question: m.AskHistory) -> str:
    reply = desk.ask(user, question)
    assert isinstance(reply, m.Denied)
    assert reply.ask == question.ask
    assert reply.text
    return reply.code


def test_whoever_asks_is_told_which_key_owns_a_name_in_any_case(desk: Desk) -> None:
    assert desk.ask("alice", m.AskUser(TOKEN, 7, "BOB")) == m.User(7, "Bob", key_of("bob"))


@pytest.mark.parametrize("name", ["nobody", "", "a b", "x" * 10_000, "\x1b[2J"])
def test_there_is_no_key_of_nobody(desk: Desk, name: str) -> None:
    reply = desk.ask("alice", m.AskUser(TOKEN, 7, name))
    assert isinstance(reply, m.Denied)
    assert (reply.ask, reply.code) == (7, "no_such_user")
    assert len(reply.text) < 200
    assert "\x1b" not in reply.text


# -- pongs ----------------------------------------------------------------------------------------------------------


def test_a_pong_comes_on_one_s_own_topic_and_tells_how_far_the_topics_are(desk: Desk) -> None:
    desk.chat.ok("alice", "say", "hi", False)
    state = desk.chat.state
    ((topic, pong),) = desk.ping("alice", "user.alice")
    assert topic == "user.alice"
    digests = [desk.digests.now(topic) for topic in ("public", "user.alice")]
    topics = (m.TopicState("public", 1, 1, 0, digests[0]), m.TopicState("user.alice", 0, 1, 0, digests[1]))
    assert pong == m.Pong("Alice", 41, state.at, state.roster_version, 3, topics)


def test_a_member_s_pong_comes_on_the_party_and_tells_of_the_party_only(desk: Desk) -> None:
    """The other members read it too."""
    topic = desk.chat.party("alice", "bob")
    ((found, pong),) = desk.ping("bob", topic)
    assert found == topic
    assert isinstance(pong, m.Pong)
    assert [(each.topic, each.start) for each in pong.topics] == [(topic, 3)]
    assert len(desk.ping("bob", "user.bob")) == 1


@pytest.mark.parametrize("topic", ["public", "user.bob", "user.nobody", "party.p9", "", "what\0ever"])
def test_a_ping_on_a_topic_that_is_not_one_s_own_is_answered_on_one_s_own(desk: Desk, topic: str) -> None:
    assert [found for found, _ in desk.ping("alice", topic)] == ["user.alice"]


def test_one_who_is_only_invited_gets_no_pong_on_the_party(desk: Desk) -> None:
    party = desk.chat.invite("alice", "bob")
    assert [found for found, _ in desk.ping("bob", f"party.{party}")] == ["user.bob"]


def test_a_session_that_ended_in_the_turn_is_not_answered(desk: Desk) -> None:
    link = desk.link("alice")
    desk.questions.ping(link, m.Ping(TOKEN, 1, "user.alice"))
    desk.questions.ask(link, m.AskRoster(TOKEN, 1), 0.0)
    desk.chat.ok("alice", "exit")
    assert desk.answers() == []
    assert desk.publisher.flush() == []


def test_everything_is_answered_once_and_in_order(desk: Desk) -> None:
    for ask in (1, 2, 3):
        desk.questions.ask(desk.link("alice"), m.AskParty(TOKEN, ask), 0.0)
    assert [next(wire.decode_downstream(payload)) for _, payload in desk.answers()] == [
        m.Party(ask, None) for ask in (1, 2, 3)
    ]
    assert desk.answers() == []


# -- roster, party, keys --------------------------------------------------------------------------------------------


def test_the_roster_is_as_it_was_shown(desk: Desk) -> None:
    state = desk.chat.state
    before = desk.ask("alice", m.AskRoster(TOKEN, 7))
    assert isinstance(before, m.Roster)
    assert (before.ask, before.version) == (7, state.roster_version)
    assert [entry.name for entry in before.entries] == ["Alice", "Bob", "carol"]
    desk.chat.ok("bob", "away", "lunch")
    desk.gathering.show(state.roster_version)
    after = desk.ask("alice", m.AskRoster(TOKEN, 8))
    assert isinstance(after, m.Roster)
    assert after.version == before.version + 1
    assert after.entries[1] == m.RosterEntry("Bob", "away", desk.chat.at, "lunch")


def test_whoever_asks_for_the_roster_waits_until_all_of_it_is_shown(desk: Desk) -> None:
    """So he finds there what he did before he asked, and is not told of it again."""
    state, before = desk.chat.state, desk.chat.state.roster_version
    desk.chat.ok("bob", "away", "lunch")
    for user, ask in (("bob", 1), ("alice", 2)):
        desk.questions.ask(desk.link(user), m.AskRoster(TOKEN, ask), 0.0)
    desk.questions.ask(desk.link("carol"), m.AskParty(TOKEN, 3), 0.0)
    assert [next(wire.decode_downstream(payload)) for _, payload in desk.answers()] == [m.Party(3, None)]
    ((_, pong),) = desk.ping("alice", "user.alice")
    assert isinstance(pong, m.Pong)
    assert pong.roster_version == before
    desk.gathering.show(state.roster_version)
    replies = [next(wire.decode_downstream(payload)) for _, payload in desk.answers()]
    away = m.RosterEntry("Bob", "away", desk.chat.at, "lunch")
    for reply, ask in zip(replies, (1, 2), strict=True):
        assert isinstance(reply, m.Roster)
        assert (reply.ask, reply.version, reply.entries[1]) == (ask, before + 1, away)
    assert desk.answers() == []


def test_the_roster_of_many_who_ask_is_what_was_shown_last_however_it_changes_meanwhile() -> None:
    """One turn answers some of them; the others get what a pong names when they are answered, or would ask again."""
    users = [f"user{number}" for number in range(100)]
    desk = Desk(Chat(*users))
    for user in users:
        desk.chat.ok(user, "away", "x" * 200)
    shown = desk.chat.state.roster_version
    desk.gathering.show(shown)
    for ask in range(1_000):
        desk.questions.ask(desk.link(users[ask % 100]), m.AskRoster(TOKEN, ask), 0.0)
    first = rosters(desk.answers())
    assert 0 < len(first) < 1_000
    assert desk.questions.are_waiting(shown)
    desk.chat.ok("user0", "back")
    assert desk.answers() == []
    assert not desk.questions.are_waiting(desk.chat.state.roster_version)
    desk.gathering.show(desk.chat.state.roster_version)
    second = rosters(desk.answers())
    assert [reply.ask for reply in [*first, *second]] == list(range(1_000))
    assert {(reply.version, reply.entries[0].status) for reply in first} == {(shown, "away")}
    assert {(reply.version, reply.entries[0].status) for reply in second} == {(shown + 1, "online")}


def test_a_question_of_who_has_left_meanwhile_draws_no_key(desk: Desk) -> None:
    desk.questions.ask(desk.link("alice"), m.AskKeys(TOKEN, 1), 0.0)
    desk.chat.ok("alice", "exit")
    assert desk.answers() == []
    desk.publisher.add("user.alice", b"for nobody")
    assert desk.publisher.flush() == []


def test_who_asks_again_before_he_is_answered_gets_one_answer(desk: Desk) -> None:
    for _ in range(3):
        desk.questions.ask(desk.link("alice"), m.AskParty(TOKEN, 7), 0.0)
    desk.questions.ask(desk.link("bob"), m.AskParty(TOKEN, 7), 0.0)
    assert [route for route, _ in desk.answers()] == [desk.link("alice").route, desk.link("bob").route]
    desk.questions.ask(desk.link("alice"), m.AskParty(TOKEN, 7), 0.0)
    assert len(desk.answers()) == 1


def test_a_party_is_told_to_its_members_only(desk: Desk) -> None:
    desk.chat.party("alice", "bob")
    reply = desk.ask("bob", m.AskParty(TOKEN, 7))
    assert isinstance(reply, m.Party)
    assert reply.party is not None
    assert (reply.party.leader, reply.party.members) == ("Alice", ("Alice", "Bob"))
    assert desk.ask("carol", m.AskParty(TOKEN, 8)) == m.Party(8, None)


def test_keys_are_given_for_one_s_own_topics_only(desk: Desk) -> None:
    topic = desk.chat.party("alice", "bob")
    for user, topics in (("bob", ["public", "user.bob", topic]), ("carol", ["public", "user.carol"])):
        reply = desk.ask(user, m.AskKeys(TOKEN, 7))
        assert isinstance(reply, m.Keys)
        assert [key.topic for key in reply.keys] == topics
        assert [desk.publisher.key_of(each) for each in topics] == list(reply.keys)


# -- history --------------------------------------------------------------------------------------------------------


def test_a_page_runs_from_either_end(desk: Desk) -> None:
    desk.keep("public", *[say(seq) for seq in range(1, 11)])
    assert desk.page("alice", "public", 0, None) == list(range(1, 11))
    assert desk.page("alice", "public", 3, 7) == [4, 5, 6]
    assert desk.page("alice", "public", 3, None, limit=2) == [4, 5]
    assert desk.page("alice", "public", None, None, limit=2) == [9, 10]
    assert desk.page("alice", "public", None, 5, limit=2) == [3, 4]
    assert desk.page("alice", "public", 10, None) == desk.page("alice", "public", None, 1) == []


@pytest.mark.parametrize("edge", [-(2**63), -1, 2**63 - 1])
def test_no_number_leads_out_of_the_topic(desk: Desk, edge: int) -> None:
    desk.keep("public", say(1), say(2))
    for after, before in ((edge, None), (None, edge), (edge, edge), (0, edge)):
        assert set(desk.page("alice", "public", after, before)) <= {1, 2}


def test_a_page_says_what_is_kept(desk: Desk) -> None:
    desk.keep("public", *[say(seq) for seq in range(1, 11)])
    desk.store.prune(5, 100)
    reply = desk.ask("alice", m.AskHistory(TOKEN, 9, "public", 0, None, 200))
    assert isinstance(reply, m.History)
    assert (reply.first, reply.last) == (5, 10)
    assert desk.page("alice", "public", 0, None) == list(range(5, 11))


def test_an_empty_topic_has_nothing_to_show(desk: Desk) -> None:
    reply = desk.ask("alice", m.AskHistory(TOKEN, 9, "public", None, None, 20))
    assert reply == m.History(9, "public", 1, 0, ())


@pytest.mark.parametrize("topic", ["user.bob", "party.p9", "user.", "", "pace", "public\0", "Public"])
def test_a_topic_that_is_not_one_s_own_is_denied(desk: Desk, topic: str) -> None:
    assert denied(desk, "alice", m.AskHistory(TOKEN, 9, topic, None, None, 20)) == "access_denied"


def test_a_party_is_readable_from_one_s_own_join_and_after_leaving_up_to_there(desk: Desk) -> None:
    topic = desk.chat.party("alice", "bob")
    for _ in range(4):
        desk.chat.ok("alice", "party_say", "hi", False)
    desk.keep(topic, *[say(seq) for seq in range(1, 8)])
    question = m.AskHistory(TOKEN, 9, topic, None, None, 200)
    assert desk.page("alice", topic, None, None) == list(range(1, 8))
    assert desk.page("bob", topic, None, None) == list(range(3, 8))
    assert desk.page("bob", topic, 0, None) == list(range(3, 8))
    assert desk.page("bob", topic, 0, 3) == desk.page("bob", topic, None, 3) == []
    assert desk.page("bob", topic, None, 5, limit=200) == [3, 4]
    reply = desk.ask("bob", question)
    assert isinstance(reply, m.History)
    assert reply.first == 3
    assert denied(desk, "carol", question) == "access_denied"
    desk.chat.ok("bob", "party_leave")
    desk.chat.ok("alice", "party_say", "bob is out", False)
    desk.keep(topic, say(8), say(9))
    reply = desk.ask("bob", question)
    assert isinstance(reply, m.History)
    assert (reply.first, reply.last) == (3, 7)
    assert desk.page("bob", topic, None, None) == desk.page("bob", topic, 0, 100) == list(range(3, 8))
    desk.chat.ok("bob", "received", 2)
    assert denied(desk, "bob", question) == "access_denied"


def test_between_two_memberships_nothing_is_readable(desk: Desk) -> None:
    topic = desk.chat.party("alice", "bob")
    desk.chat.ok("bob", "party_leave")
    desk.chat.ok("alice", "party_say", "bob is out", False)
    desk.chat.ok("alice", "party_invite", "bob")
    desk.chat.ok("bob", "party_accept", topic.removeprefix("party."))
    desk.keep(topic, *[say(seq) for seq in range(1, 8)])
    assert desk.page("bob", topic, 0, None) == [3]
    assert desk.page("bob", topic, 3, None) == [7]
    assert desk.page("bob", topic, None, None) == [7]
    assert desk.page("bob", topic, None, 7) == [3]


def test_one_who_is_invited_reads_nothing_yet(desk: Desk) -> None:
    party = desk.chat.invite("alice", "bob")
    assert denied(desk, "bob", m.AskHistory(TOKEN, 9, f"party.{party}", None, None, 20)) == "access_denied"


@pytest.mark.parametrize("limit", [0, -1, HISTORY_PAGE_MAX + 1, 2**63 - 1])
def test_a_page_has_its_limits(desk: Desk, limit: int) -> None:
    assert denied(desk, "alice", m.AskHistory(TOKEN, 9, "public", None, None, limit)) == "malformed"


def test_a_page_of_long_messages_is_cut_at_the_end_that_was_not_asked_for(desk: Desk) -> None:
    desk.keep("public", *[say(seq, "🐘" * 4_000) for seq in range(1, 101)])
    whole = HISTORY_PAGE_MAX_BYTES // len(wire.encode(say(1, "🐘" * 4_000)))
    assert desk.page("alice", "public", 0, None) == list(range(1, whole + 1))
    assert desk.page("alice", "public", None, None) == list(range(101 - whole, 101))


def test_a_page_holds_at_least_one_message(desk: Desk) -> None:
    body = b"x" * (HISTORY_PAGE_MAX_BYTES + 1)
    desk.keep("user.alice", *[m.Whisper(seq, seq, "Bob", "Alice", m.SEALED, body, "online") for seq in (1, 2)])
    assert desk.page("alice", "user.alice", 0, None) == [1]
    assert desk.page("alice", "user.alice", None, None) == [2]


def test_a_history_that_cannot_be_read_is_said() -> None:
    desk = Desk(Chat("Alice"), FailingStore())
    assert denied(desk, "alice", m.AskHistory(TOKEN, 9, "public", None, None, 20)) == "storage_failed"


def test_bans_are_for_admins() -> None:
    desk = Desk(Chat("root", "bob", "eve", settings=SETTINGS._replace(admins=("root",))))
    desk.chat.ok("root", "ban", "eve", False, 60, "spam")
    denied = desk.ask("bob", m.AskBans(TOKEN, 7))
    assert isinstance(denied, m.Denied)
    assert (denied.ask, denied.code) == (7, "not_admin")
    at = desk.chat.at
    assert desk.ask("root", m.AskBans(TOKEN, 7)) == m.Bans(
        7, (m.Restraint("ban", "eve", "root", at, at + 60_000, "", "spam"),)
    )
