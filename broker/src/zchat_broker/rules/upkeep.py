"""Deadlines, a broker's start, and what is forgotten with time."""

from zchat_broker.rules.effects import NumberingRemoved
from zchat_broker.rules.entries import Entry, InvitationExpired, SeatExpired, Started
from zchat_broker.rules.moderation import turn_out_banned
from zchat_broker.rules.parties import end_invitation, leave
from zchat_broker.rules.registration import forget_user, is_freed
from zchat_broker.rules.restraints import in_force
from zchat_broker.rules.state import Party, State
from zchat_broker.rules.step import Step
from zchat_broker.rules.tails import drop_old_tails
from zchat_common.limits import NUMBERING_KEPT_S

_NUMBERING_KEPT_MS = int(NUMBERING_KEPT_S * 1000)


def due(state: State, at: int) -> list[Entry]:
    """The entries to submit because their time has come. Submitting one twice does no harm."""
    entries: list[Entry] = []
    for party in state.parties.values():
        for seat in party.seats:
            if seat.absent_until is not None and seat.absent_until <= at:
                entries.append(SeatExpired(at, seat.user, seat.absent_until))
    for invitations in state.invitations.values():
        for invitation in invitations.values():
            if invitation.expires <= at:
                expired = InvitationExpired(at, invitation.party, invitation.invitee, invitation.expires)
                entries.append(expired)
    return entries


def expire_seat(step: Step, entry: SeatExpired) -> None:
    """The grace is over: the member has left."""
    party = step.state.party_of(entry.user)
    seat = None if party is None else party.seat(entry.user)
    if seat is not None and seat.absent_until == entry.until:
        leave(step, entry.user, "left", "connection lost")


def expire_invitation(step: Step, entry: InvitationExpired) -> None:
    """Nobody answered the invitation in time."""
    invitation = step.state.invitations.get(entry.party, {}).get(entry.invitee)
    if invitation is not None and invitation.expires == entry.expires:
        end_invitation(step, invitation, "expired", "")


def start(step: Step, entry: Started) -> None:
    """A broker's own absence is nobody's fault: every running deadline gets at least the grace anew."""
    state = step.state
    state.settings = entry.settings
    earliest = step.at + int(entry.settings.grace_s * 1000)
    for party in [state.parties[party_id] for party_id in sorted(state.parties)]:
        _extend_seats(step, party, earliest)
    for party_id in sorted(state.invitations):
        for invitation in sorted(state.invitations[party_id].values()):
            if invitation.expires < earliest:
                step.save(invitation._replace(expires=earliest))
    # Who was an admin is held by what he could laugh at before.
    turn_out_banned(step)


def prune(step: Step) -> None:
    """Frees names that nobody used for long, and forgets what has ended and what no client will continue."""
    _forget_ended(step)
    drop_old_tails(step)
    for user in sorted([user for user in step.state.users.values() if is_freed(step, user)]):
        forget_user(step, user)
    for user_name, numberings in sorted(step.state.numberings.items()):
        if user_name in step.state.sessions:
            continue  # who is online, however quiet, goes on where he was
        for instance, numbering in sorted(numberings.items()):
            if step.at - numbering.used_at > _NUMBERING_KEPT_MS:
                del numberings[instance]
                step.effects.append(NumberingRemoved(user_name, instance))
        if not numberings:
            del step.state.numberings[user_name]


def _forget_ended(step: Step) -> None:
    state = step.state
    for ban in sorted(state.bans.values()):
        if not in_force(ban, step.at):
            step.remove(ban)
    for mute in sorted(state.mutes.values()):
        if not in_force(mute, step.at):
            step.remove(mute)
    for code in sorted(state.codes.values()):
        if code.expires <= step.at:
            step.remove(code)


def _extend_seats(step: Step, party: Party, earliest: int) -> None:
    seats = tuple(
        [
            seat._replace(absent_until=earliest)
            if seat.absent_until is not None and seat.absent_until < earliest
            else seat
            for seat in party.seats
        ]
    )
    if seats != party.seats:
        step.save(party._replace(seats=seats))
