"""The application: one client after another, from the question for a name to the end, and the clock of the screen."""

import asyncio
import os
import time
from dataclasses import replace
from typing import Any, ClassVar, Final

from rich.console import RenderableType
from textual import events, on
from textual.app import App
from textual.binding import BindingType
from textual.screen import Screen

from zchat_client.client import Client
from zchat_client.endings import EXIT_REFUSED, EXIT_SIGNAL, SIGHUP, exit_code_of
from zchat_client.own_names import OwnNames
from zchat_client.results import End
from zchat_client.tui import escapes, keys, words
from zchat_client.tui.attention import Attention
from zchat_client.tui.beat import Beat
from zchat_client.tui.boxes import LEAVE, CodeBox, Dialog, NameScreen
from zchat_client.tui.chat import Chat
from zchat_client.tui.display import TerminalLost, driver_class, stalls
from zchat_client.tui.inputs import Input, Inputs
from zchat_client.tui.keys import KeyNames
from zchat_client.tui.leaving import Leaving
from zchat_client.tui.line import Kind
from zchat_client.tui.look import ASCII, THEMES, Glyphs, Look, theme_for
from zchat_client.tui.next_client import NAME_TROUBLES, Options, going_on, question
from zchat_client.tui.screen import ChatScreen
from zchat_client.tui.settings import Read
from zchat_client.tui.sizes import LOW_LINES
from zchat_common.errors import ZchatError
from zchat_common.identity import DamagedKey

# So long events are taken in at a time.
_TAKE_S: Final = 0.005
_TICK_S: Final = 1.0
# So often a terminal that had stopped reading is looked at again.
_CATCH_UP_S: Final = 0.1


