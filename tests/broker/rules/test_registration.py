"""Names, their owners, and sessions."""

import pytest

from tests.broker.rules.conversation import DAY, MINUTE, SECOND, Chat, key_of, news, of, one, posted, told
from tests.broker.rules.witness import facts
from zchat_broker.rules import Settings
from zchat_broker.rules.effects import (
    Effect,
    KeyChanged,
    NumberingRemoved,
    PresenceChanged,
    RegistrationRefused,
    SessionEnded,
    SessionOpened,
    TopicDropped,
)
from zchat_broker.rules.views import roster
from zchat_common.messages import SEALED, Delivered, RosterEntry

STRANGER = b"another key".ljust(32, b"\0")


def refusal(effects: list[Effect]) -> str:
    (refused,) = effects
    assert isinstance(refused, RegistrationRefused)
    assert refused.text
    return refused.code


def test_a_newcomer_gets_a_session_and_everybody_sees_him() -> None:
    chat = Chat()
    effects = chat.join("Alice")
    assert one(SessionOpened, effects).user == "alice"
    assert one(PresenceChanged, effects).entry == RosterEntry("Alice", "online", chat.at, "")


def test_a_name_is_unique_ignoring_case() -> None:
    chat = Chat("Alice", "Straße")
    assert refusal(chat.join("aLICE", key=STRANGER)) == "name_owned"
    assert refusal(chat.join("STRAßE", key=STRANGER)) == "name_owned"


def test_a_name_is_shown_as_first_typed() -> None:
    chat = Chat("Alice")
    chat.lose("alice")
    effects = chat.join("ALICE")
    assert one(PresenceChanged, effects).entry.name == "Alice"


def test_a_name_stays_owned_while_its_owner_is_away() -> None:
    chat = Chat("alice")
    chat.ok("alice", "exit")
    assert refusal(chat.join("alice", key=STRANGER)) == "name_owned"


@pytest.mark.parametrize("takeover", [False, True])
def test_no_takeover_with_another_key(takeover: bool) -> None:
    chat = Chat("alice")
    before = facts(chat.state)
    assert refusal(chat.join("alice", key=STRANGER, takeover=takeover)) == "name_owned"
    assert facts(chat.state) == before


@pytest.mark.parametrize("name", ["", "a b", "-a", "a.", "a\nb", "a" * 33, "\ud800", "аlice"])
def test_a_bad_name_is_refused(name: str) -> None:
    chat = Chat()
    before = facts(chat.state)
    assert refusal(chat.join(name, key=STRANGER)) == "bad_name"
    assert facts(chat.state) == before


def test_a_name_that_looks_like_another_is_refused() -> None:
    chat = Chat("bob", "modern")
    before = facts(chat.state)
    assert refusal(chat.join("b0b")) == "name_lookalike"
    assert refusal(chat.join("modem")) == "name_lookalike"
    assert facts(chat.state) == before


@pytest.mark.parametrize(("first", "second"), [("Alice", "AIice"), ("AIice", "Alice")])
def test_a_name_that_looks_like_another_as_shown_is_refused(first: str, second: str) -> None:
    chat = Chat(first)
    assert refusal(chat.join(second)) == "name_lookalike"


def test_a_lookalike_may_come_once_the_name_it_looks_like_is_freed() -> None:
    chat = Chat("bob")
    chat.lose("bob")
    chat.at += 30 * DAY + 1
    effects = chat.join("b0b")
    assert one(SessionOpened, effects).user == "b0b"
    assert "bob" not in chat.state.users


# -- freed names ----------------------------------------------------------------------------------------------------


def test_a_name_is_freed_only_after_name_days_without_use() -> None:
    chat = Chat("alice")
    chat.at += 5 * DAY
    chat.lose("alice")
    chat.at += 30 * DAY
    assert refusal(chat.join("alice", key=STRANGER)) == "name_owned"
    chat.at += 1
    assert one(SessionOpened, chat.join("Alice", key=STRANGER)).user == "alice"
    assert chat.state.users["alice"].key == STRANGER
    assert chat.state.users["alice"].name == "Alice"


