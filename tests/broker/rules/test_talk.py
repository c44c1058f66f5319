"""Public texts, whispers, away and exit."""

import pytest

from tests.broker.rules.conversation import DAY, MINUTE, Chat, key_of, news, of, one, posted, told
from zchat_broker.rules.effects import Answered, PresenceChanged, SessionEnded
from zchat_broker.rules.views import roster
from zchat_common.messages import SEALED, Answer, Delivered, RosterEntry, Say, Whisper


def test_a_text_is_said_to_everyone_and_answered_with_its_place() -> None:
    chat = Chat("Alice")
    effects = chat.ok("alice", "say", "  hello ", False)
    assert posted(effects, "public") == [Say(1, chat.at, "Alice", "hello", False)]
    assert one(Answered, effects).answer == Answer(1, 1, chat.at, "public", 1, "")


def test_an_action_is_marked() -> None:
    chat = Chat("alice")
    assert posted(chat.ok("alice", "say", "waves", True), "public") == [Say(1, chat.at, "alice", "waves", True)]


def test_public_has_one_dense_order_over_all_senders() -> None:
    chat = Chat("alice", "bob")
    seqs = []
    for turn in range(6):
        effects = chat.ok(("alice", "bob")[turn % 2], "say", "x", False)
        seqs += [message.seq for message in posted(effects, "public")]
    assert seqs == [1, 2, 3, 4, 5, 6]


# -- whispers -------------------------------------------------------------------------------------------------------


def test_a_whisper_stands_on_both_topics_and_on_no_other() -> None:
    chat = Chat("Alice", "Bob", "carol")
    chat.ok("alice", "whisper", "carol", key_of("carol"), SEALED, b"first")
    effects = chat.ok("alice", "whisper", "BOB", key_of("BOB"), SEALED, b"hi")
    assert posted(effects, "user.alice") == [Whisper(2, chat.at, "Alice", "Bob", SEALED, b"hi", "online")]
    assert posted(effects, "user.bob") == [Whisper(1, chat.at, "Alice", "Bob", SEALED, b"hi", "online")]
    assert len(effects) == 3
    assert one(Answered, effects).answer == Answer(1, 2, chat.at, "user.alice", 2, "online Bob")


def test_a_whisper_to_a_known_user_who_is_gone_is_stored_and_its_delivery_told() -> None:
    chat = Chat("Alice", "Bob")
    chat.lose("bob")
    effects = chat.ok("alice", "whisper", "bob", key_of("bob"), SEALED, b"hi")
    assert one(Answered, effects).answer == Answer(1, 1, chat.at, "user.alice", 1, "stored Bob")
    chat.at += DAY
    chat.join("bob")
    effects = chat.ok("bob", "received", 1)
    assert posted(effects, "user.alice") == [Delivered(2, chat.at, "Bob", 1)]
    assert chat.state.waiting == {}


def test_only_what_was_shown_is_told_as_delivered_and_only_once() -> None:
    chat = Chat("alice", "bob", "carol")
    chat.lose("bob")
    for body in (b"1", b"2", b"3"):
        chat.ok("alice", "whisper", "bob", key_of("bob"), SEALED, body)
    chat.ok("carol", "whisper", "bob", key_of("bob"), SEALED, b"4")
    chat.join("bob")
    effects = chat.ok("bob", "received", 2)
    assert [message.whisper_seq for message in of(Delivered, posted(effects, "user.alice"))] == [1, 2]
    assert len(chat.ok("bob", "received", 2)) == 1
    effects = chat.ok("bob", "received", 99)
    assert [message.whisper_seq for message in of(Delivered, posted(effects, "user.alice"))] == [3]
    assert [message.whisper_seq for message in of(Delivered, posted(effects, "user.carol"))] == [1]


def test_a_delivery_waits_for_a_sender_who_is_away_himself() -> None:
    chat = Chat("alice", "bob")
    chat.lose("bob")
    chat.ok("alice", "whisper", "bob", key_of("bob"), SEALED, b"hi")
    chat.lose("alice")
    chat.join("bob")
    assert of(Delivered, posted(chat.ok("bob", "received", 1), "user.alice"))


