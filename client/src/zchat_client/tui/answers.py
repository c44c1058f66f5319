"""Answers to what one has asked, and what else the client tells outside of any conversation, in words."""

from zchat_client import events as e
from zchat_client.tui import words


def answer(event: e.Event) -> str | None:
    """What is told where one looks; None for other events."""
    match event:
        case e.Who():
            return words.who(event)
        case e.PartyWho():
            return words.members(event.leader, event.members)
        case e.History():
            return words.history(event)
        case e.Bans():
            return words.bans(event)
        case e.Ignored():
            return words.ignored(event.names)
        case e.SafetyCode() | e.Trusted():
            return words.safety(event)
        case _:
            return None
