"""What a former member may still read: kept until he has seen the end, and not for ever."""

from tests.broker.rules.conversation import DAY, Chat, of
from zchat_broker.rules.effects import Effect, TopicDropped
from zchat_broker.rules.entries import Pruned
from zchat_broker.rules.state import Tail
from zchat_broker.rules.views import Readable, readable_parts, receipt_due


def tails(chat: Chat, user: str) -> list[tuple[int, int]]:
    return [(tail.start, tail.end) for _, tail in sorted(chat.state.tails.get(user, {}).items())]


def dropped(effects: list[Effect]) -> list[str]:
    return [effect.topic for effect in of(TopicDropped, effects)]


def test_who_left_may_read_from_his_join_up_to_his_leave() -> None:
    chat = Chat("alice", "bob")
    topic = chat.party("alice", "bob")
    chat.ok("alice", "party_say", "hello", False)
    chat.ok("bob", "party_leave")
    chat.ok("alice", "party_say", "he is out", False)
    assert readable_parts(chat.state, "bob", topic) == [Readable(3, 4)]
    assert readable_parts(chat.state, "carol", topic) == []


def test_who_was_kicked_or_lost_may_read_as_much() -> None:
    chat = Chat("alice", "bob", "carol")
    topic = chat.party("alice", "bob", "carol")
    chat.ok("alice", "party_kick", "bob")
    chat.lose("carol")
    chat.ok("alice", "party_say", "carol is away", False)
    chat.wait(3 * 60 * 1000)
    assert readable_parts(chat.state, "bob", topic) == [Readable(3, 5)]
    assert readable_parts(chat.state, "carol", topic) == [Readable(5, 7)]


def test_the_receipt_of_the_end_is_due_until_it_comes() -> None:
    chat = Chat("alice", "bob")
    chat.party("alice", "bob")
    chat.ok("bob", "party_leave")
    told_seq = chat.state.last_seq["user.bob"]
    assert receipt_due(chat.state, "bob") == told_seq
    chat.ok("bob", "received", told_seq - 1)
    assert tails(chat, "bob") == [(3, 3)]
    chat.ok("bob", "received", told_seq)
    assert tails(chat, "bob") == []
    assert receipt_due(chat.state, "bob") == 0


def test_the_topic_of_a_party_that_is_over_goes_with_its_last_reader() -> None:
    chat = Chat("alice", "bob")
    topic = chat.party("alice", "bob")
    chat.ok("bob", "party_leave")
    assert dropped(chat.ok("alice", "exit")) == []
    assert dropped(chat.ok("bob", "received", 100)) == []
    chat.join("alice")
    assert dropped(chat.ok("alice", "received", 100)) == [topic]


def test_a_party_that_goes_on_keeps_its_topic_whoever_has_read_his_tail() -> None:
    chat = Chat("alice", "bob")
    topic = chat.party("alice", "bob")
    chat.ok("bob", "party_leave")
    assert dropped(chat.ok("bob", "received", 100)) == []
    assert topic in chat.state.last_seq


def test_who_does_not_come_back_for_a_week_is_not_waited_for() -> None:
    chat = Chat("alice", "bob")
    topic = chat.party("alice", "bob")
    chat.ok("bob", "party_leave")
    chat.ok("alice", "party_leave")
    chat.at += 7 * DAY
    assert dropped(chat.apply(Pruned(chat.at))) == []
    chat.at += 1
    assert dropped(chat.apply(Pruned(chat.at))) == [topic]
    assert chat.state.tails == {}


def test_a_name_that_is_freed_leaves_no_tail() -> None:
    chat = Chat("alice", "bob")
    chat.party("alice", "bob")
    chat.ok("bob", "exit")
    chat.at += 31 * DAY
    chat.apply(Pruned(chat.at))
    assert "bob" not in chat.state.tails


def test_of_seventeen_tails_the_oldest_goes() -> None:
    chat = Chat("alice", "bob")
    for _ in range(17):
        party = chat.invite("alice", "bob")
        chat.ok("bob", "party_accept", party)
        chat.ok("bob", "party_leave")
        chat.ok("alice", "party_leave")
        chat.ok("alice", "received", 1_000)
    kept = list(chat.state.tails["bob"].values())
    assert len(kept) == 16
    assert min(tail.told_seq for tail in kept) > 2
    assert all(isinstance(tail, Tail) for tail in kept)
