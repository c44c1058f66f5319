"""What stands around the input: bars of one row, invitations, and the list of completions."""

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
from zchat_client.tui.sizes import LOW_LINES
from zchat_client.tui.story import Card
from zchat_client.tui.textfit import on_one_row, one_line

_LISTED: Final = 10
_BORDER: Final = 2


class Bar(Widget, can_focus=False):
    """One row of pieces that never asks for a new layout."""

    ALLOW_SELECT = False

    class Clicked(Message):
        """It was clicked, in this column."""

        def __init__(self, bar: str, column: int) -> None:
            super().__init__()
            self.bar = bar
            self.column = column

    def __init__(self, look: Look, name: str) -> None:
        super().__init__(id=name)
        self.look = look
        self._row: Row = []

    def set_row(self, row: Row) -> None:
        """Shows this row. What somebody called himself, or typed, ends no row."""
        row = [piece._replace(text=on_one_row(piece.text)) for piece in row]
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


class CardRow(Vertical):
    """One open invitation with its buttons."""

    def __init__(self, name: str) -> None:
        super().__init__(id=name)
        self.inviter = ""

    def compose(self) -> ComposeResult:
        """Its parts."""
        yield Static("", id=f"{self.id}-text", markup=False)
        with Horizontal():
            yield _quiet(Button(words.ACCEPT, id=f"{self.id}-accept", name="accept", variant="success", compact=True))
            yield _quiet(Button(words.DECLINE, id=f"{self.id}-decline", name="decline", compact=True))

    def show(self, card: Card | None, more: int, keys: tuple[str, str], note: str) -> None:
        """Shows this one with a note, or nothing; ``more`` are not on the screen."""
        self.display = card is not None
        if card is None:
            return
        self.inviter = card.inviter
        text = one_line(words.open_invitation(card.inviter, card.members, card.expires, more) + note)
        self.query_one(f"#{self.id}-text", Static).update(text)
        for label, name, key in ((words.ACCEPT, "accept", keys[0]), (words.DECLINE, "decline", keys[1])):
            self.query_one(f"#{self.id}-{name}", Button).label = Content(f"{label} {key}".rstrip())


class Cards(Vertical):
    """The newest open invitations, with their answers; the keys are the newest one's. It never takes the focus."""

    class Answered(Message):
        """A button was clicked."""

        def __init__(self, inviter: str, accept: bool) -> None:
            super().__init__()
            self.inviter = inviter
            self.accept = accept

    def __init__(self) -> None:
        super().__init__()
        # The cards, how many of them there is room for, and what stands on the newest beside that.
        self._shown: tuple[list[Card], int, str] = ([], 0, "")

    def compose(self) -> ComposeResult:
        """Its parts, the newest last: it stands beside the input."""
        yield CardRow("older-card")
        yield CardRow("card")

    def show(self, cards: list[Card], keys: tuple[str, str], note: str) -> None:
        """Shows the newest of these, the last one with a note."""
        room = 1 if self.app.size.height < LOW_LINES else 2
        if (cards, room, note) == self._shown:
            return
        self._shown = (list(cards), room, note)
        self.set_class(bool(cards), "-on")
        older, newest = [None, None, *cards][-2:]
        self.query_one("#card", CardRow).show(newest, len(cards) - 1 if room == 1 else 0, keys, note)
        self.query_one("#older-card", CardRow).show(older if room == 2 else None, len(cards) - 2, ("", ""), "")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A click."""
        event.stop()
        card = event.button.query_ancestor(CardRow)
        self.post_message(self.Answered(card.inviter, event.button.name == "accept"))


class Choices(OptionList, can_focus=False):
    """What the beginning can become; the keys stay with the input."""

    def __init__(self) -> None:
        super().__init__(id="choices", compact=True)
        self.choices: list[Choice] = []

    def show(self, choices: list[Choice], above: int) -> None:
        """Shows these, or nothing, where so many rows are above the input's, which it may not cover."""
        if choices != self.choices:
            self.choices = choices
            self.clear_options()
            label = max((len(each.label) for each in choices), default=0) + 2
            texts = [f"{each.label.ljust(label)}{each.does}".rstrip() for each in choices]
            self.add_options([Option(Content(text)) for text in texts])
        if choices:
            # It opens upwards from the input; its border takes two rows.
            rows = min(len(choices), _LISTED, max(1, above - _BORDER))
            self.styles.max_height = rows + _BORDER
            self.styles.offset = (1, -rows - _BORDER)
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
