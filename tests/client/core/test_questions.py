"""Questions are asked after the commands before them, and again until they have an answer."""

from zchat_client.core.outbox import Outbox
from zchat_client.core.questions import ForGap, ForKeys, ForRoster, ForTicket, Questions
from zchat_common.limits import HISTORY_PAGE_MAX, NEWCOMER_HISTORY
from zchat_common.messages import Answer, AskKeys, AskParty, AskRoster

TOKEN = b"token"
EMPTY = Outbox(1)


def answered(outbox: Outbox, n: int) -> None:
    assert outbox.settle(Answer(1, n, 1, "public", n, ""), 0.0) is not None


def test_a_question_is_asked_once_with_token_and_number() -> None:
    questions = Questions()
    questions.ask(AskRoster, ForRoster())
    questions.ask(AskParty, ForTicket(7))
    assert questions.take(TOKEN, EMPTY, 0.0) == [AskRoster(TOKEN, 1), AskParty(TOKEN, 2)]
    assert questions.take(TOKEN, EMPTY, 1.0) == []


def test_an_answer_says_what_the_question_was_for_and_counts_once() -> None:
    questions = Questions()
    questions.ask(AskParty, ForTicket(7))
    questions.take(TOKEN, EMPTY, 0.0)
    assert questions.settle(1) == ForTicket(7)
    assert questions.settle(1) is None
    assert questions.settle(99) is None


def test_a_question_waits_for_the_commands_before_it() -> None:
    outbox, questions = Outbox(1), Questions()
    outbox.submit("say", ("a", False), 1)
    outbox.submit("say", ("b", False), 2)
    questions.ask(AskParty, ForTicket(7), after=outbox.last_place)
    outbox.submit("say", ("c", False), 3)
    outbox.take(TOKEN, 0.0)
    assert questions.take(TOKEN, outbox, 0.0) == []
    answered(outbox, 1)
    assert questions.take(TOKEN, outbox, 0.0) == []
    answered(outbox, 2)
    assert questions.take(TOKEN, outbox, 0.0) == [AskParty(TOKEN, 1)]


def test_a_question_without_an_answer_is_asked_again_after_five_seconds_of_silence() -> None:
    questions = Questions()
    questions.ask(AskRoster, ForRoster())
    assert questions.next_s() == float("inf")
    questions.take(TOKEN, EMPTY, 10.0)
    assert questions.next_s() == 15.0
    assert questions.take(TOKEN, EMPTY, 14.9) == []
    assert questions.take(TOKEN, EMPTY, 15.0) == [AskRoster(TOKEN, 1)]
    assert questions.next_s() == 20.0


def test_a_question_is_not_asked_again_while_the_link_is_busy_with_other_answers() -> None:
    questions = Questions()
    questions.ask(AskRoster, ForRoster())
    questions.take(TOKEN, EMPTY, 10.0)
    for now_s in (14.0, 18.0, 22.0, 26.0):
        questions.heard(now_s)
        assert questions.take(TOKEN, EMPTY, now_s + 1.0) == []
    assert questions.next_s() == 30.0
    assert questions.take(TOKEN, EMPTY, 30.0) == [AskRoster(TOKEN, 1)], "but not for ever"
    assert questions.next_s() == 35.0


def page_after(*took_s: float) -> int:
    """How much is asked for after pages that took so long."""
    questions, now_s = Questions(), 0.0
    questions.page = 2
    for number, each_s in enumerate(took_s, start=1):
        questions.ask(AskRoster, ForGap("public"))
        questions.take(TOKEN, EMPTY, now_s)
        now_s += each_s
        questions.heard(now_s)
        assert questions.settle(number) == ForGap("public")
    return questions.page


def test_pages_grow_while_the_link_is_quick_and_shrink_while_it_is_slow() -> None:
    assert page_after() == 2
    assert page_after(0.1, 0.1, 0.1) == 16
    assert page_after(*[0.1] * 20) == HISTORY_PAGE_MAX
    assert page_after(0.1, 1.0, 1.0) == 4
    assert page_after(0.1, 0.1, 2.5) == 4
    assert page_after(*[2.5] * 9) == 1


def test_pages_are_small_again_on_a_new_link() -> None:
    questions = Questions()
    questions.reopen()
    assert questions.page == NEWCOMER_HISTORY
    questions.reopen()
    assert questions.page == 2


def test_a_new_session_asks_the_user_s_questions_again_and_forgets_the_core_s_own() -> None:
    questions = Questions()
    for purpose in (ForRoster(), ForTicket(7), ForGap("public"), ForKeys()):
        questions.ask(AskRoster, purpose)
    questions.take(TOKEN, EMPTY, 0.0)
    questions.reopen()
    assert questions.next_s() == float("inf")
    assert questions.take(b"new", EMPTY, 0.1) == [AskRoster(b"new", 2)]
    assert questions.settle(1) is None


def test_it_is_known_what_is_being_asked() -> None:
    questions = Questions()
    questions.ask(AskKeys, ForGap("public"))
    assert questions.asks_for(ForGap("public"))
    assert not questions.asks_for(ForGap("user.alice"))
    assert not questions.asks_for(ForKeys())
    questions.settle(1)
    assert not questions.asks_for(ForGap("public"))


def test_a_question_that_is_due_again_can_always_be_asked() -> None:
    """Else the shell would be told again and again to look at once. A new numbering begins with 1 again."""
    outbox, questions = Outbox(1), Questions()
    for text in "abc":
        outbox.submit("say", (text, False), 1)
    outbox.take(TOKEN, 0.0)
    for n in (1, 2, 3):
        answered(outbox, n)
    questions.ask(AskParty, ForTicket(7), after=outbox.last_place)
    questions.take(TOKEN, outbox, 0.0)
    outbox.submit("say", ("d", False), 4)
    outbox.renumber(2)
    assert questions.take(TOKEN, outbox, questions.next_s()) == [AskParty(TOKEN, 1)]
    assert questions.next_s() == 10.0


def test_a_question_that_was_too_much_is_asked_again_a_second_later() -> None:
    questions = Questions()
    questions.ask(AskRoster, ForRoster())
    questions.take(TOKEN, EMPTY, 10.0)
    questions.postpone(1, 10.5)
    questions.postpone(99, 10.5)
    assert questions.next_s() == 11.5
    assert questions.take(TOKEN, EMPTY, 11.4) == []
    assert questions.take(TOKEN, EMPTY, 11.5) == [AskRoster(TOKEN, 1)]


def test_a_question_waits_for_no_command_that_came_after_it_under_another_numbering() -> None:
    outbox, questions = Outbox(1), Questions()
    outbox.submit("say", ("a", False), 1)
    outbox.submit("say", ("b", False), 2)
    outbox.take(TOKEN, 0.0)
    answered(outbox, 1)
    questions.ask(AskParty, ForTicket(7), after=outbox.last_place)
    outbox.submit("say", ("c", False), 3)
    outbox.renumber(2)
    outbox.take(TOKEN, 0.0)
    assert outbox.settle(Answer(2, 1, 1, "public", 2, ""), 0.0) is not None
    assert questions.take(TOKEN, outbox, 0.0) == [AskParty(TOKEN, 1)]
