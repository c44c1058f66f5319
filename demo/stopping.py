"""Runs a coroutine that Ctrl-C or SIGTERM ends in good order."""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from typing import Final

_EXIT_SIGNAL: Final = 128


def run(main: Coroutine[object, object, int]) -> int:
    """The exit code that ``main`` returns; 128 and the number of a signal that cancelled it, after it has tidied up."""
    return asyncio.run(_run(main))


async def _run(main: Coroutine[object, object, int]) -> int:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(main)
    signals: list[int] = []

    def stop(number: int) -> None:
        signals.append(number)
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        # Windows has no signal handlers on its loop; there Ctrl-C ends the process.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop, number)
    try:
        return await task
    except asyncio.CancelledError:
        if not signals:
            raise
        return _EXIT_SIGNAL + signals[0]
    finally:
        # A second signal has nothing left to stop, and would meet a loop that is being closed.
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):
                loop.remove_signal_handler(number)
                signal.signal(number, signal.SIG_IGN)
