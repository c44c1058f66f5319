"""The screen on which one chats: puts the widgets together and keeps them level with the story."""

from collections.abc import Callable
from functools import partial

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from zchat_client.events import HelpLine
from zchat_client.tui import completion, keys, places, words
from zchat_client.tui.bars import Cards, Line
from zchat_client.tui.boxes import Help
from zchat_client.tui.chat import Chat
from zchat_client.tui.conversation import PARTY, PUBLIC
from zchat_client.tui.entry import Entry, Refused
from zchat_client.tui.log import LogView
from zchat_client.tui.look import Look
from zchat_client.tui.palette import Palette
from zchat_client.tui.panes import Pane
from zchat_client.tui.search import SearchBar
from zchat_client.tui.surroundings import PANES, Surroundings


class ChatScreen(Screen[None]):
    """Conversations, log, people, input, status line. ``looking``: whether somebody sees it."""

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

    def __init__(self, look: Look, key_name: Callable[[str], str]) -> None:
        """``key_name`` gives the keys of something that can be done, as people read them."""
        super().__init__()
        self.look = look
        self.chat: Chat | None = None
        self.looking = True
        self._key_name = key_name
        self._has_parts = False
        # An invitation was accepted by key or click: the party opens when one is in, whatever is begun elsewhere.
        self._accepting = False

    def compose(self) -> ComposeResult:
        """Its parts."""
        yield Line(self.look, "strip")
        with Horizontal(id="body"):
            yield Pane(self.look, "conversations")
            with Vertical(id="middle"):
                yield LogView(self.look)
                yield Static("", id="below", markup=False)
                yield Cards()
                yield SearchBar()
                yield Entry(self._people, self._commands, self._entered)
            yield Pane(self.look, "people")
        yield Line(self.look, "status")

    def on_mount(self) -> None:
        """The parts are looked up once; many times a second would cost."""
        self.log_view = self.query_one(LogView)
        self.entry = self.query_one(Entry)
        self.cards = self.query_one(Cards)
        self.search_bar = self.query_one(SearchBar)
        self.around = Surroundings(self, self.log_view, self.look)
        self._has_parts = True
        if self.chat is not None:
            self._open(self.chat.story.open_key, keep=False)
        # They were made before the theme that was chosen last was known.
        self.restyle(self.look)

    # -- keeping level with the story -------------------------------------------------------------------------------

    def begin(self, chat: Chat) -> None:
        """Shows a chat that begins."""
        self.chat = chat
        if self._has_parts:
            self._open(chat.story.open_key, keep=False)

    def level(self) -> None:
        """Brings everything on the screen level with the story."""
        chat = self.chat
        if chat is None or not self._has_parts:
            return
        story = chat.story
        story.look(self.looking and self.log_view.at_end)
        if story.said_in is not None:
            key, story.said_in = story.said_in, None
            if key != story.open_key and not self.entry.text:
                self._go_where_said(key, asked=False)
                return
        if story.wants_open is not None:
            key, story.wants_open = story.wants_open, None
            if self._turn_to(key):
                return
        if story.trouble is not None:
            trouble, story.trouble = story.trouble, None
            typed = chat.as_typed(trouble.typed)
            self.entry.refuse(Refused(typed.text, trouble.text), typed.key)
        if story.wants_help:
            story.wants_help = False
            self.call_next(self.action_keys)
        self.log_view.follow()
        self.cards.show(story.cards, (self._key_name("accept"), self._key_name("decline")))
        self.around.level(chat)

    def level_status(self) -> None:
        """The status line, also when nothing happens but time."""
        if self.chat is not None and self._has_parts:
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
        self.around.say(note)
        self.level_status()

    def on_resize(self) -> None:
        """Other panes may be shown now."""
        if self._has_parts:
            self.around.leave_room("conversations", self.size.width)
        self._panes_changed()

    def _panes_changed(self) -> None:
        if self.chat is not None:
            self.chat.people_changed = True
        self.call_after_refresh(self.level)

    def on_screen_resume(self) -> None:
        """A box was closed: one types where one typed before."""
        if self._has_parts and not self.search_bar.is_open:
            self.entry.composer.focus()
        self.call_after_refresh(self.level)

    # -- conversations ----------------------------------------------------------------------------------------------

    def _open(self, key: str, *, keep: bool = True) -> None:
        chat = self.chat
        if chat is None:
            return
        self.search_bar.action_close()
        if keep:
            chat.keep_draft(self.entry.text)
        chat.story.show(key)
        conversation = chat.story.open
        self.entry.show(conversation, self.look.glyphs.prompt)
        self.log_view.show(conversation)
        if conversation.partner is not None and conversation.first_seq is None:
            chat.load_older(conversation)
        self.level()

    def _go_where_said(self, key: str, *, asked: bool) -> None:
        """What one says is seen, wherever it was typed; but who types on already goes on where he was."""
        chat = self.chat
        if chat is not None:
            left = chat.story.open
            self._open(key)
            if left.key not in (key, PUBLIC):
                left.hidden = left.hidden or not (left.lines or left.pending)
            if not asked:
                self.entry.unseen(partial(self._open, left.key))

    def _turn_to(self, key: str) -> bool:
        """Opens a conversation that has just begun, or public when one is over; but not under what somebody types,
        unless it was asked for by key or click.
        """
        chat = self.chat
        asked, self._accepting = self._accepting and key == PARTY, False
        if chat is None or (key == chat.story.open_key and key != PARTY):
            return False
        if asked or not self.entry.text:
            self._go_where_said(key, asked=asked)
            return True
        if key == PARTY:
            self.say(words.PARTY_BEGUN)
        else:
            self.entry.tell(words.PARTY_OVER)
        return False

    def open_with(self, name: str) -> None:
        """Opens the whispers with somebody."""
        if self.chat is not None and not self.chat.is_own(name):
            self._open(self.chat.story.whispers_with(name).key)

    def action_next(self, direction: int) -> None:
        """The conversation after or before this one."""
        self.entry.in_order(partial(self._open_next, direction))

    def _open_next(self, direction: int) -> None:
        if self.chat is not None:
            listed = [each.key for each in self.chat.story.listed()]
            at = listed.index(self.chat.story.open_key) if self.chat.story.open_key in listed else 0
            self._open(listed[(at + direction) % len(listed)])

    def action_number(self, number: int) -> None:
        """The conversation with this number."""
        self.entry.in_order(partial(self._open_number, number))

    def _open_number(self, number: int) -> None:
        if self.chat is not None:
            key = next((each.key for each in self.chat.story.listed() if each.number == number), None)
            if key is not None:
                self._open(key)

    def action_unread(self) -> None:
        """The next conversation with something unread."""
        self.entry.in_order(self._open_unread)

    def _open_unread(self) -> None:
        if self.chat is not None:
            key = self.chat.story.next_unread()
            if key is None:
                self.say(words.ALL_READ)
            else:
                self._open(key)

    @on(Pane.Chosen)
    def _pane_chosen(self, event: Pane.Chosen) -> None:
        if event.pane == "conversations":
            self._open(event.key)
        else:
            self.open_with(event.key)

    @on(LogView.NameClicked)
    def _name_clicked(self, event: LogView.NameClicked) -> None:
        self.open_with(event.name)

    @on(Line.Clicked)
    def _line_clicked(self, event: Line.Clicked) -> None:
        if event.line == "strip" and self.chat is not None:
            key = self.around.conversation_at(self.chat, event.column)
            if key is not None:
                self._open(key)

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
            self.chat.story.look(self.looking and self.log_view.at_end)
            self.around.level_lists(self.chat)
            self.around.level_below(self.chat)

    @on(LogView.NearTop)
    def _near_top(self) -> None:
        if self.chat is not None:
            self.chat.load_older(self.chat.story.open)

    @on(LogView.LinkClicked)
    def _link_clicked(self, event: LogView.LinkClicked) -> None:
        if words.can_open_links():
            self.app.open_url(event.link)
        else:
            self.app.copy_to_clipboard(event.link)
            self.say(words.LINK_COPIED)

    def on_click(self, event: events.Click) -> None:
        """The line below the log goes to its end; wherever one clicks, one types on."""
        if event.widget is self.around.below:
            self.log_view.go_to_end()
        if not self.search_bar.is_open:
            self.entry.composer.focus()

    @on(events.TextSelected)
    def _text_selected(self) -> None:
        self._copy()

    def _copy(self) -> bool:
        text = self.get_selected_text() or self.entry.composer.selected_text
        if text:
            self.app.copy_to_clipboard(text)
            self.say(words.COPIED)
        return bool(text)

    def action_copy_or_hint(self) -> None:
        """Ctrl+C copies what is selected; it never leaves."""
        if not self._copy():
            self.say(words.LEAVE_HINT)

    # -- the input --------------------------------------------------------------------------------------------------

    def _people(self) -> completion.People:
        return completion.People((), (), (), ()) if self.chat is None else self.chat.people()

    def _commands(self) -> tuple[HelpLine, ...]:
        return () if self.chat is None else self.chat.commands()

    def _entered(self, text: str) -> None:
        """Enter, and whatever goes with it, before the next key is looked at."""
        chat = self.chat
        if chat is None:
            return
        trouble = chat.enter(text)
        if trouble is not None:
            self.entry.refuse(Refused(text, trouble.text))
            return
        self.entry.taken()
        if chat.story.open is not self.log_view.conversation:
            self._open(chat.story.open_key, keep=False)
        if text.startswith("/notify"):
            self.say(words.NOTIFY[chat.story.level(chat.story.open)])
        self.log_view.go_to_end()
        self.level()
        self.post_message(self.Sent())

    @on(Entry.Edited)
    def _edited(self) -> None:
        if self.chat is not None:
            self.chat.keep_draft(self.entry.text)

    @on(Entry.Leaves)
    def _leaves(self, event: Entry.Leaves) -> None:
        if event.key == "end":
            self.log_view.go_to_end()
        else:
            self.log_view.go_to(0)

    # -- invitations ------------------------------------------------------------------------------------------------

    def action_answer(self, accept: bool) -> None:
        """Answers the newest invitation."""
        self.entry.in_order(partial(self._answer, accept))

    def _answer(self, accept: bool) -> None:
        if self.chat is None or not self.chat.story.cards:
            self.say(words.NO_INVITATION)
            return
        self._answer_to(self.chat, self.chat.story.cards[-1].inviter, accept)

    def _answer_to(self, chat: Chat, inviter: str, accept: bool) -> None:
        chat.console.enter(f"/party {'accept' if accept else 'decline'} {inviter}")
        self._accepting = accept

    @on(Cards.Answered)
    def _card_answered(self, event: Cards.Answered) -> None:
        if self.chat is not None:
            self._answer_to(self.chat, event.inviter, event.accept)

    # -- boxes ------------------------------------------------------------------------------------------------------

    async def action_keys(self) -> None:
        """Keys and commands."""
        rows = [(self._key_name(each.name), each.does) for each in keys.DOINGS]
        await self.app.push_screen(Help(partial(words.help_text, rows, self._commands())))

    async def action_palette(self) -> None:
        """One list for everything."""
        if self.chat is not None:
            await self.app.push_screen(Palette(places.all_places(self.chat, self._commands())), self._go)

    def _go(self, place: places.Place | None) -> None:
        match place:
            case places.Place(kind="conversation"):
                self._open(place.key)
            case places.Place(kind="person"):
                self.open_with(place.key)
            case places.Place(kind="theme"):
                self.app.theme = place.key
            case places.Place():
                self.entry.begin(place.key)
            case None:
                pass

    def action_search(self) -> None:
        """Search in the open conversation."""
        if self.chat is not None:
            self.search_bar.open(self.chat, self.log_view)

    @on(SearchBar.Closed)
    def _search_closed(self) -> None:
        self.entry.composer.focus()

    def action_leave(self) -> None:
        """Leaves, when what was typed before has been entered."""
        self.entry.in_order(partial(self.run_action, "app.leave"))

    def action_pause(self) -> None:
        """Ctrl+Z, as in every program."""
        self.app.action_suspend_process()
