"""The state machine: one entry in, its effects out."""

from zchat_broker.rules.access import issue
from zchat_broker.rules.commands import perform
from zchat_broker.rules.effects import Answered, Effect, NumberingRemoved, Sent
from zchat_broker.rules.entries import (
    CodeIssued,
    Command,
    Entry,
    InvitationExpired,
    Pruned,
    Registering,
    SeatExpired,
    SessionExpired,
    Started,
    Withdrawn,
)
from zchat_broker.rules.moderation import withdraw
from zchat_broker.rules.registration import expire_session, register
from zchat_broker.rules.state import Numbering, State
from zchat_broker.rules.step import Actor, No, Step
from zchat_broker.rules.upkeep import expire_invitation, expire_seat, prune, start
from zchat_common.errors import Code
from zchat_common.messages import Answer, Expected, Refusal, Rejected

# A user has one session, so one numbering at a time; the others are of clients that are gone, or were begun anew after
# a failure. A broker's start takes 5 µs for each of their answers.
NUMBERINGS_PER_USER = 4


class Rules:
    """Applies entries to a state, in the order in which they are given.

    Pure and deterministic: the same entries make the same state and the same effects, on every machine.
    """

    def __init__(self, state: State) -> None:
        """Takes over the state: nobody else may change it from now on."""
        self.state = state

    def apply(self, entry: Entry) -> list[Effect]:
        """The effects of one entry, in order. A user's mistake is an effect too, never an exception."""
        state = self.state
        if entry.at > state.at:
            state.at = entry.at
        step = Step(state, state.at, [])
        match entry:
            case Command():
                _apply_command(step, entry)
            case Registering():
                register(step, entry)
            case SessionExpired():
                expire_session(step, entry)
            case SeatExpired():
                expire_seat(step, entry)
            case InvitationExpired():
                expire_invitation(step, entry)
            case CodeIssued():
                issue(step, entry)
            case Withdrawn():
                withdraw(step, entry)
            case Started():
                start(step, entry)
            case Pruned():
                prune(step)
        return step.effects


def _apply_command(step: Step, command: Command) -> None:
    """Exactly once: only the number after the last one is applied; an older one gets its answer again."""
    # Unpacked, since each look at a field of a named tuple takes as long as this does.
    _, session_id, instance, n, _, _, _ = command
    state = step.state
    session = state.session(session_id)
    if session is None:
        rejected = Rejected(Code.NO_SESSION, "This session is over; register again.")
        step.effects.append(Sent(session_id, rejected))
        return
    user = session.user
    numbering = state.numberings.get(user, {}).get(instance)
    last_n = 0 if numbering is None else numbering.last_n
    if numbering is not None and n <= last_n:
        step.effects.append(Sent(session_id, _answer_again(numbering, command)))
        return
    if n != last_n + 1:
        step.effects.append(Sent(session_id, Expected(instance, last_n + 1)))
        return
    result = perform(step, Actor(state.users[user], session), command)
    answer: Answer | Refusal
    if isinstance(result, No):
        answer = Refusal(instance, n, result.code, result.text, None)
    else:
        answer = Answer(instance, n, step.at, *result)
    numbering = numbering or _new_numbering(step, user, instance)
    numbering.last_n = n
    numbering.used_at = step.at
    numbering.answers.append(answer)
    step.effects.append(Answered(session_id, user, answer))


def _answer_again(numbering: Numbering, command: Command) -> Answer | Refusal:
    forgotten = Refusal(command.instance, command.n, Code.MALFORMED, "That command is too old to be asked again.", None)
    return numbering.answer(command.n) or forgotten


def _new_numbering(step: Step, user: str, instance: int) -> Numbering:
    numberings = step.state.numberings.setdefault(user, {})
    if len(numberings) >= NUMBERINGS_PER_USER:
        oldest = min(numberings, key=lambda known: (numberings[known].used_at, known))
        del numberings[oldest]
        step.effects.append(NumberingRemoved(user, oldest))
    numberings[instance] = Numbering()
    return numberings[instance]
