"""Sizes of the terminal: a screen takes the latest, however fast they come."""

from typing import Final

from textual import events
from textual.screen import Screen

# With fewer lines boxes and invitations leave out what is not needed to answer.
LOW_LINES: Final = 16


class LatestSize:
    """Before Textual's screen among the bases of one of ours.

    A screen that is laid out for a size is told of it by a Resize of its own. Two sizes on their way at once, as when a
    window is dragged, would be laid out in turn without end, each bringing the other back: one that is over is dropped.
    """

    async def _on_resize(self, event: events.Resize) -> None:
        assert isinstance(self, Screen)
        if event.size != self.app.size:
            event.stop()
            event.prevent_default()
