from zchat_client.tui import words
from zchat_client.tui.look import Glyphs
from zchat_client.tui.painting import plain
from zchat_client.tui.said import is_order
from zchat_client.tui.status import Link, Who, status

CONNECTED = Link(connected=True, since_s=5, latency_s=0.002, waiting=0, ever=True, trouble="")
ALICE = Who("alice", "Lab")


def shown(link: Link = CONNECTED, who: Who = ALICE, missed: int | None = None, width: int = 80) -> str:
    return plain(status(link, who, "", missed, width, Glyphs())).rstrip()


def test_who_is_away_sees_it() -> None:
    assert shown() == " ● alice at Lab · 2 ms"
    assert shown(who=Who("alice", "Lab", "")) == " ◐ alice at Lab · away · 2 ms"
    assert shown(who=Who("alice", "Lab", "lunch")) == " ◐ alice at Lab · away · lunch · 2 ms"
    assert len(shown(who=Who("alice", "Lab", "long " * 99))) < 80


def test_what_was_caught_up_is_said_for_a_while() -> None:
    assert shown(missed=1).endswith("caught up: 1 missed message")
    assert "caught up" not in shown(CONNECTED._replace(since_s=31), missed=1)


def test_commands_that_wait_are_named() -> None:
    gone = CONNECTED._replace(connected=False, waiting=3, orders=("/away lunch", "/party invite bob"))
    assert shown(gone, width=120).endswith(
        "reconnecting, for 5 s · 3 queued, sent on return: /away lunch, /party invite bob"
    )
    assert len(shown(gone, width=60)) <= 60


def test_texts_are_no_orders() -> None:
    lines = ("hi", "/w bob hi", "/p hi", "/me waves", "/away", "/party invite bob")
    assert [is_order(line) for line in lines] == [False, False, False, False, True, True]


def test_who_is_waited_for_himself_is_told_what_for() -> None:
    needs = CONNECTED._replace(connected=False, ever=False, trouble="no answer", needs=words.NEEDS_CODE)
    assert shown(needs) == " ○ not connected: your invitation code is needed"