def test_a_name_in_use_is_never_freed() -> None:
    chat = Chat("alice")
    chat.at += 400 * DAY
    assert refusal(chat.join("alice", key=STRANGER)) == "name_owned"
    chat.prune()
    assert "alice" in chat.state.users


def test_a_visit_keeps_a_name() -> None:
    chat = Chat("alice")
    chat.lose("alice")
    for _ in range(3):
        chat.at += 20 * DAY
        chat.join("alice")
        chat.ok("alice", "exit")
    assert refusal(chat.join("alice", key=STRANGER)) == "name_owned"


def test_an_owner_who_comes_late_but_first_keeps_his_name_and_topic() -> None:
    chat = Chat("alice", "bob")
    chat.ok("bob", "whisper", "alice", key_of("alice"), SEALED, b"hi")
    chat.lose("alice")
    chat.at += 31 * DAY
    assert not of(TopicDropped, chat.join("alice"))
    assert chat.state.last_seq["user.alice"] == 1


def test_everything_of_a_freed_name_goes_in_the_same_step() -> None:
    chat = Chat("alice", "bob", "carol", settings=Settings(1e9, 30))
    topic = chat.party("alice", "bob")
    carols = chat.invite("carol", "alice")
    chat.lose("alice")
    chat.ok("bob", "whisper", "alice", key_of("alice"), SEALED, b"hi")
    chat.at += 30 * DAY + 1
    effects = chat.join("alice", key=STRANGER)
    assert news(effects, topic) == ["left alice", "leader bob"]
    assert one(KeyChanged, effects).readers == ("bob",)
    assert news(effects, f"party.{carols}") == ["expired alice"]
    assert told(effects, "carol") == []
    assert one(NumberingRemoved, effects).user == "alice"
    assert one(TopicDropped, effects).topic == "user.alice"
    assert "user.alice" not in chat.state.last_seq
    assert "alice" not in chat.state.waiting
    assert "alice" not in chat.state.seats
    assert not list(chat.state.invitations_for("alice"))


def test_the_last_seat_of_a_freed_name_dissolves_the_party() -> None:
    chat = Chat("alice", "bob", settings=Settings(1e9, 30))
    party = chat.invite("alice", "bob")
    chat.lose("alice")
    chat.at += 31 * DAY
    effects = chat.prune()
    assert {dropped.topic for dropped in of(TopicDropped, effects)} == {f"party.{party}", "user.alice"}
    assert told(effects, "bob") == ["expired bob"]


def test_the_next_owner_is_not_told_what_became_of_the_last_ones_whispers() -> None:
    chat = Chat("alice", "bob")
    chat.lose("bob")
    chat.ok("alice", "whisper", "bob", key_of("bob"), SEALED, b"a secret")
    chat.lose("alice")
    chat.at += 20 * DAY
    chat.join("bob")  # shown nothing yet: `received` is not given
    chat.at += 11 * DAY
    chat.join("alice", key=STRANGER)
    effects = chat.ok("bob", "received", 1)
    assert of(Delivered, posted(effects, "user.alice")) == []


def test_the_next_owner_is_not_told_what_became_of_the_last_ones_invitations() -> None:
    chat = Chat("alice", "bob", "carol", settings=Settings(grace_s=1e9, name_days=0.001))
    party = chat.party("alice", "bob").removeprefix("party.")
    chat.ok("alice", "party_invite", "carol")
    chat.ok("alice", "exit")
    chat.at += 2 * MINUTE
    effects = chat.join("alice", key=STRANGER)
    assert news(effects, f"party.{party}") == ["expired carol"]
    assert told(effects, "carol") == ["expired carol"]
    assert chat.refused("carol", "party_decline", party) == "no_invitation"


def test_the_next_owner_starts_a_numbering_of_his_own() -> None:
    chat = Chat("alice")
    chat.ok("alice", "say", "old", False)
    chat.lose("alice")
    chat.at += 31 * DAY
    chat.join("alice", key=STRANGER)
    effects = chat.command("alice", 1, "say", "new", False)
    assert len(posted(effects, "public")) == 1


# -- sessions -------------------------------------------------------------------------------------------------------


