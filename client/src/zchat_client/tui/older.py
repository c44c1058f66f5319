"""Messages of before: older pages, loaded until a message is there, and those with certain words."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final, TypeGuard

from zchat_client import events as e
from zchat_client.client import Client
from zchat_client.tasks import start
from zchat_client.tui.conversation import KEPT_READING, PARTY, Conversation
from zchat_client.tui.event_lines import Said, is_said
from zchat_client.tui.memory import Memory
from zchat_client.tui.story import Story
from zchat_common.errors import ZchatError

_PAGE: Final = 100
# Whispers with one partner lie among those with all others: so many pages are looked through at a time.
_PAGES_AT_ONCE: Final = 10


class Older:
    """Puts older pages in front of the conversations of a story; calls ``changed`` after each attempt."""

    def __init__(self, client: Client, story: Story, memory: Memory, changed: Callable[[], None]) -> None:
        self._client = client
        self._story = story
        self._memory = memory
        self._changed = changed
        # What is under way: the page of each conversation, and of all whispers one after another.
        self._pages: dict[str, asyncio.Task[None]] = {}
        self._partners: asyncio.Task[None] | None = None
        self._whispers = asyncio.Lock()
        # How far the pages of all whispers have come, with whomever they were.
        self._whispers_from: int | None = None
        self._whispers_complete = False

    def is_loading(self, conversation: Conversation) -> bool:
        """Whether an older page is under way."""
        return conversation.key in self._pages

    def load(self, conversation: Conversation) -> asyncio.Task[None] | None:
        """Loads an older page, which may be under way already; None if there is nothing older, or no connection."""
        if conversation.complete or not self._client.link.connected:
            return None
        if conversation.key not in self._pages:
            self._pages[conversation.key] = start(self._load(conversation))
        return self._pages[conversation.key]

    def load_partners(self) -> None:
        """Lists whom one has whispered with lately, as the latest page of whispers has them."""
        self._partners = start(self._load_partners())

    async def load_until(self, conversation: Conversation, seq: int) -> None:
        """Loads older pages until this message is there."""
        while (before := conversation.first_seq or 0) > seq:
            page = self.load(conversation)
            if page is None:
                return
            # Whoever waits may be given up; the page comes all the same.
            await asyncio.wait([page])
            if conversation.first_seq == before:
                return

    async def load_new(self, conversation: Conversation) -> None:
        """Loads older pages until the first of the new messages is there, but no more than one may want to read."""
        while conversation.new_goes_on and len(conversation.lines) < KEPT_READING:
            before = conversation.first_seq
            page = self.load(conversation)
            if page is None:
                return
            await asyncio.wait([page])
            if conversation.first_seq == before:
                return

    async def find(self, conversation: Conversation, words: str) -> list[int]:
        """The seqs of the messages with these words, the oldest first; all that the broker and this client can read."""
        topic = "user" if conversation.partner is not None else conversation.key
        wanted = words.casefold().split()
        found = {line.seq for line in conversation.lines if line.seq and all(w in line.text.casefold() for w in wanted)}
        if self._client.link.connected:
            with contextlib.suppress(ZchatError):
                for hit in await self._client.search(topic, words):
                    if self._is_shown(hit) and self._story.conversation_of(hit) is conversation:
                        found.add(hit.seq)
        return sorted(found)

    def close(self) -> None:
        """Gives up what is under way."""
        for task in self._pages.values():
            task.cancel()
        if self._partners is not None:
            self._partners.cancel()

    def _is_shown(self, hit: e.Event) -> TypeGuard[e.Message | e.Whisper]:
        return isinstance(hit, (e.Message, e.Whisper)) and not self._client.ignored.hides(hit)

    async def _load(self, conversation: Conversation) -> None:
        try:
            if conversation.partner is not None:
                await self._load_whispers(conversation)
            else:
                await self._load_page(conversation)
        except ZchatError:
            conversation.complete = conversation.key == PARTY
        finally:
            del self._pages[conversation.key]
            self._changed()

    async def _load_page(self, conversation: Conversation) -> None:
        page = await self._client.history(conversation.key, conversation.first_seq, _PAGE)
        lines = [self._story.reader.line_of(each) for each in page.messages if isinstance(each, e.Message)]
        conversation.behind(lines[-1].seq if lines else 0)
        added = conversation.prepend(lines)
        self._story.took_page(conversation, lines[:added])
        conversation.complete = not added or lines[0].seq <= page.first

    # -- whispers -----------------------------------------------------------------------------------------------------

    async def _load_partners(self) -> None:
        with contextlib.suppress(ZchatError):
            async with self._whispers:
                found = await self._whisper_page()
            for conversation in found:
                is_closed = conversation.last_seq <= self._memory.closed_at(conversation)
                is_open = conversation is self._story.conversations.open
                conversation.hidden = is_closed and not (is_open or conversation.writing.has_begun)
        self._changed()

    async def _load_whispers(self, conversation: Conversation) -> None:
        async with self._whispers:
            before = conversation.first_seq
            for _ in range(_PAGES_AT_ONCE):
                if self._whispers_complete or conversation.first_seq != before:
                    break
                await self._whisper_page()
        conversation.complete = self._whispers_complete

    async def _whisper_page(self) -> list[Conversation]:
        """One page of all whispers, to each conversation what is its own; returns those."""
        page = await self._client.history("user", self._whispers_from, _PAGE)
        whispers = [each for each in page.messages if is_said(each)]
        self._story.reader.arrived.update(page.delivered)
        if self._whispers_from is None:
            top = (whispers[-1].seq or 0) if whispers else 0
            partners = [each for each in self._story.conversations if each.partner is not None]
            for conversation in partners:
                conversation.behind(top)
            # Those that have come in this run were not there before it.
            self._memory.know_whispers(min([top, *[each.first_seq - 1 for each in partners if each.first_seq]]))
        found = self._by_conversation(whispers)
        for conversation, those in found.items():
            self._memory.know_read(conversation)
            lines = [self._story.reader.line_of(each) for each in those]
            self._story.took_page(conversation, lines[: conversation.prepend(lines)])
        first_seq = (whispers[0].seq or 0) if whispers else 0
        self._whispers_complete = first_seq <= page.first
        self._whispers_from = first_seq or self._whispers_from
        return list(found)

    def _by_conversation(self, whispers: list[Said]) -> dict[Conversation, list[Said]]:
        found: dict[Conversation, list[Said]] = {}
        for whisper in whispers:
            found.setdefault(self._story.conversation_of(whisper), []).append(whisper)
        return found
