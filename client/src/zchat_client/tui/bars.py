"""What stands around the input: lines of one row, invitations, and the list of completions."""

from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from zchat_client.tui import words
from zchat_client.tui.completion import Choice
from zchat_client.tui.look import Look
from zchat_client.tui.painting import Row
from zchat_client.tui.story import Card
from zchat_client.tui.textfit import cut, one_line

_LISTED: Final = 10
# Columns of a list that are not text: where it begins, its border, and the scroll bar.
_AROUND: Final = 4


class Line(Widget, can_focus=False):
    """One row of pieces that never asks for a new layout."""

    ALLOW_SELECT = False

    class Clicked(Message):
        """It was clicked, in this column."""

        def __init__(self, line: str, column: int) -> None:
            super().__init__()
            self.line = line
            self.column = column

    def __init__(self, look: Look, name: str) -> None:
        super().__init__(id=name)
        self.look = look
        self._row: Row = []

    def set_row(self, row: Row) -> None:
        """Shows this row."""
        if row != self._row:
            self._row = row
            self.refresh()

    def restyle(self, look: Look) -> None:
        """Another theme."""
        self.look = look
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The row."""
        ground = self.rich_style
        segments = [Segment(piece.text, self._style(piece.style, ground)) for piece in self._row]
        return Strip(segments).adjust_cell_length(self.size.width, ground)

    def _style(self, name: str, ground: Style) -> Style:
        style = self.look.front(name)
        # In reverse a colour would be a block of it, and what is dim a hole.
        return ground + (Style(bold=style.bold) if ground.reverse else style)

    def on_click(self, event: events.Click) -> None:
        """Tells where."""
        self.post_message(self.Clicked(self.id or "", event.x))


class Cards(Vertical):
    """The newest open invitation, with its answers. It never takes the focus from who is typing."""

    class Answered(Message):
        """A button was clicked."""

        def __init__(self, accept: bool) -> None:
            super().__init__()
            self.accept = accept

    def __init__(self) -> None:
        super().__init__()
        self._cards: list[Card] = []

    def compose(self) -> ComposeResult:
        """Its parts."""
        yield Static("", id="card-text", markup=False)
        with Horizontal():
            yield _quiet(Button(words.ACCEPT, id="card-accept", variant="success", compact=True))
            yield _quiet(Button(words.DECLINE, id="card-decline", compact=True))

    def show(self, cards: list[Card], keys: tuple[str, str]) -> None:
        """Shows the newest of these."""
        if cards == self._cards:
            return
        self._cards = list(cards)
        self.set_class(bool(cards), "-on")
        if not cards:
            return
        text = one_line(words.invitation(cards[-1].inviter, cards[-1].members))
        more = (
            f" (and {words.counted(len(cards) - 1, 'other invitation', 'other invitations')})" if len(cards) > 1 else ""
        )
        self.query_one("#card-text", Static).update(text + more)
        for key, label, name in (("accept", words.ACCEPT, keys[0]), ("decline", words.DECLINE, keys[1])):
            self.query_one(f"#card-{key}", Button).label = Content(f"{label} {name}")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A click."""
        event.stop()
        self.post_message(self.Answered(event.button.id == "card-accept"))


class Choices(OptionList, can_focus=False):
    """What the beginning can become; the keys stay with the input."""

    def __init__(self) -> None:
        super().__init__(id="choices", compact=True)
        self.choices: list[Choice] = []

    def show(self, choices: list[Choice], width: int) -> None:
        """Shows these, or nothing, where there are so many columns: a row each, or it would cover what it stands on."""
        if choices != self.choices:
            self.choices = choices
            self.clear_options()
            label = max((len(each.label) for each in choices), default=0) + 2
            room = max(10, width - _AROUND)
            rows = [cut(f"{each.label.ljust(label)}{each.does}".rstrip(), room) for each in choices]
            self.add_options([Option(Content(one_row)) for one_row in rows])
            # It opens upwards from the input.
            self.styles.offset = (1, -min(len(choices), _LISTED) - 2)
        if choices and self.highlighted is None:
            self.highlighted = 0
        self.set_class(bool(choices), "-on")

    @property
    def is_open(self) -> bool:
        """Whether it is on the screen."""
        return self.has_class("-on")

    @property
    def chosen(self) -> Choice | None:
        """The one that Tab takes."""
        return self.choices[self.highlighted] if self.is_open and self.highlighted is not None else None


def _quiet(button: Button) -> Button:
    """A button for mice only: its key works wherever one types."""
    button.can_focus = False
    return button