def test_a_whisper_that_came_live_is_not_told_as_delivered() -> None:
    chat = Chat("alice", "bob")
    chat.ok("alice", "whisper", "bob", key_of("bob"), SEALED, b"hi")
    assert len(chat.ok("bob", "received", 1)) == 1


def test_nobody_whispers_to_himself_or_to_nobody() -> None:
    chat = Chat("alice")
    assert chat.refused("alice", "whisper", "ALICE", key_of("ALICE"), SEALED, b"hi") == "not_yourself"
    assert chat.refused("alice", "whisper", "nobody", key_of("nobody"), SEALED, b"hi") == "no_such_user"
    assert chat.refused("alice", "whisper", "a b", key_of("ab"), SEALED, b"hi") == "no_such_user"


def test_a_whisper_that_was_sealed_for_another_key_reaches_nobody() -> None:
    """The name passed on between the look-up and the whisper."""
    chat = Chat("alice", "bob")
    effects = chat.do("alice", "whisper", "bob", key_of("carol"), SEALED, b"hi")
    assert "contact_key_changed" in repr(effects)
    assert posted(effects, "user.bob") == posted(effects, "user.alice") == []


def test_a_body_is_opaque() -> None:
    chat = Chat("alice", "bob")
    body = bytes(range(256))
    (message,) = of(Whisper, posted(chat.ok("alice", "whisper", "bob", key_of("bob"), SEALED, body), "user.bob"))
    assert (message.kind, message.body) == (SEALED, body)


# -- presence -------------------------------------------------------------------------------------------------------


def test_away_and_back_are_shown_with_their_beginning() -> None:
    chat = Chat("Alice")
    chat.at += MINUTE
    effects = chat.ok("alice", "away", " lunch ")
    assert one(PresenceChanged, effects).entry == RosterEntry("Alice", "away", chat.at, "lunch")
    chat.at += MINUTE
    effects = chat.ok("alice", "back")
    assert one(PresenceChanged, effects).entry == RosterEntry("Alice", "online", chat.at, "")
    assert roster(chat.state) == (RosterEntry("Alice", "online", chat.at, ""),)


def test_away_needs_no_text() -> None:
    chat = Chat("alice")
    assert one(PresenceChanged, chat.ok("alice", "away", "")).entry.text == ""


def test_back_says_nothing_of_one_who_was_not_away() -> None:
    chat = Chat("alice")
    before = roster(chat.state)
    chat.at += MINUTE
    assert len(chat.ok("alice", "back")) == 1
    assert roster(chat.state) == before


def test_who_is_away_is_online_for_whispers() -> None:
    chat = Chat("alice", "bob")
    chat.ok("bob", "away", "")
    effects = chat.ok("alice", "whisper", "bob", key_of("bob"), SEALED, b"hi")
    answer = one(Answered, effects).answer
    assert isinstance(answer, Answer)
    assert answer.detail == "online bob"


@pytest.mark.parametrize("alone", [False, True])
def test_exit_ends_the_session_and_leaves_the_party_at_once(alone: bool) -> None:
    chat = Chat("alice", "bob", "carol")
    topic = chat.party("alice", "bob")
    if alone:
        chat.ok("bob", "exit")
    chat.at += MINUTE
    effects = chat.ok("alice", "exit")
    assert news(effects, topic) == ([] if alone else ["left alice", "leader bob"])
    assert told(effects, "alice") == (["left alice", "dissolved alice"] if alone else ["left alice"])
    assert one(SessionEnded, effects).reason == ""
    assert one(PresenceChanged, effects).entry == RosterEntry("alice", "offline", chat.at, "")
    assert chat.state.users["alice"].last_seen == chat.at
    assert chat.state.seats.get("alice") is None


def test_after_exit_the_session_takes_nothing() -> None:
    chat = Chat("alice")
    chat.ok("alice", "exit")
    (effect,) = chat.command("alice", 2, "say", "ghost", False)
    assert "no_session" in repr(effect)
