"""What was said before is read page by page, whispers opened, and what cannot be opened is not left out in silence."""

import asyncio

import pytest

from tests.people import identity_of, sealed
from zchat_client.core.contacts import Contacts
from zchat_client.core.outputs import Output, Reply
from zchat_client.core.questions import Make
from zchat_client.events import Error, Event, History, Message, Whisper
from zchat_client.past import Past
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.errors import Code, ZchatError


def say(seq: int, text: str) -> m.Say:
    return m.Say(seq, seq, "Bob", text, False)


def whisper(seq: int, text: str, body: bytes | None = None) -> m.Whisper:
    body = sealed(text, "Bob", "Alice", n=seq) if body is None else body
    return m.Whisper(seq, seq, "Bob", "Alice", m.SEALED, body, "online")


def hides(event: Event) -> bool:
    return isinstance(event, Message) and event.sender == "Mallory"


class Shelf:
    """A broker that gives out at most two messages at once."""

    def __init__(self, *kept: m.Kept) -> None:
        self.kept = kept
        self.topics: list[str] = []
        self.put_out: list[Output] = []
        self.past = Past("Alice", self.ask, Contacts("Alice", identity_of("Alice"), {}, self.put_out.append))

    def history(self, topic: str, before: int | None, limit: int) -> History:
        return asyncio.run(self.past.history(topic, before, limit, hides))

    async def ask(self, make: Make) -> Reply:
        question = make(b"token", 1)
        if isinstance(question, m.AskParty):
            return m.Party(1, None)
        assert isinstance(question, m.AskHistory)
        self.topics.append(question.topic)
        older = [message for message in self.kept if question.before is None or message.seq < question.before]
        page = older[-min(2, question.limit) :]
        return m.History(1, question.topic, 1, len(self.kept), tuple([wire.encode(message) for message in page]))


def test_a_history_is_put_together_from_pages_and_ends_where_it_should() -> None:
    shelf = Shelf(*[say(seq, f"text {seq}") for seq in range(1, 8)])
    found = shelf.history("public", None, 5)
    assert [event.seq for event in found.messages if isinstance(event, Message)] == [3, 4, 5, 6, 7]
    found = shelf.history("public", 4, 20)
    assert [event.seq for event in found.messages if isinstance(event, Message)] == [1, 2, 3]
    assert shelf.history("public", None, 0).messages == ()
    assert set(shelf.topics) == {"public"}


def test_what_is_hidden_stands_before_no_older_message() -> None:
    noise = [m.Say(seq, seq, "Mallory", "noise", False) for seq in range(3, 9)]
    shelf = Shelf(say(1, "one"), say(2, "two"), *noise, say(9, "nine"))
    assert [event.seq for event in shelf.history("public", None, 2).messages if isinstance(event, Message)] == [2, 9]
    assert [event.seq for event in shelf.history("public", 9, 2).messages if isinstance(event, Message)] == [1, 2]


def test_what_was_announced_is_part_of_the_history() -> None:
    shelf = Shelf(say(1, "one"), m.Announcement(2, 2, "Root", "the lab closes at six"), say(3, "three"))
    _, announced, _ = shelf.history("public", None, 20).messages
    assert isinstance(announced, Message)
    assert announced.announcement
    assert asyncio.run(shelf.past.search("public", "closes")) == (announced,)


def test_whispers_are_opened_and_what_cannot_be_is_an_error_in_its_place() -> None:
    shelf = Shelf(whisper(1, "one"), m.Delivered(2, 2, "Bob", 1), whisper(3, "", b"rubbish"), whisper(4, "four"))
    found = shelf.history("user", None, 20)
    assert [type(event) for event in found.messages] == [Whisper, Error, Whisper]
    assert isinstance(found.messages[1], Error)
    assert found.messages[1].code == "cannot_open"
    assert shelf.topics[0] == "user.alice"


def test_reading_again_pins_nothing() -> None:
    shelf = Shelf(whisper(1, "one"))
    shelf.history("user", None, 20)
    assert shelf.put_out == []


def test_a_search_goes_on_over_pages_that_hold_no_text() -> None:
    news = [m.Delivered(seq, seq, "Bob", 1) for seq in range(2, 8)]
    shelf = Shelf(whisper(1, "The Needle is here"), *news, whisper(8, "", b"rubbish"), whisper(9, "needle there"))
    found = asyncio.run(shelf.past.search("user", "NEEDLE here"))
    assert [event.text for event in found if isinstance(event, Whisper)] == ["The Needle is here", "needle there"]
    assert len(asyncio.run(shelf.past.search("user", "is needle"))) == 1
    assert asyncio.run(shelf.past.search("user", "nowhere")) == ()


@pytest.mark.parametrize(("topic", "code"), [("party", Code.NOT_IN_PARTY), ("elsewhere", Code.USAGE)])
def test_there_is_no_history_of_what_one_is_not_in(topic: str, code: Code) -> None:
    with pytest.raises(ZchatError) as error:
        Shelf().history(topic, None, 20)
    assert error.value.code is code
