"""Parties from the first invitation to the last one out.

What happens in a party is a message of its topic, in one order with what is said there, so that every member agrees on
who could read what. Who is not (or no longer) a member learns what concerns him on his own topic. The topic's key
changes with each join and leave, always before the message that tells of it. What a member could read before he was
out stays his to read until he has it (see tails.py).
"""

from zchat_broker.rules.state import Invitation, Party, Seat, State, User
from zchat_broker.rules.step import Actor, Done, No, Step
from zchat_broker.rules.tails import drop_topic_if_unread, keep_tail
from zchat_common.errors import Code
from zchat_common.limits import INVITATION_S, OPEN_INVITATIONS_MAX, PARTY_PLACES_MAX
from zchat_common.messages import Invited, PartyChanged, Say
from zchat_common.topics import party_topic, user_topic

_INVITATION_MS = int(INVITATION_S * 1000)


def invite(step: Step, actor: Actor, fresh_id: str, invitee: User) -> Done | No:
    """Invites somebody to one's party, which is created for it if need be."""
    state, user = step.state, actor.user
    party = state.party_of(user.folded)
    if invitee.folded == user.folded:
        return No(Code.NOT_YOURSELF, "You cannot invite yourself.")
    if party is not None and party.seat(invitee.folded):
        return No(Code.ALREADY_MEMBER, f"{invitee.name} is in your party already.")
    if party is not None and invitee.folded in state.invitations[party.id]:
        return No(Code.ALREADY_INVITED, f"{invitee.name} has an invitation to your party already.")
    full = _full(state, party, invitee)
    if full is not None:
        return full
    if party is not None:
        return Done(party_topic(party.id), _add_invitation(step, party, user, invitee))
    created = _create(step, fresh_id, user)
    _add_invitation(step, state.parties[fresh_id], user, invitee)
    return Done(party_topic(fresh_id), created, "created")


def _full(state: State, party: Party | None, invitee: User) -> No | None:
    """Why there is no place for one more invitation. Who has one has a place, so that accepting needs none."""
    if party is not None and len(party.seats) + len(state.invitations[party.id]) >= PARTY_PLACES_MAX:
        text = f"Your party is full: it has {PARTY_PLACES_MAX} places, for its members and those invited to it."
        return No(Code.ACCESS_DENIED, text)
    if sum(1 for _ in state.invitations_for(invitee.folded)) >= OPEN_INVITATIONS_MAX:
        text = f"{invitee.name} has {OPEN_INVITATIONS_MAX} open invitations; try again when some of them have ended."
        return No(Code.ACCESS_DENIED, text)
    return None


def accept(step: Step, actor: Actor, party_id: str) -> Done | No:
    """Joins the party of an open invitation, out of a party of one's own if nobody else is in it."""
    state, user = step.state, actor.user
    invitation = state.invitations.get(party_id, {}).get(user.folded)
    if invitation is None:
        return No(Code.NO_INVITATION, "There is no open invitation like that; ask to be invited again.")
    current = state.party_of(user.folded)
    if current is not None and len(current.seats) > 1:
        return No(Code.ALREADY_IN_PARTY, "You are in a party already; type /party leave first.")
    if current is not None:
        leave(step, user.folded, "left", "")
    step.remove(invitation)
    return Done(party_topic(party_id), _join(step, state.parties[party_id], user), "joined")


def decline(step: Step, actor: Actor, party_id: str) -> Done | No:
    """Turns an open invitation down."""
    invitation = step.state.invitations.get(party_id, {}).get(actor.user.folded)
    if invitation is None:
        return No(Code.NO_INVITATION, "There is no open invitation like that.")
    end_invitation(step, invitation, "declined", "")
    return Done()


def party_say(step: Step, actor: Actor, text: str, action: bool) -> Done | No:
    """Says a text to the members of one's party."""
    topic = party_topic(step.state.seats[actor.user.folded])
    return Done(topic, step.post(topic, Say, actor.user.name, text, action))


def leave_party(step: Step, actor: Actor) -> Done | No:
    """Leaves one's party."""
    leave(step, actor.user.folded, "left", "")
    return Done()


def kick(step: Step, actor: Actor, target: User) -> Done | No:
    """Removes a member (the leader only)."""
    party = step.state.parties[step.state.seats[actor.user.folded]]
    if target.folded == actor.user.folded:
        return No(Code.NOT_YOURSELF, "You cannot kick yourself; type /party leave.")
    if party.seat(target.folded) is None:
        return No(Code.NOT_MEMBER, f"{target.name} is not in your party.")
    leave(step, target.folded, "kicked", f"by {actor.user.name}")
    return Done()


