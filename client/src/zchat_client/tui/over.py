"""What stands over the conversation: help and the palette are opened by key, and all of it goes with its session."""

from collections.abc import Callable
from functools import partial

from textual.screen import Screen

from zchat_client.events import HelpLine
from zchat_client.tui import places
from zchat_client.tui.boxes import Help
from zchat_client.tui.chat import Chat
from zchat_client.tui.help import help_text
from zchat_client.tui.keys import KeyNames
from zchat_client.tui.look import Glyphs
from zchat_client.tui.palette import Palette


class Over:
    """What stands over ``screen``."""

    def __init__(self, screen: Screen[None], key_names: KeyNames) -> None:
        self._screen = screen
        self._key_names = key_names

    @property
    def is_there(self) -> bool:
        """Whether anything does."""
        return self._screen.app.screen is not self._screen

    async def clear(self) -> None:
        """Takes it away."""
        while self.is_there:
            await self._screen.app.screen.dismiss(None)

    async def help(self, commands: tuple[HelpLine, ...], glyphs: Glyphs) -> None:
        """Opens the help: keys, commands and marks."""
        await self._screen.app.push_screen(Help(partial(help_text, self._key_names, commands, glyphs)))

    async def palette(self, chat: Chat, turn_to: Callable[[places.Place], None]) -> None:
        """Opens one list for everything; ``turn_to`` is called with a place that is a conversation or leads to one."""

        def chosen(place: places.Place | None) -> None:
            if place is None:
                return
            if place.kind == "theme":
                self._screen.app.theme = place.key
            elif place.kind == "doing":
                self._screen.call_next(self._screen.run_action, place.key)
            else:
                turn_to(place)

        listed = places.all_places(chat, chat.commands(), self._key_names)
        await self._screen.app.push_screen(Palette(listed), chosen)
