"""Who is online, kept level with the broker by the roster's version."""

from collections.abc import Iterable

from zchat_client.events import Member
from zchat_common.messages import Presence, RosterEntry
from zchat_common.names import BadName, fold
from zchat_common.text import clean_text


class Roster:
    """The roster at one version; -1 before the first."""

    def __init__(self) -> None:
        self.version = -1
        # Those who keep order, online or not, as name_key has them.
        self.admins: frozenset[str] = frozenset()
        self._entries: dict[str, RosterEntry] = {}

    def __len__(self) -> int:
        """How many are online."""
        return len(self._entries)

    def registered(self, version: int) -> None:
        """The broker stands at this version; if it is behind us (a backup), whatever it says next counts."""
        if version < self.version:
            self.version = -1

    def replace(self, version: int, entries: Iterable[RosterEntry]) -> list[RosterEntry]:
        """Takes a whole roster in; returns what differs from before, as changes. An older one says nothing new."""
        if version < self.version:
            return []
        fresh = [clean_entry(entry) for entry in entries]
        before, self._entries = self._entries, {name_key(entry.name): entry for entry in fresh}
        self.version = version
        changed = [entry for folded, entry in self._entries.items() if _differs(before.get(folded), entry)]
        gone = [entry for folded, entry in before.items() if folded not in self._entries]
        return changed + [RosterEntry(entry.name, "offline", entry.since, "") for entry in gone]

    def apply(self, presence: Presence) -> list[RosterEntry] | None:
        """Takes changes in; returns those that are news, or None if some before them are missing."""
        fresh = presence.version - self.version
        if fresh <= 0:
            return []
        if fresh > len(presence.changes):
            return None
        changes = [clean_entry(entry) for entry in presence.changes[-fresh:]]
        for entry in changes:
            if entry.status == "offline":
                self._entries.pop(name_key(entry.name), None)
            else:
                self._entries[name_key(entry.name)] = entry
        self.version = presence.version
        return changes

    def entry(self, name: str) -> RosterEntry | None:
        """All that is known of somebody online; None of anybody else."""
        return self._entries.get(name_key(name))

    def members(self, absent: Iterable[str] = ()) -> tuple[Member, ...]:
        """Everybody online, and of ``absent`` those who are not, sorted by folded name."""
        found = {folded: Member(entry.name, entry.status) for folded, entry in self._entries.items()}
        for name in absent:
            found.setdefault(name_key(name), Member(name, "offline"))
        return tuple([found[folded] for folded in sorted(found)])

    def admins_of(self, users: Iterable[Member]) -> tuple[str, ...]:
        """Those of a list who keep order."""
        return tuple([user.name for user in users if name_key(user.name) in self.admins])

    def entries(self) -> tuple[RosterEntry, ...]:
        """Everybody online with all that is known, sorted by folded name."""
        return tuple([self._entries[folded] for folded in sorted(self._entries)])


def name_key(name: str) -> str:
    """What a name is compared and sorted by. Never raises: the broker's Unicode may be newer than ours."""
    try:
        return fold(name)
    except BadName:
        return name.casefold()


def clean_entry(entry: RosterEntry) -> RosterEntry:
    """Fit for display, whatever the broker says."""
    return RosterEntry(clean_text(entry.name), clean_text(entry.status), entry.since, clean_text(entry.text))


def _differs(before: RosterEntry | None, after: RosterEntry) -> bool:
    return before is None or (before.status, before.text) != (after.status, after.text)
