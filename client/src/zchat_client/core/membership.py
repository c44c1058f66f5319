"""One's own party and open invitations, as the messages that were shown say."""

from collections.abc import Container
from typing import Final, NamedTuple

from zchat_client.core.roster import name_key
from zchat_common import messages as m
from zchat_common.limits import INVITATION_S
from zchat_common.text import clean_text
from zchat_common.topics import party_of, party_topic

OWN_END: Final = frozenset({"left", "kicked", "dissolved"})
_INVITATION_END: Final = frozenset({"declined", "expired", "joined"}) | OWN_END
_INVITATION_MS: Final = int(INVITATION_S * 1000)


class Invitation(NamedTuple):
    """Who invites, who is in the party, and when the invitation ends (milliseconds since the epoch)."""

    inviter: str
    members: tuple[str, ...]
    expires: int


class Membership:
    """``party`` is None while in none; ``invitations`` are in the order in which they were shown."""

    def __init__(self) -> None:
        # More than one only while news of an earlier one comes late; the last is the party that one is in.
        self._parties: dict[str, m.PartyState] = {}
        self._invitations: dict[str, m.OpenInvitation] = {}

    @property
    def party(self) -> m.PartyState | None:
        """One's own party as it was shown last."""
        return next(reversed(self._parties.values()), None)

    def registered(
        self, party: m.PartyState | None, invitations: tuple[m.OpenInvitation, ...]
    ) -> list[m.OpenInvitation]:
        """The broker says how things stand; returns the invitations that are new to this client."""
        fresh = [invitation for invitation in invitations if invitation.party not in self._invitations]
        self._parties = {} if party is None else {party.party: clean_party(party)}
        self._invitations = {invitation.party: invitation for invitation in invitations}
        return fresh

    def invited(self, invited: m.Invited) -> None:
        """An invitation was shown; it is the latest now."""
        self._invitations.pop(invited.party, None)
        self._invitations[invited.party] = m.OpenInvitation(
            invited.party, invited.inviter, invited.members, invited.expires
        )

    def accepted(self, topic: str) -> None:
        """The broker let us into the party of this topic."""
        self._invitations.pop(party_of(topic) or "", None)

    def invited_at(self, topic: str) -> int:
        """When one was invited to the party of this topic; 0 if one is not (any more)."""
        invitation = self._invitations.get(party_of(topic) or "")
        return 0 if invitation is None else invitation.expires - _INVITATION_MS

    def is_in(self, party: str) -> bool:
        """Whether this is one's own party."""
        return party in self._parties

    def corrected(self, party: m.PartyState) -> None:
        """The broker says how one's own party stands; what was shown of it was not all true."""
        if party.party in self._parties:
            self._parties[party.party] = party

    def left(self, party: str) -> None:
        """The broker does not count us among the members of this party."""
        self._parties.pop(party, None)

    def changed(self, change: m.PartyChanged, about_me: bool, on_own_topic: bool) -> bool:
        """A party message was shown; True if it ended an invitation of ours."""
        if not on_own_topic:
            state = m.PartyState(change.party, change.leader, change.members)
            self._parties[change.party] = clean_party(state)
        elif about_me and change.change in OWN_END:
            self.left(change.party)
        ended = about_me and change.change in _INVITATION_END and change.party in self._invitations
        if ended:
            del self._invitations[change.party]
        return ended

    def invitation(self, inviter: str | None, ignores: Container[str] = ()) -> str | None:
        """The party of the latest open invitation, or of the latest from this inviter; None if there is none.

        Without an inviter named, those of whom the user ``ignores`` do not count: he was not shown them.
        """
        wanted = None if inviter is None else name_key(inviter)
        for party, invitation in reversed(self._invitations.items()):
            hidden = wanted is None and invitation.inviter in ignores
            if not hidden and wanted in (None, name_key(invitation.inviter)):
                return party
        return None

    def open_invitations(self) -> tuple[Invitation, ...]:
        """The open invitations in the order in which they were shown."""
        return tuple([Invitation(each.inviter, each.members, each.expires) for each in self._invitations.values()])

    def invited_topics(self) -> tuple[str, ...]:
        """The topics of the parties that one is invited to."""
        return tuple([party_topic(party) for party in self._invitations])


def clean_party(party: m.PartyState) -> m.PartyState:
    """A party whose names are fit for display, whatever the broker says."""
    return m.PartyState(party.party, clean_text(party.leader), tuple([clean_text(name) for name in party.members]))
