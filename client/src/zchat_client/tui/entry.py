"""Where one types: the prompt with its target, the input, what it can become, and what is wrong with it."""

from collections.abc import Callable
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import OptionList, Static

from zchat_client.events import HelpLine
from zchat_client.tui import completion, words
from zchat_client.tui.bars import Choices
from zchat_client.tui.boxes import Answer, Dialog
from zchat_client.tui.composer import Composer
from zchat_client.tui.conversation import Conversation
from zchat_client.tui.textfit import cut, one_line

_PROMPT_COLUMNS: Final = 20


class Entry(Vertical):
    """Its text belongs to one conversation; ``people`` and ``commands`` give what may be completed."""

    class Entered(Message):
        """A text was entered; it stays until :meth:`Entry.taken` is called."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Edited(Message):
        """The text has changed."""

    class Leaves(Message):
        """Home or End was pressed in an empty input."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, people: Callable[[], completion.People], commands: Callable[[], tuple[HelpLine, ...]]) -> None:
        super().__init__(id="entry")
        self._people = people
        self._known = commands
        self._conversation: Conversation | None = None
        self._trouble = ""
        self._at = 0
        self._unentered = ""
        self._tabbed: tuple[str, list[completion.Choice], int] | None = None

    def compose(self) -> ComposeResult:
        """Its parts."""
        yield Choices()
        yield Static("", id="trouble", markup=False)
        with Horizontal(id="input"):
            yield Static("", id="prompt", markup=False)
            yield Composer()

    def on_mount(self) -> None:
        """Looked up once."""
        self.composer = self.query_one(Composer)
        self._choices = self.query_one(Choices)

    @property
    def text(self) -> str:
        """What was typed and not entered yet."""
        return self.composer.text

    def show(self, conversation: Conversation, prompt: str) -> None:
        """Another conversation, with what was begun in it."""
        self._conversation = conversation
        self.query_one("#prompt", Static).update(f"{cut(conversation.title, _PROMPT_COLUMNS)} {prompt}")
        self.composer.placeholder = words.hint(conversation.key, conversation.partner, over=conversation.over)
        self._at = len(conversation.inputs)
        self.tell("")
        self.composer.fill(conversation.draft)

    def fill(self, text: str) -> None:
        """Another text."""
        self.composer.fill(text)

    def taken(self) -> None:
        """What was entered is on its way."""
        if self._conversation is not None:
            self._conversation.remember_input(self.text)
            self._at = len(self._conversation.inputs)
        self._show_choices([])
        self.tell("")
        self.composer.fill("")

    def tell(self, trouble: str) -> None:
        """What is wrong with the text, beside it; the text stays."""
        if trouble != self._trouble:
            self._trouble = trouble
            line = self.query_one("#trouble", Static)
            line.update(one_line(trouble))
            line.set_class(bool(trouble), "-on")

    # -- keys -------------------------------------------------------------------------------------------------------

    @on(Composer.Entered)
    def _entered(self, event: Composer.Entered) -> None:
        event.stop()
        chosen = self._choices.chosen
        if chosen is not None and not completion.is_command(event.text, self._known()):
            self._complete(chosen)
        elif event.text.strip():
            self._show_choices([])
            self.post_message(self.Entered(event.text))

    @on(Composer.Wants)
    def _wants(self, event: Composer.Wants) -> None:
        event.stop()
        match event.key:
            case "tab" | "shift+tab":
                self._tab()
            case "escape":
                self._show_choices([])
                self.tell("")
            case "up" | "down" if self._choices.is_open:
                (self._choices.action_cursor_up if event.key == "up" else self._choices.action_cursor_down)()
            case "up" | "down":
                self._recall(-1 if event.key == "up" else 1)
            case _:
                self.post_message(self.Leaves(event.key))

    def _recall(self, step: int) -> None:
        """Up and Down go through what was entered here."""
        inputs = self._conversation.inputs if self._conversation is not None else []
        at = self._at + step
        if not 0 <= at <= len(inputs):
            return
        if self._at == len(inputs):
            self._unentered = self.text
        self._at = at
        self.composer.fill(inputs[at] if at < len(inputs) else self._unentered)

    # -- completion -------------------------------------------------------------------------------------------------

    @on(Composer.Changed)
    def _changed(self, event: Composer.Changed) -> None:
        event.stop()
        if self._trouble and not self.text:
            self.tell("")
        before = self.composer.before_cursor
        found = completion.choices(before, self._known(), self._people(), asked=False) if before.startswith("/") else []
        if [each.text for each in found] == [before]:
            found = []
        self._show_choices(found)
        self.post_message(self.Edited())

    def _show_choices(self, found: list[completion.Choice]) -> None:
        self._choices.show(found, self.size.width - 6)
        self.composer.listing = self._choices.is_open

    def _tab(self) -> None:
        if (chosen := self._choices.chosen) is not None:
            self._complete(chosen)
            return
        if self._tabbed is not None and self._tabbed[0] == self.text:
            _, found, at = self._tabbed
            at = (at + 1) % len(found)
        else:
            found, at = completion.choices(self.composer.before_cursor, self._known(), self._people(), asked=True), 0
        if found:
            self._complete(found[at])
            self._tabbed = (self.text, found, at)

    def _complete(self, choice: completion.Choice) -> None:
        self.composer.replace(choice.text, (0, 0), self.composer.cursor_location, maintain_selection_offset=False)
        lines = choice.text.split("\n")
        self.composer.move_cursor((len(lines) - 1, len(lines[-1])))

    @on(OptionList.OptionSelected, "#choices")
    def _choice_clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._complete(self._choices.choices[event.option_index])
        self.composer.focus()

    # -- pasting ----------------------------------------------------------------------------------------------------

    @on(Composer.LargePaste)
    async def _large_paste(self, event: Composer.LargePaste) -> None:
        event.stop()

        def answered(answer: str | None) -> None:
            if answer == "paste":
                self.composer.insert_at_cursor(event.text)

        answers = (Answer("paste", words.PASTE), Answer("no", words.CANCEL))
        await self.app.push_screen(Dialog(words.PASTE, words.paste(event.text), *answers), answered)
