"""The story of a party: from the invitation to its end. Tells which conversation should be on the screen then."""

from zchat_client import events as e
from zchat_client.tui import words
from zchat_client.tui.conversation import PARTY, PUBLIC
from zchat_client.tui.conversations import Conversations


def changed(conversations: Conversations, event: e.Party, *, own: bool) -> str | None:
    """Tells what happened in a party, to oneself (``own``) or to another; the conversation to open, if any."""
    begins = own and event.change in ("created", "joined")
    known = conversations.get(PARTY)
    if not begins and (known is None or known.over):
        key = PUBLIC if conversations.open is known else None
        conversations.system(words.party(event, own), event.at, key, place=event.place)
        return None
    party = conversations.party()
    if begins:
        party.begin_anew()
    if event.change == "created" and not own:
        return None
    ends = event.change == "dissolved" or (own and event.change in ("left", "kicked"))
    for key in dict.fromkeys((PARTY, PUBLIC if ends and conversations.open is party else conversations.open_key)):
        conversations.system(words.party(event, own), event.at, key, place=event.place)
    if ends:
        return ended(conversations)
    return PARTY if begins else None


def goes_on(conversations: Conversations) -> None:
    """One is in the party all the same: what told of its end was forged."""
    party = conversations.get(PARTY)
    if party is not None:
        party.over = party.hidden = False


def ended(conversations: Conversations) -> str | None:
    """One is in no party any more: its conversation goes, as soon as all in it is read; the one to open, if any."""
    party = conversations.get(PARTY)
    if party is None or party.over:
        return None
    party.over = True
    if conversations.open is party:
        return PUBLIC
    conversations.put_away(party)
    return None
