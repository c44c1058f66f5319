"""Exactly once, in order, and time that never goes back."""

import pytest

from tests.broker.rules.conversation import DAY, START, Chat, key_of, of, one, posted
from tests.broker.rules.witness import frozen
from zchat_broker.rules.effects import Answered, NumberingRemoved, Sent
from zchat_broker.rules.entries import Command
from zchat_broker.rules.machine import NUMBERINGS_PER_USER
from zchat_common.limits import ANSWERS_KEPT
from zchat_common.messages import SEALED, Answer, Expected, Refusal, Rejected


def test_a_repeated_number_gets_its_answer_again_and_does_nothing() -> None:
    chat = Chat("alice")
    given = one(Answered, chat.command("alice", 1, "say", "once", False)).answer
    chat.at += DAY
    before = frozen(chat.state)
    before.at = chat.at
    assert chat.command("alice", 1, "say", "once", False) == [Sent(chat.sessions["alice"], given)]
    assert chat.state == before


def test_a_repeated_number_gets_its_answer_whatever_stands_with_it() -> None:
    chat = Chat("alice")
    given = one(Answered, chat.command("alice", 1, "say", "once", False)).answer
    assert one(Sent, chat.command("alice", 1, "exit")).message == given
    assert one(Sent, chat.command("alice", 1, "rubbish", None)).message == given


def test_a_refusal_uses_up_its_number_and_is_given_again_even_when_it_would_succeed_now() -> None:
    chat = Chat("alice")
    refused = one(Answered, chat.command("alice", 1, "whisper", "bob", key_of("bob"), SEALED, b"hi")).answer
    assert isinstance(refused, Refusal)
    assert refused.code == "no_such_user"
    chat.join("bob")
    assert one(Sent, chat.command("alice", 1, "whisper", "bob", key_of("bob"), SEALED, b"hi")).message == refused
    assert "user.bob" not in chat.state.last_seq


def test_a_later_number_is_told_which_one_is_expected_and_does_nothing() -> None:
    chat = Chat("alice")
    for n in (2, 3, 2**64 - 1, 0, -1):
        assert one(Sent, chat.command("alice", n, "say", "x", False)).message == Expected(1, 1)
    chat.command("alice", 1, "say", "x", False)
    assert one(Sent, chat.command("alice", 3, "say", "x", False)).message == Expected(1, 2)
    assert chat.state.last_seq["public"] == 1


def test_each_instance_has_its_own_numbers_and_each_user_his_own_instances() -> None:
    chat = Chat("alice", "bob")
    for name in ("alice", "bob"):
        for instance in (1, 2):
            answer = one(Answered, chat.command(name, 1, "say", "x", False, instance=instance)).answer
            assert (answer.instance, answer.n) == (instance, 1)
    assert chat.state.last_seq["public"] == 4


def test_a_numbering_goes_on_over_sessions() -> None:
    chat = Chat("alice")
    given = one(Answered, chat.command("alice", 1, "say", "x", False)).answer
    chat.lose("alice")
    chat.join("alice")
    assert one(Sent, chat.command("alice", 1, "say", "x", False)).message == given
    assert one(Answered, chat.command("alice", 2, "say", "y", False)).answer.n == 2


def test_exactly_the_last_256_answers_are_kept() -> None:
    chat = Chat("alice")
    for n in range(1, ANSWERS_KEPT + 3):
        chat.command("alice", n, "say", str(n), False)
    oldest = one(Sent, chat.command("alice", 3, "say", "3", False)).message
    assert isinstance(oldest, Answer)
    assert oldest.n == 3
    assert oldest.seq == 3
    newest = one(Sent, chat.command("alice", ANSWERS_KEPT + 2, "say", "", False)).message
    assert isinstance(newest, Answer)
    assert newest.n == ANSWERS_KEPT + 2


@pytest.mark.parametrize("n", [2, 1, 0, -1, -(2**63)])
def test_what_is_older_than_that_is_refused_and_not_applied_again(n: int) -> None:
    chat = Chat("alice")
    for known in range(1, ANSWERS_KEPT + 3):
        chat.command("alice", known, "back")
    refusal = one(Sent, chat.command("alice", n, "say", "again", False)).message
    assert isinstance(refusal, Refusal)
    assert (refusal.n, refusal.code) == (n, "malformed")


def test_a_user_has_a_bounded_number_of_numberings_and_loses_the_longest_unused() -> None:
    chat = Chat("alice")
    for instance in range(1, NUMBERINGS_PER_USER + 1):
        chat.at += 1
        chat.command("alice", 1, "back", instance=instance)
    chat.at += 1
    chat.command("alice", 2, "back", instance=1)
    effects = chat.command("alice", 1, "back", instance=99)
    assert one(NumberingRemoved, effects) == NumberingRemoved("alice", 2)
    assert len(chat.state.numberings["alice"]) == NUMBERINGS_PER_USER
    assert one(Answered, chat.command("alice", 3, "back", instance=1)).answer.n == 3


def test_of_equally_unused_numberings_the_smallest_goes_in_whatever_order_they_were_made() -> None:
    chat = Chat("alice")
    for instance in range(NUMBERINGS_PER_USER, 0, -1):
        chat.command("alice", 1, "back", instance=instance)
    effects = chat.command("alice", 1, "back", instance=99)
    assert one(NumberingRemoved, effects) == NumberingRemoved("alice", 1)


def test_a_number_out_of_turn_makes_no_numbering() -> None:
    chat = Chat("alice")
    for instance in range(100):
        chat.command("alice", 7, "back", instance=instance)
    assert chat.state.numberings == {}


@pytest.mark.parametrize("session", ["", "session-99", "alice"])
def test_a_command_of_an_unknown_session_is_rejected(session: str) -> None:
    chat = Chat("alice")
    effects = chat.apply(Command(chat.at, session, 1, 1, "say", ("x", False), "p"))
    (sent,) = of(Sent, effects)
    assert sent.session == session
    assert isinstance(sent.message, Rejected)
    assert sent.message.code == "no_session"


def test_a_session_that_was_taken_over_says_no_more() -> None:
    chat = Chat("alice")
    old = chat.sessions["alice"]
    chat.join("alice", run=2, takeover=True)
    effects = chat.apply(Command(chat.at, old, 1, 1, "say", ("x", False), "p"))
    assert "no_session" in repr(effects)


def test_time_does_not_go_back() -> None:
    chat = Chat("alice")
    chat.at = START - DAY
    (message,) = posted(chat.ok("alice", "say", "x", False), "public")
    assert message.at == START
    chat.at = START + 1
    (message,) = posted(chat.ok("alice", "say", "x", False), "public")
    assert message.at == START + 1


def test_the_first_invitation_sent_twice_makes_one_party() -> None:
    chat = Chat("alice", "bob")
    chat.command("alice", 1, "party_invite", "bob")
    chat.command("alice", 1, "party_invite", "bob")
    assert len(chat.state.parties) == 1
    assert chat.state.last_seq["user.bob"] == 1
