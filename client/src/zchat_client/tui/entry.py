"""Where one types: the prompt with its target, the input, what it can become, and what is wrong with it."""

from collections.abc import Callable
from functools import partial
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import OptionList, Static

from zchat_client import typed as t
from zchat_client.events import HelpLine
from zchat_client.tui import completion, words
from zchat_client.tui.addresses import named_in
from zchat_client.tui.bars import Choices
from zchat_client.tui.boxes import Answer, Dialog
from zchat_client.tui.composer import Composer
from zchat_client.tui.conversation import Conversation
from zchat_client.tui.inputs import Inputs
from zchat_client.tui.look import Glyphs
from zchat_client.tui.textfit import cut, one_line
from zchat_client.tui.writing import Refused
from zchat_common.limits import TEXT_MAX_CHARS

_PROMPT_COLUMNS: Final = 20


class Entry(Vertical):
    """Its text belongs to one conversation; ``people`` and ``commands`` give what may be completed, ``reply_to`` whom a
    reply is for that is begun now.

    ``entered`` is called within Enter, and answers with :meth:`taken` or :meth:`refuse`: whatever is typed right after
    finds an empty input, or a refused text that its writer has not seen yet.
    """

    class Edited(Message):
        """The text has changed."""

    class Leaves(Message):
        """Home was pressed where the text begins, or End where it ends."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(
        self,
        people: Callable[[], completion.People],
        commands: Callable[[], tuple[HelpLine, ...]],
        reply_to: Callable[[], str | None],
        entered: Callable[[str], None],
        inputs: Inputs,
        glyphs: Glyphs,
    ) -> None:
        super().__init__(id="entry")
        self._people = people
        self._known = commands
        self._reply_to = reply_to
        self._enter = entered
        self._inputs = inputs
        self._glyphs = glyphs
        self._conversation: Conversation | None = None
        self._trouble = ""
        self._until_typed = False
        self._title = ""
        self._over = False
        self._begun = 0
        self._prompt = ""
        self._tabbed: tuple[str, list[completion.Choice], int] | None = None
        # The text that no list is opened for: one that was recalled or put back, or whose list was closed.
        self._unlisted = ""
        # Whether it is asked about something pasted: until then nothing else comes into the input.
        self._asks = False
        # Whether something stood in the input when it was looked at last, other than what was set aside.
        self._had_text = False

    def compose(self) -> ComposeResult:
        """Its parts."""
        yield Choices()
        yield Static("", id="trouble", markup=False)
        with Horizontal(id="input"):
            yield Static("", id="prompt", markup=False)
            yield Composer(self._wants)

    def on_mount(self) -> None:
        """Looked up once."""
        self.composer = self.query_one(Composer)
        self._choices = self.query_one(Choices)

    @property
    def text(self) -> str:
        """What stands in the input."""
        return self.composer.text

    @property
    def begun(self) -> str:
        """What was typed and not entered yet."""
        return self.text if self._conversation is None else self._conversation.writing.begun_of(self.text)

    def show(self, conversation: Conversation) -> None:
        """Another conversation, with what was begun in it."""
        self._conversation = conversation
        self._address(conversation)
        conversation.writing.go_on_with(conversation.writing.draft)
        self.tell("")
        self.fill(conversation.writing.draft)
        self._put_back()

    def _address(self, conversation: Conversation) -> None:
        self._over, self._begun = conversation.over, conversation.begun
        self._title = conversation.title
        self.composer.placeholder = words.hint(conversation.key, conversation.partner, over=conversation.over)

    def _aim(self) -> None:
        """Shows in the prompt where what stands in the input will go. A reply is for whom it was when it was begun."""
        conversation = self._conversation
        if conversation is None:
            return
        said, title = named_in(self.text), conversation.title
        if not isinstance(said, t.WhisperTo) or said.recipient is not None:
            conversation.writing.replies_to = None
        elif conversation.writing.replies_to is None:
            conversation.writing.replies_to = self._reply_to() or ""
        if isinstance(said, t.PartySay):
            title = words.PARTY_TITLE
        elif said is not None and (name := said.recipient or conversation.writing.replies_to):
            title = f"@{name}"
        prompt = f"{cut(title, _PROMPT_COLUMNS, self._glyphs.more)} {self._glyphs.prompt}"
        if prompt != self._prompt:
            self._prompt = prompt
            self.query_one("#prompt", Static).update(prompt)

    @property
    def is_level(self) -> bool:
        """Whether it shows what the open conversation is by now."""
        shown, conversation = (self._title, self._over, self._begun), self._conversation
        return conversation is None or shown == (conversation.title, conversation.over, conversation.begun)

    def level(self) -> None:
        """What is open may be over by now, or go on, or be called otherwise: who is typing there is told so. In another
        party one begins with an empty input.
        """
        conversation = self._conversation
        if conversation is None or self.is_level:
            return
        if conversation.begun != self._begun:
            self._remember(self.text)
            self.fill("")
        was_over = self._over
        self._address(conversation)
        self._aim()
        if not conversation.over:
            self.tell_no_more(words.PARTY_OVER)
        elif self.text and not was_over:
            self.tell(words.PARTY_OVER)

    def fill(self, text: str) -> None:
        """Another text, which opens no list."""
        self._unlisted = text
        self._show_choices([])
        self.composer.fill(text)
        self._aim()

    def begin(self, text: str) -> None:
        """The beginning of a command, with a list of how it may go on; what stands there comes back after it."""
        if self.text.strip():
            self._waiting.insert(0, Refused(self.text, ""))
        self.fill(text)
        self._unlisted = ""
        self._look_up()

    def taken(self) -> None:
        """What was entered is on its way."""
        self._remember(self.text)
        self.tell("")
        self.fill("")
        self._put_back()

    def refuse(self, refused: Refused, conversation: Conversation) -> None:
        """What was entered in this conversation was refused.

        It comes back into an empty input; what is typed there already is left alone, and sent before.
        """
        if conversation is self._conversation and self.text == refused.text:
            self._stays(refused)
            return
        conversation.writing.refused.append(refused)
        elsewhere = conversation is not self._conversation
        self.tell(words.ELSEWHERE.format(title=conversation.title, why=refused.why) if elsewhere else refused.why)
        self._put_back()

    def _put_back(self) -> None:
        if self._waiting and not (self.text or self._asks):
            refused = self._waiting.pop(0)
            self.composer.fill(refused.text)
            self._stays(refused)

    @property
    def _waiting(self) -> list[Refused]:
        return self._conversation.writing.refused if self._conversation is not None else []

    def _stays(self, refused: Refused) -> None:
        """The text stands in the input, and what is wrong beside it: no list may cover that."""
        self._unlisted = refused.text
        self._show_choices([])
        self.tell(refused.why)
        if self._conversation is not None:
            self._conversation.writing.replies_to = None
        self._aim()
        self._inputs.changed(partial(self._set_aside, refused))

    def tell_no_more(self, trouble: str) -> None:
        """This is wrong no longer, wherever it was typed."""
        if trouble and self._trouble.endswith(trouble):
            self.tell("")

    def _set_aside(self, refused: Refused) -> None:
        """Somebody types on who has not seen yet that the text before was refused."""
        if self._conversation is not None and self.text == refused.text:
            self._conversation.writing.refused.insert(0, refused)
            self._had_text = False
            self.fill("")
            # For who only looks around.
            self._inputs.in_order(self._put_back)

    def _remember(self, text: str) -> None:
        if self._conversation is not None:
            self._conversation.writing.go_on_with(text)
            self._conversation.writing.remember_input(text)

    def tell(self, trouble: str, *, until_typed: bool = False) -> None:
        """What is wrong with the text, beside it; the text stays. Of an empty one it is told ``until_typed``."""
        self._until_typed = until_typed
        if trouble != self._trouble:
            self._trouble = trouble
            line = self.query_one("#trouble", Static)
            line.update(one_line(trouble))
            line.set_class(bool(trouble), "-on")

    # -- keys -------------------------------------------------------------------------------------------------------

    def _wants(self, key: str) -> bool:
        """A key that is not for the text; whether it was of use."""
        match key:
            case "enter":
                self._entered()
            case "tab" | "shift+tab":
                self._tab(1 if key == "tab" else -1)
            case "escape":
                self._escape()
            case "up" | "down":
                return self._step(-1 if key == "up" else 1)
            case _:
                self.post_message(self.Leaves(key))
        return True

    def _entered(self) -> None:
        self._look_up()
        chosen = self._choices.chosen
        if chosen is not None and not completion.is_command(self.text, self._known()):
            self._complete(chosen)
        elif self.text.strip():
            self._aim()
            self._enter(self.text)
        elif self.text:
            self.fill("")
            self.tell(words.NOTHING_TO_SEND, until_typed=True)
        else:
            self._put_back()

    def _escape(self) -> None:
        """Closes the list; if there is none, the trouble has been read."""
        self._look_up()
        if self._choices.is_open:
            self._unlisted = self.text
            self._show_choices([])
        else:
            self.tell("")

    def _step(self, step: int) -> bool:
        self._look_up()
        if self._choices.is_open:
            (self._choices.action_cursor_up if step < 0 else self._choices.action_cursor_down)()
        elif self.composer.cursor_at_first_line if step < 0 else self.composer.cursor_at_last_line:
            self._recall(step)
        else:
            return False
        return True

    def _recall(self, step: int) -> None:
        """Up and Down go through what was entered here."""
        recalled = None if self._conversation is None else self._conversation.writing.recall(-step, self.text)
        if recalled is not None:
            self.fill(recalled)

    # -- completion -------------------------------------------------------------------------------------------------

    @on(Composer.Changed)
    def _changed(self, event: Composer.Changed) -> None:
        event.stop()
        self._look_up()
        self._aim()
        if self._had_text and not self.text:
            self._put_back()
        self._had_text = bool(self.text)
        is_read = self._until_typed if self.text else not (self._waiting or self._until_typed)
        if is_read:
            self.tell("")
        self.post_message(self.Edited())

    def _look_up(self) -> None:
        """Brings the list level with the text, which may have changed since it was looked at."""
        before = self.composer.before_cursor
        found: list[completion.Choice] = []
        if self.text != self._unlisted:
            self._unlisted = ""
        if before.startswith("/") and not self._unlisted:
            found = completion.choices(before, self._known(), self._people(), asked=False)
        self._show_choices([] if [each.text for each in found] == [before] else found)

    def _show_choices(self, found: list[completion.Choice]) -> None:
        # The first row is the line above the input. Looking it up may cost a layout: not with each letter.
        self._choices.show(found, self.region.y + 1 if found else 0)

    def fit(self) -> None:
        """The screen has another size: the list is as high as there is room."""
        if self._choices.is_open:
            self._look_up()

    def _tab(self, step: int) -> None:
        """Takes what the list offers; where none is open, goes on to what could stand where the last one does."""
        self._look_up()
        before = self.composer.before_cursor
        if self._choices.is_open and self._choices.highlighted is not None:
            found, at = self._choices.choices, self._choices.highlighted
        elif self._tabbed is not None and self._tabbed[0] == before:
            _, found, at = self._tabbed
            at = (at + step) % len(found)
        else:
            found, at = completion.choices(before, self._known(), self._people(), asked=True), 0
        if found:
            self._complete(found[at])
            self._tabbed = (found[at].text, found, at)

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
            self._asks = False
            if answer == "paste":
                self.composer.insert_at(event.place, event.text)
            self._put_back()

        self._asks = True
        whole = self.text + event.text
        answers = [Answer("paste", words.PASTE), Answer("no", words.CANCEL)]
        if len(whole.strip()) > TEXT_MAX_CHARS:
            answers.reverse()
        dialog = Dialog(words.PASTE, words.paste(event.text, whole), *answers, escape="no")
        # Who has not seen the question types on behind the paste.
        self._inputs.opens(dialog)
        await self.app.push_screen(dialog, answered)
