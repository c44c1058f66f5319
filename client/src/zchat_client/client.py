"""The library: a client as an object with a call for each command and a stream of events."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from zchat_client.answers import own_party, present
from zchat_client.calls import Calls
from zchat_client.checks import checked as _checked
from zchat_client.checks import known as _known
from zchat_client.core.membership import Invitation
from zchat_client.core.outputs import Show
from zchat_client.core.roster import name_key
from zchat_client.core.session import Session
from zchat_client.driver import Driver, Place, Told
from zchat_client.events import (
    Connected,
    Disconnected,
    Event,
    History,
    Member,
    PartyMembers,
    PartyWho,
    Reconnected,
    SafetyCode,
    Trusted,
    Whisper,
    Who,
)
from zchat_client.feed import Feed
from zchat_client.folder import Folder
from zchat_client.life import Life
from zchat_client.moderation import Moderation
from zchat_client.partner import Partner
from zchat_client.past import Past
from zchat_client.results import End, LinkState, Receipt
from zchat_client.shown import Shown
from zchat_client.tickets import Tickets
from zchat_common import messages as m
from zchat_common.clock import now
from zchat_common.errors import Code, ZchatError
from zchat_common.names import BadName, check_name

BUFFERED_EVENTS = 10_000
_RANDOM_BITS = 63
_PORT_MAX = 65_533


class Client:
    """A user's place at a broker.

    ``async with Client("bot") as chat`` registers and waits until it is connected; leaving the block leaves the chat.
    Calls that change something return when the broker has it for good, and may run side by side: they keep their
    order. What a broker or a rule refuses is raised as :class:`ZchatError`. While the broker is away calls wait.
    """

    def __init__(
        self,
        name: str,
        *,
        host: str = "127.0.0.1",
        port: int = 5555,
        data: Path | str | None = None,
        takeover: bool = False,
        accept_key: str | None = None,
        invite: str = "",
        buffer: int = BUFFERED_EVENTS,
    ) -> None:
        """``data`` is the folder for keys, as ``--data``; ``invite`` a code for a broker that lets invited users in
        only; ``buffer`` how many unread events are kept.

        Raises ZchatError(bad_name, usage), and DamagedKey or OSError for a key that cannot be read or made.
        """
        if not 1 <= port <= _PORT_MAX or buffer < 1:
            raise ZchatError(Code.USAGE, f"A port is from 1 to {_PORT_MAX}, a buffer has at least one place.")
        try:
            folded = check_name(name)
        except BadName as error:
            raise ZchatError(Code.BAD_NAME, str(error)) from None
        folder = Folder(data, folded, host, port)
        self.notes, self.ignored = folder.notes, folder.ignored
        draw = partial(secrets.randbits, _RANDOM_BITS)
        self._session = Session(name, "", folder.seqs, takeover, folder.identity, folder.pins, draw)
        # A front end that can ask its user for an invitation code sets this; it is given the broker's words.
        self.ask_invite: Callable[[str], Awaitable[str | None]] | None = None
        place = Place(host, port, folder.known_brokers, accept_key)
        self._tickets = Tickets()
        told = Told(self._show, self._tickets.settle, folder.keep, self._not_reached)
        self._driver = Driver(self._session, place, folder.identity, told)
        self._calls = Calls(self._session, self._tickets, self._driver.carry_out)
        self._life = Life(self._session, self._calls, self.show, self._ask_code)
        self._life.show_code(invite)
        self.moderation = Moderation(self._calls.command, self._calls.ask)
        self._past = Past(name, self._calls.ask, self._session.contacts)
        self._shown = Shown(folder, self._session, self._remembered, self.show)
        self._feed = Feed(buffer, self._shown.note, self.ignored.hides)
        self._partner = Partner()

    # -- life -------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begins to connect, without waiting for it."""
        self._life.start(self._driver.run)

    async def connected(self) -> None:
        """Returns when the client has its place. Raises ZchatError if it is refused."""
        await self._life.connected()

    async def leave(self, reason: str = "exit") -> None:
        """Leaves the chat (and the party) after everything under way has its answer, and ends the events."""
        while self._calls.end is None and self._tickets.open:
            await self._tickets.settled()
        # Whatever was shown to the last is told before one goes.
        self._shown.flush()
        if self._calls.end is None:
            # Refused means that the session was over already, which is what was wanted.
            await asyncio.gather(self._calls.command("exit"), return_exceptions=True)
        await self.close(reason)

    async def close(self, reason: str = "exit") -> None:
        """Ends the client at once. The broker keeps the user's seat until it misses him."""
        await self._life.close(reason)
        self._shown.flush()

    async def __aenter__(self) -> Self:
        self.start()
        try:
            await self.connected()
        except BaseException:
            await self.close("refused")
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._life.is_online and self._calls.end is None:
            await self.leave()
        else:
            await self.close()

    async def __aiter__(self) -> AsyncIterator[Event]:
        """The events, from ``connected`` to ``bye``. Whoever asks for the next one answers for the one before: it
        counts as shown, and no later run brings it again.
        """
        async for event in self._feed.events():
            if isinstance(event, Whisper):
                # Now, since a program may reply to it before it asks for more.
                self._partner.shown(event, own=name_key(event.sender) == name_key(self.name))
            yield event

    # -- what is known without asking -------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """One's name as others see it."""
        return self._session.name

    @property
    def is_admin(self) -> bool:
        """Whether one may use :attr:`moderation`."""
        return name_key(self.name) in self._session.reading.roster.admins

    @property
    def end(self) -> End | None:
        """How it ended; None while it has not."""
        return self._calls.end

    @property
    def link(self) -> LinkState:
        """The link to the broker."""
        return self._life.link

    @property
    def unreachable(self) -> str:
        """Why the last attempt to reach the broker failed; empty if it did not."""
        return self._life.unreachable

    def roster(self) -> tuple[m.RosterEntry, ...]:
        """Who is online as far as this client knows, sorted by folded name."""
        return self._session.reading.roster.entries()

    def seen(self, name: str) -> m.RosterEntry | None:
        """Whether and how somebody is online as far as this client knows; None if he is not."""
        return self._session.reading.roster.entry(name)

    @property
    def online(self) -> int:
        """How many are online as far as this client knows; quicker than to count the roster."""
        return len(self._session.reading.roster)

    def party(self) -> PartyMembers | None:
        """One's party as far as this client knows."""
        party = self._session.reading.membership.party
        return None if party is None else PartyMembers(party.leader, party.members)

    def invitations(self) -> tuple[Invitation, ...]:
        """One's open invitations, the oldest first."""
        found = self._session.reading.membership.open_invitations()
        return tuple([each for each in found if each.inviter not in self.ignored])

    @property
    def first_contact(self) -> bool:
        """Whether this client has met its broker for the first time."""
        return self._session.first_contact

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the key that the broker showed last, accepted or not; empty before."""
        return self._session.fingerprint

    @property
    def partner(self) -> str | None:
        """Whom a reply goes to: the last one whispered with."""
        return self._partner.name_or_none

    def names(self) -> tuple[str, ...]:
        """The names that one may want to type: of everybody online, and of one's party."""
        return tuple([member.name for member in self._members()])

    def admins(self) -> tuple[str, ...]:
        """Those of :meth:`names` who keep order."""
        return self._session.reading.roster.admins_of(self._members())

    def _members(self) -> tuple[Member, ...]:
        party = self._session.reading.membership.party
        return self._session.reading.roster.members(() if party is None else party.members)

    def waiting(self) -> int:
        """How many commands have no answer yet."""
        return self._tickets.commands

    # -- commands ---------------------------------------------------------------------------------------------------

    async def say(self, text: str, *, action: bool = False) -> Receipt:
        """Says a text to everyone."""
        return await self._calls.command("say", _checked(text), action)

    def whisper(self, recipient: str, text: str) -> Coroutine[Any, Any, Receipt]:
        """Whispers to a user, who need not be online. It is sealed: only he and oneself can read it.

        Raises ZchatError(contact_key_changed) if his key is not the one that he had before: see :meth:`trust`.
        """
        return self._partner.whispering(recipient, self._whisper(recipient, text))

    def reply(self, text: str) -> Coroutine[Any, Any, Receipt]:
        """Whispers to the last one whispered with, sent or received, of what was shown when this is called.

        Raises ZchatError(nobody_to_reply).
        """
        return self.whisper(self._partner.name, text)

    async def _whisper(self, recipient: str, text: str) -> Receipt:
        return await self._calls.command("whisper", _known(recipient), _checked(text))

    async def party_invite(self, name: str) -> Receipt:
        """Invites a user to one's party, which is created if one has none."""
        return await self._calls.command("party_invite", _known(name))

    async def party_accept(self, inviter: str | None = None) -> Receipt:
        """Accepts the latest invitation, or the latest from ``inviter``."""
        return await self._calls.command("party_accept", self._invitation(inviter))

    async def party_decline(self, inviter: str | None = None) -> Receipt:
        """Declines the latest invitation, or the latest from ``inviter``."""
        return await self._calls.command("party_decline", self._invitation(inviter))

    async def party_say(self, text: str, *, action: bool = False) -> Receipt:
        """Says a text to one's party."""
        return await self._calls.command("party_say", _checked(text), action)

    async def party_leave(self) -> Receipt:
        """Leaves one's party."""
        return await self._calls.command("party_leave")

    async def party_kick(self, name: str) -> Receipt:
        """Removes a member from the party that one leads."""
        return await self._calls.command("party_kick", _known(name))

    async def party_lead(self, name: str) -> Receipt:
        """Makes another member the leader."""
        return await self._calls.command("party_lead", _known(name))

    async def away(self, text: str = "") -> Receipt:
        """Says that one is away."""
        return await self._calls.command("away", _checked(text) if text.strip() else "")

    async def back(self) -> Receipt:
        """Says that one is back."""
        return await self._calls.command("back")

    # -- questions --------------------------------------------------------------------------------------------------

    async def who(self) -> Who:
        """Who is online, and the absent members of one's party."""
        party, roster = await asyncio.gather(self._calls.ask(m.AskParty), self._calls.ask(m.AskRoster))
        found = present(party, roster)
        return Who(at=now().at, users=found, admins=self._session.reading.roster.admins_of(found))

    async def party_who(self) -> PartyWho:
        """The members of one's party. Raises ZchatError(not_in_party)."""
        party = own_party(await self._calls.ask(m.AskParty))
        return PartyWho(at=now().at, leader=party.leader, members=party.members)

    async def history(self, topic: str = "public", before: int | None = None, limit: int = 20) -> History:
        """At most ``limit`` messages of ``public``, ``party`` or ``user`` (one's whispers), before seq ``before``.

        Those of whom one ignores are left out. Raises ZchatError(usage) for numbers that no history has.
        """
        return await self._past.history(topic, before, limit, self.ignored.hides)

    async def search(self, topic: str, words: str) -> tuple[Event, ...]:
        """The messages of a topic that contain all the words, ignoring case, the oldest first; also of the ignored."""
        return await self._past.search(topic, words)

    # -- contacts ---------------------------------------------------------------------------------------------------

    async def verify(self, name: str) -> SafetyCode:
        """The code that oneself and ``name`` compare, by a way that nobody can change: it is the same on both sides.

        Raises ZchatError(contact_key_changed) if his key is not the one that he had before.
        """
        contact = await self._calls.contact("verify", name)
        return SafetyCode(at=now().at, name=contact.name, code=contact.code)

    async def trust(self, name: str) -> Trusted:
        """Accepts the key that ``name`` has now, whatever it was before: whispers go to whoever holds that."""
        contact = await self._calls.contact("trust", name)
        return Trusted(at=now().at, name=contact.name, code=contact.code)

    # -- for front ends ---------------------------------------------------------------------------------------------

    def show(self, event: Event) -> None:
        """Puts an event of the front end's own into the stream of events, in its place."""
        self._feed.put(Show(event))

    # -- inside -----------------------------------------------------------------------------------------------------

    def _invitation(self, inviter: str | None) -> str:
        party = self._session.reading.membership.invitation(inviter, self.ignored)
        if party is None:
            whose = "" if inviter is None else f" from {inviter}"
            raise ZchatError(Code.NO_INVITATION, f"You have no open invitation{whose}.")
        return party

    def _show(self, show: Show) -> None:
        match show.event:
            case Connected():
                self._life.link_changed(show.event)
                self._shown.forget_parties()
            case Disconnected() | Reconnected():
                self._life.link_changed(show.event)
            case _:
                pass
        self._life.unreachable = ""
        self._feed.put(show)

    def _not_reached(self, text: str) -> None:
        self._life.not_reached(text)

    async def _ask_code(self, text: str) -> str | None:
        return None if self.ask_invite is None else await self.ask_invite(text)

    def _remembered(self, own_seq: int) -> None:
        if self._calls.end is None:
            self._session.remembered(own_seq, now())
            self._driver.carry_out()
