"""Each command and question has one result, whoever waits for it, and after the end all of them have one."""

import asyncio
from collections.abc import Callable, Coroutine

import pytest

from zchat_client.core.outputs import Contact, Settled
from zchat_client.results import Receipt
from zchat_client.tickets import Tickets
from zchat_common import messages as m
from zchat_common.errors import Code, ZchatError

ANSWER = m.Answer(1, 1, 1, "user.alice", 5, "stored bob")
REFUSAL = m.Refusal(1, 1, "no_such_user", "Nobody.", None)


def run(test: Callable[[Tickets], Coroutine[object, object, None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(5.0):
            await test(Tickets())

    asyncio.run(limited())


def test_results_go_to_the_tickets_that_they_are_for() -> None:
    async def test(tickets: Tickets) -> None:
        first, sent = tickets.command()
        second, refused = tickets.command()
        third, asked = tickets.question()
        assert len({first, second, third}) == 3
        assert (tickets.commands, tickets.open) == (2, True)
        for settled in (Settled(third, Contact("Bob", "1")), Settled(second, REFUSAL), Settled(first, ANSWER)):
            tickets.settle(settled)
        assert await sent == Receipt("user.alice", 5, "stored", "bob")
        assert await asked == Contact("Bob", "1")
        with pytest.raises(ZchatError) as error:
            await refused
        assert error.value.code is Code.NO_SUCH_USER
        assert (tickets.commands, tickets.open) == (0, False)

    run(test)


def test_a_code_of_a_newer_broker_is_a_plain_refusal() -> None:
    async def test(tickets: Tickets) -> None:
        number, asked = tickets.question()
        tickets.settle(Settled(number, m.Denied(1, "new_code", "No.")))
        with pytest.raises(ZchatError) as error:
            await asked
        assert error.value.code is Code.ACCESS_DENIED

    run(test)


def test_nobody_waits_for_ever_after_the_end_and_a_late_result_harms_nobody() -> None:
    async def test(tickets: Tickets) -> None:
        number, sent = tickets.command()
        _, waiting = tickets.command()
        _, asked = tickets.question()
        tickets.fail(ZchatError(Code.NO_SESSION, "Over."), {number})
        await tickets.settled()
        for future, in_doubt in ((sent, True), (waiting, False), (asked, False)):
            error = future.exception()
            assert isinstance(error, ZchatError)
            assert (error.text, error.in_doubt) == ("Over.", in_doubt)
        tickets.settle(Settled(number, ANSWER))

    run(test)


def test_who_gave_up_waiting_is_told_nothing() -> None:
    async def test(tickets: Tickets) -> None:
        number, sent = tickets.command()
        sent.cancel()
        tickets.settle(Settled(number, ANSWER))
        assert sent.cancelled()

    run(test)
