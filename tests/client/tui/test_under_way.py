"""One's own lines, until the broker and the recipient have them."""

from dataclasses import replace

import pytest

from tests.client.tui.telling import message, states, texts, whisper
from zchat_client import events as e
from zchat_client.tui.conversation import PARTY
from zchat_client.tui.line import Kind, State
from zchat_client.tui.story import Story


def test_a_message_of_ones_own_is_pending_until_it_has_its_place(story: Story) -> None:
    story.take(e.Pending(at=0, typed="hello", id=1))
    assert [line.state for line in story.conversations.open.pending] == [State.PENDING]
    story.take(message(1, "before it"))
    story.take(e.Sent(at=0, topic="public", seq=2, typed="hello", id=1))
    assert [line.state for line in story.conversations.open.pending] == [State.KEPT]
    story.take(message(2, "hello", "alice"))
    assert story.conversations.open.pending == []
    assert texts(story.conversations.open) == ["before it", "hello"]
    assert story.conversations.open.lines[-1].state is State.KEPT


def test_a_line_shows_when_the_broker_had_it_not_when_it_was_typed(story: Story) -> None:
    for number, typed in enumerate(("/w bob psst", "hello", "there"), 1):
        story.take(e.Pending(at=60_000 + number, typed=typed, id=number, recipient="bob" if "/w" in typed else None))
    story.take(e.Sent(at=120_000, topic="user", seq=1, typed="/w bob psst", id=1, recipient="bob", delivery="online"))
    story.take(replace(message(1, "hello", "alice"), at=110_000))
    story.take(e.Sent(at=120_000, topic="public", seq=1, typed="hello", id=2))
    story.take(e.Sent(at=130_000, topic="public", seq=2, typed="there", id=3))
    assert [line.at for line in story.conversations["@bob"].pending] == [120_000]
    public = story.conversations.public
    said = [line for line in public.lines if line.kind is Kind.SAID]
    assert [line.at for line in said + public.pending] == [110_000, 130_000]


def test_published_before_it_was_acknowledged_is_no_second_message(story: Story) -> None:
    story.take(e.Pending(at=0, typed="hello", id=1))
    story.take(message(1, "hello", "alice"))
    story.take(e.Sent(at=0, topic="public", seq=1, typed="hello", id=1))
    assert story.conversations.open.pending == []
    assert texts(story.conversations.open) == ["hello"]


@pytest.mark.parametrize("published_first", [False, True])
def test_a_whisper_waits_for_its_recipient_until_it_is_delivered(story: Story, published_first: bool) -> None:
    story.take(e.Pending(at=0, typed="/w bob psst", id=1, recipient="bob"))
    sent = e.Sent(at=0, topic="user", seq=1, typed="/w bob psst", id=1, recipient="bob", delivery="stored")
    shown = whisper(1, "psst", "alice", "bob")
    for event in (shown, sent) if published_first else (sent, shown):
        story.take(event)
    bob = story.conversations["@bob"]
    assert states(bob) == [State.WAITING]
    story.take(e.Delivered(at=0, recipient="bob", seq=1))
    assert states(bob) == [State.DELIVERED]


def test_what_is_refused_is_under_way_no_more_and_told_beside_the_input(story: Story) -> None:
    story.take(e.Pending(at=0, typed="/w bbo psst", id=1, recipient="bbo"))
    story.take(e.Error(at=0, code="no_such_user", text="Nobody is called bbo.", typed="/w bbo psst", id=1))
    assert story.conversations["@bbo"].pending == []
    assert [(each.text, each.typed) for each in story.troubles] == [("Nobody is called bbo.", "/w bbo psst")]


def test_a_first_whisper_that_is_refused_stays_where_it_was_typed(story: Story) -> None:
    story.conversations.show(story.conversations.whispers_with("bob").key)
    refused_whisper(story)
    assert story.under_way.said_in is None
    assert (story.conversations.open_key, story.conversations.open.hidden) == ("@bob", False)


def test_a_whisper_to_nobody_leaves_no_conversation_behind(story: Story) -> None:
    refused_whisper(story)
    assert story.conversations["@bob"].hidden


def refused_whisper(story: Story) -> None:
    story.under_way.entered("/w bob hi")
    story.take(e.Pending(at=0, typed="/w bob hi", id=1, recipient="bob"))
    story.take(e.Error(at=0, code="muted", text="You are muted.", typed="/w bob hi", id=1))


def test_what_only_looks_like_an_action_is_none_while_it_is_under_way(story: Story) -> None:
    story.take(e.Pending(at=1, typed="//me waves", id=1, recipient=None))
    story.take(e.Pending(at=2, typed="/me waves", id=2, recipient=None))
    story.take(e.Pending(at=3, typed="/w bob /me waves", id=3, recipient="bob"))
    under_way = [*story.conversations.public.pending, *story.conversations["@bob"].pending]
    assert [(line.text, line.action) for line in under_way] == [("/me waves", False), ("waves", True), ("waves", True)]


def test_a_party_that_was_about_to_be_opened_is_not_when_one_is_in_none(story: Story) -> None:
    story.under_way.entered("/p hi")
    story.under_way.pending(e.Pending(at=0, typed="/p hi", id=1), "alice", waits=True)
    to_open = [story.under_way.said_in]
    story.take(e.Error(at=0, code="not_in_party", text="You are in no party.", typed="/p hi", id=1))
    to_open.append(story.under_way.said_in)
    assert to_open == [PARTY, None]
    assert story.conversations[PARTY].hidden
