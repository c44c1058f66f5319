"""Each broken invariant is caught, and a whole state is not accused."""

from collections.abc import Callable

import pytest

from tests.broker.rules.conversation import Chat, key_of
from zchat_broker.rules import State
from zchat_broker.rules.invariants import check_invariants
from zchat_broker.rules.state import Ban, Party, Seat
from zchat_common.messages import SEALED, Refusal


def whole() -> State:
    """Alice leads bob; carol is invited; dave is away, and alice's whisper waits for him."""
    chat = Chat("alice", "bob", "carol", "dave")
    chat.party("alice", "bob")
    chat.ok("bob", "party_invite", "carol")
    chat.ok("dave", "say", "hi", False)
    chat.lose("dave")
    chat.ok("alice", "whisper", "dave", key_of("dave"), SEALED, b"hi")
    return chat.state


def the_party(state: State) -> Party:
    (party,) = state.parties.values()
    return party


def reseat(state: State, *seats: Seat) -> None:
    state.parties[the_party(state).id] = the_party(state)._replace(seats=seats)


def file_under_another_name(state: State) -> None:
    state.users["eve"] = state.users["alice"]


def share_looks(state: State) -> None:
    state.looks["alice"] = "bob"


def leave_a_lookalike_over(state: State) -> None:
    state.looks["eve"] = "alice"


def open_a_session_for_nobody(state: State) -> None:
    state.sessions["eve"] = state.sessions["alice"]


def lose_the_way_to_a_session(state: State) -> None:
    state.session_users[state.sessions["alice"].id] = "bob"


def open_a_second_session(state: State) -> None:
    state.session_users["another"] = "alice"


def seat_in_two_parties(state: State) -> None:
    state.parties["q"] = Party("q", "alice", (Seat("alice", 1, None),))
    state.invitations["q"] = {}


def lose_a_seat(state: State) -> None:
    del state.seats["bob"]


def seat_unknown_to_the_index(state: State) -> None:
    state.seats["bob"] = "another"


def empty_a_party(state: State) -> None:
    state.seats.clear()
    reseat(state)


def lead_from_outside(state: State) -> None:
    state.parties[the_party(state).id] = the_party(state)._replace(leader="carol")


def seat_nobody(state: State) -> None:
    state.drop(state.sessions["bob"])
    state.drop(state.users["bob"])


def join_in_the_future(state: State) -> None:
    alice, bob = the_party(state).seats
    reseat(state, alice, bob._replace(joined_seq=99))


def join_before_the_beginning(state: State) -> None:
    alice, bob = the_party(state).seats
    reseat(state, alice._replace(joined_seq=0), bob)


def be_absent_and_online(state: State) -> None:
    alice, bob = the_party(state).seats
    reseat(state, alice, bob._replace(absent_until=1))


def be_neither_absent_nor_online(state: State) -> None:
    state.drop(state.sessions["bob"])


def lose_the_room_for_invitations(state: State) -> None:
    state.invitations.clear()


def keep_invitations_of_a_party_that_is_gone(state: State) -> None:
    state.invitations["q"] = {}


def file_an_invitation_under_another_party(state: State) -> None:
    invitations = state.invitations[the_party(state).id]
    invitations["carol"] = invitations["carol"]._replace(party="q")


def file_an_invitation_under_another_user(state: State) -> None:
    invitations = state.invitations[the_party(state).id]
    invitations["dave"] = invitations["carol"]


def invite_nobody(state: State) -> None:
    invitations = state.invitations[the_party(state).id]
    invitations["eve"] = invitations["carol"]._replace(invitee="eve")


def invite_in_nobodys_name(state: State) -> None:
    invitations = state.invitations[the_party(state).id]
    invitations["carol"] = invitations["carol"]._replace(inviter="eve")


def invite_a_member(state: State) -> None:
    invitations = state.invitations[the_party(state).id]
    invitations["bob"] = invitations["carol"]._replace(invitee="bob")


def count_from_nothing(state: State) -> None:
    state.last_seq["public"] = 0


def keep_the_topic_of_a_stranger(state: State) -> None:
    state.last_seq["user.eve"] = 1


