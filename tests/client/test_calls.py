"""Calls reach the session core at once and in order, and after the end they are refused."""

import asyncio
from collections.abc import Callable

import pytest

from tests.client.offline import run, tick
from tests.people import identity_of
from zchat_client.calls import Calls
from zchat_client.core.outputs import Contact, Settled
from zchat_client.core.session import Session
from zchat_client.results import End
from zchat_client.tickets import Tickets
from zchat_common import messages as m
from zchat_common.errors import Code, ZchatError


class Desk:
    """Calls to a core without a broker."""

    def __init__(self) -> None:
        self.session = Session("alice", "", {}, False, identity_of("alice"), {}, lambda: 1)
        self.tickets = Tickets()
        self.carried_out = 0
        self.calls = Calls(self.session, self.tickets, self._carry_out)

    def _carry_out(self) -> None:
        self.carried_out += 1

    @property
    def waiting(self) -> list[str]:
        return [command.op for command in self.session.outbox.waiting]


def at(scenario: Callable[[Desk], None]) -> None:
    """Runs a scenario within a loop."""

    async def within() -> None:
        scenario(Desk())

    run(within())


def test_a_command_is_submitted_before_it_is_awaited() -> None:
    def scenario(desk: Desk) -> None:
        futures = [desk.calls.command("say", text, False) for text in ("one", "two")]
        assert desk.waiting == ["say", "say"]
        assert desk.carried_out == 2
        assert not any(future.done() for future in futures)

    at(scenario)


def test_a_contact_is_asked_for_at_its_place_among_the_commands() -> None:
    async def scenario() -> None:
        desk = Desk()
        saying = desk.calls.command("say", "hi", False)
        verifying = asyncio.create_task(desk.calls.contact("verify", "bob"))
        await tick()
        assert desk.waiting == ["say", "verify"]
        desk.tickets.settle(Settled(2, Contact("bob", "12345")))
        assert await verifying == Contact("bob", "12345")
        assert not saying.done()

    run(scenario())


def test_after_the_end_everything_is_refused_with_its_reason() -> None:
    async def scenario() -> None:
        desk = Desk()
        waiting = desk.calls.command("back")
        desk.calls.finish(End("refused", Code.NAME_OWNED, "not yours"))
        with pytest.raises(ZchatError, match="not yours"):
            await desk.calls.command("back")
        with pytest.raises(ZchatError, match="not yours"):
            await desk.calls.ask(m.AskParty)
        with pytest.raises(ZchatError, match="not yours"):
            await desk.calls.contact("verify", "bob")
        with pytest.raises(ZchatError) as refused:
            await waiting
        assert refused.value.code is Code.NAME_OWNED
        assert desk.waiting == ["back"]

    run(scenario())


def test_who_has_left_by_himself_is_told_that() -> None:
    def scenario(desk: Desk) -> None:
        desk.calls.finish(End("exit", None, ""))
        assert desk.calls.refusal().code is Code.NO_SESSION

    at(scenario)
