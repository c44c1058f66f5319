"""All conversations of one run: which there are, which of them is open, and whether somebody sees its end."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from zchat_client.core.roster import name_key
from zchat_client.events import Place
from zchat_client.tui import words
from zchat_client.tui.conversation import PARTY, PUBLIC, Conversation
from zchat_client.tui.line import Kind, Line
from zchat_client.tui.numbering import listed


class Missed(NamedTuple):
    """How many messages of others an outage has brought late: where one looked then, and elsewhere."""

    here: int
    elsewhere: int


class Conversations:
    """``attentive``: whether somebody looks at the screen; ``missed``: what an outage has brought late."""

    def __init__(self) -> None:
        self._by_key: dict[str, Conversation] = {PUBLIC: Conversation(PUBLIC, words.PUBLIC_TITLE)}
        self.open_key = PUBLIC
        self.attentive = True
        # Whether the end of the open conversation is on the screen.
        self._at_end = True
        # Called with whispers that begin, for what was remembered of them.
        self.begun: Callable[[Conversation], None] = lambda _conversation: None
        # Told until another conversation is opened.
        self.missed: Missed | None = None

    def __iter__(self) -> Iterator[Conversation]:
        return iter(self._by_key.values())

    def __getitem__(self, key: str) -> Conversation:
        return self._by_key[key]

    def get(self, key: str) -> Conversation | None:
        """The conversation with this key, if it has begun."""
        return self._by_key.get(key)

    @property
    def public(self) -> Conversation:
        """The conversation of everybody."""
        return self._by_key[PUBLIC]

    @property
    def open(self) -> Conversation:
        """The conversation on the screen."""
        return self._by_key[self.open_key]

    def whispers_with(self, name: str, *, told: bool = False) -> Conversation:
        """The conversation of whispers with somebody, begun if there is none. Whom the broker has ``told`` of is called
        so from then on, whatever was typed before.
        """
        key = f"@{name_key(name)}"
        found = self._by_key.get(key)
        if found is None:
            found = self._by_key[key] = Conversation(key, f"@{name}", name)
            self.begun(found)
        elif told and found.partner != name:
            found.title, found.partner = f"@{name}", name
        return found

    def party(self) -> Conversation:
        """The party's conversation, begun if there is none."""
        found = self._by_key.get(PARTY)
        if found is None:
            found = self._by_key[PARTY] = Conversation(PARTY, words.PARTY_TITLE)
        return found

    # -- lines that nobody said ---------------------------------------------------------------------------------------

    def system(
        self, text: str, at: int, key: str | None = None, kind: Kind = Kind.SYSTEM, place: Place | None = None
    ) -> None:
        """A line that nobody said, by default in the open conversation; ``place``: where it stands among what was."""
        self._by_key[key or self.open_key].add(Line(kind, at, text, place=place))

    def opening(self, text: str, at: int, kind: Kind = Kind.SYSTEM) -> None:
        """A line for whoever comes in: below all that was said before, whenever that arrives."""
        self.public.add_last(Line(kind, at, text))

    def everywhere(self, text: str, at: int) -> None:
        """A line where one looks, and in public, where one looks for such things."""
        for key in dict.fromkeys((PUBLIC, self.open_key)):
            # What is about to be left for good does not come back for that.
            hidden = self._by_key[key].hidden
            self.system(text, at, key)
            self._by_key[key].hidden = hidden

    # -- getting around -----------------------------------------------------------------------------------------------

    def listed(self) -> list[Conversation]:
        """The conversations in the order of their numbers, which stay as they are once somebody has seen them."""
        return listed(self._by_key.values())

    def beside(self, direction: int) -> str:
        """The conversation so many places after or before the open one."""
        keys = [each.key for each in self.listed()]
        at = keys.index(self.open_key) if self.open_key in keys else 0
        return keys[(at + direction) % len(keys)]

    def numbered(self, number: int) -> str | None:
        """The conversation with this number."""
        return next((each.key for each in self.listed() if each.number == number), None)

    def next_unread(self) -> str | None:
        """The conversation to go to next: mentions and whispers first."""
        unread = [each for each in self.listed() if each.news.unread and each.key != self.open_key]
        unread.sort(key=lambda each: -(each.news.mentions > 0 or each.partner is not None))
        return unread[0].key if unread else None

    def show(self, key: str) -> None:
        """Opens a conversation at its end; what was new in the one left is not new any more."""
        if key != self.open_key:
            self.open.news.look_away()
            self.missed = None
            self._at_end = True
        left, self.open_key = self.open, key
        self.open.hidden = False
        self._read()
        if left.over and left is not self.open:
            self.put_away(left)

    def put_away(self, conversation: Conversation) -> None:
        """Takes one that is over off the lists, as soon as all in it is read."""
        conversation.hidden = not (conversation.news.unread or conversation.writing.has_begun)

    def look(self, *, attentive: bool, at_end: bool) -> bool:
        """Whether somebody looks at the screen now, and the end of the open conversation is on it: then he has read it.
        What was new there is so until he looks away; whoever scrolls goes on looking. True if he does so no more.
        """
        left = self.attentive and not attentive
        if left:
            self.open.news.look_away()
        self.attentive, self._at_end = attentive, at_end
        self._read()
        return left

    def _read(self) -> None:
        if self.attentive and self._at_end:
            self.open.mark_read()

    def sees(self, conversation: Conversation) -> bool:
        """Whether somebody sees what comes into this conversation."""
        return conversation.key == self.open_key and self.attentive and self._at_end

    # -- outages ------------------------------------------------------------------------------------------------------

    def caught_up(self) -> None:
        """The connection is there again, and so is what was missed."""
        counts = {each.key: each.caught_up() for each in self}
        here = counts.pop(self.open_key)
        self.missed = Missed(here, sum(counts.values()))
