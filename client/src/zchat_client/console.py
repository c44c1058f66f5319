"""Typed lines to client calls: what every front end shares. Results come back as events in the client's stream."""

import asyncio
from collections.abc import Awaitable, Coroutine

from zchat_client import typed as t
from zchat_client.client import Client, Receipt
from zchat_client.core.roster import name_key
from zchat_client.events import Error, Event, Help, Pending, Sent, Whisper
from zchat_common.clock import now
from zchat_common.errors import Code, ZchatError


class Console:
    """Takes typed lines in their order. Tell it every event that was shown (:meth:`shown`): ``/r`` goes by them."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._partner: str | None = None
        self._shown_partner: str | None = None
        # Whom whispers under way were typed to: the last of them is the partner until it is shown or refused.
        self._whispering: list[str] = []
        self._next_id = 1
        self._tasks: set[asyncio.Task[None]] = set()
        self._unsent: dict[int, str] = {}
        self.exit = asyncio.Event()

    def enter(self, line: str) -> None:
        """Takes a line as it was typed; never raises and never waits. ``/exit`` sets :attr:`exit`."""
        try:
            typed = t.parse(line)
            if typed is not None:
                self._do(typed, line)
        except ZchatError as error:
            self._show_error(error, line, None)

    def refuse(self, line: str, error: ZchatError) -> None:
        """Shows an error about a line that is not even text."""
        self._show_error(error, line, None)

    def shown(self, event: Event) -> None:
        """The user has been shown this event."""
        if isinstance(event, Whisper):
            own = name_key(event.sender) == name_key(self._client.name)
            self._shown_partner = event.recipient if own else event.sender
            if not own or not self._is_overtaken(name_key(event.recipient)):
                self._partner = self._shown_partner

    async def settled(self) -> None:
        """Returns when every line has its result."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    @property
    def unsent(self) -> tuple[str, ...]:
        """The typed messages and commands that have no result yet."""
        return tuple(self._unsent.values())

    def _do(self, typed: t.Typed, line: str) -> None:
        chat = self._client
        match typed:
            case t.Say():
                self._send(chat.say(typed.text, action=typed.action), line, "public", None)
            case t.WhisperTo():
                recipient = self._recipient(typed)
                self._partner = recipient
                self._whispering.append(name_key(recipient))
                self._send(chat.whisper(recipient, typed.text), line, "user", recipient)
            case t.PartySay():
                self._send(chat.party_say(typed.text), line, "party", None)
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
                chat.show(Help(at=now().at, commands=t.help_lines()))
            case t.Exit():
                self.exit.set()

    def _recipient(self, typed: t.WhisperTo) -> str:
        recipient = typed.recipient or self._partner
        if recipient is None:
            raise ZchatError(Code.NOBODY_TO_REPLY, "You have not whispered with anybody yet; type /w NAME TEXT.")
        return recipient

    def _is_overtaken(self, recipient: str) -> bool:
        """Takes note that a whisper of one's own was shown; True if others were typed after it, and not shown yet."""
        if recipient not in self._whispering:
            return False
        self._whispering.remove(recipient)
        return bool(self._whispering)

    def _not_whispered(self, recipient: str) -> None:
        """A refused whisper was none: one replies to whoever came before."""
        self._whispering.remove(name_key(recipient))
        if self._partner == recipient:
            self._partner = self._whispering[-1] if self._whispering else self._shown_partner

    def _send(self, call: Coroutine[object, object, Receipt], line: str, topic: str, recipient: str | None) -> None:
        number = self._take_id()
        self._client.show(Pending(at=now().at, typed=line, id=number))

        async def send() -> None:
            try:
                receipt = await call
            except ZchatError:
                if recipient is not None:
                    self._not_whispered(recipient)
                raise
            sent = Sent(
                at=now().at,
                topic=topic,
                seq=receipt.seq,
                typed=line,
                id=number,
                recipient=recipient,
                delivery=receipt.delivery,
            )
            self._client.show(sent)

        self._start(send(), line, number)

    def _command(self, call: Awaitable[Receipt], line: str) -> None:
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
                    return  # not refused, but not sent either
                self._show_error(error, line, number)
            del self._unsent[number]

        task = asyncio.create_task(run())
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
