"""Public texts, whispers, and what a user says of himself."""

from zchat_broker.rules.parties import leave
from zchat_broker.rules.restraints import mute_on
from zchat_broker.rules.state import User, Waiting
from zchat_broker.rules.step import Actor, Done, No, Step
from zchat_broker.rules.tails import tails_shown
from zchat_common.errors import Code
from zchat_common.messages import Delivered, Say, Whisper
from zchat_common.topics import PUBLIC, user_topic

# Whispers whose senders will be told of their arrival, per recipient. Older ones arrive all the same.
_WAITING_MAX = 1_000


def say(step: Step, actor: Actor, text: str, action: bool) -> Done | No:
    """Says a text to everyone."""
    return Done(PUBLIC, step.post(PUBLIC, Say, actor.user.name, text, action))


def whisper(step: Step, actor: Actor, recipient: User, key: bytes, kind: str, body: bytes) -> Done | No:
    """Puts a whisper on both users' topics; for a recipient who is away it waits there.

    ``key`` is what it was sealed for: the name may have passed to another key since the sender looked it up.
    """
    sender = actor.user
    if recipient.folded == sender.folded:
        return No(Code.NOT_YOURSELF, "You cannot whisper to yourself.")
    if key != recipient.key:
        return No(
            Code.CONTACT_KEY_CHANGED,
            f"The name {recipient.name} belongs to another key now; nobody got your whisper. "
            f"If you know why, type /trust {recipient.name} and whisper again.",
        )
    delivery = "online" if recipient.folded in step.state.sessions else "stored"
    fields = (sender.name, recipient.name, kind, body, delivery)
    own_topic = user_topic(sender.folded)
    own_seq = step.post(own_topic, Whisper, *fields)
    seq = step.post(user_topic(recipient.folded), Whisper, *fields)
    if delivery == "stored":
        _note_waiting(step, Waiting(recipient.folded, seq, sender.folded, own_seq))
    return Done(own_topic, own_seq, f"{delivery} {recipient.name}")


def _note_waiting(step: Step, waiting: Waiting) -> None:
    kept = step.state.waiting.get(waiting.user, {})
    if len(kept) >= _WAITING_MAX:
        step.remove(kept[min(kept)])
    step.save(waiting)


def received(step: Step, actor: Actor, seq: int) -> Done | No:
    """Notes that the user has been shown his topic up to ``seq``: tells the senders of stored whispers, and ends the
    reading of parties that he has left.
    """
    user = actor.user
    waiting = step.state.waiting.get(user.folded, {})
    for whisper_kept in sorted([kept for kept in waiting.values() if kept.seq <= seq]):
        step.remove(whisper_kept)
        step.post(user_topic(whisper_kept.sender), Delivered, user.name, whisper_kept.sender_seq)
    tails_shown(step, user.folded, seq)
    return Done()


def away(step: Step, actor: Actor, text: str) -> Done | No:
    """Says that the user is away, and why if he likes."""
    muted = mute_on(step.state, step.at, actor.user) if text else None
    if muted is not None:
        return muted
    step.save(actor.session._replace(away_since=step.at, away_text=text))
    step.show_presence(actor.user, "away", step.at, text)
    return Done()


def back(step: Step, actor: Actor) -> Done | No:
    """Says that the user is back; of one who was not away there is nothing to say."""
    if actor.session.away_since is not None:
        step.save(actor.session._replace(since=step.at, away_since=None, away_text=""))
        step.show_presence(actor.user, "online", step.at)
    return Done()


def leave_chat(step: Step, actor: Actor) -> Done | No:
    """Ends the session at the user's wish; the party goes on without him at once."""
    user = actor.user
    if step.state.party_of(user.folded) is not None:
        leave(step, user.folded, "left", "exit")
    step.end_session(actor.session, "")
    step.save(user._replace(last_seen=step.at))
    step.show_presence(user, "offline", step.at)
    return Done()
