"""One client and the story of its events: what the widgets show, and where what they are told goes. No terminal."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from zchat_client import events as e
from zchat_client import typed as t
from zchat_client.client import Client
from zchat_client.console import Console, last_words
from zchat_client.core.roster import name_key
from zchat_client.partner import nobody_to_reply
from zchat_client.results import End
from zchat_client.tasks import start
from zchat_client.tui import screen_commands, words
from zchat_client.tui.addresses import addressed
from zchat_client.tui.completion import People
from zchat_client.tui.conversation import PUBLIC, Conversation
from zchat_client.tui.event_lines import is_order
from zchat_client.tui.line import Kind
from zchat_client.tui.memory import Memory
from zchat_client.tui.older import Older
from zchat_client.tui.story import Card, Story, Trouble
from zchat_client.tui.textfit import one_line
from zchat_client.tui.writing import Refused
from zchat_common.errors import Code, ZchatError

# What may wait for the screen; beyond it the client's own bound holds, which says how many were dropped.
_WAITING_EVENTS: Final = 50_000
_GOODBYE_S: Final = 2.0
# More lines than anybody types while nothing is answered.
_TYPED: Final = 10_000


class Entered(NamedTuple):
    """What was typed, and the key of the conversation in which it was."""

    text: str
    key: str


class Chat:
    """Runs from :meth:`run` to the end of the client. ``changed`` is called when there is something to take in, and
    ``let_in`` with the name that one has at the broker.
    """

    def __init__(self, client: Client, changed: Callable[[], None], let_in: Callable[[str], None]) -> None:
        self.client = client
        self.console = Console(client)
        self.story = Story(client.name)
        self.conversations = self.story.conversations
        self.memory = Memory(client.notes, self.conversations)
        self.older = Older(client, self.story, self.memory, changed)
        self.people_changed = True
        # What the client waits for from the user before it goes on, in words.
        self.needs = ""
        self._changed = changed
        self._let_in = let_in
        self._waiting: deque[e.Event] = deque()
        self._room = asyncio.Event()
        # What was typed for the latest lines, by id, or by the line if it had none: a refused one comes back as it was.
        self._typed: dict[int | str, Entered | None] = {}
        # What earlier chats have sent and had no answer to.
        self._in_doubt: tuple[str, ...] = ()
        # One is away since one types nothing, and back as soon as one does.
        self._is_idle = False
        # One has said that one is away, and it is not known yet.
        self._says_away = False
        self._telling_idle: asyncio.Task[None] | None = None
        self.memory.begin()

    # -- life -------------------------------------------------------------------------------------------------------

    async def run(self) -> End:
        """Reads the events to the last; returns how it ended."""
        self.client.start()
        async for event in self.client:
            self._waiting.append(event)
            self._changed()
            while len(self._waiting) >= _WAITING_EVENTS:
                self._room.clear()
                await self._room.wait()
        assert self.client.end is not None
        return self.client.end

    def take(self, budget_s: float) -> bool:
        """Takes events in for so long; True if more are waiting."""
        until = time.perf_counter() + budget_s
        while self._waiting:
            self._take(self._waiting.popleft())
            if time.perf_counter() > until:
                break
        self._room.set()
        return bool(self._waiting)

    def _take(self, event: e.Event) -> None:
        self.story.take(event)
        match event:
            case e.Connected():
                self.story.people = len(event.users)
                self.memory.know_broker(event.fingerprint)
                self._let_in(event.name)
                self._take_statuses()
                self._begin()
            case e.Presence():
                self.people_changed = True
                self.story.people = self.client.online
                if self.is_own(event.name):
                    self._says_away = False
                    self.story.away = event.text if event.status == "away" else None
            case e.Disconnected() | e.Bye():
                self.people_changed = True
            case e.Reconnected():
                self._take_statuses()
                self._take_cards()
                if self.client.party() is None:
                    self.story.end_party(event.at)
                self._load_open()
            case e.Invited() | e.Party():
                self.people_changed = True
                self._take_cards()
            case e.Ignored() | e.Error(code=Code.NO_INVITATION):
                self._take_cards()
            case e.Error(code=Code.STREAM_FORGED) if self.client.party() is not None:
                self.people_changed = True
                self.story.go_on_with_party()
            case e.Message() | e.Whisper():
                self.memory.keep_read()
            case _:
                pass

    def _take_statuses(self) -> None:
        """What of each is so now, after a time of which nothing is known."""
        self.people_changed = True
        away = {name_key(entry.name): entry.text for entry in self.client.roster() if entry.status == "away"}
        self.story.away_names = set(away)
        self.story.away = away.get(name_key(self.client.name))
        self._is_idle &= self.is_away()

    def _take_cards(self) -> None:
        self.story.cards = [Card(*each) for each in self.client.invitations()]

    def _begin(self) -> None:
        self.people_changed = True
        self._take_cards()
        self.older.load(self.conversations.public)
        self.story.parties.joined = self.client.party() is not None
        if self.story.parties.joined:
            party = self.conversations.party()
            self.memory.restore(party)
            self.older.load(party)
        else:
            self.memory.forget_party()
        self.older.load_partners()
        self._load_open()

    def _load_open(self) -> None:
        """What one has opened while nothing could be loaded."""
        if self.conversations.open.first_seq is None:
            self.older.load(self.conversations.open)

    def go_on_from(self, before: "Chat") -> None:
        """What was typed before one was let in, or while one was not, is not lost; and what the broker may have is not
        sent again by itself, since it would stand there twice.
        """
        writing = self.conversations.public.writing
        writing.draft = writing.draft or before.conversations.public.writing.draft
        for conversation in before.conversations:
            if conversation.writing.inputs:
                self._counterpart(conversation).writing.inputs = [*conversation.writing.inputs]
        self._is_idle = before._is_idle
        self._in_doubt = before._all_in_doubt()
        for line in self._in_doubt:
            writing.remember_input(line)
            self.conversations.opening(
                words.IN_DOUBT.format(line=one_line(line)), round(time.time() * 1000), Kind.ERROR
            )
        for number, line in before.console.never_sent.items():
            self._enter(line, before.as_typed(Trouble("", line, number)))

    def _counterpart(self, other: Conversation) -> Conversation:
        """The conversation with the same people as one of another chat; listed only if it was here already."""
        if (found := self.conversations.get(other.key)) is not None:
            return found
        made = self.conversations.party() if other.partner is None else self.conversations.whispers_with(other.partner)
        # If one is in a party still, the broker says so.
        made.hidden, made.over = True, other.partner is None
        return made

    async def leave(self) -> None:
        """Leaves the chat as ``/exit`` does, and does not wait long for a broker that does not answer, nor at all for
        one that is known to be gone.
        """
        self.memory.save()
        if self.client.link.connected:
            leaving = asyncio.create_task(self.client.leave())
            await asyncio.wait((leaving,), timeout=_GOODBYE_S)
            if not leaving.done():
                leaving.cancel()
                await asyncio.gather(leaving, return_exceptions=True)
        await self.close()

    async def settle(self) -> tuple[str, ...]:
        """Waits a moment for what is under way; returns what has still not been sent."""
        if self.client.link.connected:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.console.settled(), _GOODBYE_S)
        return self.console.unsent

    def _all_in_doubt(self) -> tuple[str, ...]:
        # Who was let in has been told of those before.
        return (*(() if self.story.registered else self._in_doubt), *self.console.in_doubt.values())

    def last_words(self) -> tuple[str, ...]:
        """What has not been sent or is not known to be, for who is back in the shell."""
        return last_words(self.console.never_sent.values(), self._all_in_doubt())

    def keep_unsent(self) -> None:
        """What was typed and is not known to be sent waits where it was typed, at the next start: whoever has closed
        the window reads no last words.
        """
        for number, line in (self.console.in_doubt | self.console.never_sent).items():
            entered = self.as_typed(Trouble("", line, number))
            if entered is not None and not is_order(line):
                conversation = self.conversations.get(entered.key) or self.conversations.public
                conversation.writing.refused.append(Refused(entered.text, words.ENDED_FIRST))
        self.memory.save()

    async def close(self) -> None:
        """Ends the client at once; the broker keeps the user's seat."""
        self.older.close()
        self.memory.save()
        await self.client.close()

    # -- typing -------------------------------------------------------------------------------------------------------

    def enter(self, text: str) -> Trouble | None:
        """Takes what was typed into the open conversation; what is wrong with it at first sight."""
        conversation = self.conversations.open
        try:
            if (said := screen_commands.parse(text)) is not None:
                self._do(said)
                return None
            typed = t.parse(text, self.client.is_admin)
            if isinstance(typed, t.WhisperTo) and typed.recipient is None and conversation.writing.replies_to == "":
                partner = self.story.under_way.partner
                if partner is not None:
                    raise ZchatError(Code.NOBODY_TO_REPLY, words.BEGUN_FOR_NOBODY.format(name=partner))
                raise nobody_to_reply()
        except ZchatError as error:
            return Trouble(error.text, text)
        line = addressed(text, typed, conversation)
        if conversation.over and isinstance(typed, t.Say):
            return Trouble(words.PARTY_OVER, text)
        if isinstance(typed, (t.Away, t.Back)):
            # From now on that is one's own word.
            self._is_idle, self._says_away = False, isinstance(typed, t.Away)
        conversation.news.forget_mark()
        self.story.under_way.entered(line)
        self._enter(line, Entered(text, conversation.key))
        return None

    def follow_idle(self, idle: bool) -> None:
        """Shows who types nothing as away, and as back when he does: to be asked again and again, since it is told only
        while there is a connection. Nobody has typed it, so it is nothing that could be unsent.
        """
        if not self.client.link.connected or idle == self._is_idle or (idle and (self.is_away() or self._says_away)):
            return
        self._is_idle = idle
        self._telling_idle = start(self._tell_idle(idle))

    async def _tell_idle(self, idle: bool) -> None:
        # Refused, or at an end: the others see what they saw.
        with contextlib.suppress(ZchatError):
            await (self.client.away() if idle else self.client.back())

    def order(self, line: str) -> None:
        """Enters a command that nobody has typed: that of a key, a button or the clock."""
        self._enter(line, None)

    def _enter(self, line: str, entered: Entered | None) -> None:
        """Every line goes this way to the client: whatever becomes of it, it is known what was typed and where."""
        typed = t.parse(line)
        self.story.parties.leaves |= isinstance(typed, t.PartyLeave)
        number = self.console.enter(line)
        if number is not None and isinstance(typed, t.WhisperTo) and typed.recipient is not None:
            self.story.under_way.whispering(typed.recipient, number)
        self._typed[line if number is None else number] = entered
        if len(self._typed) > _TYPED:
            del self._typed[next(iter(self._typed))]

    def as_typed(self, trouble: Trouble) -> Entered | None:
        """What was typed and where, for a line that was refused; None if nobody has typed it."""
        key = trouble.typed if trouble.id is None else trouble.id
        return self._typed.get(key, Entered(trouble.typed, self.conversations.open_key))

    def _do(self, said: screen_commands.ScreenCommand) -> None:
        match said:
            case screen_commands.Notify(""):
                told = words.told_of(self.story.notices.level(self.conversations.open))
                self.conversations.system(told, round(time.time() * 1000))
            case screen_commands.Notify():
                self.memory.keep_level(self.conversations.open, said.level)
            case screen_commands.Close():
                self._close_conversation()
            case screen_commands.Open():
                self._open_whispers(said.name)

    def _open_whispers(self, name: str) -> None:
        """Opens the whispers with somebody who is here or was whispered with. Raises ZchatError for others."""
        if self.is_own(name):
            raise ZchatError(Code.NOT_YOURSELF, words.THAT_IS_YOU)
        here = next((entry.name for entry in self.client.roster() if name_key(entry.name) == name_key(name)), None)
        known = self.conversations.get(f"@{name_key(name)}")
        if here is None and (known is None or (known.hidden and not (known.lines or known.news.read_seq))):
            raise ZchatError(Code.NO_SUCH_USER, words.NOT_HERE.format(name=name))
        # What was typed there was the command itself.
        self.conversations.open.writing.draft = ""
        self.conversations.show(self.conversations.whispers_with(here or name).key)

    def _close_conversation(self) -> None:
        """Takes the open conversation off the list until something is said in it. Raises ZchatError for public."""
        left = self.conversations.open
        if left.key == PUBLIC:
            raise ZchatError(Code.USAGE, words.PUBLIC_STAYS)
        self.conversations.show(PUBLIC)
        # What was typed there was the command itself.
        left.hidden, left.writing.draft = True, ""
        if left.partner is not None:
            self.memory.keep_closed(left)

    # -- people -----------------------------------------------------------------------------------------------------

    def commands(self) -> tuple[e.HelpLine, ...]:
        """Every command that one may type here."""
        return (*t.help_lines(self.client.is_admin), *screen_commands.LINES)

    def people(self) -> People:
        """Whose names may be wanted in what one types."""
        party = self.client.party()
        return People(
            tuple([entry.name for entry in self.client.roster() if not self.is_own(entry.name)]),
            tuple(self.conversations.open.speakers()),
            () if party is None else tuple([name for name in party.members if not self.is_own(name)]),
            tuple([card.inviter for card in self.story.cards]),
            self.client.ignored.names,
        )

    def is_own(self, name: str) -> bool:
        """Whether this is one's own name."""
        return name_key(name) == name_key(self.client.name)

    def is_away(self) -> bool:
        """Whether the others see one as away."""
        return self.story.away is not None
