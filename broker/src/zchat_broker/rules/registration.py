"""Names, their owners, and sessions: who may be online under which name."""

from zchat_broker.rules import access
from zchat_broker.rules.effects import (
    NumberingRemoved,
    RegistrationRefused,
    SessionOpened,
    TopicDropped,
)
from zchat_broker.rules.entries import Registering, SessionExpired
from zchat_broker.rules.parties import end_invitation, leave, set_absent
from zchat_broker.rules.restraints import is_admin
from zchat_broker.rules.state import Invitation, Session, State, User, Waiting
from zchat_broker.rules.step import No, Step
from zchat_broker.rules.tails import drop_tails
from zchat_common.errors import Code
from zchat_common.names import BadName, check_name, skeleton
from zchat_common.topics import user_topic

_DAY_MS = 24 * 3600 * 1000


def register(step: Step, entry: Registering) -> None:
    """Opens a session, or says why not."""
    refused = access.refusal(step, entry)
    if refused is not None:
        step.effects.append(refused)
        return
    owner = _owner(step, entry)
    if isinstance(owner, No):
        step.effects.append(RegistrationRefused(entry.session, owner.code, owner.text))
        return
    session = _session(step, entry, owner)
    if isinstance(session, No):
        step.effects.append(RegistrationRefused(entry.session, session.code, session.text))
        return
    step.save(owner._replace(last_seen=step.at))
    step.save(session)
    access.use_code(step, entry, owner.name)
    set_absent(step, owner.folded, None)
    step.effects.append(SessionOpened(session.id, owner.folded))


def expire_session(step: Step, entry: SessionExpired) -> None:
    """Ends a session that fell silent: its user is offline; his seat is kept for the grace."""
    session = step.state.session(entry.session)
    if session is None:
        return
    user = step.state.users[session.user]
    step.end_session(session, "")
    step.save(user._replace(last_seen=step.at))
    step.show_presence(user, "offline", step.at)
    set_absent(step, user.folded, step.at + int(step.state.settings.grace_s * 1000))


def is_freed(step: Step, user: User) -> bool:
    """Whether nobody has used the name for so long that it belongs to nobody now.

    An admin's name never is free: whoever took it would be an admin.
    """
    if is_admin(step.state, user.folded):
        return False
    unused_ms = step.at - user.last_seen
    return user.folded not in step.state.sessions and unused_ms > step.state.settings.name_days * _DAY_MS


def forget_user(step: Step, user: User) -> None:
    """Frees a name: its topic, seat, tails, numberings, and invitations and waiting whispers to and from it go.

    Nothing may be left that names it: the next owner would be told what became of the last one's affairs.
    """
    state, folded = step.state, user.folded
    for invitation in _invitations_of(state, folded):
        end_invitation(step, invitation, "expired", "the name was freed")
    if folded in state.seats:
        leave(step, folded, "left", "the name was freed")
    drop_tails(step, folded)
    for waiting in _waiting_of(state, folded):
        step.remove(waiting)
    for instance in sorted(state.numberings.pop(folded, {})):
        step.effects.append(NumberingRemoved(folded, instance))
    step.remove(user)
    state.last_seq.pop(user_topic(folded), None)
    step.effects.append(TopicDropped(user_topic(folded)))


def _invitations_of(state: State, folded: str) -> list[Invitation]:
    every = [invitation for invitations in state.invitations.values() for invitation in invitations.values()]
    return sorted([invitation for invitation in every if folded in (invitation.invitee, invitation.inviter)])


def _waiting_of(state: State, folded: str) -> list[Waiting]:
    every = [waiting for whispers in state.waiting.values() for waiting in whispers.values()]
    return sorted([waiting for waiting in every if folded in (waiting.user, waiting.sender)])


def _owner(step: Step, entry: Registering) -> User | No:
    try:
        folded = check_name(entry.name)
    except BadName as error:
        return No(Code.BAD_NAME, str(error))
    known = step.state.users.get(folded)
    if known is not None and known.key != entry.key:
        if not is_freed(step, known):
            return No(Code.NAME_OWNED, f"The name {known.name} belongs to somebody else; choose another one.")
        forget_user(step, known)
        known = None
    return known or _newcomer(step, entry, folded)


def _newcomer(step: Step, entry: Registering, folded: str) -> User | No:
    state = step.state
    newcomer = User(folded, entry.name, entry.key, step.at)
    similar = [state.users[state.looks[look]] for look in newcomer.looks if look in state.looks]
    for admin in state.settings.admins:
        # Also before the admin has come for the first time.
        if admin != folded and skeleton(admin) in newcomer.looks:
            return No(Code.NAME_LOOKALIKE, f"{entry.name} looks like an admin's name; choose another name.")
    for user in similar:
        if not is_freed(step, user):
            return No(Code.NAME_LOOKALIKE, f"{entry.name} looks like {user.name}; choose another name.")
    for user in dict.fromkeys(similar):
        forget_user(step, user)
    return newcomer


def _session(step: Step, entry: Registering, owner: User) -> Session | No:
    fresh = Session(owner.folded, entry.session, entry.run, step.at, entry.address, None, "")
    current = step.state.sessions.get(owner.folded)
    if current is None:
        step.show_presence(owner, "online", step.at)
        return fresh
    if current.run == entry.run:
        # The same client comes back after a cut: nobody else needs to notice.
        step.end_session(current, "")
        return current._replace(id=entry.session, address=entry.address)
    if not entry.takeover:
        return No(
            Code.NAME_IN_USE,
            f"{owner.name} is online from {current.address}; "
            "end that session first, or use --takeover to end it from here.",
        )
    step.end_session(current, "taken over")
    if current.away_since is None:
        return fresh._replace(since=current.since)
    step.show_presence(owner, "online", step.at)
    return fresh
