"""What a client's caller waits for: a future for each command and question, settled by what the session core says."""

import asyncio
from collections.abc import Collection
from typing import TypeVar

from zchat_client.core.outputs import Reply, Settled
from zchat_client.results import Receipt
from zchat_common import messages as m
from zchat_common.errors import Code, ZchatError
from zchat_common.text import clean_text

_T = TypeVar("_T")


class Tickets:
    """The commands and questions without a result, each under the number by which the core knows it."""

    def __init__(self) -> None:
        self._commands: dict[int, asyncio.Future[Receipt]] = {}
        self._asked: dict[int, asyncio.Future[Reply]] = {}
        self._last = 0

    def command(self) -> tuple[int, asyncio.Future[Receipt]]:
        """A ticket for a command, and what it will come to."""
        self._last += 1
        self._commands[self._last] = asyncio.get_running_loop().create_future()
        return self._last, self._commands[self._last]

    def question(self) -> tuple[int, asyncio.Future[Reply]]:
        """A ticket for a question, and its answer to be."""
        self._last += 1
        self._asked[self._last] = asyncio.get_running_loop().create_future()
        return self._last, self._asked[self._last]

    @property
    def commands(self) -> int:
        """How many commands have no result yet."""
        return len(self._commands)

    @property
    def open(self) -> bool:
        """Whether anything has no result yet."""
        return bool(self._commands or self._asked)

    async def settled(self) -> None:
        """Returns when everything that is open now has its result."""
        await asyncio.gather(*self._commands.values(), *self._asked.values(), return_exceptions=True)

    def settle(self, settled: Settled) -> None:
        """Hands a result to whoever waits for it."""
        result = settled.result
        command = self._commands.pop(settled.ticket, None)
        asked = self._asked.pop(settled.ticket, None)
        match result:
            case m.Refusal() | m.Denied():
                error = ZchatError(_code(result.code), clean_text(result.text))
                _fail(command, error)
                _fail(asked, error)
            case m.Answer():
                if command is not None and not command.done():
                    command.set_result(Receipt.of(result))
            case _:
                if asked is not None and not asked.done():
                    asked.set_result(result)

    def fail(self, error: ZchatError, in_doubt: Collection[int]) -> None:
        """Nothing will be settled any more, not even the commands that are in doubt."""
        for ticket, command in self._commands.items():
            _fail(command, ZchatError(error.code, error.text, in_doubt=ticket in in_doubt))
        for asked in self._asked.values():
            _fail(asked, error)
        self._commands.clear()
        self._asked.clear()


def _fail(future: asyncio.Future[_T] | None, error: ZchatError) -> None:
    if future is not None and not future.done():
        future.set_exception(error)
        # Marks it as seen: whoever waits is told all the same, and if nobody does, an event has said it.
        future.exception()


def _code(value: str) -> Code:
    try:
        return Code(value)
    except ValueError:
        return Code.ACCESS_DENIED
