"""Commands are numbered, sent in order, paced, sent again after a cut, and settled exactly once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zchat_client.core.outbox import Outbox, Pending
from zchat_common.errors import Code
from zchat_common.limits import IN_FLIGHT_MAX
from zchat_common.messages import Answer, Do, Refusal

TOKEN = b"token"
INSTANCE = 77
EVER = float("inf")


def outbox(commands: int = 0, *, rate: float = 0.0, burst: float = 1.0, now_s: float = 0.0) -> Outbox:
    """An outbox with an open session and so many commands in it."""
    box = Outbox(INSTANCE)
    box.open(rate, burst, now_s)
    submit(box, commands)
    return box


def submit(box: Outbox, commands: int) -> None:
    for _ in range(commands):
        place = box.last_place + 1
        box.submit("say", (f"text {place}", False), 100 + place)


def numbers(sent: list[Do]) -> list[int]:
    return [do.n for do in sent]


def answer(n: int, instance: int = INSTANCE) -> Answer:
    return Answer(instance, n, 1, "public", n, "")


# -- numbers --------------------------------------------------------------------------------------------------------


def test_commands_are_numbered_from_1_on_and_sent_in_order() -> None:
    box = Outbox(INSTANCE)
    assert [box.submit("say", ("a", False), 1), box.submit("back", (), 2)] == [1, 2]
    assert box.last_place == 2
    assert box.take(TOKEN, 0.0) == [Do(TOKEN, INSTANCE, 1, "say", ("a", False)), Do(TOKEN, INSTANCE, 2, "back", ())]


def test_each_command_is_sent_once() -> None:
    box = outbox(2)
    assert numbers(box.take(TOKEN, 0.0)) == [1, 2]
    assert box.take(TOKEN, 1.0) == []
    submit(box, 1)
    assert numbers(box.take(TOKEN, 1.0)) == [3]


def test_an_answer_settles_its_command_and_names_the_ticket() -> None:
    box = outbox(2)
    box.take(TOKEN, 0.0)
    assert box.settle(answer(1), 0.1) == Pending("say", ("text 1", False), 101)
    assert [command.ticket for command in box.waiting] == [102]


def test_a_refusal_settles_its_command_too() -> None:
    box = outbox(1)
    box.take(TOKEN, 0.0)
    settled = box.settle(Refusal(INSTANCE, 1, Code.BAD_TEXT, "no", None), 0.1)
    assert settled is not None
    assert settled.ticket == 101
    assert box.waiting == ()


def test_an_answer_counts_once() -> None:
    box = outbox(2)
    box.take(TOKEN, 0.0)
    assert box.settle(answer(1), 0.1)
    assert box.settle(answer(1), 0.1) is None


def test_an_answer_out_of_turn_or_of_another_numbering_settles_nothing() -> None:
    box = outbox(2)
    box.take(TOKEN, 0.0)
    assert box.settle(answer(2), 0.1) is None
    assert box.settle(answer(1, instance=78), 0.1) is None
    assert box.settle(answer(7), 0.1) is None
    assert len(box.waiting) == 2


def test_everything_up_to_a_place_is_settled_when_nothing_before_it_waits() -> None:
    box = outbox()
    assert box.settled(0)
    submit(box, 2)
    box.take(TOKEN, 0.0)
    assert not box.settled(1)
    box.settle(answer(1), 0.1)
    assert box.settled(1)
    assert not box.settled(2)
    box.settle(answer(2), 0.1)
    assert box.settled(2)


# -- the window -----------------------------------------------------------------------------------------------------


def test_no_more_than_the_window_is_in_flight() -> None:
    box = outbox(300)
    assert numbers(box.take(TOKEN, 0.0)) == list(range(1, IN_FLIGHT_MAX + 1))
    assert box.take(TOKEN, 0.0) == []
    for n in (1, 2, 3):
        box.settle(answer(n), 0.1)
    assert numbers(box.take(TOKEN, 0.1)) == [129, 130, 131]


# -- pace -----------------------------------------------------------------------------------------------------------


def test_a_burst_goes_at_once_and_the_rest_at_the_rate() -> None:
    box = outbox(10, rate=2.0, burst=3)
    assert numbers(box.take(TOKEN, 0.0)) == [1, 2, 3]
    assert box.take(TOKEN, 0.4) == []
    assert numbers(box.take(TOKEN, 0.5)) == [4]
    assert numbers(box.take(TOKEN, 1.5)) == [5, 6]


def test_a_quiet_time_saves_up_no_more_than_the_burst() -> None:
    box = outbox(3, rate=2.0, burst=3)
    box.take(TOKEN, 0.0)
    submit(box, 10)
    assert numbers(box.take(TOKEN, 3_600.0)) == [4, 5, 6]


def test_it_says_when_the_next_command_may_go() -> None:
    box = outbox(4, rate=2.0, burst=3)
    assert box.next_s(0.0) == 0.0
    box.take(TOKEN, 0.0)
    assert box.next_s(0.0) == pytest.approx(0.5)
    assert numbers(box.take(TOKEN, box.next_s(0.0))) == [4]


def test_rate_0_lifts_the_pace() -> None:
    assert len(outbox(100, rate=0.0).take(TOKEN, 0.0)) == 100


def test_a_repeated_command_costs_nothing() -> None:
    box = outbox(3, rate=1.0, burst=3)
    box.take(TOKEN, 0.0)
    box.open(1.0, 3, 0.0)
    assert numbers(box.take(TOKEN, 0.0)) == [1, 2, 3]


def test_another_rate_of_the_broker_is_taken_over() -> None:
    box = outbox(3, rate=1.0, burst=1)
    assert numbers(box.take(TOKEN, 0.0)) == [1]
    box.open(0.0, 1, 0.0)
    assert numbers(box.take(TOKEN, 0.0)) == [1, 2, 3]


def test_a_rate_refusal_postpones_the_command_and_all_after_it() -> None:
    box = outbox(5)
    box.take(TOKEN, 0.0)
    box.settle(answer(1), 0.1)
    box.postpone(INSTANCE, 2, 1.5, 0.1)
    assert box.take(TOKEN, 1.0) == []
    assert box.next_s(1.0) == pytest.approx(1.6)
    assert numbers(box.take(TOKEN, 1.6)) == [2, 3, 4, 5]


def test_the_longest_of_several_rate_refusals_counts() -> None:
    box = outbox(5)
    box.take(TOKEN, 0.0)
    box.postpone(INSTANCE, 1, 2.0, 0.0)
    box.postpone(INSTANCE, 2, 1.0, 0.0)
    assert box.take(TOKEN, 1.9) == []
    assert numbers(box.take(TOKEN, 2.0)) == [1, 2, 3, 4, 5]


def test_after_a_rate_refusal_everything_from_there_on_is_paid_for_again() -> None:
    box = outbox(4, rate=2.0, burst=4.0)
    assert len(box.take(TOKEN, 0.0)) == 4
    box.postpone(INSTANCE, 1, 0.5, 0.0)
    assert [do.n for do in box.take(TOKEN, 0.5)] == [1]
    assert [do.n for do in box.take(TOKEN, 1.0)] == [2]


@pytest.mark.parametrize(("instance", "n"), [(78, 2), (INSTANCE, 1)])
def test_a_rate_refusal_of_what_is_settled_or_another_numbering_postpones_nothing(instance: int, n: int) -> None:
    box = outbox(2)
    box.take(TOKEN, 0.0)
    box.settle(answer(1), 0.0)
    box.postpone(instance, n, 9.0, 0.0)
    submit(box, 1)
    assert numbers(box.take(TOKEN, 0.0)) == [3]


def test_a_new_session_ends_the_wait() -> None:
    box = outbox(1)
    box.take(TOKEN, 0.0)
    box.postpone(INSTANCE, 1, 60.0, 0.0)
    box.open(0.0, 1, 1.0)
    assert numbers(box.take(TOKEN, 1.0)) == [1]


# -- what is sent again ---------------------------------------------------------------------------------------------


def test_a_new_session_sends_everything_without_an_answer_again_under_its_numbers() -> None:
    box = outbox(4)
    box.take(TOKEN, 0.0)
    box.settle(answer(1), 0.1)
    box.open(0.0, 1, 9.0)
    assert box.take(b"new token", 9.0) == [
        Do(b"new token", INSTANCE, n, "say", (f"text {n}", False)) for n in (2, 3, 4)
    ]


def test_going_back_sends_again_from_the_number_that_the_broker_expects() -> None:
    box = outbox(5)
    box.take(TOKEN, 0.0)
    assert box.go_back(INSTANCE, 2, 1.0)
    assert numbers(box.take(TOKEN, 1.0)) == [2, 3, 4, 5]


def test_a_storm_of_expected_goes_back_once() -> None:
    box = outbox(100)
    box.take(TOKEN, 0.0)
    for _ in range(99):
        assert box.go_back(INSTANCE, 1, 1.0)
        box.take(TOKEN, 1.0)
    assert box.take(TOKEN, 1.4) == []
    box.go_back(INSTANCE, 1, 1.4)
    assert box.take(TOKEN, 1.4) == []
    box.go_back(INSTANCE, 1, 1.6)
    assert len(box.take(TOKEN, 1.6)) == 100


def test_what_is_expected_and_still_unsent_needs_no_going_back() -> None:
    box = outbox(5, rate=1.0, burst=2)
    assert numbers(box.take(TOKEN, 0.0)) == [1, 2]
    assert box.go_back(INSTANCE, 3, 0.0)
    assert numbers(box.take(TOKEN, 1.0)) == [3]


def test_a_broker_that_expects_what_was_settled_has_lost_it() -> None:
    box = outbox(3)
    box.take(TOKEN, 0.0)
    box.settle(answer(1), 0.0)
    assert not box.go_back(INSTANCE, 1, 1.0)
    assert box.go_back(78, 1, 1.0)


def test_with_nothing_to_send_no_number_is_missed() -> None:
    box = outbox(1)
    box.take(TOKEN, 0.0)
    box.settle(answer(1), 0.0)
    assert box.go_back(INSTANCE, 1, 1.0)


def test_renumbering_begins_anew_with_what_has_no_answer() -> None:
    box = outbox(4)
    box.take(TOKEN, 0.0)
    box.settle(answer(1), 0.0)
    box.renumber(78)
    assert box.settle(answer(2), 0.0) is None
    assert [(do.instance, do.n, do.args[0]) for do in box.take(TOKEN, 0.0)] == [
        (78, 1, "text 2"),
        (78, 2, "text 3"),
        (78, 3, "text 4"),
    ]
    box.submit("back", (), 9)
    assert [(do.instance, do.n, do.op) for do in box.take(TOKEN, 0.0)] == [(78, 4, "back")]
    settled = box.settle(answer(1, instance=78), 0.0)
    assert settled is not None
    assert settled.ticket == 102


def test_a_lost_answer_is_asked_for_again_after_five_seconds() -> None:
    box = outbox(2)
    box.take(TOKEN, 10.0)
    assert box.next_s(10.0) == 15.0
    box.repeat_if_lost(14.9)
    assert box.take(TOKEN, 14.9) == []
    box.repeat_if_lost(15.0)
    assert numbers(box.take(TOKEN, 15.0)) == [1, 2]
    box.repeat_if_lost(16.0)
    assert box.take(TOKEN, 16.0) == []


def test_an_answer_to_one_command_shows_that_the_others_are_on_their_way() -> None:
    box = outbox(2)
    box.take(TOKEN, 0.0)
    box.settle(answer(1), 4.0)
    box.repeat_if_lost(8.0)
    assert box.take(TOKEN, 8.0) == []


def test_nothing_to_do_means_no_next_time() -> None:
    box = outbox()
    assert box.next_s(0.0) == EVER
    box.repeat_if_lost(1e9)
    assert box.take(TOKEN, 1e9) == []


def test_a_full_window_waits_for_answers_only() -> None:
    box = outbox(IN_FLIGHT_MAX + 1)
    box.take(TOKEN, 10.0)
    assert box.next_s(10.0) == 15.0


# -- what has to be made ready first ----------------------------------------------------------------------------------


def with_one_held() -> Outbox:
    """Two commands, one that is not ready, and one more."""
    box = outbox(2)
    box.submit("whisper", ("bob", "psst"), 103, ready=False)
    submit(box, 1)
    return box


def test_a_command_that_is_not_ready_holds_back_itself_and_what_is_behind_it() -> None:
    box = with_one_held()
    assert numbers(box.take(TOKEN, 0.0)) == [1, 2]
    assert box.held is not None
    assert (box.held.ticket, box.held_place, box.held_number) == (103, 3, (INSTANCE, 3))
    assert box.take(TOKEN, 9.0) == []


def test_nothing_is_held_before_its_turn_has_come() -> None:
    assert outbox().held is None
    assert outbox(1).held is None
    assert with_one_held().held is None


def test_a_command_that_was_made_ready_goes_with_its_new_arguments_and_what_is_behind_it_too() -> None:
    box = with_one_held()
    box.take(TOKEN, 0.0)
    box.release(("Bob", b"sealed"))
    assert box.held is None
    assert [(do.n, do.args[0]) for do in box.take(TOKEN, 0.0)] == [(3, "Bob"), (4, "text 4")]


def test_what_was_made_ready_stays_as_it_is_under_whatever_number() -> None:
    box = with_one_held()
    box.take(TOKEN, 0.0)
    box.release(("Bob", b"sealed"))
    box.take(TOKEN, 0.0)
    box.renumber(78)
    assert [(do.instance, do.n, do.args[0]) for do in box.take(TOKEN, 0.0)][2] == (78, 3, "Bob")
    box.open(0.0, 1, 1.0)
    assert box.take(TOKEN, 1.0)[2].args == ("Bob", b"sealed")


def test_a_command_that_is_withdrawn_leaves_its_number_to_the_next() -> None:
    box = with_one_held()
    box.take(TOKEN, 0.0)
    for n in (1, 2):
        box.settle(answer(n), 0.0)
    assert not box.settled(3)
    assert box.withdraw().ticket == 103
    assert box.settled(3)
    assert [(do.n, do.args[0]) for do in box.take(TOKEN, 0.0)] == [(3, "text 4")]
    assert box.settle(answer(3), 0.0) == Pending("say", ("text 4", False), 104)


def test_what_is_held_is_no_reason_to_look_again() -> None:
    box = with_one_held()
    box.take(TOKEN, 10.0)
    assert box.next_s(10.0) == 15.0, "an answer may be lost"
    for n in (1, 2):
        box.settle(answer(n), 11.0)
    assert box.next_s(11.0) == EVER


def test_going_back_comes_to_what_is_held_again() -> None:
    box = with_one_held()
    box.take(TOKEN, 0.0)
    assert box.go_back(INSTANCE, 1, 1.0)
    assert box.held is None
    assert numbers(box.take(TOKEN, 1.0)) == [1, 2]
    assert box.held is not None


# -- all of it together ---------------------------------------------------------------------------------------------


class Broker:
    """The other end: applies only the next number, answers an older one again, keeps everything but links."""

    def __init__(self) -> None:
        self.applied: list[object] = []
        self.last_n: dict[int, int] = {}

    def take(self, do: Do) -> Answer | tuple[int, int]:
        last = self.last_n.get(do.instance, 0)
        if do.n > last + 1:
            return do.instance, last + 1
        if do.n == last + 1:
            self.applied.append(do.args[0])
            self.last_n[do.instance] = do.n
        return answer(do.n, do.instance)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 3)), max_size=30))
def test_whatever_is_lost_each_command_is_applied_once_and_in_order(steps: list[tuple[int, int, int]]) -> None:
    """Each step: so many new commands; which commands are lost; which answers are lost (3: then the link breaks)."""
    box, broker, now_s = outbox(), Broker(), 0.0
    for new, lost_up, lost_down in [*steps, *[(0, 3, 3)] * 4, *[(0, 9, 9)] * 20]:
        now_s += 2.0
        submit(box, new)
        box.repeat_if_lost(now_s)
        for place, do in enumerate(box.take(TOKEN, now_s)):
            if place % 4 == lost_up:
                continue
            reply = broker.take(do)
            if place % 4 == lost_down:
                continue
            if isinstance(reply, Answer):
                box.settle(reply, now_s)
            else:
                assert box.go_back(*reply, now_s)
        if lost_down == 3:
            box.open(0.0, 1.0, now_s)
    assert box.waiting == ()
    assert broker.applied == [f"text {n}" for n in range(1, box.last_place + 1)]


def test_what_was_sent_and_not_answered_is_in_doubt() -> None:
    box = outbox()
    submit(box, 3)
    assert not box.in_doubt
    box.take(TOKEN, 0.0)
    sent = [command.ticket for command in box.waiting]
    assert box.in_doubt == set(sent)
    box.settle(answer(1), 0.0)
    box.open(0.0, 1.0, 1.0)
    assert box.in_doubt == set(sent[1:]), "not sent again yet, but the broker may have them"
    box.postpone(INSTANCE, 3, 1.0, 1.0)
    assert box.in_doubt == {sent[1]}, "it said that it has not taken the last"
    box.renumber(INSTANCE + 1)
    assert not box.in_doubt, "it has forgotten all that was sent"
