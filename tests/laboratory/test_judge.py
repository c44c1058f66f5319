"""The judge sees what is wrong, names it, and has nothing against what is right."""

import pytest

from tests.laboratory.judge import DOUBLED, GHOST, LAST_FEW, LEAKED, LOST, ORDER, PARTY, PUBLIC, Change, Judge, Shown

READERS = ("alice", "bob", "carol")


@pytest.fixture
def judge() -> Judge:
    """Alice and Bob have written three messages each to everyone, in turn; everybody was shown all of them."""
    judge = Judge()
    for seq in range(1, 7):
        label = f"{READERS[seq % 2]}#{(seq + 1) // 2}"
        judge.wrote(label, PUBLIC)
        judge.acknowledged(label, seq)
        for name in READERS:
            judge.reader(name).show(Shown(PUBLIC, seq, label))
    assert kinds(judge) == []
    return judge


def kinds(judge: Judge) -> list[str]:
    return sorted({violation.kind for violation in judge.verdict().violations})


def screen(judge: Judge, name: str) -> list[Shown | Change]:
    return judge.reader(name).runs[-1].shown


def whisper(judge: Judge, label: str = "alice#9", recipient: str = "bob") -> None:
    judge.wrote(label, "user", recipient)
    judge.acknowledged(label, 1)
    judge.reader("alice").show(Shown("user", 1, label))


def test_what_is_right_is_counted(judge: Judge) -> None:
    verdict = judge.verdict()
    assert (verdict.acknowledged, verdict.shown, verdict.repeated) == (6, 18, 0)


@pytest.mark.parametrize("position", [0, 2, 5])
def test_a_loss(judge: Judge, position: int) -> None:
    del screen(judge, "carol")[position]
    assert kinds(judge) == [LOST]


def test_a_loss_of_what_was_never_acknowledged_but_shown_to_others(judge: Judge) -> None:
    judge.wrote("alice#4", PUBLIC)
    judge.reader("alice").show(Shown(PUBLIC, 7, "alice#4"))
    judge.reader("bob").show(Shown(PUBLIC, 7, "alice#4"))
    assert [violation.text for violation in judge.verdict().violations] == ["carol was never shown alice#4 (public 7)"]


def test_what_nobody_was_shown_and_nobody_acknowledged_is_no_loss(judge: Judge) -> None:
    judge.wrote("alice#4", PUBLIC)
    assert kinds(judge) == []


def test_a_double(judge: Judge) -> None:
    screen(judge, "carol").append(screen(judge, "carol")[-1])
    assert kinds(judge) == [DOUBLED]


def test_a_message_that_was_kept_twice(judge: Judge) -> None:
    for name in READERS:
        judge.reader(name).show(Shown(PUBLIC, 7, "alice#3"))
    assert DOUBLED in kinds(judge)


def test_a_swap_on_one_screen(judge: Judge) -> None:
    shown = screen(judge, "carol")
    shown[1], shown[2] = shown[2], shown[1]
    assert kinds(judge) == [ORDER]


def test_two_screens_that_differ(judge: Judge) -> None:
    shown = screen(judge, "carol")
    shown[1], shown[2] = Shown(PUBLIC, 2, "bob#2"), Shown(PUBLIC, 3, "alice#1")
    assert ORDER in kinds(judge)


def test_an_acknowledgement_that_differs_from_the_screens(judge: Judge) -> None:
    judge.acknowledged("alice#1", 5)
    assert ORDER in kinds(judge)


def test_a_senders_messages_in_another_order_than_his(judge: Judge) -> None:
    for seq, label in ((7, "carol#2"), (8, "carol#1")):
        judge.wrote(label, PUBLIC)
        judge.acknowledged(label, seq)
        for name in READERS:
            judge.reader(name).show(Shown(PUBLIC, seq, label))
    assert kinds(judge) == [ORDER]


def test_what_nobody_wrote(judge: Judge) -> None:
    judge.reader("carol").show(Shown(PUBLIC, 7, "mallory#1"))
    assert LEAKED in kinds(judge)


def test_a_whisper_comes_to_both_and_to_nobody_else(judge: Judge) -> None:
    whisper(judge)
    assert kinds(judge) == [LOST]
    judge.reader("bob").show(Shown("user", 4, "alice#9"))
    assert kinds(judge) == []
    judge.reader("carol").show(Shown("user", 4, "alice#9"))
    assert kinds(judge) == [LEAKED]


def test_a_whisper_in_the_open(judge: Judge) -> None:
    whisper(judge)
    judge.reader("bob").show(Shown(PUBLIC, 7, "alice#9"))
    assert LEAKED in kinds(judge)


