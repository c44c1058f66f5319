"""A user who did not get exactly what was his finds out."""

from demo.checks import compare
from demo.play import PLAY, Seen, part_of

PART = list(part_of("dave", PLAY))
WHISPER = Seen("whisper", "whisper", "alice to bob", "It is dave's birthday. Not a word!")


def test_a_record_that_is_the_part_is_good() -> None:
    verdict = compare(PART, PART)
    assert verdict.good
    assert verdict.right == verdict.expected
    assert sum(verdict.expected.values()) == len(PART)


def test_a_message_that_did_not_come_is_missing() -> None:
    verdict = compare(PART, PART[:-1])
    assert not verdict.good
    assert verdict.complaints == ("missing: public message alice Come, the cake is in the kitchen.",)
    assert verdict.right["public"] == verdict.expected["public"] - 1


def test_a_message_that_came_twice_is_doubled() -> None:
    verdict = compare(PART, [*PART, PART[0]])
    assert verdict.complaints == ("doubled: public message alice Good morning! Who is here?",)


def test_a_whisper_between_others_is_foreign() -> None:
    verdict = compare(PART, [*PART[:3], WHISPER, *PART[3:]])
    assert verdict.complaints == (f"foreign: whisper whisper alice to bob {WHISPER.text}",)


def test_what_came_in_another_order_is_told_by_its_topic() -> None:
    verdict = compare(PART, [PART[1], PART[0], *PART[2:]])
    assert verdict.complaints == ("out of order: public",)


def test_the_order_between_topics_is_nobodys_business() -> None:
    assert compare(PART, sorted(PART, key=lambda seen: seen.topic)).good


def test_one_that_is_missing_or_doubled_puts_nothing_else_out_of_order() -> None:
    assert compare(PART, [*PART[1:], PART[3]]).faults["out of order"] == []


def test_presence_is_not_counted() -> None:
    assert compare(PART, [*PART, Seen("presence", "offline", "bob", "")]).good


def test_an_empty_record_is_missing_everything() -> None:
    verdict = compare(PART, [])
    assert len(verdict.faults["missing"]) == len(PART)
    assert set(verdict.right.values()) == {0}
