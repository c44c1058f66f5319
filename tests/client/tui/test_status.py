import pytest

from zchat_client.tui import words
from zchat_client.tui.conversations import Missed
from zchat_client.tui.keys import KeyNames
from zchat_client.tui.look import ASCII, Glyphs
from zchat_client.tui.painting import plain
from zchat_client.tui.said import is_order
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
    note: str = "",
    glyphs: Glyphs | None = None,
) -> str:
    return plain(status(link, who, note or keys, missed, width, glyphs or Glyphs())).rstrip()


def test_who_is_away_sees_it() -> None:
    assert shown() == " ● alice at Lab · 2 ms"
    assert shown(who=Who("alice", "Lab", "")) == " ◐ alice at Lab · away · 2 ms"
    assert shown(who=Who("alice", "Lab", "lunch")) == " ◐ alice at Lab · away · lunch · 2 ms"
    assert len(shown(who=Who("alice", "Lab", "long " * 99))) < 80


def test_what_was_caught_up_is_said_for_a_while() -> None:
    assert shown(missed=Missed(1, 0)).endswith("caught up: 1 missed message")
    assert shown(missed=Missed(3, 1)).endswith("caught up: 3 missed messages and 1 elsewhere")
    assert shown(missed=Missed(0, 2)).endswith("caught up: 2 missed messages elsewhere")
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
        assert not (missed and link.connected) or f"caught up: {missed.here:,} m" in row
        assert ("Ctrl+K go to" in row) == ("Ctrl+K" in row)
        if width >= 80:
            assert "F1 help" in row


def test_a_word_for_a_moment_is_read_whole_instead_of_the_keys() -> None:
    note = words.LEAVE_HINT.format(key="Ctrl+Q")
    row = shown(
        who=Who("alexandria-the-first", "Laboratory", "lunch"), missed=Missed(3, 0), width=60, keys=KEYS, note=note
    )
    assert row.endswith(f"  {note}")
    assert row.startswith(" ◐ alexandria-the-")
    assert shown(who=Who("alice", "Lab", ""), missed=Missed(3, 0), width=60, note=note).startswith(
        " ◐ alice at Lab · away "
    )


def test_the_keys_are_those_of_the_settings_the_first_of_several() -> None:
    keys = hints(KeyNames({"help": "f5,f6", "leave": "ctrl+x", "go_to": "ctrl+t"}))
    assert shown(keys=keys, width=120).endswith("F5 help · Ctrl+T go to · Ctrl+X leave")
