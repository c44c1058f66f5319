"""What stands around the log: the lists at its sides, the strip, the status line, and the line below it."""

import time
from functools import partial
from typing import Final

from textual.screen import Screen
from textual.widgets import Static

from zchat_client.tui import listing, words
from zchat_client.tui.bars import Bar
from zchat_client.tui.chat import Chat
from zchat_client.tui.conversation import Conversation
from zchat_client.tui.conversations import Conversations
from zchat_client.tui.event_lines import is_order
from zchat_client.tui.keys import KeyNames
from zchat_client.tui.log import LogView
from zchat_client.tui.look import Look
from zchat_client.tui.painting import Row
from zchat_client.tui.panes import Pane
from zchat_client.tui.status import Link, Who, hints, status
from zchat_client.tui.textfit import width_of

_NOTE_S: Final = 4.0
# Of all that waits for the connection no more would fit into the status line.
_LOOKED_AT: Final = 50
# From so many columns on each pane is shown without being asked for.
PANES: Final = {"conversations": 80, "people": 110}


class Surroundings:
    """Keeps all that level with a chat. Made when the screen has its parts: looking them up often would cost."""

    def __init__(self, screen: Screen[None], log_view: LogView, look: Look, key_names: KeyNames) -> None:
        self._look = look
        self._hints = hints(key_names)
        self._log_view = log_view
        self._conversations = screen.query_one("#conversations", Pane)
        self._people = screen.query_one("#people", Pane)
        self._panes = {"conversations": self._conversations, "people": self._people}
        self._strip = screen.query_one("#strip", Bar)
        self._on_strip: listing.Rows = []
        self._on_status: Row = []
        self._here = ""
        self._status = screen.query_one("#status", Bar)
        self.below = screen.query_one("#below", Static)
        # What was said, and until when it stands there; the latest last.
        self._notes: dict[str, float] = {}
        # How much had been said in each conversation, by key, when its end was on the screen last.
        self._said_seen: dict[str, int] = {}

    def level(self, chat: Chat) -> None:
        """Brings everything level."""
        self.level_lists(chat)
        self.level_status(chat)
        self.level_below(chat)

    def level_lists(self, chat: Chat) -> None:
        """Who is here, and what is unread where."""
        story, glyphs = chat.story, self._look.glyphs
        listed = chat.conversations.listed()
        if width := self._conversations.size.width:
            self._conversations.edges = partial(self._edges, chat.conversations)
            self._conversations.set_rows(listing.conversations(listed, chat.conversations.open_key, width, glyphs))
        if width := self._strip.size.width:
            self._on_strip = listing.strip(listed, chat.conversations.open_key, width, glyphs)
            self._strip.set_row([piece for _, row in self._on_strip for piece in row])
        if chat.people_changed and (width := self._people.size.width):
            chat.people_changed = False
            here = [listing.Person(*entry) for entry in chat.client.roster()]
            ranks = listing.Ranks(chat.client.name, chat.client.party(), frozenset(chat.client.admins()))
            self._people.set_rows(listing.people(here, ranks, width, glyphs, story.lost_at))

    def toggle(self, name: str, columns: int) -> None:
        """Shows or hides a pane on a screen of so many columns."""
        pane, has_room = self._panes[name], columns >= PANES[name]
        wanted = not (pane.has_class("-on") or (has_room and not pane.has_class("-off")))
        # A pane that is as the size would have it goes on to follow the size.
        pane.set_class(wanted and not has_room, "-on")
        pane.set_class(has_room and not wanted, "-off")
        self.leave_room(name, columns)

    def leave_room(self, wanted: str, columns: int) -> None:
        """On the narrowest screens two panes would leave the log no room: only the wanted one is shown."""
        if columns < PANES["conversations"] and self._panes[wanted].has_class("-on"):
            for name, pane in self._panes.items():
                if name != wanted:
                    pane.remove_class("-on")

    def level_status(self, chat: Chat) -> None:
        """The status line, also when nothing happens but time."""
        link, story = chat.client.link, chat.story
        unsent = chat.console.unsent
        orders = () if link.connected else tuple([line for line in unsent[:_LOOKED_AT] if is_order(line)])
        state = Link(
            link.connected,
            time.time() - (link.since if link.connected else story.lost_at or link.since) / 1000,
            link.latency_s,
            len(unsent),
            bool(story.registered),
            chat.client.unreachable,
            orders,
            words.NEEDS_ANSWER if chat.client.end is not None else chat.needs,
        )
        here = 0 if self._people.display else chat.client.online
        who = Who(chat.client.name, story.title, story.away, here, self._partner(chat))
        self._notes = {note: until_s for note, until_s in self._notes.items() if time.monotonic() < until_s}
        width, glyphs = self._status.size.width, self._look.glyphs
        self._here = words.HERE.format(count=who.here)
        self._on_status = status(state, who, self._hints, chat.conversations.missed, width, glyphs, tuple(self._notes))
        self._status.set_row(self._on_status)

    def _partner(self, chat: Chat) -> str:
        """That whoever is whispered with is away or has gone; nothing while he reads what is said."""
        name = chat.conversations.open.partner
        if name is None:
            return ""
        entry = chat.client.seen(name)
        if entry is None:
            return words.presence("offline", "", [name])
        return words.presence("away", entry.text, [entry.name]) if entry.status == "away" else ""

    def level_below(self, chat: Chat) -> None:
        """The line that says what is new further up, and what is further down."""
        conversation, log = chat.conversations.open, self._log_view
        parts = [self._above(conversation)] if self._has_new_above(conversation, chat.conversations.attentive) else []
        if log.at_end:
            self._said_seen[conversation.key] = conversation.said
        else:
            parts.append(
                self._below(
                    conversation.said - self._said_seen.get(conversation.key, 0), chat.older.is_loading(conversation)
                )
            )
        self.below.update("   ".join(parts), layout=False)
        self.below.set_class(bool(parts), "-on")

    def _has_new_above(self, conversation: Conversation, attentive: bool) -> bool:
        """Who has seen where the new begins knows of it."""
        conversation.news.mark_seen |= attentive and self._log_view.shows_mark
        return self._log_view.is_below_mark and not conversation.news.mark_seen

    def _above(self, conversation: Conversation) -> str:
        count = f"{conversation.news.new:,}" + "+" * conversation.new_goes_on
        return words.NEW_ABOVE.format(mark=self._look.glyphs.above, count=count)

    def _below(self, fresh: int, is_loading: bool) -> str:
        text = words.MORE_BELOW if fresh > 0 else words.BACK_BELOW
        text = words.LOADING if is_loading else text
        return text.format(mark=self._look.glyphs.below, count=fresh, more=self._look.glyphs.more)

    def say(self, note: str) -> None:
        """A word on the status line for some seconds, from when that is level next."""
        # Said again it is the latest again.
        self._notes.pop(note, None)
        self._notes[note] = time.monotonic() + _NOTE_S

    def restyle(self, look: Look) -> None:
        """Another theme."""
        self._look = look
        for part in (self._conversations, self._people, self._strip, self._status):
            part.restyle(look)

    def conversation_at(self, column: int) -> str | None:
        """The key of the conversation that stands in this column of the strip; it is empty for those that do not."""
        right = 0
        for key, row in self._on_strip:
            right += sum(width_of(piece.text) for piece in row)
            if column < right:
                return key
        return None

    def doing_at(self, column: int) -> str | None:
        """What the key does that the status line names in this column; where it counts who is here, the pane's key."""
        right = 0
        for piece in self._on_status:
            right += width_of(piece.text)
            if column < right:
                text = piece.text.removeprefix(f" {self._look.glyphs.between} ")
                return {hint.text: hint.name for hint in self._hints}.get(
                    text, "people" if text == self._here else None
                )
        return None

    def _edges(self, conversations: Conversations, hidden: list[str], is_above: bool) -> Row:
        glyphs = self._look.glyphs
        found = [each for key in hidden if (each := conversations.get(key)) is not None]
        mark = glyphs.above if is_above else glyphs.below
        return listing.beyond(found, mark, self._conversations.size.width)
