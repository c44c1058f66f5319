"""Typed lines to client calls: what every front end shares. Results come back as events in the client's stream."""

import asyncio
from collections.abc import Awaitable, Coroutine, Iterable
from typing import Final

from zchat_client import typed as t
from zchat_client import typed_moderation as tm
from zchat_client.checks import known
from zchat_client.client import Client
from zchat_client.core.roster import name_key
from zchat_client.events import Error, Event, Help, Ignored, Pending, Sent
from zchat_client.results import Receipt
from zchat_client.tasks import start
from zchat_common.clock import now
from zchat_common.errors import Code, ZchatError

_NOT_SENT: Final = "not sent: {line}"
_IN_DOUBT: Final = "not known to be sent: {line}"


class Console:
    """Takes typed lines in their order."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._next_id = 1
        self._tasks: set[asyncio.Task[None]] = set()
        self._unsent: dict[int, str] = {}
        # Of these the broker may have what they say: it was not heard of before the end.
        self._in_doubt: set[int] = set()
        self.exit = asyncio.Event()

    def enter(self, line: str) -> int | None:
        """Takes a line as it was typed; never raises and never waits. ``/exit`` sets :attr:`exit`.

        Returns the id that events about it will have, or None if they have none.
        """
        next_id = self._next_id
        try:
            typed = t.parse(line, self._client.is_admin)
            if typed is not None:
                self._do(typed, line)
        except ZchatError as error:
            self._show_error(error, line, None)
        return next_id if self._next_id > next_id else None

    def refuse(self, line: str, error: ZchatError) -> None:
        """Shows an error about a line that is not even text."""
        self._show_error(error, line, None)

    async def settled(self) -> None:
        """Returns when every line has its result."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    @property
    def unsent(self) -> tuple[str, ...]:
        """The typed messages and commands that have no result yet."""
        return tuple(self._unsent.values())

    @property
    def never_sent(self) -> dict[int, str]:
        """Those of the unsent that the broker has never been given, by id."""
        return {number: line for number, line in self._unsent.items() if number not in self._in_doubt}

    @property
    def in_doubt(self) -> dict[int, str]:
        """Those of the unsent that were on their way at the end, by id: the broker may have them."""
        return {number: line for number, line in self._unsent.items() if number in self._in_doubt}

    def _do(self, typed: t.Typed, line: str) -> None:
        chat = self._client
        match typed:
            case t.Say():
                self._send(chat.say(typed.text, action=typed.action), line, "public")
            case t.WhisperTo():
                to = typed.recipient
                self._send(chat.reply(typed.text) if to is None else chat.whisper(to, typed.text), line, "user")
            case t.Verify():
                self._question(chat.verify(typed.name), line)
            case t.Trust():
                self._question(chat.trust(typed.name), line)
            case t.PartySay():
                self._send(chat.party_say(typed.text, action=typed.action), line, "party")
            case t.PartyInvite():
                self._command(chat.party_invite(typed.name), line)
            case t.PartyAnswer():
                answer = chat.party_accept if typed.accept else chat.party_decline
                self._command(answer(typed.inviter), line)
            case t.PartyLeave():
                self._command(chat.party_leave(), line)
            case t.PartyKick():
                self._command(chat.party_kick(typed.name), line)
            case t.PartyLead():
                self._command(chat.party_lead(typed.name), line)
            case t.Away():
                self._command(chat.away(typed.text), line)
            case t.Back():
                self._command(chat.back(), line)
            case t.PartyWho():
                self._question(chat.party_who(), line)
            case t.Who():
                self._question(chat.who(), line)
            case t.History():
                self._question(chat.history(typed.topic, limit=typed.count), line)
            case t.Help():
                chat.show(Help(at=now().at, commands=t.help_lines(chat.is_admin)))
            case t.Exit():
                self.exit.set()
            case tm.Ignore() | tm.Unignore() | tm.ListIgnored():
                self._ignore(typed)
            case _:
                self._moderate(typed, line)

    def _moderate(self, typed: tm.Moderating, line: str) -> None:
        admin = self._client.moderation
        match typed:
            case tm.Kick():
                self._command(admin.kick(typed.name, typed.reason), line)
            case tm.Ban():
                ban = admin.ban(typed.name, typed.reason, seconds=typed.seconds, address=typed.address)
                self._command(ban, line)
            case tm.Unban():
                self._command(admin.unban(typed.name), line)
            case tm.Mute():
                self._command(admin.mute(typed.name, typed.reason, seconds=typed.seconds), line)
            case tm.Unmute():
                self._command(admin.unmute(typed.name), line)
            case tm.Announce():
                self._command(admin.announce(typed.text), line)
            case tm.Release():
                self._command(admin.release(typed.name), line)
            case tm.Bans():
                self._question(admin.bans(), line)

    def _ignore(self, typed: tm.Ignoring) -> None:
        ignored = self._client.ignored
        try:
            match typed:
                case tm.Ignore():
                    self._check_ignorable(typed.name)
                    ignored.add(typed.name)
                case tm.Unignore():
                    if not ignored.remove(typed.name):
                        raise ZchatError(Code.NO_SUCH_USER, "You do not ignore anybody of that name.")
                case tm.ListIgnored():
                    pass
        except OSError as error:
            raise ZchatError(Code.STORAGE_FAILED, f"It holds until you leave, and was not saved: {error}.") from None
        self._client.show(Ignored(at=now().at, names=ignored.names))

    def _check_ignorable(self, name: str) -> None:
        if name_key(name) == name_key(self._client.name):
            raise ZchatError(Code.NOT_YOURSELF, "You cannot ignore yourself.")
        known(name)

    def _send(self, call: Coroutine[object, object, Receipt], line: str, topic: str) -> None:
        number = self._take_id()
        recipient = self._client.partner if topic == "user" else None
        self._client.show(Pending(at=now().at, typed=line, id=number, recipient=recipient))

        async def send() -> None:
            receipt = await call
            sent = Sent(
                at=now().at,
                topic=topic,
                seq=receipt.seq,
                typed=line,
                id=number,
                recipient=receipt.recipient,
                delivery=receipt.delivery,
            )
            self._client.show(sent)

        self._start(send(), line, number)

    def _command(self, call: Awaitable[object], line: str) -> None:
        async def command() -> None:
            await call

        self._start(command(), line, self._take_id())

    def _question(self, call: Coroutine[object, object, Event], line: str) -> None:
        async def question() -> None:
            self._client.show(await call)

        self._start(question(), line, self._take_id())

    def _start(self, work: Coroutine[object, object, None], line: str, number: int) -> None:
        """Tasks start in the order in which they are made, so lines keep theirs."""
        self._unsent[number] = line

        async def run() -> None:
            try:
                await work
            except ZchatError as error:
                if self._client.end is not None:
                    # Not refused, but not known to be sent either.
                    if error.in_doubt:
                        self._in_doubt.add(number)
                    return
                self._show_error(error, line, number)
            del self._unsent[number]

        task = start(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _show_error(self, error: ZchatError, line: str, number: int | None) -> None:
        shown = Error(
            at=now().at, code=error.code, text=error.text, typed=line, id=number, retry_after_s=error.retry_after_s
        )
        self._client.show(shown)

    def _take_id(self) -> int:
        number = self._next_id
        self._next_id += 1
        return number


def last_words(never_sent: Iterable[str], in_doubt: Iterable[str]) -> tuple[str, ...]:
    """What is told on stderr of lines without a result."""
    return (*[_IN_DOUBT.format(line=line) for line in in_doubt], *[_NOT_SENT.format(line=line) for line in never_sent])
