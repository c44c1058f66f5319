"""The story of a party, from the invitation to its end: what is told where, and what should be on the screen then."""

from typing import Final

from zchat_client import events as e
from zchat_client.tui import words
from zchat_client.tui.conversation import PARTY, PUBLIC, Conversation
from zchat_client.tui.conversations import Conversations
from zchat_client.tui.line import Kind, Line

_INVITATION_ENDS: Final = ("declined", "expired")


class Parties:
    """Keeps the party's conversation. What happens in a party stands there, not among what is said to everyone."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations
        # One is about to leave: only then something else is shown when one is in the party no more. What is typed
        # after others have ended it was meant for the party, and would be said to everyone.
        self.leaves = False
        # Whether one is in a party: what was typed for one may stand in its conversation all the same.
        self.joined = False
        # What has happened in the party, for who looks elsewhere; whoever shows it sets it back.
        self.note = ""

    def changed(self, event: e.Party, *, own: bool) -> str | None:
        """Tells what happened, to oneself (``own``) or to another; the conversation to open, if any."""
        if own and event.change in _INVITATION_ENDS:
            self._tell_here(event, own)
            return None
        begins = own and event.change in ("created", "joined")
        party = self._conversations.party() if begins else self._conversations.get(PARTY)
        if begins:
            self._conversations.party().begin_anew()
            self.leaves, self.joined = False, True
        if party is None or party.over:
            self._afterwards(party, event, own)
            return None
        if event.change == "created" and not own:
            return None
        line = self._tell(party, words.party(event, own), event.at, event.place)
        if event.change == "dissolved" or (own and event.change in ("left", "kicked")):
            return self._end(party, line)
        return PARTY if begins else None

    def ended(self, at: int) -> str | None:
        """One is in no party any more, and nothing was heard of its end; the conversation to open, if any."""
        party = self._conversations.get(PARTY)
        if party is None or party.over or not self.joined:
            return None
        return self._end(party, self._tell(party, words.PARTY_GONE, at))

    def goes_on(self) -> None:
        """One is in the party all the same: what told of its end was forged."""
        self.joined = True
        party = self._conversations.get(PARTY)
        if party is not None:
            party.over = party.hidden = False

    def _tell(self, party: Conversation, text: str, at: int, place: e.Place | None = None) -> Line:
        line = Line(Kind.SYSTEM, at, text, place=place)
        party.add(line)
        if party is not self._conversations.open or self.leaves:
            self.note = text
        return line

    def _tell_here(self, event: e.Party, own: bool) -> None:
        self._conversations.system(words.party(event, own), event.at, place=event.place)

    def _end(self, party: Conversation, line: Line) -> str | None:
        """Its conversation goes from the lists as soon as all in it is read."""
        party.over, self.joined = True, False
        if not (self.leaves or self._conversations.sees(party)):
            party.news.count_unread(line)
        if party is not self._conversations.open:
            self._conversations.put_away(party)
            return None
        return PUBLIC if self.leaves else None

    def _afterwards(self, party: Conversation | None, event: e.Party, own: bool) -> None:
        """What is still told to who is in no party: of those whom he had invited, and that it is over."""
        hidden = party is None or party.hidden
        if hidden and event.change in _INVITATION_ENDS:
            self._tell_here(event, own)
        elif party is not None:
            party.add(Line(Kind.SYSTEM, event.at, words.party(event, own), place=event.place))
            party.hidden = hidden
