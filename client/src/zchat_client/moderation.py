"""What a client can do to keep order, if its user is an admin; anybody else is refused (``not_admin``)."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from zchat_client.checks import checked, checked_or_empty, known
from zchat_client.core.outputs import Reply
from zchat_client.core.questions import Make
from zchat_client.events import Bans, Restraint
from zchat_common import messages as m
from zchat_common.clock import now
from zchat_common.errors import Code, ZchatError
from zchat_common.text import clean_text

R_co = TypeVar("R_co", covariant=True)


class Command(Protocol[R_co]):
    """Gives the broker a command; what comes back is there when the broker has it for good."""

    def __call__(self, op: str, *args: m.Scalar) -> Awaitable[R_co]:
        """Submits at once."""


class Moderation:
    """The calls of an admin; ``client.moderation``. A duration of 0 seconds means for good."""

    def __init__(self, command: Command[object], ask: Callable[[Make], Awaitable[Reply]]) -> None:
        self._command = command
        self._ask = ask

    async def kick(self, name: str, reason: str = "") -> None:
        """Ends a user's session; he may come back at once."""
        await self._command("kick", known(name), checked_or_empty(reason))

    async def ban(self, name: str, reason: str = "", *, seconds: int = 0, address: bool = False) -> None:
        """Keeps a user's key out, and with ``address`` everybody who comes from where he is now."""
        await self._command("ban", known(name), address, seconds, checked_or_empty(reason))

    async def unban(self, name: str) -> None:
        """Lifts the ban under a name."""
        await self._command("unban", known(name))

    async def mute(self, name: str, reason: str = "", *, seconds: int = 0) -> None:
        """Lets a user read but not speak."""
        await self._command("mute", known(name), seconds, checked_or_empty(reason))

    async def unmute(self, name: str) -> None:
        """Lets him speak again."""
        await self._command("unmute", known(name))

    async def announce(self, text: str) -> None:
        """Says something to everyone, shown apart from what users say."""
        await self._command("announce", checked(text))

    async def release(self, name: str) -> None:
        """Frees a name whose owner is not online."""
        await self._command("release", known(name))

    async def bans(self) -> Bans:
        """The bans and mutes that hold, the newest last."""
        reply = await self._ask(m.AskBans)
        if not isinstance(reply, m.Bans):
            raise ZchatError(Code.MALFORMED, "The broker answered something else than its bans.")
        return Bans(at=now().at, bans=tuple([_cleaned(each) for each in reply.restraints]))


def _cleaned(restraint: m.Restraint) -> Restraint:
    return Restraint(
        clean_text(restraint.kind),
        clean_text(restraint.name),
        clean_text(restraint.by),
        restraint.since,
        restraint.until,
        clean_text(restraint.address),
        clean_text(restraint.reason),
    )
