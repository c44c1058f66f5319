"""Which events belong to the play."""

from demo.play import CALL, Seen
from demo.seeing import is_call, seen_in
from zchat_client import events as e

AT = 1_700_000_000_000


def _said(text: str, sender: str = "alice", topic: str = "public", replayed: bool = False) -> e.Message:
    return e.Message(at=AT, topic=topic, seq=1, sender=sender, text=text, action=False, replayed=replayed)


def _whispered(sender: str, stored: bool) -> e.Whisper:
    return e.Whisper(at=AT, seq=1, sender=sender, recipient="dave", text="psst", replayed=False, stored=stored)


def test_only_a_fresh_public_call_of_the_lead_is_a_call() -> None:
    assert is_call(_said(CALL))
    assert not is_call(_said(CALL, replayed=True))
    assert not is_call(_said(CALL, sender="bob"))
    assert not is_call(_said(CALL, topic="party"))
    assert not is_call(_said("Good evening!"))


def test_a_whisper_tells_whether_it_was_kept() -> None:
    assert seen_in(_whispered("bob", stored=False)) == Seen("whisper", "whisper", "bob to dave", "psst")
    assert seen_in(_whispered("bob", stored=True)) == Seen("whisper", "kept whisper", "bob to dave", "psst")


def test_a_change_of_the_party_tells_its_members() -> None:
    left = e.Party(at=AT, change="left", name="bob", leader="alice", members=("alice", "dave"))
    assert seen_in(left) == Seen("party", "left", "bob", "alice, dave")


def test_what_strangers_do_is_no_part_of_the_play() -> None:
    assert seen_in(_said("hi", sender="carol")) is None
    assert seen_in(_whispered("carol", stored=False)) is None
    assert seen_in(e.Presence(at=AT, name="carol", status="online", since=AT, text="")) is None
    assert seen_in(e.Invited(at=AT, inviter="carol", members=("carol",))) is None
