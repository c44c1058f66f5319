"""Inputs whose keys act in the order in which they were typed."""

from textual import events
from textual.widget import Widget
from textual.widgets import Input

# Inputs inherit these from what scrolls; their keys are for what stands around the input.
_SCROLLS = ("scroll_", "page_")


async def act_now(widget: Widget, event: events.Key) -> bool:
    """Lets a key that moves or deletes do so at once; whether it is one.

    Textual looks such keys up only when they have come up to the app; what was typed behind them is in the text by
    then. Over a slow connection many keys come at once: Ctrl+U would take the new text along with the old.
    """
    bound = widget._bindings.key_to_bindings.get(event.key)
    if not bound or event.is_printable or bound[0].action.startswith(_SCROLLS):
        return False
    event.stop()
    event.prevent_default()
    await widget.run_action(bound[0].action)
    return True


class Field(Input):
    """An input of one line."""

    async def _on_key(self, event: events.Key) -> None:
        await act_now(self, event)
