"""Questions to the state that change nothing: who may read what since when, and what a session is shown."""

from typing import NamedTuple

from zchat_broker.rules.restraints import in_force
from zchat_broker.rules.state import Session, State, Tail
from zchat_common.limits import RESTRAINTS_SHOWN
from zchat_common.messages import OpenInvitation, PartyState, Restraint, RosterEntry, TopicState
from zchat_common.topics import PUBLIC, party_of, party_topic, user_topic


class Readable(NamedTuple):
    """A part of a topic that a user may read: from ``start`` to ``end``, or to wherever the topic comes (None)."""

    start: int
    end: int | None


def readable_from(state: State, user: str, topic: str) -> int | None:
    """The first seq from which on the user may read the topic; None if what comes in it is not his to read."""
    if topic == PUBLIC or topic == user_topic(user):
        return 1
    party = state.party_of(user)
    if party is None or party_of(topic) != party.id:
        return None
    seat = party.seat(user)
    return None if seat is None else seat.joined_seq


def readable_parts(state: State, user: str, topic: str) -> list[Readable]:
    """The parts of the topic that the user may read, in order: tails of former memberships, and what goes on."""
    parts = [Readable(tail.start, tail.end) for tail in _tails(state, user) if party_topic(tail.party) == topic]
    start = readable_from(state, user, topic)
    return parts if start is None else [*parts, Readable(start, None)]


def topics_of(state: State, user: str) -> tuple[TopicState, ...]:
    """Where each of the user's topics stands; the tails of former memberships before the party of today."""
    topics = [PUBLIC, user_topic(user)]
    party_id = state.seats.get(user)
    if party_id is not None:
        topics.append(party_topic(party_id))
    going_on = [
        TopicState(topic, state.last_seq.get(topic, 0), readable_from(state, user, topic) or 1, 0) for topic in topics
    ]
    ended = [TopicState(party_topic(tail.party), tail.end, tail.start, tail.told_seq) for tail in _tails(state, user)]
    return (*going_on[:2], *ended, *going_on[2:])


def receipt_due(state: State, user: str) -> int:
    """The last seq of the user's own topic whose showing his client has to report; 0 if there is none."""
    return max(max(state.waiting.get(user, {}), default=0), max(state.tails.get(user, {}), default=0))


def _tails(state: State, user: str) -> list[Tail]:
    tails = state.tails.get(user, {})
    return [tails[told_seq] for told_seq in sorted(tails)]


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


def restraints(state: State) -> tuple[Restraint, ...]:
    """The bans and mutes that hold, the newest last."""
    found = [
        Restraint("ban", ban.name, ban.by, ban.since, ban.until, ban.address, ban.reason)
        for ban in state.bans.values()
        if in_force(ban, state.at)
    ]
    found += [
        Restraint("mute", mute.name, mute.by, mute.since, mute.until, "", mute.reason)
        for mute in state.mutes.values()
        if in_force(mute, state.at)
    ]
    return tuple(sorted(found, key=lambda each: (each.since, each.kind, each.name))[-RESTRAINTS_SHOWN:])


def _entry(state: State, session: Session) -> RosterEntry:
    name = state.name_of(session.user)
    if session.away_since is not None:
        return RosterEntry(name, "away", session.away_since, session.away_text)
    return RosterEntry(name, "online", session.since, "")