def test_what_its_sender_was_told_had_failed(judge: Judge) -> None:
    judge.wrote("alice#9", PUBLIC)
    judge.refused("alice#9")
    assert kinds(judge) == []
    for name in READERS:
        judge.reader(name).show(Shown(PUBLIC, 7, "alice#9"))
    assert kinds(judge) == [GHOST]


def test_a_crash_may_repeat_the_last_ones_as_replayed(judge: Judge) -> None:
    carol = judge.reader("carol")
    last = [each for each in screen(judge, "carol")[-2:] if isinstance(each, Shown)]
    for _ in range(2):
        carol.restart(crashed=True)
        for each in last:
            carol.show(each._replace(replayed=True))
    assert kinds(judge) == []
    assert judge.verdict().repeated == 4


def test_a_crash_may_not_repeat_more_than_the_last_few(judge: Judge) -> None:
    first = screen(judge, "carol")[0]
    assert isinstance(first, Shown)
    for seq in range(7, 7 + LAST_FEW):
        judge.wrote(f"bob#{seq}", PUBLIC)
        judge.acknowledged(f"bob#{seq}", seq)
        for name in READERS:
            judge.reader(name).show(Shown(PUBLIC, seq, f"bob#{seq}"))
    judge.reader("carol").restart(crashed=True)
    judge.reader("carol").show(first._replace(replayed=True))
    assert kinds(judge) == [DOUBLED]


@pytest.mark.parametrize(("crashed", "replayed"), [(False, True), (True, False)])
def test_nothing_else_may_be_repeated(judge: Judge, crashed: bool, replayed: bool) -> None:
    carol = judge.reader("carol")
    last = screen(judge, "carol")[-1]
    assert isinstance(last, Shown)
    carol.restart(crashed=crashed)
    carol.show(last._replace(replayed=replayed))
    assert kinds(judge) == [DOUBLED]


def test_a_crash_may_not_swallow_anything(judge: Judge) -> None:
    carol = judge.reader("carol")
    del screen(judge, "carol")[-2:]
    carol.restart(crashed=True)
    carol.show(Shown(PUBLIC, 6, "alice#3", replayed=True))
    assert kinds(judge) == [LOST]


def test_a_newcomer_is_owed_what_came_after_him(judge: Judge) -> None:
    dave = judge.reader("dave")
    dave.public_from = 5
    dave.show(Shown(PUBLIC, 5, "bob#3", replayed=True))
    assert kinds(judge) == [LOST]
    dave.show(Shown(PUBLIC, 6, "alice#3"))
    assert kinds(judge) == []


def test_who_left_is_owed_what_came_before(judge: Judge) -> None:
    del screen(judge, "carol")[4:]
    judge.reader("carol").left = True
    assert kinds(judge) == []
    del screen(judge, "carol")[1]
    assert kinds(judge) == [LOST]


@pytest.fixture
def party(judge: Judge) -> Judge:
    """Alice's party: she says 1, Bob joins, 2 and 3, Bob leaves, 4, Bob joins again, 5. Bob was shown 2, 3 and 5."""
    judge.witness = "alice"
    story = ["1", "joined", "2", "3", "left", "4", "joined", "5"]
    for each in story:
        if each.isdigit():
            label = f"alice#{10 + int(each)}"
            judge.wrote(label, PARTY)
            judge.acknowledged(label, int(each))
            judge.reader("alice").show(Shown(PARTY, int(each), label))
            if each in "235":
                judge.reader("bob").show(Shown(PARTY, int(each), label))
        else:
            judge.reader("alice").show(Change(each, "bob"))
    assert kinds(judge) == []
    return judge


@pytest.mark.parametrize("seq", [2, 3, 5])
def test_a_member_is_owed_what_came_between_joining_and_leaving(party: Judge, seq: int) -> None:
    screen(party, "bob").remove(Shown(PARTY, seq, f"alice#{10 + seq}"))
    assert kinds(party) == [LOST]


@pytest.mark.parametrize("seq", [1, 4])
def test_a_member_is_not_shown_what_came_before_and_between(party: Judge, seq: int) -> None:
    shown = screen(party, "bob")
    later = next(
        place
        for place, each in enumerate(shown)
        if isinstance(each, Shown) and (each.topic, each.seq) > (PARTY, seq) and each.topic == PARTY and each.seq > seq
    )
    shown.insert(later, Shown(PARTY, seq, f"alice#{10 + seq}"))
    assert kinds(party) == [LEAKED]


def test_a_stranger_is_shown_nothing_of_a_party(party: Judge) -> None:
    party.reader("carol").show(Shown(PARTY, 2, "alice#12"))
    assert kinds(party) == [LEAKED]
