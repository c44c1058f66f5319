"""What was said before: pages of a topic's history, read and searched as this client may and can read them."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from zchat_client.answers import own_party
from zchat_client.core.contacts import Contacts
from zchat_client.core.outputs import Reply
from zchat_client.core.questions import Make
from zchat_client.core.roster import name_key
from zchat_client.core.showing import event_of
from zchat_client.events import Event, History, Message, Whisper
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.clock import now
from zchat_common.errors import Code, ZchatError
from zchat_common.limits import HISTORY_PAGE_MAX
from zchat_common.topics import PUBLIC, party_topic, user_topic

_TEXTS = (m.Say, m.Whisper, m.Announcement)
# What the wire can carry.
_SEQ_MAX = 2**63 - 1

Ask = Callable[[Make], Awaitable[Reply]]


class _Page(NamedTuple):
    """Texts of a topic, the oldest first; what is before them begins below seq ``before``, or there is nothing."""

    events: list[Event]
    first: int
    before: int | None
    delivered: tuple[int, ...]


class Past:
    """Asks the broker for what it keeps."""

    def __init__(self, name: str, ask: Ask, contacts: Contacts) -> None:
        self._own_topic = user_topic(name_key(name))
        self._ask = ask
        self._contacts = contacts

    async def history(self, topic: str, before: int | None, limit: int, hides: Callable[[Event], bool]) -> History:
        """At most ``limit`` messages before seq ``before``, none that ``hides`` is true of; fewer only if there are no
        more. A whisper that cannot be opened is an error among them.

        Raises ZchatError(usage) for numbers that no history has.
        """
        if limit < 0 or not (before is None or 1 <= before <= _SEQ_MAX):
            raise ZchatError(Code.USAGE, f"A limit is 0 or more, and a seq from 1 to {_SEQ_MAX}.")
        name = await self._topic_name(topic)
        found: list[Event] = []
        delivered: list[int] = []
        first = 1
        while len(found) < limit:
            page = await self._page(name, before, min(limit, HISTORY_PAGE_MAX))
            found = [event for event in page.events if not hides(event)] + found
            first, before = page.first, page.before
            delivered += page.delivered
            if before is None:
                break
        shown = tuple(found[-limit:] if limit else ())
        return History(at=now().at, topic=topic, messages=shown, first=first, delivered=tuple(delivered))

    async def search(self, topic: str, words: str) -> tuple[Event, ...]:
        """The messages of a topic that contain all the words, ignoring case, the oldest first."""
        name = await self._topic_name(topic)
        wanted = words.casefold().split()
        page = await self._page(name, None, HISTORY_PAGE_MAX)
        found = [event for event in page.events if _has(event, wanted)]
        while page.before is not None:
            page = await self._page(name, page.before, HISTORY_PAGE_MAX)
            found = [event for event in page.events if _has(event, wanted)] + found
        return tuple(found)

    async def _page(self, topic: str, before: int | None, limit: int) -> _Page:
        reply = await self._ask(lambda token, ask: m.AskHistory(token, ask, topic, None, before, limit))
        if not isinstance(reply, m.History):
            raise ZchatError(Code.MALFORMED, "The broker answered something else than a history.")
        try:
            kept = [wire.decode_kept(body) for body in reply.messages]
        except wire.WireError:
            raise ZchatError(Code.MALFORMED, "What the broker answered is no history.") from None
        events = [event_of(topic, each, True, self._contacts.read) for each in kept if isinstance(each, _TEXTS)]
        more = kept and kept[0].seq > reply.first
        delivered = tuple([each.whisper_seq for each in kept if isinstance(each, m.Delivered)])
        return _Page(events, reply.first, kept[0].seq if more else None, delivered)

    async def _topic_name(self, topic: str) -> str:
        if topic == "public":
            return PUBLIC
        if topic == "user":
            return self._own_topic
        if topic != "party":
            raise ZchatError(Code.USAGE, "A topic is public, party or user.")
        return party_topic(own_party(await self._ask(m.AskParty)).party)


def _has(event: Event, words: list[str]) -> bool:
    return isinstance(event, (Message, Whisper)) and all(word in event.text.casefold() for word in words)
