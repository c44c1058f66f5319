"""What admins do to keep order: each act is told to all admins and noted in the audit table.

Bans and mutes hold a key, under whatever name, and end by the time of what is looked at, not by a timer.
"""

from zchat_broker.rules.access import COMMAND_LINE
from zchat_broker.rules.entries import Withdrawn
from zchat_broker.rules.parties import leave
from zchat_broker.rules.registration import forget_user
from zchat_broker.rules.restraints import ban_words, bans_by_address, is_admin, is_admins_key
from zchat_broker.rules.state import Ban, Mute, User
from zchat_broker.rules.step import Actor, Done, No, Step
from zchat_common.errors import Code
from zchat_common.messages import Announcement, Moderated
from zchat_common.names import fold
from zchat_common.topics import PUBLIC, user_topic


def kick(step: Step, actor: Actor, target: User, reason: str) -> Done | No:
    """Ends a user's session; he may come back at once."""
    refusal = _protected(step, actor, target)
    if refusal is not None:
        return refusal
    if target.folded not in step.state.sessions:
        return No(Code.NO_SUCH_USER, f"{target.name} is not online.")
    _report(step, actor, "kick", target.name, reason=reason)
    because = f": {reason}" if reason else ""
    _turn_out(step, target, f"You were kicked by {actor.user.name}{because}")
    return Done()


def ban(step: Step, actor: Actor, target: User, by_address: bool, seconds: int, reason: str) -> Done | No:
    """Keeps a user's key out, and with ``by_address`` everybody at his address; for good if ``seconds`` is 0."""
    refusal = _protected(step, actor, target)
    if refusal is not None:
        return refusal
    session = step.state.sessions.get(target.folded)
    if by_address and session is None:
        return No(Code.NO_SUCH_USER, f"{target.name} is not online, so his address is not known; ban his key alone.")
    address = session.address if by_address and session is not None else ""
    until = _until(step, seconds)
    step.save(Ban(target.key, target.name, actor.user.name, step.at, until, address, reason))
    _report(step, actor, "ban", target.name, until=until, address=address, reason=reason)
    turn_out_banned(step)
    # Whoever is banned may have the key of public still, also if he left before.
    step.change_key(PUBLIC, tuple(sorted(step.state.sessions)))
    return Done()


def unban(step: Step, actor: Actor, folded: str) -> Done | No:
    """Lifts the bans under a name, whoever owns it now."""
    lifted = sorted([each for each in step.state.bans.values() if fold(each.name) == folded])
    if not lifted:
        return No(Code.NO_SUCH_USER, "Nobody of that name is banned; /bans lists who is.")
    for each in lifted:
        step.remove(each)
    _report(step, actor, "unban", lifted[0].name)
    return Done()


def mute(step: Step, actor: Actor, target: User, seconds: int, reason: str) -> Done | No:
    """Lets a user read but not speak; for good if ``seconds`` is 0."""
    refusal = _protected(step, actor, target)
    if refusal is not None:
        return refusal
    until = _until(step, seconds)
    step.save(Mute(target.key, target.name, actor.user.name, step.at, until, reason))
    _report(step, actor, "mute", target.name, until=until, reason=reason, told=target)
    return Done()


def unmute(step: Step, actor: Actor, folded: str) -> Done | No:
    """Lifts the mutes under a name."""
    lifted = sorted([each for each in step.state.mutes.values() if fold(each.name) == folded])
    if not lifted:
        return No(Code.NO_SUCH_USER, "Nobody of that name is muted; /bans lists who is.")
    for each in lifted:
        step.remove(each)
    owner = step.state.users.get(folded)
    _report(step, actor, "unmute", lifted[0].name, told=owner)
    return Done()


def announce(step: Step, actor: Actor, text: str) -> Done | No:
    """Says something to everyone, apart from what users say."""
    step.audit("announce", actor.user.name, "", reason=text)
    return Done(PUBLIC, step.post(PUBLIC, Announcement, actor.user.name, text))


def release(step: Step, actor: Actor, target: User) -> Done | No:
    """Frees a name whose owner is not online."""
    refusal = _protected(step, actor, target)
    if refusal is not None:
        return refusal
    if target.folded in step.state.sessions:
        return No(Code.NAME_IN_USE, f"{target.name} is online; kick or ban him first.")
    _report(step, actor, "release", target.name)
    forget_user(step, target)
    return Done()


def withdraw(step: Step, entry: Withdrawn) -> None:
    """Takes an invitation back: an unused code is void, a guest is out. It may come twice."""
    state = step.state
    code, guest = state.codes.get(entry.digest), state.guests.get(entry.key)
    if code is not None and code.used_at is None:
        step.remove(code)
        step.audit("withdraw", COMMAND_LINE, "", until=code.expires, reason=code.note)
    if guest is None:
        return
    step.remove(guest)
    users = sorted([user for user in state.users.values() if user.key == guest.key])
    step.audit("withdraw", COMMAND_LINE, ", ".join([user.name for user in users]), reason=guest.note)
    if not state.settings.invited_only:
        return
    for user in users:
        _turn_out(step, user, "Your invitation was withdrawn")
    step.change_key(PUBLIC, tuple(sorted(state.sessions)))


def turn_out_banned(step: Step) -> None:
    """Ends the sessions and memberships of all whom a ban holds."""
    state = step.state
    bans = bans_by_address(state, step.at)
    for folded in sorted(dict.fromkeys((*state.sessions, *state.seats))):
        user, session = state.users[folded], state.sessions.get(folded)
        found = bans.on(state, step.at, user.key, "" if session is None else session.address)
        if found is not None:
            _turn_out(step, user, ban_words(found, user.key))


def _turn_out(step: Step, user: User, text: str) -> None:
    if step.state.party_of(user.folded) is not None:
        leave(step, user.folded, "left", "removed by an admin")
    session = step.state.sessions.get(user.folded)
    if session is not None:
        step.end_session(session, "kicked", text)
        step.save(user._replace(last_seen=step.at))
        step.show_presence(user, "offline", step.at)


def _protected(step: Step, actor: Actor, target: User) -> No | None:
    if target.folded == actor.user.folded:
        return No(Code.NOT_YOURSELF, "You cannot do that to yourself.")
    if is_admin(step.state, target.folded) or is_admins_key(step.state, target.key):
        return No(Code.ACCESS_DENIED, f"{target.name} is an admin too; only whoever runs the broker can change that.")
    return None


def _until(step: Step, seconds: int) -> int | None:
    return step.at + seconds * 1000 if seconds else None


def _report(
    step: Step,
    actor: Actor,
    act: str,
    name: str,
    *,
    until: int | None = None,
    address: str = "",
    reason: str = "",
    told: User | None = None,
) -> None:
    """Notes an act, and tells all admins and ``told`` of it."""
    state = step.state
    step.audit(act, actor.user.name, name, until=until, address=address, reason=reason)
    readers = [admin for admin in state.settings.admins if admin in state.users]
    if told is not None:
        readers.append(told.folded)
    for reader in dict.fromkeys(readers):
        step.post(user_topic(reader), Moderated, act, name, actor.user.name, until, reason)
