"""What must hold after every entry, whatever was typed. A broken one is a defect of the rules, not of a user."""

from collections.abc import Iterator

from zchat_broker.rules.restraints import ban_on
from zchat_broker.rules.state import State
from zchat_common.limits import ANSWERS_KEPT
from zchat_common.topics import PUBLIC, party_of, party_topic, user_of, user_topic


def check_invariants(state: State) -> None:
    """Raises AssertionError, naming what is broken."""
    for check in _CHECKS:
        check(state)


def broken_invariants(state: State) -> Iterator[str]:
    """Names what is broken, the first of each kind."""
    for check in _CHECKS:
        try:
            check(state)
        except AssertionError as error:
            yield str(error)


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise AssertionError(what)


def _check_names(state: State) -> None:
    for folded, user in state.users.items():
        _require(folded == user.folded, f"{folded} is filed under another name")
        for look in user.looks:
            _require(state.looks.get(look) == folded, f"{folded} shares its looks with another name")
    looks = sum(len(user.looks) for user in state.users.values())
    _require(len(state.looks) == looks, "a look-alike is left over")


def _check_sessions(state: State) -> None:
    for user, session in state.sessions.items():
        _require(user in state.users, f"{user} has a session but no name")
        _require(state.session_users.get(session.id) == user, f"the session of {user} is not found by its id")
    _require(len(state.session_users) == len(state.sessions), "a user has more than one session")


def _check_parties(state: State) -> None:
    seated = [seat.user for party in state.parties.values() for seat in party.seats]
    _require(len(seated) == len(set(seated)), "a user sits in two parties")
    _require(sorted(seated) == sorted(state.seats), "the index of seats is not what the parties hold")
    for party in state.parties.values():
        _require(bool(party.seats), f"party {party.id} has no members")
        _require(party.leader in party.users, f"the leader of party {party.id} is no member")
        last = state.last_seq.get(party_topic(party.id), 0)
        for seat in party.seats:
            _require(state.seats[seat.user] == party.id, f"{seat.user} sits in party {party.id} unknown to the index")
            _require(seat.user in state.users, f"{seat.user} sits in a party but has no name")
            _require(1 <= seat.joined_seq <= last, f"{seat.user} joined at a seq that does not exist")
            online = seat.user in state.sessions
            _require(online == (seat.absent_until is None), f"{seat.user} is absent and online, or neither")


def _check_invitations(state: State) -> None:
    _require(state.invitations.keys() == state.parties.keys(), "invitations are kept for a party that is gone")
    for party_id, invitations in state.invitations.items():
        for invitee, invitation in invitations.items():
            filed = (invitation.party, invitation.invitee) == (party_id, invitee)
            _require(filed, "an invitation is filed under another party or user")
            _require(invitee in state.users, f"{invitee} is invited but has no name")
            _require(invitation.inviter in state.users, f"{invitation.inviter} invites but has no name")
            _require(state.parties[party_id].seat(invitee) is None, f"{invitee} is invited to his own party")


def _check_topics(state: State) -> None:
    for topic, last in state.last_seq.items():
        _require(last >= 1, f"topic {topic} counts from nothing")
        party = party_of(topic)
        known = topic == PUBLIC or user_of(topic) in state.users or party in state.parties or party in state.tails_of
        _require(known, f"topic {topic} belongs to nobody")
    for user, waiting in state.waiting.items():
        _require(user in state.users, f"whispers wait for {user}, who has no name")
        _require(bool(waiting), f"an empty list of waiting whispers is left over for {user}")
        for whisper in waiting.values():
            _require(whisper.sender in state.users, f"a whisper waits from {whisper.sender}, who has no name")


def _check_tails(state: State) -> None:
    counted: dict[str, int] = {}
    for user, tails in state.tails.items():
        _require(user in state.users, f"a tail of {user}, who has no name")
        _require(bool(tails), f"an empty list of tails is left over for {user}")
        for told_seq, tail in tails.items():
            counted[tail.party] = counted.get(tail.party, 0) + 1
            _require((tail.user, tail.told_seq) == (user, told_seq), "a tail is filed under another user or seq")
            last = state.last_seq.get(party_topic(tail.party), 0)
            _require(1 <= tail.start <= tail.end <= last, f"a tail of {user} ends where nothing is")
            _require(told_seq <= state.last_seq.get(user_topic(user), 0), f"{user} was never told of the end of a tail")
    _require(counted == state.tails_of, "the count of tails is not what they are")


def _check_answers(state: State) -> None:
    for user, numberings in state.numberings.items():
        _require(user in state.users, f"a numbering of {user}, who has no name")
        for numbering in numberings.values():
            kept = min(numbering.last_n, ANSWERS_KEPT)
            _require(len(numbering.answers) == kept, f"an answer of {user} is lost that may be asked again")
            for n in range(numbering.last_n - kept + 1, numbering.last_n + 1):
                answer = numbering.answer(n)
                _require(answer is not None and answer.n == n, f"answer {n} of {user} is not at its place")


def _check_bans(state: State) -> None:
    for key, ban in state.bans.items():
        _require(ban.key == key, f"the ban of {ban.name} is filed under another key")
    for session in state.sessions.values():
        key = state.users[session.user].key
        _require(ban_on(state, state.at, key, session.address) is None, f"{session.user} is banned and online")


_CHECKS = (
    _check_names,
    _check_sessions,
    _check_parties,
    _check_invitations,
    _check_topics,
    _check_tails,
    _check_answers,
    _check_bans,
)
