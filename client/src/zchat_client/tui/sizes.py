"""A screen takes the latest size of the terminal, however fast the sizes come."""

from textual import events
from textual.screen import Screen


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
