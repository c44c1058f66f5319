"""Which conversation is on the screen: by key or click, or by itself, but then not under what somebody types."""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final

from textual.message import Message

from zchat_client.tui import words
from zchat_client.tui.chat import Chat
from zchat_client.tui.conversation import PARTY, PUBLIC
from zchat_client.tui.entry import Entry
from zchat_client.tui.inputs import Inputs
from zchat_client.tui.log import LogView
from zchat_client.tui.places import Place
from zchat_client.tui.story import Card

# More than that do not come between the screen and a key.
_REPLIED_TO: Final = 20


class Turning:
    """Turns the log and the input of a screen to the conversations of a chat.

    ``leaving`` is called before another one is shown and ``turned`` after that; ``say`` puts a word on the status line.
    ``elsewhere`` says whether somebody types elsewhere than in the input.
    """

    def __init__(
        self,
        chat: Chat,
        log_view: LogView,
        entry: Entry,
        inputs: Inputs,
        *,
        leaving: Callable[[], None],
        turned: Callable[[], None],
        say: Callable[[str], None],
        elsewhere: Callable[[], bool],
    ) -> None:
        self.chat = chat
        self._log_view = log_view
        self._entry = entry
        self._inputs = inputs
        self._leaving = leaving
        self._turned = turned
        self._say = say
        self._elsewhere = elsewhere
        # By accepting an invitation: then it opens as soon as one is in, whatever is begun elsewhere.
        self._asked_for_party = False
        # Since when the invitation of each inviter has been on the screen, and since when all stand where they do.
        self._cards_s: dict[str, float] = {}
        self._placed_s = 0.0
        # Whom one has whispered with, one after another, and since when the whisper has been on the screen.
        self._partners_s: deque[tuple[str, float]] = deque(maxlen=_REPLIED_TO)
        # What was wrong with an answer to one of these invitations.
        self._trouble_with: tuple[str, list[Card]] = ("", [])

    def to(self, key: str, *, keep: bool = True) -> None:
        """Shows a conversation, if it is one of this chat; ``keep``: what stands in the input belongs to the one that
        was open.
        """
        chat = self.chat
        if chat.conversations.get(key) is None:
            return
        self._leaving()
        if keep:
            chat.memory.keep_draft(self._entry.begun)
        chat.conversations.show(key)
        conversation = chat.conversations.open
        self._entry.show(conversation)
        self._log_view.show(conversation)
        if conversation.partner is not None and conversation.first_seq is None:
            chat.older.load(conversation)
        self._turned()

    def to_open(self) -> None:
        """Shows the conversation that is open by now, if it is not on the screen."""
        if self.chat.conversations.open is not self._log_view.conversation:
            self.to(self.chat.conversations.open_key, keep=False)

    # -- by key or click ----------------------------------------------------------------------------------------------

    def to_whispers_with(self, name: str) -> None:
        """Shows the whispers with somebody."""
        if not self.chat.is_own(name):
            self.to(self.chat.conversations.whispers_with(name).key)

    def beside(self, direction: int) -> None:
        """Shows the conversation after or before this one."""
        self.to(self.chat.conversations.beside(direction))

    def to_number(self, number: int) -> None:
        """Shows the conversation with this number."""
        key = self.chat.conversations.numbered(number)
        if key is not None:
            self.to(key)

    def to_unread(self) -> None:
        """Shows the next conversation with something unread."""
        key = self.chat.conversations.next_unread()
        if key is None:
            self._say(words.ALL_READ)
        else:
            self.to(key)

    def go(self, place: Place) -> None:
        """Goes where somebody chose to go; a command begins in the open conversation."""
        match place.kind:
            case "conversation":
                self.to(place.key)
            case "person":
                self.to_whispers_with(place.key)
            case _:
                self._entry.begin(place.key)

    def answer(self, accept: bool, inviter: str | None = None) -> None:
        """Answers an invitation, by default the newest that was seen: who accepts it thereby asks for the party's
        conversation.
        """
        cards = self.chat.story.cards
        if inviter is None and not cards:
            self._say(words.NO_INVITATION)
            return
        if inviter is None:
            # One that has just come is not the one that was read; with none before it, there is no doubt.
            inviter = self._inputs.last_seen(self._cards_s.items()) or cards[0].inviter
        elif not self._inputs.saw(self._placed_s):
            # There was another under the pointer, or none.
            return
        self.chat.order(f"/party {'accept' if accept else 'decline'} {inviter}")
        self._asked_for_party = accept
        if accept:
            self._leaving()

    def reply_to(self) -> str | None:
        """Whom one replies to who writes a reply now: the last one whispered with, as far as that was seen."""
        return self._inputs.last_seen(self._partners_s)

    def refused(self, trouble: str, *, has_gone: bool = False) -> None:
        """What was asked for by key or click was refused: told until the invitations are others, unless that is why."""
        self._asked_for_party = False
        self._trouble_with = ("", []) if has_gone else (trouble, list(self.chat.story.cards))
        self._entry.tell(trouble)

    def follow(self) -> None:
        """Takes note of since when what may be answered is on the screen. What was wrong with an invitation is so no
        longer when it is gone.
        """
        now_s, under_way = Message().time, self.chat.story.under_way
        if under_way.partner is not None and under_way.partner not in [name for name, _ in self._partners_s][-1:]:
            # Whom one writes to oneself, one knows at once.
            self._partners_s.append((under_way.partner, 0.0 if under_way.whispers else now_s))
        cards_s = {card.inviter: self._cards_s.get(card.inviter, now_s) for card in self.chat.story.cards}
        if cards_s != self._cards_s:
            self._cards_s, self._placed_s = cards_s, now_s
        trouble, cards = self._trouble_with
        if trouble and cards != self.chat.story.cards:
            self._trouble_with = ("", [])
            self._entry.tell_no_more(trouble)

    # -- by itself ----------------------------------------------------------------------------------------------------

    @property
    def is_told(self) -> bool:
        """Whether the story wants another conversation on the screen."""
        return self.chat.story.under_way.said_in is not None or self.chat.story.wants_open is not None

    def as_told(self) -> None:
        """Shows what the story wants on the screen now."""
        story, conversations = self.chat.story, self.chat.conversations
        said_in, story.under_way.said_in = story.under_way.said_in, None
        if said_in is not None and said_in != conversations.open_key and not self._is_busy():
            self._by_itself(said_in, asked=False)
        wanted, story.wants_open = story.wants_open, None
        if wanted is not None:
            self._to_wanted(wanted)

    def _to_wanted(self, key: str) -> None:
        """A conversation that has just begun, or public when one is over; but not under what somebody types, unless it
        was asked for by key or click.
        """
        asked, self._asked_for_party = self._asked_for_party and key == PARTY, False
        if key == self.chat.conversations.open_key and key != PARTY:
            return
        if not self._is_busy() or (asked and not self._elsewhere()):
            self._by_itself(key, asked=asked)
        elif key == PARTY:
            self._say(words.PARTY_BEGUN)
            self.chat.story.parties.note = ""
        else:
            self._entry.tell(words.PARTY_OVER)

    def _is_busy(self) -> bool:
        return bool(self._entry.text) or self._elsewhere()

    def _by_itself(self, key: str, *, asked: bool) -> None:
        """What one says is seen, wherever it was typed; but who types on already goes on where he was."""
        left = self.chat.conversations.open
        self.to(key)
        if left.key not in (key, PUBLIC):
            left.hidden = left.hidden or not (left.lines or left.pending)
        if not asked:
            self._inputs.changed(partial(self.to, left.key))
