"""What users wish for, at random: mostly to talk, often at once, and not always what they may."""

import random
from collections.abc import Sequence
from itertools import accumulate

from tests.simulation.clients import Run
from zchat_client.core.questions import Make
from zchat_common import messages as m
from zchat_common.topics import PUBLIC, party_topic, user_topic

_WEIGHTS = {
    "say": 26,
    "whisper": 16,
    "party_say": 20,
    "invite": 14,
    "accept": 16,
    "accept_any": 1,
    "decline": 2,
    "leave": 4,
    "kick": 4,
    "lead": 2,
    "away": 3,
    "back": 2,
    "nonsense": 1,
    "exit": 1,
    "who": 2,
    "history": 2,
    "pry": 2,
}
_KINDS = tuple(_WEIGHTS)
_CUMULATED = tuple(accumulate(_WEIGHTS.values()))


def wish(dice: random.Random, run: Run, names: Sequence[str], parties: Sequence[str]) -> None:
    """Lets the user of this client do something; ``parties`` are the ids of all parties that ever were."""
    (kind,) = dice.choices(_KINDS, cum_weights=_CUMULATED)
    other = dice.choice(names)
    party = dice.choice(parties) if parties else "none"
    invitation = run.session.reading.membership.invitation(None)
    match kind:
        case "say":
            run.say()
        case "whisper":
            run.whisper(other)
        case "party_say":
            run.party_say()
        case "invite":
            run.do("party_invite", other)
        case "accept" if invitation is not None:
            run.do("party_accept", invitation)
        case "accept" | "accept_any":
            run.do("party_accept", party)
        case "decline":
            run.do("party_decline", invitation or party)
        case "leave":
            run.do("party_leave")
        case "kick":
            run.do("party_kick", other)
        case "lead":
            run.do("party_lead", other)
        case "away":
            run.do("away", "back soon")
        case "back":
            run.do("back")
        case "nonsense":
            run.do(*dice.choice((("say", " ", False), ("rubbish",))))
        case "exit":
            run.exit()
        case "who":
            run.ask(dice.choice((m.AskRoster, m.AskParty)))
        case "history":
            run.ask(history_of(PUBLIC))
        case _:
            run.ask(history_of(dice.choice((user_topic(other.casefold()), party_topic(party)))))


def history_of(topic: str) -> Make:
    """The question for the newest messages of a topic, be it one's own or not."""
    return lambda token, ask: m.AskHistory(token, ask, topic, None, None, 20)
