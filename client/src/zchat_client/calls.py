"""What a client's caller asks of the session core, in the order of the calls, until the client has ended."""

import asyncio
from collections.abc import Callable

from zchat_client.checks import known
from zchat_client.core.outputs import Contact, Reply
from zchat_client.core.questions import Make
from zchat_client.core.session import Session
from zchat_client.results import End, Receipt
from zchat_client.tickets import Tickets
from zchat_common import messages as m
from zchat_common.clock import now
from zchat_common.errors import Code, ZchatError


class Calls:
    """Hands each call over at once, so that calls keep their order whenever they are awaited."""

    def __init__(self, session: Session, tickets: Tickets, carry_out: Callable[[], None]) -> None:
        """``carry_out`` does what the core wants done, and is called after each call to it."""
        self._session = session
        self._tickets = tickets
        self._carry_out = carry_out
        self.end: End | None = None

    def command(self, op: str, *args: m.Scalar) -> asyncio.Future[Receipt]:
        """Gives a command. Raises ZchatError after the end."""
        self._must_go_on()
        ticket, future = self._tickets.command()
        self._submit(op, args, ticket)
        return future

    def ask(self, make: Make) -> asyncio.Future[Reply]:
        """Asks the broker. Raises ZchatError after the end."""
        self._must_go_on()
        ticket, future = self._tickets.question()
        self._session.ask(make, ticket, now())
        self._carry_out()
        return future

    async def contact(self, op: str, name: str) -> Contact:
        """Trusts or verifies somebody: like a command, at its place among them."""
        self._must_go_on()
        args = (known(name),)
        ticket, future = self._tickets.question()
        self._submit(op, args, ticket)
        contact = await future
        if not isinstance(contact, Contact):
            raise ZchatError(Code.MALFORMED, "That is no answer about a contact.")
        return contact

    def finish(self, end: End) -> None:
        """Nothing is taken or answered any more."""
        self.end = end
        self._tickets.fail(self.refusal(), self._session.outbox.in_doubt)

    def refusal(self) -> ZchatError:
        """What is raised after the end."""
        if self.end is None or self.end.code is None:
            return ZchatError(Code.NO_SESSION, "This client has left the chat.")
        return ZchatError(self.end.code, self.end.text)

    def _must_go_on(self) -> None:
        if self.end is not None:
            raise self.refusal()

    def _submit(self, op: str, args: tuple[m.Scalar, ...], ticket: int) -> None:
        self._session.submit(op, args, ticket, now())
        self._carry_out()
