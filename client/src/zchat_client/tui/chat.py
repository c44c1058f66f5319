"""One client and the story of its events: what the widgets show, and where what they are told goes. No terminal."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Final, NamedTuple

from zchat_client import events as e
from zchat_client import typed as t
from zchat_client.client import Client
from zchat_client.console import Console
from zchat_client.core.roster import name_key
from zchat_client.results import End
from zchat_client.tui import local
from zchat_client.tui.completion import People
from zchat_client.tui.conversation import PARTY, PUBLIC, Conversation
from zchat_client.tui.said import Said, is_said
from zchat_client.tui.story import Card, Story, Trouble
from zchat_common.errors import ZchatError

# What may wait for the screen; beyond it the client's own bound holds, which says how many were dropped.
_WAITING_EVENTS: Final = 50_000
_PAGE: Final = 100
# Whispers with one partner lie among those with all others: so many pages are looked through at a time.
_PAGES_AT_ONCE: Final = 10
# So many are listed from the start, those whom one whispered with last.
_PARTNERS: Final = 20
_GOODBYE_S: Final = 2.0
_TYPED: Final = 100
# Drafts are worth more than read positions, which change with every message.
_SAVE_S: Final = 0.5
_SAVE_READ_S: Final = 5.0


class Entered(NamedTuple):
    """What was typed, and the key of the conversation in which it was."""

    text: str
    key: str


class Chat:
    """Runs from :meth:`start` to the end of the client. ``changed`` is called when there is something to take in."""

    def __init__(self, client: Client, changed: Callable[[], None]) -> None:
        self.client = client
        self.console = Console(client)
        self.story = Story(client.name)
        self.people_changed = True
        self.loading: set[str] = set()
        self._changed = changed
        self._waiting: deque[e.Event] = deque()
        self._room = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        # What was typed for the latest lines: a refused one comes back as it was.
        self._typed: dict[str, Entered] = {}
        self._older_whispers: int | None = None
        self._whispers_complete = False
        self._save_timer: asyncio.TimerHandle | None = None
        self._restore()

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
                self._know_broker(event.fingerprint)
                self._take_statuses()
                self._begin()
            case e.Presence():
                self.people_changed = True
                self.story.people = len(self.client.roster())
                if self.is_own(event.name):
                    self.story.away = event.text if event.status == "away" else None
            case e.Disconnected():
                self.people_changed = True
            case e.Reconnected():
                self._take_statuses()
                self._take_cards()
                if self.client.party() is None:
                    self.story.end_party()
                self._load_open()
            case e.Invited() | e.Party():
                self.people_changed = True
                self._take_cards()
            case e.Message() | e.Whisper():
                self._save_soon(_SAVE_READ_S)
            case _:
                pass

    def _take_statuses(self) -> None:
        self.people_changed = True
        away = {name_key(entry.name): entry.text for entry in self.client.roster() if entry.status == "away"}
        self.story.away_names = set(away)
        self.story.away = away.get(name_key(self.client.name))

    def _know_broker(self, fingerprint: str) -> None:
        """A broker that was set up anew counts from 1 again: what was read of the one before says nothing."""
        notes = self.client.notes
        if notes.get("broker", fingerprint) != fingerprint:
            for key in notes.items():
                if key.startswith(("read.", "closed.")):
                    notes.set(key, None)
            for conversation in self.story.conversations.values():
                conversation.read_seq = 0
                conversation.hidden = conversation.partner is not None and not conversation.draft
        notes.set("broker", fingerprint)

    def _take_cards(self) -> None:
        self.story.cards = [Card(*each) for each in self.client.invitations()]

    def _begin(self) -> None:
        self.people_changed = True
        self._take_cards()
        self.load_older(self.story.conversations[PUBLIC])
        if self.client.party() is not None:
            party = self.story.party()
            self._restore_conversation(party)
            self.load_older(party)
        self._start(self._load_partners())
        self._load_open()

    def _load_open(self) -> None:
        """What one has opened while nothing could be loaded."""
        if self.story.open.first_seq is None:
            self.load_older(self.story.open)

    async def leave(self) -> None:
        """Leaves the chat as ``/exit`` does, and does not wait long for a broker that does not answer."""
        self.save()
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

    async def close(self) -> None:
        """Ends the client at once; the broker keeps the user's seat."""
        for task in self._tasks:
            task.cancel()
        self.save()
        await self.client.close()

    # -- typing -------------------------------------------------------------------------------------------------------

    def enter(self, text: str) -> Trouble | None:
        """Takes what was typed into the open conversation; what is wrong with it at first sight."""
        conversation = self.story.open
        try:
            if (said := local.parse(text)) is not None:
                self._do(said)
                return None
            line = self._addressed(text, conversation)
            t.parse(line)
        except ZchatError as error:
            return Trouble(error.text, text)
        self.story.trouble = None
        conversation.forget_mark()
        self.story.entered(line)
        self._typed[line] = Entered(text, conversation.key)
        if len(self._typed) > _TYPED:
            del self._typed[next(iter(self._typed))]
        self.console.enter(line)
        return None

    def as_typed(self, line: str) -> Entered:
        """What was typed and where, for the line that it was sent as."""
        return self._typed.get(line, Entered(line, self.story.open_key))

    def _addressed(self, text: str, conversation: Conversation) -> str:
        """Plain text and actions go to the open conversation, every other command where it says."""
        typed = text.strip()
        is_action = typed.lower().startswith("/me ")
        if (
            conversation.key == PUBLIC
            or not typed
            or (typed.startswith("/") and not typed.startswith("//") and not is_action)
        ):
            return text
        body = typed[1:] if typed.startswith("//") else typed
        return f"/w {conversation.partner} {body}" if conversation.partner is not None else f"/p {body}"

    def _do(self, said: local.Local) -> None:
        match said:
            case local.Notify():
                self.story.open.notify = said.level
                self.client.notes.set(f"notify.{self.story.open_key}", said.level)
                self._save_soon()
            case local.Close():
                self.close_conversation()

    def close_conversation(self) -> None:
        """Takes the open conversation off the list until something is said in it."""
        if self.story.open_key != PUBLIC:
            left = self.story.open
            self.story.show(PUBLIC)
            # What was typed there was the command itself.
            left.hidden, left.draft = True, ""
            if left.partner is not None:
                self.client.notes.set(f"closed.{left.key}", left.last_seq)
                self._save_soon()

    # -- older messages -----------------------------------------------------------------------------------------------

    def load_older(self, conversation: Conversation) -> None:
        """Loads an older page, unless one is under way or there is nothing older."""
        if conversation.complete or conversation.key in self.loading or not self.client.link.connected:
            return
        self.loading.add(conversation.key)
        self._start(self._load(conversation))

    async def _load(self, conversation: Conversation) -> None:
        try:
            if conversation.partner is not None:
                await self._load_whispers(conversation)
            else:
                page = await self.client.history(conversation.key, conversation.first_seq, _PAGE)
                lines = [self.story.reader.line_of(each) for each in page.messages if isinstance(each, e.Message)]
                conversation.behind(lines[-1].seq if lines else 0)
                added = conversation.prepend(lines)
                self.story.took_page(conversation, lines[:added])
                conversation.complete = not added or lines[0].seq <= page.first
        except ZchatError:
            conversation.complete = conversation.key == PARTY
        finally:
            self.loading.discard(conversation.key)
            self._changed()

    async def _load_partners(self) -> None:
        """Whom one has whispered with lately is listed from the start."""
        with contextlib.suppress(ZchatError):
            for conversation in await self._whisper_page():
                conversation.hidden = conversation.last_seq <= self._closed(conversation)
        self._changed()

    async def _load_whispers(self, conversation: Conversation) -> None:
        before = conversation.first_seq
        for _ in range(_PAGES_AT_ONCE):
            if self._whispers_complete or conversation.first_seq != before:
                break
            await self._whisper_page()
        conversation.complete = self._whispers_complete

    async def _whisper_page(self) -> list[Conversation]:
        """One page of all whispers, to each conversation what is its own; returns those."""
        page = await self.client.history("user", self._older_whispers, _PAGE)
        whispers = [each for each in page.messages if is_said(each)]
        self.story.reader.arrived.update(page.delivered)
        if self._older_whispers is None:
            top = (whispers[-1].seq or 0) if whispers else 0
            for conversation in self.story.conversations.values():
                if conversation.partner is not None:
                    conversation.behind(top)
        pages: dict[str, list[Said]] = {}
        for whisper in whispers:
            pages.setdefault(self.story.conversation_of(whisper).key, []).append(whisper)
        for key, those in pages.items():
            conversation = self.story.conversations[key]
            self._restore_conversation(conversation)
            lines = [self.story.reader.line_of(each) for each in those]
            self.story.took_page(conversation, lines[: conversation.prepend(lines)])
        first_seq = (whispers[0].seq or 0) if whispers else 0
        self._whispers_complete = first_seq <= page.first
        self._older_whispers = first_seq or self._older_whispers
        return [self.story.conversations[key] for key in pages]

    async def load_until(self, conversation: Conversation, seq: int) -> None:
        """Loads older pages until this message is there."""
        while (conversation.first_seq or 0) > seq and not conversation.complete:
            before = conversation.first_seq
            await self._load(conversation)
            if conversation.first_seq == before:
                return

    async def find(self, conversation: Conversation, words: str) -> list[int]:
        """The seqs of the messages with these words, the oldest first; all that the broker and this client can read."""
        topic = "user" if conversation.partner is not None else conversation.key
        wanted = words.casefold().split()
        found = {line.seq for line in conversation.lines if line.seq and all(w in line.text.casefold() for w in wanted)}
        if self.client.link.connected:
            with contextlib.suppress(ZchatError):
                for hit in await self.client.search(topic, words):
                    if isinstance(hit, (e.Message, e.Whisper)) and self.story.conversation_of(hit) is conversation:
                        found.add(hit.seq)
        return sorted(found)

    # -- what is remembered -------------------------------------------------------------------------------------------

    def _restore(self) -> None:
        for conversation in self.story.conversations.values():
            self._restore_conversation(conversation)
        notes = self.client.notes
        keys = {key.partition(".")[2] for key in notes.items() if key.startswith(("draft.@", "read.@"))}
        partners = [self.story.whispers_with(str(notes.get(f"name.{key}", key[1:]))) for key in sorted(keys)]
        for conversation in partners:
            self._restore_conversation(conversation)
        partners.sort(key=lambda each: -each.read_seq)
        for place, conversation in enumerate(partners):
            is_old = place >= _PARTNERS or conversation.read_seq <= self._closed(conversation)
            conversation.hidden = is_old and not conversation.draft

    def _closed(self, conversation: Conversation) -> int:
        """The message after which it was taken off the list."""
        closed = self.client.notes.get(f"closed.{conversation.key}", 0)
        return closed if isinstance(closed, int) else 0

    def _restore_conversation(self, conversation: Conversation) -> None:
        notes = self.client.notes
        conversation.draft = conversation.draft or str(notes.get(f"draft.{conversation.key}", ""))
        conversation.notify = str(notes.get(f"notify.{conversation.key}", ""))
        read = notes.get(f"read.{conversation.key}", 0)
        conversation.read_seq = max(conversation.read_seq, read if isinstance(read, int) else 0)

    def keep_draft(self, text: str) -> None:
        """Remembers what was begun in the open conversation."""
        if text != self.story.open.draft:
            self.story.open.draft = text
            self._save_soon()

    def _save_soon(self, within_s: float = _SAVE_S) -> None:
        loop = asyncio.get_running_loop()
        if self._save_timer is not None and self._save_timer.when() > loop.time() + within_s:
            self._save_timer.cancel()
            self._save_timer = None
        if self._save_timer is None:
            self._save_timer = loop.call_later(within_s, self.save)

    def save(self) -> None:
        """Writes drafts and read positions down."""
        if self._save_timer is not None:
            self._save_timer.cancel()
            self._save_timer = None
        notes = self.client.notes
        for conversation in self.story.conversations.values():
            notes.set(f"draft.{conversation.key}", conversation.draft or None)
            notes.set(f"read.{conversation.key}", conversation.read_seq or None)
            if conversation.partner is not None:
                notes.set(f"name.{conversation.key}", conversation.partner)
        # Nothing in it is dear: whoever cannot write here has been told by the client already.
        with contextlib.suppress(OSError):
            notes.flush()

    # -- people -----------------------------------------------------------------------------------------------------

    def commands(self) -> tuple[e.HelpLine, ...]:
        """Every command that one may type here."""
        return (*t.help_lines(self.client.is_admin), *local.LINES)

    def people(self) -> People:
        """Whose names may be wanted in what one types."""
        party = self.client.party()
        return People(
            tuple([entry.name for entry in self.client.roster() if not self.is_own(entry.name)]),
            tuple(self.story.open.speakers()),
            () if party is None else tuple([name for name in party.members if not self.is_own(name)]),
            tuple([card.inviter for card in self.story.cards]),
        )

    def is_own(self, name: str) -> bool:
        """Whether this is one's own name."""
        return name_key(name) == name_key(self.client.name)

    def is_away(self) -> bool:
        """Whether the others see one as away."""
        return any(entry.status == "away" and self.is_own(entry.name) for entry in self.client.roster())

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