def hand_over(step: Step, actor: Actor, target: User) -> Done | No:
    """Makes another member the leader (the leader only)."""
    party = step.state.parties[step.state.seats[actor.user.folded]]
    if target.folded == actor.user.folded:
        return No(Code.NOT_YOURSELF, "You lead the party already.")
    if party.seat(target.folded) is None:
        return No(Code.NOT_MEMBER, f"{target.name} is not in your party.")
    party = party._replace(leader=target.folded)
    step.save(party)
    _tell_members(step, party, "leader", target.folded, "")
    return Done()


def leave(step: Step, user: str, change: str, reason: str) -> None:
    """Takes a member out of his party, whatever the cause; succession and dissolution follow from it."""
    state = step.state
    party = state.parties[state.seats.pop(user)]
    was_leader = party.leader == user
    own = next(seat for seat in party.seats if seat.user == user)
    seats = tuple([seat for seat in party.seats if seat.user != user])
    end = state.last_seq[party_topic(party.id)]
    if not seats:
        _dissolve(step, party._replace(seats=()), own, change, reason)
        return
    party = party._replace(seats=seats, leader=seats[0].user if was_leader else party.leader)
    step.save(party)
    step.change_key(party_topic(party.id), party.users)
    _tell_members(step, party, change, user, reason)
    _tell_leaver(step, party, own, end, change, reason)
    if was_leader:
        _tell_members(step, party, "leader", party.leader, "")


def set_absent(step: Step, user: str, until: int | None) -> None:
    """Notes until when a member's seat is kept while he has no session (None: he is back)."""
    party = step.state.party_of(user)
    if party is None:
        return
    seats = tuple([seat._replace(absent_until=until) if seat.user == user else seat for seat in party.seats])
    step.save(party._replace(seats=seats))


def end_invitation(step: Step, invitation: Invitation, change: str, reason: str) -> None:
    """Ends an invitation without a join: the members, the inviter and the invited are told."""
    step.remove(invitation)
    party = step.state.parties[invitation.party]
    invitee = invitation.invitee
    if party.seats:
        _tell_members(step, party, change, invitee, reason)
    if party.seat(invitation.inviter) is None and invitation.inviter in step.state.users:
        _tell_user(step, invitation.inviter, party, change, invitee, reason)
    if invitee in step.state.users:
        _tell_user(step, invitee, party, change, invitee, reason)


def _create(step: Step, party_id: str, user: User) -> int:
    topic = party_topic(party_id)
    # The first message of the topic tells of its creation; so the creator may read from seq 1 on.
    party = Party(party_id, user.folded, (Seat(user.folded, 1, None),))
    step.save(party)
    step.change_key(topic, party.users)
    return _tell_members(step, party, "created", user.folded, "")


def _join(step: Step, party: Party, user: User) -> int:
    topic = party_topic(party.id)
    joined_seq = step.state.last_seq[topic] + 1
    party = party._replace(seats=(*party.seats, Seat(user.folded, joined_seq, None)))
    step.save(party)
    step.change_key(topic, party.users)
    return _tell_members(step, party, "joined", user.folded, "")


def _add_invitation(step: Step, party: Party, inviter: User, invitee: User) -> int:
    expires = step.at + _INVITATION_MS
    step.save(Invitation(party.id, invitee.folded, inviter.folded, expires))
    members = step.state.names_of(party.users)
    step.post(user_topic(invitee.folded), Invited, party.id, inviter.name, members, expires)
    return _tell_members(step, party, "invited", invitee.folded, "")


def _dissolve(step: Step, party: Party, last: Seat, change: str, reason: str) -> None:
    step.state.parties[party.id] = party
    step.change_key(party_topic(party.id), ())
    for invitation in sorted(step.state.invitations[party.id].values()):
        end_invitation(step, invitation, "expired", "the party was dissolved")
    _tell_leaver(step, party, last, step.state.last_seq[party_topic(party.id)], change, reason)
    _tell_user(step, last.user, party, "dissolved", last.user, "")
    step.remove(party)
    drop_topic_if_unread(step, party.id)


def _tell_leaver(step: Step, party: Party, seat: Seat, end: int, change: str, reason: str) -> None:
    news = (*_news(step, party, change, seat.user, reason), seat.joined_seq, end)
    told_seq = step.post(user_topic(seat.user), PartyChanged, *news)
    keep_tail(step, party.id, seat, end, told_seq)


def _tell_members(step: Step, party: Party, change: str, about: str, reason: str) -> int:
    return step.post(party_topic(party.id), PartyChanged, *_news(step, party, change, about, reason))


def _tell_user(step: Step, user: str, party: Party, change: str, about: str, reason: str) -> None:
    step.post(user_topic(user), PartyChanged, *_news(step, party, change, about, reason))


def _news(step: Step, party: Party, change: str, about: str, reason: str) -> tuple[object, ...]:
    state = step.state
    leader = state.name_of(party.leader) if party.seats else ""
    return (party.id, change, state.name_of(about), leader, state.names_of(party.users), reason)
