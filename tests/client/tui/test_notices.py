"""What one is told of when looking elsewhere."""

import pytest

from tests.client.tui.telling import message, whisper
from zchat_client import events as e
from zchat_client.tui.conversation import PUBLIC
from zchat_client.tui.story import Story


def test_notices_are_for_whispers_mentions_and_invitations(story: Story) -> None:
    story.take(message(1))
    assert story.notices.waiting == []
    for event in (message(2, "alice?"), whisper(1), e.Invited(at=0, inviter="bob", members=("bob",))):
        story.take(event)
    assert [notice.key for notice in story.notices.waiting] == [PUBLIC, "@bob", PUBLIC]


@pytest.mark.parametrize(("level", "count"), [("on", 2), ("mentions", 1), ("off", 0)])
def test_what_one_is_told_of_is_set_for_each_conversation(story: Story, level: str, count: int) -> None:
    story.conversations.open.notify = level
    story.take(message(1))
    story.take(message(2, "alice?"))
    assert len(story.notices.waiting) == count
