"""The input: a text of up to six rows, its history, its completions, and its prompt."""

from collections.abc import Callable
from typing import ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea
from textual.widgets.text_area import Selection

_PASTE_LINES: Final = 5
_PASTE_CHARS: Final = 1_000
_NEW_LINE: Final = ("ctrl+j", "alt+enter", "shift+enter")


class Composer(TextArea):
    """Where one types. Enter sends; Alt+Enter and Ctrl+J begin a new line."""

    DEFAULT_CSS = """
    Composer, Composer:focus {
        height: auto; max-height: 6; width: 1fr; background: $background; border: none; padding: 0;
        scrollbar-size-vertical: 1;
    }
    """

    # As in a shell, where a line may take many rows.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+a", "line_start", show=False),
        Binding("ctrl+e", "line_end", show=False),
    ]

    class LargePaste(Message):
        """Much was pasted; it is not in the text yet. ``place``: where it belongs, in place of what is selected."""

        def __init__(self, text: str, place: Selection) -> None:
            super().__init__()
            self.text = text
            self.place = place

    def __init__(self, wants: Callable[[str], bool]) -> None:
        """``wants`` takes a key that is not for the text, and says whether it had a use for it; it is called within the
        key, since the next one may be waiting behind it.
        """
        super().__init__(id="composer", compact=True, soft_wrap=True, tab_behavior="focus", highlight_cursor_line=False)
        self._wants = wants
        self._last_key = ""
        self._again = False

    async def _on_key(self, event: events.Key) -> None:
        self._again, self._last_key = event.key == self._last_key, event.key
        match event.key:
            case key if key in _NEW_LINE:
                self._take(event)
                self.insert("\n")
            case "enter" | "tab" | "shift+tab" | "escape":
                self._take(event)
                self._wants(event.key)
            case "up" | "down" if self._wants(event.key):
                self._take(event)
            case "home" | "end" if self._is_at(event.key) and self._wants(event.key):
                self._take(event)
            case _:
                await super()._on_key(event)

    def _is_at(self, key: str) -> bool:
        """Whether Home or End has nothing more to do here: it is for the log then."""
        place = (0, 0) if key == "home" else self.document.end
        return self.selection == Selection.cursor(place)

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        if len(event.text) > _PASTE_CHARS or event.text.count("\n") >= _PASTE_LINES:
            self.post_message(self.LargePaste(event.text, self.selection))
        else:
            self.insert_at(self.selection, event.text)

    # -- lines ------------------------------------------------------------------------------------------------------

    def action_delete_to_start_of_line(self) -> None:
        """Ctrl+U: the line up to the cursor, then the line before; or what is selected."""
        start, end = self.selection
        if start == end:
            row, column = end
            start = (row if column else max(0, row - 1), 0)
        self.replace("", start, end, maintain_selection_offset=False)

    def action_line_start(self) -> None:
        """Ctrl+A: to the start of the line, and right again: everything is selected."""
        if self._again:
            self.select_all()
        else:
            self.move_cursor((self.cursor_location[0], 0))

    def action_line_end(self) -> None:
        """Ctrl+E."""
        row = self.cursor_location[0]
        self.move_cursor((row, len(self.document[row])))

    def insert_at(self, place: Selection, text: str) -> None:
        """Puts a text where the cursor was, in place of what was selected, and before what was typed there since."""
        typed_on = place != self.selection
        self.replace(text, place.start, place.start if typed_on else place.end, maintain_selection_offset=typed_on)
        # Textual has scrolled there before it knew how many rows there are now.
        self.scroll_cursor_visible()

    def fill(self, text: str) -> None:
        """Another text, the cursor at its end."""
        self.load_text(text)
        self.move_cursor(self.document.end)

    @property
    def before_cursor(self) -> str:
        """The text up to the cursor."""
        return self.get_text_range((0, 0), self.cursor_location)

    def _take(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()
