"""The screen on which one chats: puts the widgets together and keeps them level with the story."""

from collections.abc import Callable

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from zchat_client.events import HelpLine
from zchat_client.tui import completion, keys, places, words
from zchat_client.tui.bars import Bar, Cards
from zchat_client.tui.browser import can_open_links
from zchat_client.tui.changes import Changes
from zchat_client.tui.chat import Chat
from zchat_client.tui.clipboard import copy
from zchat_client.tui.conversation import PARTY
from zchat_client.tui.entry import Entry
from zchat_client.tui.going_back import GoingBack
from zchat_client.tui.inputs import Inputs
from zchat_client.tui.log import LogView
from zchat_client.tui.look import Look
from zchat_client.tui.over import Over
from zchat_client.tui.panes import Pane
from zchat_client.tui.search import SearchBar
from zchat_client.tui.sizes import LatestSize
from zchat_client.tui.surroundings import PANES, Surroundings
from zchat_client.tui.turning import Turning
from zchat_client.tui.writing import Refused


class ChatScreen(LatestSize, Screen[None]):
    """Conversations, log, people, input, status line. ``is_watched`` tells whether somebody looks at it."""

    class Sent(Message):
        """Something was entered."""

    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - as Textual declares it
        (0, "-narrow"),
        (PANES["conversations"], "-middle"),
        (PANES["people"], "-wide"),
    ]
    AUTO_FOCUS = "#composer"
    BINDINGS = [  # noqa: RUF012 - as Textual declares it
        *keys.bindings(),
        Binding("ctrl+c", "copy_or_hint", show=False, priority=True),
    ]

    def __init__(self, look: Look, key_names: keys.KeyNames, inputs: Inputs, is_watched: Callable[[], bool]) -> None:
        super().__init__()
        self.look = look
        self._is_watched = is_watched
        self._key_names = key_names
        self._inputs = inputs
        self._over = Over(self, key_names)
        # The current chat, and what shows it; that needs the parts of the screen, which come at their own time.
        self.begun: Chat | None = None
        self._turning: Turning | None = None
        self._has_parts = False

    def compose(self) -> ComposeResult:
        """Its parts."""
        yield Bar(self.look, "strip")
        with Horizontal(id="body"):
            yield Pane(self.look, "conversations")
            with Vertical(id="middle"):
                yield LogView(self.look)
                yield Static("", id="below", markup=False)
                yield Cards()
                yield SearchBar()
                yield Entry(self._people, self._commands, self._reply_to, self._entered, self._inputs, self.look.glyphs)
            yield Pane(self.look, "people")
        yield Bar(self.look, "status")

    def on_mount(self) -> None:
        """The parts are looked up once; many times a second would cost."""
        self.log_view = self.query_one(LogView)
        self._going_back = GoingBack(self.log_view)
        self.entry = self.query_one(Entry)
        self._changes = Changes(self.entry, self._inputs, lambda: self._turning, self.level)
        self.cards = self.query_one(Cards)
        self.search_bar = self.query_one(SearchBar)
        self.around = Surroundings(self, self.log_view, self.look, self._key_names)
        self._has_parts = True
        self._show()
        # They were made before the theme that was chosen last was known.
        self.restyle(self.look)

    # -- keeping level with the story -------------------------------------------------------------------------------

    @property
    def chat(self) -> Chat | None:
        """The chat that is shown; None before there are both a chat and the parts to show it."""
        return None if self._turning is None else self._turning.chat

    async def begin(self, chat: Chat) -> None:
        """Shows a chat that begins; what stands over the one before goes with it."""
        await self._over.clear()
        self.begun = chat
        self._show()

    def _show(self) -> None:
        chat = self.begun
        if chat is None or not self._has_parts:
            return
        self._turning = Turning(
            chat,
            self.log_view,
            self.entry,
            self._inputs,
            leaving=self.search_bar.action_close,
            turned=self.level,
            say=self.say,
            elsewhere=lambda: self.search_bar.is_open or self._over.is_there,
        )
        self._turning.to(chat.conversations.open_key, keep=False)

    def level(self) -> None:
        """Brings everything on the screen level with the story."""
        turning = self._turning
        if turning is None:
            return
        chat, story = turning.chat, turning.chat.story
        self.see()
        if self._changes.follow():
            return
        self._note(chat)
        if story.lifted:
            self.entry.tell_no_more(story.lifted)
            story.lifted = ""
        if story.wants_help:
            story.wants_help = False
            self.call_next(self.action_keys)
        self.log_view.follow()
        turning.follow()
        party = chat.client.party()
        note = words.LEAVE_FIRST if party is not None and len(party.members) > 1 else ""
        self.cards.show(story.cards, (self._key_names.first("accept"), self._key_names.first("decline")), note)
        self.around.level(chat)

    def see(self) -> bool:
        """Takes note of what somebody sees now, before more comes; True if he has just looked away."""
        if self.chat is None:
            return False
        return self.chat.conversations.look(attentive=self._is_watched(), at_end=self.log_view.at_end)

    def _note(self, chat: Chat) -> None:
        parties = chat.story.parties
        if parties.note and chat.conversations.open_key != PARTY:
            self.around.say(parties.note)
        parties.note = ""

    def level_status(self) -> None:
        """The status line, also when nothing happens but time."""
        if self.chat is not None:
            self.around.level_status(self.chat)

    def restyle(self, look: Look) -> None:
        """Another theme."""
        self.look = look
        if self._has_parts:
            self.log_view.restyle(look)
            self.around.restyle(look)
            self.level()

    def say(self, note: str) -> None:
        """A word on the status line for some seconds."""
        if self.chat is not None:
            self.around.say(note)
            self.level_status()

    def on_resize(self) -> None:
        """Other panes may be shown now."""
        if self._has_parts:
            self.around.leave_room("conversations", self.size.width)
            self.call_after_refresh(self.entry.fit)
        self._panes_changed()

    def _panes_changed(self) -> None:
        if self.chat is not None:
            self.chat.people_changed = True
        self.call_after_refresh(self.level)

    def on_screen_resume(self) -> None:
        """A box was closed."""
        self.type_on()
        self.call_after_refresh(self.level)

    def type_on(self) -> None:
        """One types where one typed before. A terminal may say that it has the focus before there are any parts."""
        if self._has_parts and not self.search_bar.is_open:
            self.entry.composer.focus()

    # -- conversations ----------------------------------------------------------------------------------------------

    def action_next(self, direction: int) -> None:
        """The conversation after or before this one."""
        if self._turning is not None:
            self._turning.beside(direction)

    def action_number(self, number: int) -> None:
        """The conversation with this number."""
        if self._turning is not None:
            self._turning.to_number(number)

    def action_unread(self) -> None:
        """The next conversation with something unread."""
        if self._turning is not None:
            self._turning.to_unread()

    @on(Pane.Chosen)
    def _pane_chosen(self, event: Pane.Chosen) -> None:
        if self._turning is not None:
            (self._turning.to if event.pane == "conversations" else self._turning.to_whispers_with)(event.key)

    @on(LogView.NameClicked)
    def _name_clicked(self, event: LogView.NameClicked) -> None:
        if self._turning is not None:
            self._turning.to_whispers_with(event.name)

    @on(Bar.Clicked)
    async def _bar_clicked(self, event: Bar.Clicked) -> None:
        if event.bar == "status":
            doing = self.around.doing_at(event.column)
            if doing is not None:
                await self.run_action(keys.action(doing))
            return
        key = self.around.conversation_at(event.column)
        if key:
            if self._turning is not None:
                self._turning.to(key)
        elif key is not None:
            # Those for which the strip has no room.
            await self.action_palette()

    def action_pane(self, name: str) -> None:
        """Shows or hides a pane, whatever the size of the terminal."""
        self.around.toggle(name, self.size.width)
        self._panes_changed()

    # -- the log ----------------------------------------------------------------------------------------------------

    def action_page(self, direction: int) -> None:
        """Scrolls the log."""
        self.log_view.page(direction)

    @on(LogView.Moved)
    def _log_moved(self) -> None:
        if self.chat is not None:
            self.see()
            self.around.level_lists(self.chat)
            self.around.level_below(self.chat)

    @on(LogView.NearTop)
    def _near_top(self) -> None:
        if self.chat is not None:
            self.chat.older.load(self.chat.conversations.open)

    @on(LogView.LinkClicked)
    def _link_clicked(self, event: LogView.LinkClicked) -> None:
        if can_open_links():
            self.app.open_url(event.link)
        else:
            self._put(event.link, words.LINK_COPIED)

    def on_click(self, event: events.Click) -> None:
        """The line below the log goes to its end, or to what is new further up; wherever one clicks, one types on."""
        if event.widget is self.around.below:
            (self._go_back if self.log_view.at_end else self.log_view.go_to_end)()
        self.type_on()

    @on(events.TextSelected)
    def _text_selected(self) -> None:
        self._copy()

    def _copy(self) -> bool:
        text = self.get_selected_text() or self.entry.composer.selected_text
        if text:
            self._put(text, words.COPIED)
        return bool(text)

    def _put(self, text: str, note: str) -> None:
        self.run_worker(copy(self.app, text))
        self.say(note)

    def action_copy_or_hint(self) -> None:
        """Ctrl+C copies what is selected; it never leaves."""
        if not self._copy():
            self.say(words.LEAVE_HINT.format(key=self._key_names.first("leave")))

    # -- the input --------------------------------------------------------------------------------------------------

    def _people(self) -> completion.People:
        return completion.People((), (), (), ()) if self.chat is None else self.chat.people()

    def _commands(self) -> tuple[HelpLine, ...]:
        return () if self.chat is None else self.chat.commands()

    def _reply_to(self) -> str | None:
        return None if self._turning is None else self._turning.reply_to()

    def _entered(self, text: str) -> None:
        """Enter, and whatever goes with it, before the next key is looked at."""
        if self._turning is None:
            return
        chat = self._turning.chat
        trouble = chat.enter(text)
        if trouble is not None:
            self.entry.refuse(Refused(text, trouble.text), chat.conversations.open)
            return
        self._turning.follow()
        self.entry.taken()
        self._turning.to_open()
        if text.startswith("/notify "):
            self.say(words.NOTIFY[chat.story.notices.level(chat.conversations.open)])
        self.log_view.go_to_end()
        self.level()
        self.post_message(self.Sent())

    @on(Entry.Edited)
    def keep_draft(self) -> None:
        """What has been begun is there again when the program is."""
        if self.chat is not None:
            self.chat.memory.keep_draft(self.entry.begun)

    @on(Entry.Leaves)
    def _leaves(self, event: Entry.Leaves) -> None:
        if event.key == "end":
            self.log_view.go_to_end()
        else:
            self._go_back()

    def _go_back(self) -> None:
        if self.chat is not None:
            self._going_back.go(self.chat)

    # -- invitations ------------------------------------------------------------------------------------------------

    def action_answer(self, accept: bool) -> None:
        """Answers the newest invitation."""
        if self._turning is not None:
            self._turning.answer(accept)

    @on(Cards.Answered)
    def _card_answered(self, event: Cards.Answered) -> None:
        if self._turning is not None:
            self._turning.answer(event.accept, event.inviter)

    # -- boxes ------------------------------------------------------------------------------------------------------

    async def action_keys(self) -> None:
        """Keys and commands."""
        await self._over.help(self._commands(), self.look.glyphs)

    async def action_palette(self) -> None:
        """One list for everything."""
        if self.chat is not None:
            await self._over.palette(self.chat, self._go)

    def _go(self, place: places.Place) -> None:
        if self._turning is not None:
            self._turning.go(place)

    def action_search(self) -> None:
        """Search in the open conversation."""
        if self.chat is not None:
            self.search_bar.open(self.chat, self.log_view)

    @on(SearchBar.Closed)
    def _search_closed(self) -> None:
        self.entry.composer.focus()
