"""Questions to the state that change nothing: who may read what since when, and what a session is shown."""

from zchat_broker.rules.state import Session, State
from zchat_common.messages import OpenInvitation, PartyState, RosterEntry, TopicState
from zchat_common.topics import PUBLIC, party_of, party_topic, user_topic


def readable_from(state: State, user: str, topic: str) -> int | None:
    """The first seq of the topic that the user may read; None if it is not his to read."""
    if topic == PUBLIC or topic == user_topic(user):
        return 1
    party = state.party_of(user)
    if party is None or party_of(topic) != party.id:
        return None
    seat = party.seat(user)
    return None if seat is None else seat.joined_seq


def topics_of(state: State, user: str) -> tuple[TopicState, ...]:
    """Where each of the user's topics stands."""
    topics = [PUBLIC, user_topic(user)]
    party_id = state.seats.get(user)
    if party_id is not None:
        topics.append(party_topic(party_id))
    return tuple(
        [TopicState(topic, state.last_seq.get(topic, 0), readable_from(state, user, topic) or 1) for topic in topics]
    )


def party_state(state: State, user: str) -> PartyState | None:
    """The user's party as its members see it."""
    party = state.party_of(user)
    if party is None:
        return None
    return PartyState(party.id, state.name_of(party.leader), state.names_of(party.users))


def open_invitations(state: State, user: str) -> tuple[OpenInvitation, ...]:
    """The user's open invitations, the oldest first."""
    found = sorted(state.invitations_for(user), key=lambda invitation: (invitation.expires, invitation.party))
    return tuple(
        [
            OpenInvitation(
                invitation.party,
                state.name_of(invitation.inviter),
                state.names_of(state.parties[invitation.party].users),
                invitation.expires,
            )
            for invitation in found
        ]
    )


def roster(state: State) -> tuple[RosterEntry, ...]:
    """Everybody online, sorted by folded name."""
    return tuple([_entry(state, state.sessions[user]) for user in sorted(state.sessions)])


def _entry(state: State, session: Session) -> RosterEntry:
    name = state.name_of(session.user)
    if session.away_since is not None:
        return RosterEntry(name, "away", session.away_since, session.away_text)
    return RosterEntry(name, "online", session.since, "")
