"""What one conversation holds."""

from tests.client.tui.telling import kinds, message, presence
from zchat_client.tui.conversation import PUBLIC, Conversation
from zchat_client.tui.line import Kind, Line
from zchat_client.tui.story import Story

DAY_MS = 86_400_000


def test_older_messages_come_in_front_without_a_second_line_for_the_same_day() -> None:
    conversation = Conversation(PUBLIC, "public")
    conversation.add(Line(Kind.SAID, 2 * DAY_MS, "three", "bob", seq=3))
    added = conversation.prepend(
        [Line(Kind.SAID, at, str(seq), "bob", seq=seq) for seq, at in ((1, DAY_MS), (2, 2 * DAY_MS), (3, 2 * DAY_MS))]
    )
    assert added == 2
    assert kinds(conversation) == [Kind.DAY, Kind.SAID, Kind.DAY, Kind.SAID, Kind.SAID]
    assert conversation.first_seq == 1


def test_a_long_log_lets_its_oldest_lines_go_and_can_load_them_again() -> None:
    conversation = Conversation(PUBLIC, "public")
    for seq in range(1, 7_000):
        conversation.add(Line(Kind.SAID, seq, "x", "bob", seq=seq))
    assert len(conversation.lines) <= 5_500
    assert conversation.first_seq == conversation.lines[0].seq
    assert not conversation.complete
    assert conversation.dropped + len(conversation.lines) == 7_000


def test_speakers_come_the_latest_first(story: Story) -> None:
    for seq, sender in enumerate(("bob", "carol", "bob", "dave", "alice"), 1):
        story.take(message(seq, sender=sender))
    assert story.conversations.open.speakers() == ["dave", "bob", "carol"]


def test_only_messages_count_as_more_of_them(story: Story) -> None:
    story.conversations.look(attentive=False, at_end=True)
    for seq in (1, 2):
        story.take(message(seq))
        story.take(presence("online"))
        story.take(presence("offline"))
    assert len(story.conversations.open.lines) == 6, "with a day and a mark"
    assert story.conversations.open.said == 2


def test_what_was_to_stay_last_may_be_dropped_like_all_else() -> None:
    conversation = Conversation(PUBLIC, "public")
    conversation.add_last(Line(Kind.SYSTEM, 0, "first contact"))
    for number in range(6_000):
        conversation.add(Line(Kind.SYSTEM, 0, str(number)))
    assert "first contact" not in [line.text for line in conversation.lines[:2]]
    conversation.add(Line(Kind.SAID, 0, "of before", "bob", seq=1), of_before=True)
    assert conversation.lines[-1].text == "of before"


def test_what_is_new_from_the_top_of_a_long_log_on_is_so_when_its_oldest_lines_go(story: Story) -> None:
    story.take(message(1))
    story.conversations.look(attentive=False, at_end=True)
    for seq in range(2, 6_000):
        story.take(message(seq))
    public = story.conversations.public
    assert public.lines[0] is public.news.mark
    assert (public.news.new, public.new_goes_on) == (5_998, True)
    page = [Line(Kind.SAID, seq, "x", "bob", seq=seq) for seq in range(1, public.first_seq or 0)]
    story.took_page(public, page[: public.prepend(page)])
    assert kinds(public)[:4] == [Kind.DAY, Kind.SAID, Kind.NEW, Kind.SAID]
