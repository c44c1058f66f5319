"""What a former member may still read of a party: his tail, from his join to just before his leave.

Frames can be lost up to the last moment, and whoever was away when his grace ran out has not seen the end of what was
for him. So the broker keeps for each former member until where he may read, and the topic of a dissolved party with
it, until his client says that the end of his membership was shown, which it shows after all that came before.
"""

from typing import Final

from zchat_broker.rules.effects import TopicDropped
from zchat_broker.rules.state import Seat, Tail
from zchat_broker.rules.step import Step
from zchat_common.limits import TAIL_KEPT_S
from zchat_common.topics import party_topic

# Of one user; when he leaves yet another party the oldest goes.
_TAILS_MAX: Final = 16
_TAIL_KEPT_MS: Final = int(TAIL_KEPT_S * 1000)


def keep_tail(step: Step, party: str, seat: Seat, end: int, told_seq: int) -> None:
    """Lets a member who is out now read on up to ``end``."""
    kept = step.state.tails.get(seat.user, {})
    if len(kept) >= _TAILS_MAX:
        drop_tail(step, kept[min(kept)])
    step.save(Tail(seat.user, party, seat.joined_seq, end, told_seq, step.at))


def tails_shown(step: Step, user: str, seq: int) -> None:
    """The user was shown his own topic up to ``seq``, and the tails that end there before it."""
    for told_seq in sorted(step.state.tails.get(user, {})):
        if told_seq <= seq:
            drop_tail(step, step.state.tails[user][told_seq])


def drop_tails(step: Step, user: str) -> None:
    """The user is nobody any more."""
    for told_seq in sorted(step.state.tails.get(user, {})):
        drop_tail(step, step.state.tails[user][told_seq])


def drop_old_tails(step: Step) -> None:
    """Who has not come back for so long is not waited for."""
    every = [tail for tails in step.state.tails.values() for tail in tails.values()]
    for tail in sorted(every):
        if step.at - tail.left_at > _TAIL_KEPT_MS:
            drop_tail(step, tail)


def drop_tail(step: Step, tail: Tail) -> None:
    """Ends the reading of a former member; the topic goes with the last reader."""
    step.remove(tail)
    drop_topic_if_unread(step, tail.party)


def drop_topic_if_unread(step: Step, party: str) -> None:
    """Drops the topic of a party that has neither members nor former members who still read."""
    if party not in step.state.parties and party not in step.state.tails_of:
        del step.state.last_seq[party_topic(party)]
        step.effects.append(TopicDropped(party_topic(party)))