class ZchatApp(App[int], inherit_bindings=False):
    """The terminal UI of one user."""

    TITLE = "zchat"
    CSS_PATH = "zchat.tcss"
    ENABLE_COMMAND_PALETTE = False
    VERTICAL_BREAKPOINTS = [(0, "-low"), (LOW_LINES, "-high")]  # noqa: RUF012 - as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [*keys.everywhere()]

    def __init__(self, options: Options, read: Read, glyphs: Glyphs) -> None:
        self._options = options
        self._read = read
        self._glyphs = glyphs
        # Why one was not let in or not left in, for who is back in the shell.
        self.last_words = ""
        self._attention = Attention(time.monotonic())
        self._beat = Beat(self._take, self._level, lambda: self._attention.key_s)
        self._catching_up: asyncio.TimerHandle | None = None
        # Why there is no terminal any more.
        self.lost = ""
        # The broker was met for the first time, and nobody was told yet.
        self._first_contact = False
        # Textual would paint greys for who wants no colours; the terminal's own have none when filtered.
        super().__init__(driver_class=driver_class(), ansi_color=True if os.environ.get("NO_COLOR") else None)
        if glyphs == ASCII:
            self.add_class("-ascii")
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = theme_for(read.settings.theme, os.environ if not self.no_color else {"NO_COLOR": "1"})
        key_names = KeyNames(read.settings.keys)
        self._inputs = Inputs(self, super().on_event, key_names.keys("leave"))
        self._chat_screen = ChatScreen(self._look(), key_names, self._inputs, self._is_watched)
        self.leaving = Leaving(self, self._chat_screen, self._inputs, glyphs)

    # -- life -------------------------------------------------------------------------------------------------------

    def get_default_screen(self) -> Screen[None]:
        """The screen on which one chats."""
        return self._chat_screen

    def on_mount(self) -> None:
        """Begins."""
        asyncio.get_running_loop().set_exception_handler(self._broken)
        self.set_keymap(self._read.settings.keys)
        self.theme_changed_signal.subscribe(self, self._restyle)
        self.app_resume_signal.subscribe(self, self._resume)
        self.set_interval(_TICK_S, self._tick)
        self.run_worker(self._live(), exit_on_error=True)

    def _broken(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """A callback or a task of the loop has failed: it ends the program, as what fails in a widget does."""
        error = context.get("exception")
        if self._exception is not None or not self.is_running or not isinstance(error, Exception):
            loop.default_exception_handler(context)
            return
        try:
            # Textual shows what is being handled.
            raise error
        except Exception as raised:
            self._handle_exception(raised)

    async def _live(self) -> None:
        """One client after another, until the user leaves."""
        options = self._options
        trouble = ""
        while True:
            if options.name is None or trouble:
                place = words.PLACE.format(place=options.place)
                box = NameScreen(place, options.name or options.offered, trouble)
                if trouble:
                    self._inputs.opens(box, is_field=True)
                name = await self._ask_name(box)
                if name is None:
                    self.last_words = trouble
                    self.exit(EXIT_REFUSED if trouble else 0)
                    return
                options, trouble = replace(options, name=name), ""
            try:
                client = options.connect(options.name or "")
            except (ZchatError, DamagedKey) as error:
                trouble = str(error)
                continue
            except OSError as error:
                trouble = words.NO_FOLDER.format(error=error)
                continue
            end = await self._run(client, options.names)
            if self.leaving.decided:
                return
            again = await self._after(end, client, options)
            if self.chat is not None:
                self.chat.memory.save()
            if again is None:
                self.last_words = end.text
                self.exit(exit_code_of(end, unsent=False))
                return
            options, trouble = again

    @property
    def chat(self) -> Chat | None:
        """The current chat; None before the first."""
        return self._chat_screen.begun

    async def _run(self, client: Client, names: OwnNames) -> End:
        before = self.chat
        chat = Chat(client, self._beat.wake, names.let_in)
        if before is not None:
            chat.go_on_from(before)
        client.ask_invite = self._ask_code
        chat.story.notices.default_level = self._read.settings.notify
        for trouble in self._read.troubles:
            chat.story.conversations.opening(trouble, round(time.time() * 1000), Kind.ERROR)
        chat.story.first_contact = self._first_contact
        await self._chat_screen.begin(chat)
        self._take_theme(chat)
        self._inputs.follow()
        end = await chat.run()
        self._first_contact = (self._first_contact or client.first_contact) and not chat.story.registered
        while chat.take(1.0):
            pass
        self._chat_screen.level()
        return end

    async def _after(self, end: End, client: Client, options: Options) -> tuple[Options, str] | None:
        """What to do after a client's end: the options to go on with and what is wrong with the name, or None."""
        if end.code in NAME_TROUBLES:
            options.names.refused(client.name)
            return options.but(takeover=False), end.text
        asked = question(end, client.fingerprint)
        box = Dialog(asked.title, asked.text, *asked.answers, escape=LEAVE)
        self._inputs.opens(box)
        again = going_on(await self.push_screen_wait(box), options, client.fingerprint)
        return None if again is None else (again, "")

    async def _ask_name(self, box: NameScreen) -> str | None:
        answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        await self.push_screen(box, answer.set_result)
        # Behind what gives its field the focus: keys that are let go before would be nobody's.
        box.call_later(self._inputs.follow)
        return await answer

    async def _ask_code(self, text: str) -> str | None:
        answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._needs(words.NEEDS_CODE)
        box = CodeBox(words.plainly(text))
        self._inputs.opens(box)
        await self.push_screen(box, answer.set_result)
        code = await answer
        self._needs("")
        return code

    def _needs(self, what: str) -> None:
        if self.chat is not None:
            self.chat.needs = what
            self._chat_screen.level_status()

    # -- leaving ----------------------------------------------------------------------------------------------------

    def action_leave(self) -> None:
        """The key that leaves."""
        self.leaving.by_key()

    @on(TerminalLost)
    def _terminal_lost(self, event: TerminalLost) -> None:
        """Nobody sees the screen any more, as when a window is closed; a signal may come as well, or not."""
        self.lost = self.lost or event.why
        self.leaving.by_signal(EXIT_SIGNAL + SIGHUP, says_goodbye=False)

    # -- the clock of the screen ------------------------------------------------------------------------------------

    def _take(self) -> bool:
        self._chat_screen.see()
        return self.chat is not None and self.chat.take(_TAKE_S)

    def _is_watched(self) -> bool:
        return self._attention.looking(time.monotonic())

    def _level(self) -> None:
        chat, now_s = self.chat, time.monotonic()
        if chat is None:
            return
        self._chat_screen.level()
        self.leaving.level()
        self._call(now_s)
        if chat.console.exit.is_set():
            chat.console.exit.clear()
            self.leaving.begin()

    @on(ChatScreen.Sent)
    def _sent(self) -> None:
        self._beat.hurry()
        if self.chat is not None and self.chat.console.exit.is_set():
            self._beat.wake()

    def _tick(self) -> None:
        chat = self.chat
        if chat is None:
            return
        chat.story.still.beat(round(time.time() * 1000))
        if self._chat_screen.see():
            self._beat.wake()
        self._chat_screen.level_status()
        self.leaving.level()
        self._call(time.monotonic())
        after_s = self._read.settings.away_after_minutes * 60
        chat.follow_idle(self._attention.idle(time.monotonic(), after_s))

    async def on_event(self, event: events.Event) -> None:
        """Takes note of keys, before anybody gets them."""
        if isinstance(event, (events.Key, events.Paste, events.MouseDown)):
            self._attention.key(time.monotonic())
        if isinstance(event, Input) and not event.is_forwarded:
            await self._inputs.take(event)
        else:
            await super().on_event(event)

    def on_app_focus(self) -> None:
        """The terminal has the focus again."""
        self._attention.focus(True)
        self._chat_screen.level()
        if self.screen is self._chat_screen:
            self._chat_screen.type_on()

    def on_app_blur(self) -> None:
        """The terminal has lost the focus."""
        self._attention.focus(False)
        self._chat_screen.level()

    def _call(self, now_s: float) -> None:
        chat = self.chat
        if chat is None or not chat.story.notices.waiting:
            return
        if self._attention.looking(now_s):
            chat.story.notices.take()
        elif self._attention.should_call(now_s):
            notices = chat.story.notices.take()
            settings = self._read.settings
            if settings.bell:
                self._emit(escapes.BELL)
            if settings.desktop_notifications:
                self._emit(escapes.desktop_notice(*words.notice(notices[-1].title, notices[-1].text, len(notices))))

    def _emit(self, sequence: str) -> None:
        if self._driver is not None and not self.is_headless and not stalls(self._driver):
            self._driver.write(sequence)

    # -- a terminal that does not read --------------------------------------------------------------------------------

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        if not stalls(self._driver):
            super()._display(screen, renderable)
        elif self._catching_up is None:
            self._catching_up = asyncio.get_running_loop().call_later(_CATCH_UP_S, self._catch_up)

    def _catch_up(self) -> None:
        """Draws the whole screen as soon as the terminal has read what it was given."""
        self._catching_up = None
        if self.is_running:
            self.action_redraw()

    def action_redraw(self) -> None:
        """Draws the whole screen, whatever the terminal shows."""
        screen, under = self.screen, self._background_screens
        self._display(screen, screen._compositor.render_update(full=True, screen_stack=under))

    def _resume(self, _app: object) -> None:
        """Back from the shell, whose screen Textual takes for its own."""
        self.action_redraw()

    # -- colours ------------------------------------------------------------------------------------------------------

    def _look(self) -> Look:
        return Look(self.current_theme, self._glyphs)

    def _restyle(self, _theme: object) -> None:
        self._chat_screen.restyle(self._look())
        if self.chat is not None:
            self.chat.memory.keep_theme(self.theme, self._read.settings.theme)

    def _take_theme(self, chat: Chat) -> None:
        """The theme chosen last, unless the settings have changed since."""
        chosen = chat.memory.theme(self._read.settings.theme)
        if chosen in {theme.name for theme in THEMES}:
            self.theme = theme_for(chosen, os.environ if not self.no_color else {"NO_COLOR": "1"})
