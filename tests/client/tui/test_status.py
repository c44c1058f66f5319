import pytest

from zchat_client.tui import words
from zchat_client.tui.conversations import Missed
from zchat_client.tui.event_lines import is_order
from zchat_client.tui.keys import KeyNames
from zchat_client.tui.look import ASCII, Glyphs
from zchat_client.tui.painting import plain
from zchat_client.tui.status import Hints, Link, Who, hints, status
from zchat_client.tui.textfit import width_of

CONNECTED = Link(connected=True, since_s=5, latency_s=0.002, waiting=0, ever=True, trouble="")
GONE = CONNECTED._replace(connected=False, waiting=3, orders=("/away lunch", "/party invite bob"))
ALICE = Who("alice", "Lab")
KEYS = hints(KeyNames({}))


def shown(
    link: Link = CONNECTED,
    who: Who = ALICE,
    missed: Missed | None = None,
    width: int = 80,
    keys: Hints = (),
    notes: tuple[str, ...] = (),
    glyphs: Glyphs | None = None,
) -> str:
    return plain(status(link, who, keys, missed, width, glyphs or Glyphs(), notes)).rstrip()


def test_who_is_away_sees_it() -> None:
    assert shown() == " ● alice at Lab · 2 ms"
    assert shown(who=Who("alice", "Lab", "")) == " ◐ alice at Lab · away · 2 ms"
    assert shown(who=Who("alice", "Lab", "lunch")) == " ◐ alice at Lab · away · lunch · 2 ms"
    assert len(shown(who=Who("alice", "Lab", "long " * 99))) < 80


def test_whoever_is_whispered_with_is_said_to_be_away_while_there_is_room() -> None:
    who = Who("alice", "Lab", partner="bob is away: lunch\nbreak")
    assert shown(who=who) == " ● alice at Lab · bob is away: lunch break · 2 ms"
    assert shown(who=who, width=40, keys=KEYS) == " ● alice · bob is away     Ctrl+Q leave"
    assert shown(who=who, width=30, keys=KEYS) == " ● alice         Ctrl+Q leave"


def test_what_was_caught_up_is_said_for_a_while() -> None:
    assert shown(missed=Missed(1, 0)).endswith("· caught up: 1 missed")
    assert shown(missed=Missed(3_000, 1)).endswith("· caught up: 3,000 missed, 1 elsewhere")
    assert shown(missed=Missed(0, 2)).endswith("· caught up: 2 missed elsewhere")
    assert "caught up" not in shown(missed=Missed(0, 0))
    assert "caught up" not in shown(CONNECTED._replace(since_s=31), missed=Missed(1, 0))


def test_commands_that_wait_are_named() -> None:
    assert shown(GONE, width=120).endswith(
        "reconnecting, for 5 s · 3 queued, sent on return: /away lunch, /party invite bob"
    )
    assert len(shown(GONE, width=60)) <= 60
    assert shown(GONE, width=80, keys=KEYS).startswith(" ○ reconnecting, for 5 s · 3 queued: /away")


def test_texts_are_no_orders() -> None:
    lines = ("hi", "/w bob hi", "/p hi", "/me waves", "/away", "/party invite bob")
    assert [is_order(line) for line in lines] == [False, False, False, False, True, True]


def test_who_is_waited_for_himself_is_told_what_for() -> None:
    needs = CONNECTED._replace(connected=False, ever=False, trouble="no answer", needs=words.NEEDS_CODE)
    assert shown(needs) == " ○ not connected: your invitation code is needed"


def test_where_there_is_room_all_keys_are_named() -> None:
    assert shown(keys=KEYS, width=120).endswith("· 2 ms" + " " * 60 + "F1 help · Ctrl+K go to · Ctrl+Q leave")
    assert shown(keys=KEYS, width=120, glyphs=ASCII).endswith("F1 help | Ctrl+K go to | Ctrl+Q leave")


