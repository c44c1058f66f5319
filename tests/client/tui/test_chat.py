"""What is typed into a conversation, and what becomes of it."""

import pytest

from zchat_client import typed as t
from zchat_client.tui.chat import addressed
from zchat_client.tui.conversation import PARTY, PUBLIC, Conversation

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
