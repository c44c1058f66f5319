"""Records and the indexes over them."""

import pytest

from tests.broker.rules.conversation import Chat, key_of
from zchat_broker.rules.state import Invitation, Numbering, Party, Record, Seat, Session, State, User, Waiting
from zchat_common.limits import ANSWERS_KEPT
from zchat_common.messages import SEALED, Refusal

ALICE = User("alice", "Alice", b"key", 7)
SESSION = Session("alice", "session", 1, 7, "192.0.2.1", None, "")
PARTY = Party("p", "alice", (Seat("alice", 1, None), Seat("bob", 3, 99)))


def records(state: State) -> list[Record]:
    found: list[Record] = [*state.users.values(), *state.sessions.values(), *state.parties.values()]
    for invitations in state.invitations.values():
        found += invitations.values()
    for waiting in state.waiting.values():
        found += waiting.values()
    return found


def answered(numbering: Numbering, upto: int) -> Numbering:
    for n in range(numbering.last_n + 1, upto + 1):
        numbering.last_n = n
        numbering.answers.append(Refusal(1, n, "usage", "", None))
    return numbering


@pytest.mark.parametrize("record", [ALICE, SESSION, Waiting("alice", 1, "bob", 2), Waiting("alice", 9, "bob", 9)])
def test_what_is_put_in_and_dropped_leaves_nothing(record: Record) -> None:
    state = State()
    state.put(record)
    assert state != State()
    state.drop(record)
    assert state == State()


def test_a_party_brings_its_seats_and_room_for_invitations() -> None:
    state = State()
    state.put(PARTY)
    assert state.seats == {"alice": "p", "bob": "p"}
    assert state.party_of("bob") == PARTY
    assert state.party_of("carol") is None
    invitation = Invitation("p", "carol", "bob", 99)
    state.put(invitation)
    assert list(state.invitations_for("carol")) == [invitation]
    state.drop(invitation)
    state.drop(PARTY)
    assert not state.parties
    assert not state.invitations


def test_one_waiting_whisper_goes_without_the_others() -> None:
    state = State()
    first, second = Waiting("alice", 1, "bob", 1), Waiting("alice", 2, "bob", 2)
    state.put(first)
    state.put(second)
    state.drop(first)
    assert state.waiting == {"alice": {2: second}}


def test_a_session_is_found_by_its_id() -> None:
    state = State()
    state.put(SESSION)
    assert state.session("session") == SESSION
    assert state.session("alice") is None


def test_names_are_shown_as_typed_and_unknown_ones_as_they_are() -> None:
    state = State()
    state.put(ALICE)
    assert state.names_of(("alice", "bob")) == ("Alice", "bob")


def test_a_party_lists_its_members_in_the_order_of_joining() -> None:
    assert PARTY.users == ("alice", "bob")
    assert PARTY.seat("bob") == Seat("bob", 3, 99)
    assert PARTY.seat("carol") is None


@pytest.mark.parametrize("last_n", [0, 1, ANSWERS_KEPT - 1, ANSWERS_KEPT, ANSWERS_KEPT + 1, 3 * ANSWERS_KEPT])
def test_a_numbering_knows_exactly_its_last_answers(last_n: int) -> None:
    numbering = answered(Numbering(), last_n)
    known = [n for n in range(-ANSWERS_KEPT, last_n + 9) if numbering.answer(n) is not None]
    assert known == list(range(max(1, last_n - ANSWERS_KEPT + 1), last_n + 1))
    assert all(kept is not None and kept.n == n for n in known for kept in [numbering.answer(n)])


def test_records_in_any_order_make_the_same_state() -> None:
    chat = Chat("alice", "bob", "carol", "dave")
    chat.party("alice", "bob")
    chat.ok("bob", "party_invite", "carol")
    chat.lose("carol")
    chat.ok("dave", "whisper", "carol", key_of("carol"), SEALED, b"hi")
    found = records(chat.state)
    forward, backward = State(), State()
    for record in found:
        forward.put(record)
    for record in reversed(found):
        backward.put(record)
    assert forward == backward
    assert (forward.seats, forward.invitations) == (chat.state.seats, chat.state.invitations)
    assert (forward.looks, forward.session_users) == (chat.state.looks, chat.state.session_users)