def test_the_latency_goes_first_and_then_the_way_to_other_places() -> None:
    assert shown(keys=KEYS, width=58).split("  ")[0] == " ● alice at Lab"
    assert shown(keys=KEYS, width=58).endswith("F1 help · Ctrl+K go to · Ctrl+Q leave")
    assert shown(keys=KEYS, width=52).split("  ")[0] == " ● alice at Lab · 2 ms"
    assert shown(keys=KEYS, width=52).endswith("  F1 help · Ctrl+Q leave")
    assert shown(keys=KEYS, width=44).split("  ")[0] == " ● alice at Lab"
    assert shown(keys=KEYS, width=44).endswith("  F1 help · Ctrl+Q leave")


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("name", ["alice", "alexandria-the-very-first-of-them"])
@pytest.mark.parametrize("title", ["Lab", "a broker with a long title that goes on and on"])
@pytest.mark.parametrize("missed", [None, Missed(1, 0), Missed(12_345, 6)])
@pytest.mark.parametrize("away", [None, "", "lunch, and then some more of it"])
def test_the_way_out_and_the_help_are_there_and_no_key_is_cut(
    width: int, name: str, title: str, missed: Missed | None, away: str | None
) -> None:
    for link in (CONNECTED, CONNECTED._replace(waiting=7), GONE, GONE._replace(ever=False, trouble="no answer " * 9)):
        row = shown(link, Who(name, title, away), missed, width, KEYS)
        assert row.endswith("Ctrl+Q leave")
        assert width_of(row) < width
        assert ("F1 help" in row) == ("F1" in row)
        assert not (missed and link.connected) or f"caught up: {missed.here:,} missed" in row
        assert ("Ctrl+K go to" in row) == ("Ctrl+K" in row)
        if width >= 80:
            assert "F1 help" in row


def test_what_was_caught_up_is_never_cut() -> None:
    for width in range(56, 120):
        row = shown(missed=Missed(12, 3), width=width, keys=KEYS, who=Who("alice", "Lab", here=26))
        assert "caught up: 12 missed, 3 elsewhere" in row or "caught up: 12 missed  " in row
    for missed in (Missed(1, 0), Missed(37, 0), Missed(0, 2)):
        assert shown(missed=missed, keys=KEYS, who=Who("alice", "Lab", here=26)).startswith(" ● alice at Lab · ")
        assert "missed elsewhere  " in shown(missed=missed, keys=KEYS) or missed.here


def test_how_many_are_here_is_said_where_nothing_else_shows_them_and_goes_first() -> None:
    who = ALICE._replace(here=1_026)
    assert shown(who=who, keys=KEYS).startswith(" ● alice at Lab · 1,026 here · 2 ms  ")
    assert shown(who=who, keys=KEYS, width=70).startswith(" ● alice at Lab · 2 ms  ")
    assert "here" not in shown(keys=KEYS)
    assert "here" not in shown(GONE, who=who, keys=KEYS)


def test_a_word_for_a_moment_stands_before_the_keys_where_there_is_room_for_both() -> None:
    row = shown(keys=KEYS, width=80, notes=("copied",))
    assert row == " ● alice at Lab · 2 ms · copied" + " " * 11 + "F1 help · Ctrl+K go to · Ctrl+Q leave"
    assert shown(GONE, keys=KEYS, width=80, notes=("copied",)).endswith(" · copied   F1 help · Ctrl+Q leave")


def test_a_word_for_a_moment_is_read_whole_instead_of_the_keys() -> None:
    note = words.LEAVE_HINT.format(key="Ctrl+Q")
    who = Who("alexandria-the-first", "Laboratory", "lunch")
    row = shown(who=who, missed=Missed(3, 0), width=60, keys=KEYS, notes=(note,))
    assert row.startswith(" ◐ alexandria-the-")
    assert row.endswith(f" · {note}")
    for width in range(40, 80):
        row = shown(GONE, width=width, keys=KEYS, notes=("long " * 99,))
        assert width_of(row) < width
        assert "long long" in row or width < 56


def test_words_that_come_at_once_stand_beside_each_other_or_the_latest_does() -> None:
    notes = ("copied", "bob joined the party")
    assert " · copied · bob joined the party  " in shown(keys=KEYS, notes=notes)
    assert shown(keys=KEYS, width=36, notes=notes).endswith(" · bob joined the party")
    assert "copied" not in shown(keys=KEYS, width=36, notes=notes)


def test_the_keys_are_those_of_the_settings_the_first_of_several() -> None:
    keys = hints(KeyNames({"help": "f5,f6", "leave": "ctrl+x", "go_to": "ctrl+t"}))
    assert shown(keys=keys, width=120).endswith("F5 help · Ctrl+T go to · Ctrl+X leave")
