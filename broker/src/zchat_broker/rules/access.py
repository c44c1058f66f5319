"""Who may come in: nobody who is banned, and, where users are invited, only keys that were let in."""

from zchat_broker.rules.effects import RegistrationRefused
from zchat_broker.rules.entries import CodeIssued, Registering
from zchat_broker.rules.restraints import ban_on, ban_words
from zchat_broker.rules.state import AccessCode, Guest
from zchat_broker.rules.step import Step
from zchat_common.errors import Code
from zchat_common.introduction import fingerprint

COMMAND_LINE = "command line"
"""Who acts when it is nobody in the chat; no user can have this name, which has a blank."""


def refusal(step: Step, entry: Registering) -> RegistrationRefused | None:
    """Why this key may not come in; None if it may."""
    state = step.state
    ban = ban_on(state, step.at, entry.key, entry.address)
    if ban is not None:
        return RegistrationRefused(entry.session, Code.ACCESS_DENIED, ban_words(ban, entry.key))
    is_let_in = not state.settings.invited_only or entry.listed or entry.key in state.guests
    if is_let_in or _valid_code(step, entry) is not None:
        return None
    text = (
        "That invitation code is not valid: it is mistyped, used or expired; ask for another one."
        if entry.invite
        else "This broker lets in invited users only: ask whoever runs it for an invitation code "
        f"(--invite CODE), or to list your key, {fingerprint(entry.key)}."
    )
    return RegistrationRefused(entry.session, Code.ACCESS_DENIED, text, "invite")


def use_code(step: Step, entry: Registering, name: str) -> None:
    """The registration has succeeded: if its code let it in, that is used up, and the key is let in from now on."""
    state = step.state
    if not state.settings.invited_only or entry.listed or entry.key in state.guests:
        return
    code = _valid_code(step, entry)
    if code is not None:
        step.save(code._replace(used_at=step.at))
        step.save(Guest(entry.key, step.at, code.note))
        step.audit("admit", COMMAND_LINE, name, reason=code.note)


def issue(step: Step, entry: CodeIssued) -> None:
    """Takes an invitation code in. The same one may come twice, and late."""
    if entry.digest in step.state.codes or entry.expires <= step.at:
        return
    step.save(AccessCode(entry.digest, entry.expires, entry.note, None))
    step.audit("invite", COMMAND_LINE, "", until=entry.expires, reason=entry.note)


def _valid_code(step: Step, entry: Registering) -> AccessCode | None:
    code = step.state.codes.get(entry.invite)
    return code if code is not None and code.used_at is None and code.expires > step.at else None
