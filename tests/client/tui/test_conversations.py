"""Which conversations there are, and what of them is new to somebody."""

import pytest

from tests.client.tui.telling import kinds, message, party, presence, whisper
from zchat_client import events as e
from zchat_client.tui.conversation import PARTY, PUBLIC
from zchat_client.tui.line import Kind, Line
from zchat_client.tui.story import Story


def looks(story: Story, *, attentive: bool = True, at_end: bool = True) -> None:
    story.conversations.look(attentive=attentive, at_end=at_end)


def test_unread_messages_and_mentions_are_counted_where_nobody_looks(story: Story) -> None:
    story.take(whisper(1))
    story.take(whisper(2, "alice!"))
    other = story.conversations["@bob"]
    assert (other.news.unread, other.news.mentions) == (2, 1)
    assert kinds(other) == [Kind.DAY, Kind.NEW, Kind.SAID, Kind.SAID]
    story.conversations.show("@bob")
    assert (other.news.unread, other.news.mentions) == (0, 0)
    assert Kind.NEW in kinds(other), "the mark stays while one reads"
    story.conversations.show(PUBLIC)
    assert Kind.NEW not in kinds(other)


def test_what_comes_while_one_looks_away_is_new(story: Story) -> None:
    story.take(message(1))
    looks(story, attentive=False)
    story.take(message(2))
    assert story.conversations.open.news.unread == 1
    looks(story)
    assert story.conversations.open.news.unread == 0
    assert kinds(story.conversations.open) == [Kind.DAY, Kind.SAID, Kind.NEW, Kind.SAID]


def test_scrolling_is_no_looking_away(story: Story) -> None:
    looks(story, attentive=False)
    story.take(message(1))
    looks(story)
    looks(story, at_end=False)
    assert Kind.NEW in kinds(story.conversations.open), "one scrolls up to it"
    assert story.conversations.open.news.unread == 0
    looks(story)
    assert Kind.NEW in kinds(story.conversations.open)
    looks(story, attentive=False)
    assert Kind.NEW not in kinds(story.conversations.open)


@pytest.mark.parametrize("leaves", [True, False])
def test_what_came_further_down_than_one_has_looked_stays_new(story: Story, leaves: bool) -> None:
    story.take(whisper(1))
    looks(story, attentive=False)
    story.take(message(1))
    looks(story)
    looks(story, at_end=False)
    for seq in (2, 3):
        story.take(message(seq))
    if leaves:
        story.conversations.show("@bob")
    else:
        looks(story, attentive=False)
    public = story.conversations.public
    assert kinds(public) == [Kind.DAY, Kind.SAID, Kind.NEW, Kind.SAID, Kind.SAID]
    assert (public.news.unread, public.news.new, public.news.read_seq) == (2, 2, 1)


def test_each_older_page_brings_the_mark_to_what_is_new_in_it(story: Story) -> None:
    def brings(*seqs: int) -> None:
        lines = [Line(Kind.SAID, seq, str(seq), "bob", seq=seq) for seq in seqs]
        story.took_page(public, lines[: public.prepend(lines)])

    public = story.conversations.public
    public.news.read_seq = 2
    for seq in (7, 8):
        story.take(message(seq, replayed=True))
    assert (public.news.new, public.news.read_seq, public.new_goes_on) == (2, 8, True)
    brings(5, 6)
    assert kinds(public) == [Kind.DAY, Kind.NEW, *[Kind.SAID] * 4]
    assert (public.news.new, public.news.unread, public.new_goes_on) == (4, 0, True)
    brings(1, 2, 3, 4)
    assert kinds(public) == [Kind.DAY, *[Kind.SAID] * 2, Kind.NEW, *[Kind.SAID] * 6]
    assert (public.news.new, public.news.read_seq, public.new_goes_on) == (6, 8, False)


def test_the_next_unread_is_one_that_is_for_oneself(story: Story) -> None:
    story.take(e.Party(at=0, change="created", name="alice", leader="alice", members=("alice",)))
    story.take(whisper(1))
    story.conversations.show("@bob")
    story.take(message(1))
    story.take(message(1, "alice!", topic="party"))
    assert story.conversations.next_unread() == PARTY


def test_what_was_said_since_one_looked_last_is_new_also_when_a_page_brings_it(story: Story) -> None:
    story.conversations.open.news.read_seq = 1
    page = [Line(Kind.SAID, seq, str(seq), "bob", seq=seq) for seq in (1, 2, 3)]
    story.took_page(story.conversations.open, page[: story.conversations.open.prepend(page)])
    story.take(message(3, replayed=True))
    assert kinds(story.conversations.open) == [Kind.DAY, Kind.SAID, Kind.NEW, Kind.SAID, Kind.SAID]
    assert story.conversations.open.news.unread == 0


def test_numbers_of_conversations_stay_as_they_are(story: Story) -> None:
    def numbers() -> list[tuple[int, str]]:
        return [(each.number, each.key) for each in story.conversations.listed()]

    story.take(party("created"))
    assert numbers() == [(1, PUBLIC), (2, PARTY)]
    story.take(whisper(1))
    assert numbers() == [(1, PUBLIC), (2, PARTY), (3, "@bob")]
    story.take(whisper(2, sender="carol"))
    story.conversations["@bob"].hidden = True
    assert numbers() == [(1, PUBLIC), (2, PARTY), (4, "@carol")]
    story.take(whisper(3))
    assert numbers() == [(1, PUBLIC), (2, PARTY), (3, "@bob"), (4, "@carol")]


def test_a_conversation_that_never_came_to_anything_takes_no_number(story: Story) -> None:
    story.take(e.Pending(at=0, typed="/w bbo psst", id=1, recipient="bbo"))
    assert [each.number for each in story.conversations.listed()] == [1, 2]
    story.take(e.Error(at=0, code="no_such_user", text="Nobody is called bbo.", typed="/w bbo psst", id=1))
    story.take(whisper(1))
    assert [(each.key, each.number) for each in story.conversations.listed()] == [(PUBLIC, 1), ("@bob", 2)]


@pytest.mark.parametrize(
    "heard",
    [
        e.Sent(at=0, topic="user", seq=1, typed="/w dora hi", id=1, recipient="Dora", delivery="online"),
        whisper(1, sender="Dora"),
        whisper(1, "hi", "alice", "Dora"),
        e.Delivered(at=0, recipient="Dora", seq=1),
        presence("online", "Dora"),
    ],
)
def test_whom_one_whispers_with_is_called_as_he_calls_himself(story: Story, heard: e.Event) -> None:
    story.take(e.Pending(at=0, typed="/w dora hi", id=1, recipient="dora"))
    story.take(heard)
    (dora,) = [each for each in story.conversations if each.partner is not None]
    assert (dora.key, dora.title, dora.partner) == ("@dora", "@Dora", "Dora")
    story.take(e.Pending(at=0, typed="/w DORA and", id=2, recipient="DORA"))
    assert dora.title == "@Dora", "what is typed says nothing"
