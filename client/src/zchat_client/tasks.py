"""Work that nobody awaits. What goes wrong in it goes to the loop's handler, as from any callback: the terminal UI ends
as after a crash then, others tell it.
"""

import asyncio
from collections.abc import Coroutine


def start(work: Coroutine[object, object, None]) -> asyncio.Task[None]:
    """Begins this work. What it raises goes to the loop's handler at once: nobody has to ask for it."""
    task = asyncio.create_task(work)
    task.add_done_callback(_raise)
    return task


def _raise(task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        task.result()
