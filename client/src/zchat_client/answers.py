"""What the broker's answers say of people: who is there, and who is in one's party."""

from zchat_client.core.membership import clean_party
from zchat_client.core.outputs import Reply
from zchat_client.core.roster import clean_entry, name_key
from zchat_client.events import Member
from zchat_common import messages as m
from zchat_common.errors import Code, ZchatError


def own_party(reply: Reply) -> m.PartyState:
    """One's party. Raises ZchatError(not_in_party)."""
    if not isinstance(reply, m.Party) or reply.party is None:
        raise ZchatError(Code.NOT_IN_PARTY, "You are in no party; /party invite NAME starts one.")
    return clean_party(reply.party)


def present(party: Reply, roster: Reply) -> tuple[Member, ...]:
    """Who is online, and the absent members of one's party, sorted by folded name."""
    users: dict[str, Member] = {}
    if isinstance(party, m.Party) and party.party is not None:
        users = {name_key(name): Member(name, "offline") for name in clean_party(party.party).members}
    if isinstance(roster, m.Roster):
        entries = [clean_entry(entry) for entry in roster.entries]
        users |= {name_key(entry.name): Member(entry.name, entry.status) for entry in entries}
    return tuple([users[key] for key in sorted(users)])
