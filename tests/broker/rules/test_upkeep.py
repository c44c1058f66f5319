"""Deadlines, a broker's start, and what is forgotten with time."""

from tests.broker.rules.conversation import DAY, MINUTE, SECOND, SETTINGS, Chat, news, of, one, told
from zchat_broker.rules import Settings
from zchat_broker.rules.effects import Effect, NumberingRemoved, Posted, Removed, Saved, Sent, TopicDropped
from zchat_broker.rules.entries import Entry, InvitationExpired, SeatExpired, Started
from zchat_broker.rules.state import User
from zchat_broker.rules.upkeep import due
from zchat_common.messages import Answer


def absent() -> tuple[Chat, str]:
    """Alice, who leads, is gone; bob is there, and carol is invited."""
    chat = Chat("alice", "bob", "carol")
    topic = chat.party("alice", "bob")
    chat.ok("bob", "party_invite", "carol")
    chat.lose("alice")
    return chat, topic


def test_nothing_is_due_before_its_time() -> None:
    chat, topic = absent()
    assert due(chat.state, chat.at + 120 * SECOND - 1) == []
    at = chat.at + 10 * MINUTE
    assert due(chat.state, at) == [
        SeatExpired(at, "alice", chat.at + 120 * SECOND),
        InvitationExpired(at, topic.removeprefix("party."), "carol", at),
    ]


def test_due_changes_nothing() -> None:
    chat, _ = absent()
    at = chat.at + DAY
    assert due(chat.state, at) == due(chat.state, at)


def test_a_deadline_that_comes_twice_is_told_once() -> None:
    chat, _ = absent()
    chat.at += 10 * MINUTE
    entries = due(chat.state, chat.at)
    assert [chat.apply(entry) != [] for entry in entries] == [True, True]
    assert [chat.apply(entry) for entry in entries] == [[], []]


def test_an_old_grace_does_not_end_a_new_absence() -> None:
    chat, _ = absent()
    (old,) = due(chat.state, chat.at + 120 * SECOND)
    chat.at += MINUTE
    chat.join("alice")
    assert chat.apply(old) == []
    chat.lose("alice")
    assert chat.apply(old) == []
    assert chat.party_of("alice").leader == "alice"


def test_an_old_expiry_does_not_end_a_new_invitation() -> None:
    chat = Chat("alice", "bob")
    party = chat.invite("alice", "bob")
    (old,) = due(chat.state, chat.at + 10 * MINUTE)
    chat.at += MINUTE
    chat.ok("bob", "party_decline", party)
    chat.ok("alice", "party_invite", "bob")
    assert chat.apply(old) == []
    chat.ok("bob", "party_accept", party)


def test_deadlines_of_what_never_was_do_nothing() -> None:
    chat = Chat("alice")
    for entry in (
        SeatExpired(chat.at, "alice", 0),
        SeatExpired(chat.at, "nobody", 0),
        InvitationExpired(chat.at, "no party", "alice", 0),
    ):
        assert chat.apply(entry) == []


# -- a broker's start -----------------------------------------------------------------------------------------------


def restart(chat: Chat, settings: Settings = SETTINGS) -> list[Effect]:
    return chat.apply(Started(chat.at, settings))


def due_within(chat: Chat, ms: int) -> list[Entry]:
    return due(chat.state, chat.at + ms)


def test_a_start_gives_every_running_deadline_at_least_the_grace() -> None:
    chat, topic = absent()
    chat.at += DAY
    effects = restart(chat)
    assert not of(Posted, effects)
    assert due_within(chat, 120 * SECOND - 1) == []
    assert len(due_within(chat, 120 * SECOND)) == 2
    assert news(chat.wait(120 * SECOND), topic) == ["left alice", "leader bob", "expired carol"]


def test_a_start_shortens_no_deadline() -> None:
    chat, _ = absent()
    restart(chat, Settings(grace_s=1.0))
    assert due_within(chat, 120 * SECOND - 1) == []
    assert len(due_within(chat, 10 * MINUTE - 1)) == 1


def test_a_start_that_extends_nothing_saves_nothing() -> None:
    chat = Chat("alice", "bob")
    chat.party("alice", "bob")
    assert restart(chat) == []


def test_a_start_brings_new_settings() -> None:
    chat = Chat("alice", "bob")
    chat.party("alice", "bob")
    restart(chat, Settings(grace_s=1.0, name_days=1.0))
    chat.lose("bob")
    assert told(chat.wait(SECOND), "bob") == ["left bob"]
    chat.at += DAY
    assert one(TopicDropped, chat.prune()).topic == "user.bob"


def test_a_start_keeps_sessions_and_numberings() -> None:
    chat = Chat("alice")
    chat.ok("alice", "say", "before", False)
    restart(chat)
    assert isinstance(chat.ask("alice", "say", "after", False), Answer)


# -- what is forgotten ----------------------------------------------------------------------------------------------


def test_pruning_frees_names_that_nobody_used_for_long() -> None:
    chat = Chat("alice", "bob", "carol")
    chat.ok("alice", "exit")
    chat.at += 1
    chat.lose("bob")
    chat.at += 30 * DAY
    effects = chat.prune()
    assert [effect.record.folded for effect in of(Removed, effects) if isinstance(effect.record, User)] == ["alice"]
    assert chat.state.users.keys() == {"bob", "carol"}
    assert chat.prune() == []


def test_a_numbering_is_kept_for_seven_days() -> None:
    chat = Chat("alice")
    chat.ok("alice", "back")
    chat.lose("alice")
    chat.at += 7 * DAY
    assert chat.prune() == []
    chat.at += 1
    assert chat.prune() == [NumberingRemoved("alice", 1)]
    assert chat.state.numberings == {}


def test_who_is_online_but_quiet_for_weeks_goes_on_where_he_was() -> None:
    chat = Chat("alice")
    given = chat.ask("alice", "say", "long ago", False)
    chat.at += 20 * DAY
    assert chat.prune() == []
    assert one(Sent, chat.command("alice", 1, "say", "long ago", False)).message == given
    assert isinstance(chat.ask("alice", "say", "now", False), Answer)


def test_pruning_leaves_what_is_in_use() -> None:
    chat, _ = absent()
    assert chat.prune() == []


def test_an_unchanged_record_is_not_saved_by_an_expiry() -> None:
    chat = Chat("alice")
    assert len(of(Saved, chat.lose("alice"))) == 1
