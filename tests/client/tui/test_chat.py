"""What is typed into a conversation, and what becomes of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.client.offline import offline, run
from tests.client.tui.telling import connected, presence
from zchat_client import typed as t
from zchat_client.tui.addresses import addressed
from zchat_client.tui.chat import Chat, Entered
from zchat_client.tui.conversation import PARTY, PUBLIC, Conversation
from zchat_client.tui.line import Kind
from zchat_client.tui.story import Trouble
from zchat_common.messages import RosterEntry

_WHISPERS = Conversation("@bob", "@bob", "Bob")
_PARTY = Conversation(PARTY, "party")


@pytest.mark.parametrize(
    ("text", "whispered", "to_party"),
    [
        ("hello", "/w Bob hello", "/p hello"),
        (" one\ntwo ", "/w Bob one\ntwo", "/p one\ntwo"),
        ("/me waves", "/w Bob /me waves", "/p /me waves"),
        ("/ME waves", "/w Bob /me waves", "/p /me waves"),
        ("/me\nsecret", "/w Bob /me secret", "/p /me secret"),
        ("//shrug", "/w Bob /shrug", "/p /shrug"),
        ("//me waves", "/w Bob //me waves", "/p //me waves"),
        ("//Me waves", "/w Bob //Me waves", "/p //Me waves"),
        ("//me", "/w Bob //me", "/p //me"),
        ("//menu", "/w Bob /menu", "/p /menu"),
        ("//me\nwaves", "/w Bob /me\nwaves", "/p /me\nwaves"),
        ("/who", "/who", "/who"),
        ("/w carol hi", "/w carol hi", "/w carol hi"),
    ],
)
def test_what_is_said_goes_to_the_open_conversation_whatever_it_looks_like(
    text: str, whispered: str, to_party: str
) -> None:
    typed = t.parse(text)
    assert addressed(text, typed, Conversation(PUBLIC, "public")) == text
    for conversation, line in ((_WHISPERS, whispered), (_PARTY, to_party)):
        assert addressed(text, typed, conversation) == line
        sent = t.parse(line)
        assert not isinstance(sent, t.Say)
        if isinstance(typed, t.Say) and isinstance(sent, t.PartySay):
            assert sent.action == typed.action


def test_nobody_is_sorted_for_each_who_comes_or_goes(tmp_path: Path) -> None:
    async def play() -> None:
        chat = begin(tmp_path)
        chat.client._session.reading.roster.replace(1, [RosterEntry("Alice", "away", 1, "tea")])
        chat.client.roster = pytest.fail  # type: ignore[method-assign]
        chat._take(replace(presence("away", "Alice"), text="tea"))
        assert (chat.story.people, chat.story.away, chat.is_away()) == (1, "tea", True)
        chat._take(presence("online", "Alice"))
        assert not chat.is_away()
        await chat.close()

    run(play())


def begin(data: Path) -> Chat:
    return Chat(offline(data), changed=lambda: None, let_in=lambda _name: None)


def type_in(chat: Chat, name: str, text: str) -> None:
    chat.conversations.show(chat.conversations.whispers_with(name).key if name else PUBLIC)
    chat.conversations.open.writing.remember_input(text)
    assert chat.enter(text) is None


def told(chat: Chat) -> list[str]:
    return [line.text.rpartition(": ")[2] for line in chat.conversations.public.lines if line.kind is Kind.ERROR]


def test_who_goes_on_under_another_name_finds_what_he_typed_where_he_typed_it(tmp_path: Path) -> None:
    async def play() -> None:
        before = begin(tmp_path / "before")
        type_in(before, "Bob", "hello")
        type_in(before, "", "/party leave")
        await before.close()
        await before.console.settled()
        after = begin(tmp_path / "after")
        after.go_on_from(before)
        assert after.console.unsent == ("/w Bob hello", "/party leave")
        assert after.as_typed(Trouble("No.", "/w Bob hello", 1)) == Entered("hello", "@bob")
        bob = after.conversations["@bob"]
        assert (bob.writing.inputs, after.conversations.public.writing.inputs) == (["hello"], ["/party leave"])
        assert after.story.parties.leaves
        await after.close()

    run(play())


def test_what_the_broker_may_have_is_told_until_one_is_let_in(tmp_path: Path) -> None:
    async def play() -> None:
        chat = begin(tmp_path / "0")
        type_in(chat, "", "perhaps")
        chat.console._in_doubt.add(1)
        for number, expected in enumerate((["perhaps"], ["perhaps"], []), start=1):
            await chat.close()
            await chat.console.settled()
            before, chat = chat, begin(tmp_path / str(number))
            chat.go_on_from(before)
            assert told(chat) == expected
            assert chat.conversations.public.writing.inputs == ["perhaps"]
            assert chat.last_words() == tuple([f"not known to be sent: {line}" for line in expected])
            chat.enter("surely")
            assert chat.last_words()[-1] == "not sent: surely"
            chat.console._unsent.clear()
            if number == 2:
                chat.story.take(connected())
        await chat.close()

    run(play())


def test_the_same_line_typed_in_two_places_comes_back_to_each(tmp_path: Path) -> None:
    async def play() -> None:
        chat = begin(tmp_path)
        type_in(chat, "", "/w Bob hello")
        type_in(chat, "Bob", "hello")
        type_in(chat, "", "/away")
        chat.order("/away")
        typed = [chat.as_typed(Trouble("No.", "", number)) for number in (1, 2, 3, 4)]
        assert typed == [Entered("/w Bob hello", PUBLIC), Entered("hello", "@bob"), Entered("/away", PUBLIC), None]
        await chat.close()

    run(play())
