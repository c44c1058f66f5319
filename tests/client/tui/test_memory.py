"""What is remembered between runs, and given back once."""

from pathlib import Path

import pytest

from tests.client.tui.telling import whisper
from zchat_client.notes import Notes
from zchat_client.tui.memory import Memory
from zchat_client.tui.story import Story
from zchat_client.tui.writing import Refused


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    return Notes(tmp_path / "notes.json")


def begin(notes: Notes) -> tuple[Story, Memory]:
    story = Story("alice")
    memory = Memory(notes, story.conversations)
    memory.begin()
    return story, memory


def test_a_draft_that_was_sent_is_not_there_again_with_an_older_page(notes: Notes) -> None:
    notes.set("draft.@bob", "half a sen")
    story, memory = begin(notes)
    bob = story.conversations.whispers_with("bob")
    assert bob.writing.draft == "half a sen"
    bob.writing.draft = ""
    memory.know_read(bob)
    assert bob.writing.draft == ""


def test_what_one_wants_to_be_told_of_is_known_of_whoever_whispers(notes: Notes) -> None:
    notes.set("notify.@bob", "off")
    notes.set("read.user", 5)
    story, memory = begin(notes)
    story.take(whisper(7))
    bob = story.conversations["@bob"]
    assert (bob.notify, bob.news.read_seq) == ("off", 0)
    memory.know_read(bob)
    assert bob.news.read_seq == 5


def test_a_refused_text_keeps_its_conversation_listed_at_a_broker_set_up_anew(notes: Notes) -> None:
    notes.set("broker", "SHA256:one")
    notes.set("refused.@bob", '[["hello", "Too long."]]')
    notes.set("read.@carol", 3)
    story, memory = begin(notes)
    memory.know_broker("SHA256:two")
    bob, carol = story.conversations["@bob"], story.conversations["@carol"]
    assert (bob.writing.refused, bob.hidden, carol.hidden) == ([Refused("hello", "Too long.")], False, True)


def test_notes_that_somebody_has_spoiled_do_no_harm(notes: Notes) -> None:
    notes.set("draft.public", "be\x1b]0;gone\x07")
    notes.set("refused.public", '[["\\u001b[2J", "why"]]')
    notes.set("refused.@bob", "[" * 100_000)
    notes.set("notify.public", "junk")
    story, _ = begin(notes)
    public = story.conversations.public
    assert public.writing.draft == "be\ufffd]0;gone\ufffd"
    assert public.writing.refused == [Refused("\ufffd[2J", "why")]
    assert public.notify == ""
    assert story.conversations["@bob"].writing.refused == []


def test_of_the_theme_chosen_and_the_one_that_is_set_that_changed_last_holds(notes: Notes) -> None:
    _, memory = begin(notes)
    assert memory.theme("dark") == ""
    memory.keep_theme("light", "dark")
    assert memory.theme("dark") == "light"
    assert memory.theme("contrast") == "", "that was set later"
    assert memory.theme("dark") == "", "and this later still"
    memory.keep_theme("16-colours", "dark")
    assert memory.theme("dark") == "16-colours"
