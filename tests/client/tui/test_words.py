from dataclasses import replace

import pytest

from zchat_client import events as e
from zchat_client.tui import words
from zchat_client.tui.story import Story
from zchat_common.durations import local_words, utc_words

AT = 1_700_000_000_000


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("alice is online from 10.0.0.2; end it, or use --takeover to end it.", "alice is online from 10.0.0.2."),
        ("Another key: SHA. Somebody may be in between. If you know why, start with --accept-key SHA",
         "Another key: SHA. Somebody may be in between."),
        ("Ask for a code (--invite CODE), or to list your key.", "Ask for a code or to list your key."),
        ("You are banned here: too loud -- by root.", "You are banned here: too loud -- by root."),
        ("Not the one that --accept-key names.", "Not the one that --accept-key names."),
    ],
)  # fmt: skip
def test_nobody_inside_is_told_of_options(text: str, shown: str) -> None:
    assert words.plainly(text) == shown


def test_an_invitation_that_has_ended_says_to_whose_party() -> None:
    ended = e.Party(at=0, change="expired", name="alice", leader="Bert", members=("Bert",), reason="it was dissolved")
    assert words.party(ended, own=True) == "the invitation to Bert's party has ended (it was dissolved)"
    assert words.party(ended, own=False) == "the invitation of alice has ended (it was dissolved)"


def test_who_ignores_nobody_ignores_no_user_of_that_name() -> None:
    assert words.ignored(()) == "You do not ignore anybody."
    assert words.ignored(("bob", "Nobody")) == "You ignore: bob, Nobody"


def test_a_history_is_of_something_that_has_a_name() -> None:
    said = e.Message(at=0, topic="party", seq=1, sender="bob", text="hi", action=False, replayed=True)
    assert words.history(e.History(at=0, topic="party", messages=(said,), first=1)).startswith("History of the party:")
    assert words.history(e.History(at=0, topic="party", messages=(), first=1)) == "The party has no history yet."
    assert words.history(e.History(at=0, topic="public", messages=(), first=1)) == "Public has no history yet."


def test_what_a_newer_broker_tells_is_shown_as_it_is() -> None:
    told = e.Party(at=0, change="{moved}", name="alice", leader="Bert", members=())
    assert words.party(told, own=True) == words.party(told, own=False) == "alice: {moved}"
    assert words.presence("{busy}", "", ["bob"]) == "bob: {busy}"
    act = e.Moderated(at=0, act="{warn}", name="bob", by="root", until=None)
    assert words.moderated(act) == "root: {warn} bob"
    assert words.moderated(replace(act, act="mute"), own=True) == "root muted you"


def test_one_restraint_is_told_with_one_time(story: Story) -> None:
    told = f"until {local_words(AT)}"
    said = f"You are muted until {utc_words(AT)} (by Root)"
    assert told in words.plainly(said)
    story.take(e.Error(at=AT, code="muted", text=said, typed="hello"))
    assert told in story.troubles[-1].text
    story.take(e.Moderated(at=AT, act="mute", name="alice", by="Root", until=AT))
    assert told in story.conversations.public.lines[-1].text
