"""What stands over the conversation for a moment: questions, help, and the question for a name."""

from collections.abc import Callable
from typing import ClassVar, Final, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Button, Input, Static

from zchat_client.tui import words
from zchat_client.tui.keys import bound
from zchat_client.tui.sizes import LatestSize
from zchat_common.names import BadName, check_name

LEAVE: Final = "leave"
# No button is narrower.
_BUTTON: Final = 8


class Answer(NamedTuple):
    """A button: what it means to the program, and what it says."""

    key: str
    label: str


class Dialog(LatestSize, ModalScreen[str]):
    """A question with two or three answers. The first has the focus; Escape and Ctrl+C mean ``escape``."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "escape", show=False),
        bound("leave"),
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(self, title: str, text: str, *answers: Answer, escape: str) -> None:
        super().__init__()
        self._heading = title
        self._text = text
        self._answers = answers
        self._escape = next(each for each in answers if each.key == escape)

    def compose(self) -> ComposeResult:
        """Its parts."""
        with Vertical(classes="box"):
            yield Static(self._heading, classes="title", markup=False)
            yield Static(self._text, classes="text", markup=False)
            with Horizontal(classes="buttons"):
                for each in self._answers:
                    yield Button(each.label, id=each.key, compact=True)
            yield Static(words.DIALOG_KEYS.format(escape=self._escape.label), classes="hint", markup=False)

    def on_mount(self) -> None:
        """The first answer has the focus."""
        self.query_one(f"#{self._answers[0].key}", Button).focus()

    def on_resize(self) -> None:
        """Side by side, the answers may be wider than the box."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        row = self.query_one(".buttons")
        self.set_class(sum(max(_BUTTON, len(each.label) + 4) + 2 for each in self._answers) > row.size.width, "-slim")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """An answer was chosen."""
        _ = self.dismiss(event.button.id or self._escape.key)

    def tell(self, title: str, text: str) -> None:
        """What it asks is another thing by now."""
        if (title, text) != (self._heading, self._text):
            self._heading, self._text = title, text
            self.query_one(".title", Static).update(title)
            self.query_one(".text", Static).update(text)

    def action_escape(self) -> None:
        """Escape."""
        _ = self.dismiss(self._escape.key)

    def leaves(self) -> str | None:
        """The answer that leaves the program, if there is one."""
        return next((each.key for each in self._answers if each.key == LEAVE), None)


class Help(LatestSize, ModalScreen[None]):
    """Keys and commands."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,ctrl+c", "dismiss", show=False),
        bound("help", "dismiss"),
        bound("leave"),
    ]

    def __init__(self, text: Callable[[int], str]) -> None:
        """``text`` gives the text in rows of so many columns."""
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """Its parts."""
        with Vertical(classes="box"), VerticalScroll():
            yield Static("", markup=False)

    def on_resize(self) -> None:
        """As wide as there is room."""
        self.call_after_refresh(self._fill)

    def _fill(self) -> None:
        listed = self.query_one(VerticalScroll)
        self.query_one(Static).update(self._text(listed.scrollable_content_region.width))


class CodeBox(LatestSize, ModalScreen[str | None]):
    """Asks for an invitation code."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "give_up", show=False, priority=True),
        bound("leave", "give_up"),
    ]

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """Its parts."""
        with Vertical(classes="box"):
            yield Static(words.CODE_TITLE, classes="title", markup=False)
            yield Static(self._text, classes="text", markup=False)
            yield Input(placeholder=words.CODE_HINT, id="code", compact=True)
            yield Static("", classes="error", id="code-error", markup=False)
            yield Static(words.CODE_KEYS, classes="hint", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        code = event.value.strip()
        if code:
            _ = self.dismiss(code)
        else:
            self.query_one("#code-error", Static).update(words.NO_CODE)

    def action_give_up(self) -> None:
        """Escape."""
        _ = self.dismiss(None)


class NameScreen(LatestSize, Screen[str | None]):
    """Asks who one wants to be. A name that stands there already is selected: typing replaces it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "leave", show=False, priority=True),
        bound("leave", "leave"),
    ]

    def __init__(self, place: str, name: str = "", trouble: str = "") -> None:
        super().__init__()
        self._place = place
        self._typed = name
        self._trouble = trouble

    def compose(self) -> ComposeResult:
        """Its parts."""
        with Vertical(classes="box"):
            yield Static(words.WELCOME, classes="title", markup=False)
            yield Static(f"{words.ASK_NAME}\n{words.NAME_RULES}", classes="text", markup=False)
            yield Input(self._typed, placeholder=words.NAME_HINT, id="name", max_length=64, compact=True)
            yield Static(self._trouble, classes="error", id="name-error", markup=False)
            keys = words.NAME_OFFERED_KEYS if self._typed and not self._trouble else words.NAME_KEYS
            yield Static(f"{self._place}\n{keys}", classes="hint", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        name = event.value.strip()
        try:
            check_name(name)
        except BadName as error:
            self.query_one("#name-error", Static).update(str(error))
        else:
            _ = self.dismiss(name)

    def action_leave(self) -> None:
        """No name, no chat."""
        _ = self.dismiss(None)
