"""One list for everything: conversations, people, commands, what has a key, themes."""

from typing import ClassVar, Final

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from zchat_client.tui import words
from zchat_client.tui.keys import bound
from zchat_client.tui.places import Place, meant
from zchat_client.tui.sizes import LatestSize

_SHOWN: Final = 200


class Palette(LatestSize, ModalScreen[Place | None]):
    """Filters while one types; Enter goes there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "close", show=False, priority=True),
        bound("go_to", "close"),
        bound("leave"),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
    ]

    def __init__(self, places: list[Place]) -> None:
        super().__init__()
        self._places = places
        self._shown: list[Place] = []

    def compose(self) -> ComposeResult:
        """Its parts."""
        with Vertical(classes="box"):
            yield Input(placeholder=words.GO_TO, compact=True)
            listed = OptionList(compact=True)
            listed.can_focus = False
            yield listed

    def on_mount(self) -> None:
        """Everything is listed at first."""
        self._list("")
        self.query_one(Input).focus()

    @on(Input.Changed)
    def _filter(self, event: Input.Changed) -> None:
        self._list(event.value.strip())

    def _list(self, typed: str) -> None:
        self._shown = meant(self._places, typed)[:_SHOWN]
        listed = self.query_one(OptionList)
        listed.clear_options()
        width = max((len(each.label) for each in self._shown), default=0)
        rows = [f"{each.label.ljust(width)}  {each.does}".rstrip() for each in self._shown]
        listed.add_options([Option(Content(row)) for row in rows] or [Option(words.NO_PLACE, disabled=True)])
        listed.highlighted = 0 if self._shown else None

    @on(Input.Submitted)
    def _go(self) -> None:
        chosen = self.query_one(OptionList).highlighted
        if chosen is not None:
            self._close(self._shown[chosen])

    @on(OptionList.OptionSelected)
    def _click(self, event: OptionList.OptionSelected) -> None:
        self._close(self._shown[event.option_index])

    def action_close(self) -> None:
        """Escape."""
        self._close(None)

    def _close(self, place: Place | None) -> None:
        # Not awaited: a screen cannot wait for its own end.
        _ = self.dismiss(place)

    def action_move(self, direction: int) -> None:
        """Up and Down, while the input keeps the focus."""
        listed = self.query_one(OptionList)
        (listed.action_cursor_up if direction < 0 else listed.action_cursor_down)()

    def on_key(self, event: events.Key) -> None:
        """PgUp and PgDn."""
        if event.key in ("pageup", "pagedown"):
            event.stop()
            listed = self.query_one(OptionList)
            self.call_next(listed.action_page_up if event.key == "pageup" else listed.action_page_down)
