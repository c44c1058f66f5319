"""Who is an admin, and whom a ban or a mute holds. An admin's key is held by neither: he can always come and speak."""

from typing import NamedTuple

from zchat_broker.rules.state import Ban, Mute, State, User
from zchat_broker.rules.step import No
from zchat_common.durations import utc_words
from zchat_common.errors import Code


def is_admin(state: State, folded: str) -> bool:
    """Whether whoever owns this name keeps order here."""
    return folded in state.settings.admins


def is_admins_key(state: State, key: bytes) -> bool:
    """Whether this key owns an admin's name."""
    return any(state.users[admin].key == key for admin in state.settings.admins if admin in state.users)


def in_force(restraint: Ban | Mute, at: int) -> bool:
    """Whether it holds still."""
    return restraint.until is None or restraint.until > at


def ban_on(state: State, at: int, key: bytes, address: str) -> Ban | None:
    """The ban that keeps this key, or whoever comes from this address, out."""
    return bans_by_address(state, at).on(state, at, key, address)


class AddressBans(NamedTuple):
    """The bans by address that hold, to look many users up in."""

    by_address: dict[str, Ban]

    def on(self, state: State, at: int, key: bytes, address: str) -> Ban | None:
        """See :func:`ban_on`."""
        own = state.bans.get(key)
        found = own if own is not None and in_force(own, at) else self.by_address.get(address)
        return None if found is None or is_admins_key(state, key) else found


def bans_by_address(state: State, at: int) -> AddressBans:
    """The bans by address that hold; of several for an address always the same one."""
    holding = sorted([ban for ban in state.bans.values() if ban.address and in_force(ban, at)], reverse=True)
    return AddressBans({ban.address: ban for ban in holding})


def ban_words(ban: Ban, key: bytes) -> str:
    """What the banned is told."""
    whose = "You are" if ban.key == key else "Your address is"
    return f"{whose} banned here{_details(ban)}"


def mute_on(state: State, at: int, user: User) -> No | None:
    """Why this user may not speak; None if he may."""
    mute = state.mutes.get(user.key)
    if mute is None or not in_force(mute, at) or is_admins_key(state, user.key):
        return None
    return No(Code.MUTED, f"You are muted{_details(mute)}")


def _details(restraint: Ban | Mute) -> str:
    until = "" if restraint.until is None else f" until {utc_words(restraint.until)}"
    reason = f": {restraint.reason}" if restraint.reason else ""
    return f"{until} (by {restraint.by}){reason}"
