"""The command table: each command's name, its parameters, and who may give it; checked here and nowhere else."""

from collections.abc import Callable
from enum import Enum, auto
from typing import Final, NamedTuple

from zchat_broker.rules import moderation, parties, talk
from zchat_broker.rules.entries import Command
from zchat_broker.rules.restraints import is_admin, mute_on
from zchat_broker.rules.state import State, User
from zchat_broker.rules.step import Actor, Done, No, Step
from zchat_common.errors import Code
from zchat_common.introduction import KEY_BYTES
from zchat_common.limits import AWAY_MAX_CHARS, BODY_MAX_BYTES, RESTRAINT_MAX_S
from zchat_common.messages import SEALED
from zchat_common.names import BadName, fold
from zchat_common.text import BadText, check_text


class Who(Enum):
    """Who may give a command."""

    ANYONE = auto()
    MEMBER = auto()
    LEADER = auto()
    ADMIN = auto()


Parameter = Callable[[State, object], object]
"""Takes an argument from the wire; returns the value for the rule, or a No."""


class Op(NamedTuple):
    """One row of the table."""

    rule: Callable[..., Done | No]
    parameters: tuple[Parameter, ...] = ()
    who: Who = Who.ANYONE
    creates: bool = False
    # Others read what it says: a muted user may not.
    speaks: bool = False


def text(state: State, value: object) -> object:
    """A text as the contract allows it."""
    if type(value) is not str:
        return No(Code.MALFORMED, "A text is a string.")
    try:
        return check_text(value)
    except BadText as error:
        return No(Code(error.code), str(error))


def reason(state: State, value: object) -> object:
    """A short text that may be empty."""
    if type(value) is str and not value.strip():
        return ""
    if type(value) is str and len(value.strip()) > AWAY_MAX_CHARS:
        return No(Code.TOO_LONG, f"A reason has at most {AWAY_MAX_CHARS} characters.")
    return text(state, value)


def flag(state: State, value: object) -> object:
    """True or false."""
    return value if type(value) is bool else No(Code.MALFORMED, "A flag is true or false.")


def user(state: State, value: object) -> object:
    """The name of a known user, in any case."""
    if type(value) is not str:
        return No(Code.MALFORMED, "A name is a string.")
    try:
        known: User | None = state.users.get(fold(value))
    except BadName:
        known = None
    return known or No(Code.NO_SUCH_USER, f"Nobody here is called {value[:40]!r}; /who lists who is online.")


def anybody(state: State, value: object) -> object:
    """A name that need not belong to anybody (any more); folded."""
    if type(value) is not str:
        return No(Code.MALFORMED, "A name is a string.")
    try:
        return fold(value)
    except BadName:
        return No(Code.NO_SUCH_USER, f"Nobody can be called {value[:40]!r}.")


def seconds(state: State, value: object) -> object:
    """How long something holds; 0 for good."""
    if type(value) is int and 0 <= value <= RESTRAINT_MAX_S:
        return value
    return No(Code.MALFORMED, f"A duration is an integer from 0 to {RESTRAINT_MAX_S}, in seconds.")


def party(state: State, value: object) -> object:
    """The id of a party, which need not exist."""
    return value if type(value) is str else No(Code.MALFORMED, "A party id is a string.")


def key(state: State, value: object) -> object:
    """A public key."""
    if type(value) is bytes and len(value) == KEY_BYTES:
        return value
    return No(Code.MALFORMED, f"A key has {KEY_BYTES} bytes.")


def kind(state: State, value: object) -> object:
    """How a whisper's body is to be read. Sealed is the only way, so that nobody sends one open by mistake."""
    return value if value == SEALED else No(Code.MALFORMED, f"Whispers are of the kind {SEALED!r}.")


def body(state: State, value: object) -> object:
    """A whisper's opaque body."""
    if type(value) is not bytes:
        return No(Code.MALFORMED, "A body is a byte string.")
    if not value:
        return No(Code.EMPTY_TEXT, "There is nothing to send.")
    if len(value) > BODY_MAX_BYTES:
        return No(Code.TOO_LONG, "The whisper is too long; send it in parts.")
    return value


def position(state: State, value: object) -> object:
    """A sequence number."""
    return value if type(value) is int and value >= 0 else No(Code.MALFORMED, "A seq is an integer from 0 on.")


COMMANDS: Final[dict[str, Op]] = {
    "say": Op(talk.say, (text, flag), speaks=True),
    "whisper": Op(talk.whisper, (user, key, kind, body), speaks=True),
    "received": Op(talk.received, (position,)),
    "away": Op(talk.away, (reason,)),
    "back": Op(talk.back),
    "exit": Op(talk.leave_chat),
    "party_invite": Op(parties.invite, (user,), creates=True),
    "party_accept": Op(parties.accept, (party,)),
    "party_decline": Op(parties.decline, (party,)),
    "party_say": Op(parties.party_say, (text, flag), Who.MEMBER, speaks=True),
    "party_leave": Op(parties.leave_party, (), Who.MEMBER),
    "party_kick": Op(parties.kick, (user,), Who.LEADER),
    "party_lead": Op(parties.hand_over, (user,), Who.LEADER),
    "kick": Op(moderation.kick, (user, reason), Who.ADMIN),
    "ban": Op(moderation.ban, (user, flag, seconds, reason), Who.ADMIN),
    "unban": Op(moderation.unban, (anybody,), Who.ADMIN),
    "mute": Op(moderation.mute, (user, seconds, reason), Who.ADMIN),
    "unmute": Op(moderation.unmute, (anybody,), Who.ADMIN),
    "announce": Op(moderation.announce, (text,), Who.ADMIN),
    "release": Op(moderation.release, (user,), Who.ADMIN),
}


def perform(step: Step, actor: Actor, command: Command) -> Done | No:
    """Carries a command out, or says why not; a refused command has changed nothing."""
    _, _, _, _, name, args, fresh_id = command
    op = COMMANDS.get(name)
    if op is None:
        return No(Code.UNKNOWN_TYPE, f"This broker knows no command {name[:40]!r}.")
    rule, parameters, who, creates, speaks = op
    state = step.state
    refusal = None if who is Who.ANYONE else _may(state, actor, who)
    if refusal is None and speaks:
        refusal = mute_on(state, step.at, actor.user)
    if refusal is not None:
        return refusal
    if len(args) != len(parameters):
        return No(Code.MALFORMED, f"{name} takes {len(parameters)} arguments.")
    values = []
    for parameter, arg in zip(parameters, args, strict=True):
        value = parameter(state, arg)
        if type(value) is No:
            return value
        values.append(value)
    if creates:
        return rule(step, actor, fresh_id, *values)
    return rule(step, actor, *values)


def _may(state: State, actor: Actor, who: Who) -> No | None:
    if who is Who.ADMIN:
        return None if is_admin(state, actor.user.folded) else No(Code.NOT_ADMIN, "Only an admin of this broker may.")
    current = state.party_of(actor.user.folded)
    if current is None:
        return No(Code.NOT_IN_PARTY, "You are in no party; /party invite NAME starts one.")
    if who is Who.LEADER and current.leader != actor.user.folded:
        return No(Code.NOT_LEADER, f"Only the leader, {state.name_of(current.leader)}, may do that.")
    return None
