"""Work that nobody awaits."""

import asyncio
from typing import Any

import pytest

from zchat_client.tasks import start


@pytest.mark.parametrize("cancelled", [True, False])
def test_what_it_raises_is_told_at_once_and_being_given_up_is_no_defect(cancelled: bool) -> None:
    told: list[object] = []

    def tell(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        told.append(context.get("exception"))

    async def fails() -> None:
        await asyncio.sleep(0)
        raise ValueError("a defect")

    async def scenario() -> None:
        asyncio.get_running_loop().set_exception_handler(tell)
        task = start(fails())
        if cancelled:
            task.cancel()
        await asyncio.wait([task])
        await asyncio.sleep(0)

    asyncio.run(scenario())
    assert [str(error) for error in told] == ([] if cancelled else ["a defect"])