def keep_the_topic_of_a_dissolved_party(state: State) -> None:
    state.last_seq["party.q"] = 1


def keep_what_is_no_topic(state: State) -> None:
    state.last_seq["private"] = 1


def wait_for_nobody(state: State) -> None:
    state.waiting["eve"] = state.waiting["dave"]


def wait_with_nothing(state: State) -> None:
    state.waiting["bob"] = {}


def wait_from_nobody(state: State) -> None:
    waiting = state.waiting["dave"]
    seq, whisper = waiting.popitem()
    waiting[seq] = whisper._replace(sender="eve")


def number_nobodys_commands(state: State) -> None:
    state.numberings["eve"] = state.numberings["dave"]


def lose_an_answer(state: State) -> None:
    state.numberings["alice"][1].answers.pop()


def keep_an_answer_to_nothing(state: State) -> None:
    state.numberings["alice"][1].answers.append(Refusal(1, 4, "usage", "", None))


def swap_two_answers(state: State) -> None:
    state.numberings["alice"][1].answers.rotate(1)


def come_in_banned(state: State) -> None:
    state.bans[state.users["bob"].key] = Ban(state.users["bob"].key, "bob", "root", 1, None, "", "")


def file_a_ban_under_another_key(state: State) -> None:
    state.bans[b"another"] = Ban(b"key", "eve", "root", 1, None, "", "")


BREAKS: dict[Callable[[State], None], str] = {
    file_under_another_name: "eve is filed under another name",
    share_looks: "alice shares its looks",
    leave_a_lookalike_over: "a look-alike is left over",
    open_a_session_for_nobody: "eve has a session but no name",
    lose_the_way_to_a_session: "the session of alice is not found",
    open_a_second_session: "more than one session",
    seat_in_two_parties: "a user sits in two parties",
    lose_a_seat: "the index of seats",
    seat_unknown_to_the_index: "bob sits in party .* unknown to the index",
    empty_a_party: "has no members",
    lead_from_outside: "the leader of party .* is no member",
    seat_nobody: "bob sits in a party but has no name",
    join_in_the_future: "bob joined at a seq that does not exist",
    join_before_the_beginning: "alice joined at a seq that does not exist",
    be_absent_and_online: "bob is absent and online, or neither",
    be_neither_absent_nor_online: "bob is absent and online, or neither",
    lose_the_room_for_invitations: "invitations are kept for a party that is gone",
    keep_invitations_of_a_party_that_is_gone: "invitations are kept for a party that is gone",
    file_an_invitation_under_another_party: "filed under another party",
    file_an_invitation_under_another_user: "filed under another party or user",
    invite_nobody: "eve is invited but has no name",
    invite_in_nobodys_name: "eve invites but has no name",
    invite_a_member: "bob is invited to his own party",
    count_from_nothing: "topic public counts from nothing",
    keep_the_topic_of_a_stranger: "topic user.eve belongs to nobody",
    keep_the_topic_of_a_dissolved_party: "topic party.q belongs to nobody",
    keep_what_is_no_topic: "topic private belongs to nobody",
    wait_for_nobody: "whispers wait for eve",
    wait_with_nothing: "an empty list of waiting whispers is left over for bob",
    wait_from_nobody: "a whisper waits from eve",
    number_nobodys_commands: "a numbering of eve",
    lose_an_answer: "an answer of alice is lost",
    keep_an_answer_to_nothing: "an answer of alice is lost",
    swap_two_answers: "answer 1 of alice is not at its place",
    come_in_banned: "bob is banned and online",
    file_a_ban_under_another_key: "the ban of eve is filed under another key",
}


def test_a_whole_state_is_not_accused() -> None:
    check_invariants(State())
    check_invariants(whole())


@pytest.mark.parametrize("spoil", BREAKS, ids=lambda spoil: spoil.__name__)
def test_a_broken_state_is_caught(spoil: Callable[[State], None]) -> None:
    state = whole()
    spoil(state)
    with pytest.raises(AssertionError, match=BREAKS[spoil]):
        check_invariants(state)
