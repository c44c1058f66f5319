"""How a client is started, and what is asked before another one is started after its end."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Final, NamedTuple

from zchat_client.client import Client
from zchat_client.own_names import OwnNames
from zchat_client.results import End
from zchat_client.tui import words
from zchat_client.tui.boxes import LEAVE, Answer
from zchat_common.errors import Code

# Then another name is asked for, and nothing else.
NAME_TROUBLES: Final = (Code.NAME_OWNED, Code.NAME_LOOKALIKE, Code.BAD_NAME)

_LEAVE: Final = Answer(LEAVE, words.LEAVE)


@dataclass(frozen=True, slots=True)
class Options:
    """How the client is to be started: ``connect`` takes a name; ``place`` is the broker's in words.

    Without a ``name`` one is asked for: the ``offered`` one stands there already. ``names`` learns what becomes of it.
    """

    connect: "partial[Client]"
    name: str | None
    place: str
    names: OwnNames
    offered: str = ""

    def but(self, **changed: object) -> "Options":
        """With other arguments for the client."""
        return replace(self, connect=partial(self.connect, **changed))


class Question(NamedTuple):
    """What a dialog asks; the first answer is the safe one."""

    title: str
    text: str
    answers: tuple[Answer, ...]


def question(end: End, fingerprint: str) -> Question:
    """What to ask after this end; ``fingerprint`` is that of the broker's key."""
    match end.code:
        case Code.BROKER_KEY_CHANGED:
            text = words.KEY_CHANGED.format(fingerprint=fingerprint)
            # The broker may be back with its own key.
            others = (Answer("again", words.TRY_AGAIN), Answer("accept", words.ACCEPT_KEY))
            return Question(words.KEY_CHANGED_TITLE, text, (_LEAVE, *others))
        case _ if end.reason == "taken over":
            return Question(words.TAKEN_OVER_TITLE, words.TAKEN_OVER, (_LEAVE, Answer("take", words.TAKE_BACK)))
        case Code.NAME_IN_USE:
            text = f"{words.plainly(end.text)}\n\n{words.TAKEOVER}"
            others = (Answer("name", words.OTHER_NAME), Answer("take", words.TAKE_OVER))
            return Question(words.TAKEOVER_TITLE, text, (_LEAVE, *others))
        case Code.BROKER_UNREACHABLE:
            answers = (Answer("again", words.TRY_AGAIN), _LEAVE)
            return Question(words.NO_BROKER_TITLE, words.no_broker(end.text), answers)
        case _:
            refused = end.reason == "refused"
            title = words.REFUSED_TITLE if refused else words.ENDED_TITLE
            # A ban ends, a code turns up, a broker is mended; and whoever was only kicked may come back.
            again = Answer("again", words.TRY_AGAIN if refused else words.COME_BACK)
            return Question(title, words.plainly(end.text) or end.reason, (_LEAVE, again))


def going_on(answer: str, options: Options, fingerprint: str) -> Options | None:
    """How to start the next client after this answer; None: not at all."""
    match answer:
        case "accept":
            return options.but(accept_key=fingerprint)
        case "name":
            return replace(options, name=None, offered="")
        case "take":
            return options.but(takeover=True)
        case "again":
            return options
        case _:
            return None
