"""Whom a user does not want to hear: kept by his own client, and nobody else's business."""

from zchat_client.core.roster import name_key
from zchat_client.events import Event, Invited, Message, Whisper
from zchat_client.notes import Notes


class Ignored:
    """The names that one ignores, in a file of one's own for each broker.

    Hidden are their texts, in public and in one's party, their whispers and their invitations; not what an admin
    announces, and not what happens to them in a party. What is hidden counts as read.
    """

    def __init__(self, notes: Notes) -> None:
        self._notes = notes

    def add(self, name: str) -> None:
        """Ignores a name from now on. Raises OSError."""
        self._notes.set(name_key(name), name)
        self._notes.flush()

    def remove(self, name: str) -> bool:
        """Hears a name again; False if it was not ignored. Raises OSError."""
        if name not in self:
            return False
        self._notes.set(name_key(name), None)
        self._notes.flush()
        return True

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._notes.get(name_key(name)) is not None

    @property
    def names(self) -> tuple[str, ...]:
        """The names as they were typed, sorted."""
        found = self._notes.items()
        return tuple([str(found[key]) for key in sorted(found)])

    def hides(self, event: Event) -> bool:
        """Whether the user does not want to see this."""
        match event:
            case Message():
                return not event.announcement and event.sender in self
            case Whisper():
                return event.sender in self
            case Invited():
                return event.inviter in self
            case _:
                return False
