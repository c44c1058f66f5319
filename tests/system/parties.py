"""What tests do with parties again and again."""

from tests.system.contract import Event
from tests.system.processes import Client


def invite(inviter: Client, invited: Client) -> Event:
    """Returns the invitation as it was shown to the one invited."""
    inviter.types(f"/party invite {invited}")
    return invited.wait("invited", inviter=inviter.name)


def join(inviter: Client, *invited: Client) -> None:
    """Each of them is invited and accepts, one after the other."""
    for each in invited:
        invite(inviter, each)
        each.types(f"/party accept {inviter}")
        for member in (inviter, each):
            member.wait("party", change="joined", name=each.name)


def leave(member: Client) -> None:
    """A member leaves, and is told so."""
    member.types("/party leave")
    member.wait("party", change="left")