def test_the_same_key_elsewhere_is_in_use_and_says_from_where() -> None:
    chat = Chat()
    chat.join("alice", address="192.0.2.7")
    before = facts(chat.state)
    effects = chat.join("ALICE", key=key_of("alice"), run=2)
    assert refusal(effects) == "name_in_use"
    assert "192.0.2.7" in one(RegistrationRefused, effects).text
    assert "--takeover" in one(RegistrationRefused, effects).text
    assert facts(chat.state) == before


def test_a_takeover_ends_the_old_session_and_tells_it_why() -> None:
    chat = Chat("alice")
    old = chat.sessions["alice"]
    chat.at += MINUTE
    effects = chat.join("alice", run=2, takeover=True)
    assert one(SessionEnded, effects) == SessionEnded(old, "alice", "taken over")
    assert chat.state.session(old) is None
    assert not of(PresenceChanged, effects)


def test_a_takeover_keeps_the_seat() -> None:
    chat = Chat("alice", "bob")
    topic = chat.party("alice", "bob")
    effects = chat.join("alice", run=2, takeover=True)
    assert news(effects, topic) == []
    assert chat.party_of("bob").leader == "alice"


def test_who_was_away_is_back_after_a_takeover() -> None:
    chat = Chat("alice")
    chat.ok("alice", "away", "lunch")
    chat.at += MINUTE
    effects = chat.join("alice", run=2, takeover=True)
    assert one(PresenceChanged, effects).entry == RosterEntry("alice", "online", chat.at, "")


def test_the_same_run_comes_back_without_flapping() -> None:
    chat = Chat("alice")
    old, before = chat.sessions["alice"], roster(chat.state)
    chat.at += MINUTE
    effects = chat.join("alice", address="192.0.2.8")
    assert one(SessionEnded, effects) == SessionEnded(old, "alice", "")
    assert not of(PresenceChanged, effects)
    assert roster(chat.state) == before
    assert chat.state.sessions["alice"].address == "192.0.2.8"


def test_the_same_run_stays_away_when_it_comes_back() -> None:
    chat = Chat("alice")
    chat.ok("alice", "away", "lunch")
    before = roster(chat.state)
    chat.join("alice")
    assert roster(chat.state) == before


def test_a_registration_that_comes_twice_does_no_harm() -> None:
    chat = Chat()
    chat.join("alice")
    chat._drawn -= 1
    assert one(SessionOpened, chat.join("alice")).session == chat.sessions["alice"]


def test_a_silent_session_shows_its_user_offline() -> None:
    chat = Chat("alice", "bob")
    chat.at += MINUTE
    effects = chat.lose("alice")
    assert one(SessionEnded, effects).reason == ""
    assert one(PresenceChanged, effects).entry == RosterEntry("alice", "offline", chat.at, "")


def test_an_expiry_that_comes_twice_or_after_a_return_does_nothing() -> None:
    chat = Chat("alice")
    old = chat.sessions["alice"]
    chat.lose("alice")
    assert chat.lose("alice") == []
    chat.join("alice")
    chat.sessions["alice"], current = old, chat.sessions["alice"]
    assert chat.lose("alice") == []
    assert chat.state.session(current) is not None


def test_the_seat_is_kept_for_the_grace_and_then_left() -> None:
    chat = Chat("alice", "bob")
    topic = chat.party("alice", "bob")
    effects = chat.lose("alice")
    assert news(effects, topic) == []
    assert not of(KeyChanged, effects)
    assert chat.wait(120 * SECOND - 1) == []
    assert chat.party_of("alice").leader == "alice"
    effects = chat.wait(1)
    assert news(effects, topic) == ["left alice", "leader bob"]
    assert told(effects, "alice") == ["left alice"]
    assert chat.members("bob") == ("bob",)


def test_who_returns_within_the_grace_has_his_seat_and_lead() -> None:
    chat = Chat("alice", "bob")
    topic = chat.party("alice", "bob")
    chat.lose("alice")
    chat.wait(119 * SECOND)
    effects = chat.join("alice", run=2)
    assert news(effects, topic) == []
    assert chat.wait(DAY) == []
    assert chat.party_of("alice").leader == "alice"
    assert chat.members("alice") == ("alice", "bob")
