"""The clipboard of the person at the terminal, also behind tmux."""

import asyncio
import contextlib
import os
from asyncio.subprocess import DEVNULL, PIPE

from textual.app import App


async def copy(app: App[object], text: str) -> None:
    """Puts a text there. Terminals are asked by a sequence of theirs, which tmux by default takes from nobody else."""
    app.copy_to_clipboard(text)
    if os.environ.get("TMUX"):
        # Without tmux on the path the sequence is all that can be done.
        with contextlib.suppress(OSError):
            tmux = await asyncio.create_subprocess_exec(
                "tmux", "load-buffer", "-w", "-", stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL
            )
            await tmux.communicate(text.encode())
