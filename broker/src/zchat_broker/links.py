"""Who is connected to this broker: the secret token and the route of each live session."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(slots=True)
class Link:
    """A session's way back to its client. After a broker's start it has neither token nor route until it resumes."""

    session: str
    user: str
    heard_s: float
    token: bytes = b""
    route: bytes = b""
    # The highest command that was charged to the user's rate: repeating a command costs nothing.
    instance: int = 0
    charged_n: int = 0
    # A numbering of which a command could not be kept: nothing of it that is still on its way may be applied.
    void_instance: int | None = None


class Links:
    """The links by token, by session and by user."""

    def __init__(self) -> None:
        self._by_token: dict[bytes, Link] = {}
        self._by_session: dict[str, Link] = {}
        self._by_user: dict[str, Link] = {}

    def add(self, link: Link) -> None:
        """Takes a new session's link in."""
        if link.token:
            self._by_token[link.token] = link
        self._by_session[link.session] = link
        self._by_user[link.user] = link

    def remove(self, session: str) -> Link | None:
        """Takes the link of an ended session out."""
        link = self._by_session.pop(session, None)
        if link is None:
            return None
        self._by_token.pop(link.token, None)
        if self._by_user.get(link.user) is link:
            del self._by_user[link.user]
        return link

    def of_token(self, token: bytes) -> Link | None:
        """The link that this token proves."""
        return self._by_token.get(token)

    def of_session(self, session: str) -> Link | None:
        """The link of a session."""
        return self._by_session.get(session)

    def of_user(self, user: str) -> Link | None:
        """The link of a user's session."""
        return self._by_user.get(user)

    def silent(self, since_s: float) -> Iterator[Link]:
        """The links that were last heard before ``since_s``."""
        return (link for link in list(self._by_session.values()) if link.heard_s < since_s)

    def forgive(self, stall_s: float) -> None:
        """Makes up for a time in which this broker listened to nobody."""
        for link in self._by_session.values():
            link.heard_s += stall_s
