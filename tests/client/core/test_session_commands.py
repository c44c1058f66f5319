"""What the user wants goes up in order, once each, and is settled when the broker has answered for good."""

from tests.client.core.scripted import OWN, Desk
from zchat_client.events import Connected
from zchat_common import messages as m
from zchat_common.errors import Code
from zchat_common.limits import IN_FLIGHT_MAX

# -- registering ------------------------------------------------------------------------------------------------------


# -- commands ---------------------------------------------------------------------------------------------------------


def test_commands_go_up_in_order_and_settle_their_tickets(desk: Desk) -> None:
    desk.submit("say", "one", False, ticket=11)
    desk.submit("back", ticket=12)
    assert [(do.token, do.n, do.op, do.args) for do in desk.of(m.Do)] == [
        (b"token", 1, "say", ("one", False)),
        (b"token", 2, "back", ()),
    ]
    desk.settle(1, "public", 1)
    refusal = m.Refusal(desk.of(m.Do)[0].instance, 2, Code.BAD_TEXT, "no", None)
    desk.hear(refusal)
    assert desk.settled[11] == m.Answer(refusal.instance, 1, desk.now.at + 1, "public", 1, "")
    assert desk.settled[12] == refusal


def test_what_is_typed_before_the_session_is_kept_and_sent() -> None:
    desk = Desk()
    desk.submit("say", "early", False)
    desk.open()
    desk.submit("say", "earlier", False)
    assert desk.of(m.Do) == []
    desk.hear(desk.registered())
    desk.session.ask(m.AskParty, 7, desk.now)
    desk.wait()
    assert desk.of(m.Do) == [], "nothing is answered before `connected`"
    assert desk.of(m.AskParty) == []
    assert desk.session.next_s(desk.now) > desk.now_s, "and nothing spins until then"
    desk.pong()
    desk.give_roster()
    assert [type(event) for event in desk.shown] == [Connected]
    assert [do.args[0] for do in desk.of(m.Do)] == ["early", "earlier"]


def test_a_resumption_sends_what_has_no_answer_again_under_its_numbers(desk: Desk) -> None:
    for text in ("one", "two", "three"):
        desk.submit("say", text, False)
    desk.settle(1, "public", 1)
    before = desk.of(m.Do)
    desk.forget()
    desk.reconnect(token=b"token 2")
    desk.submit("say", "four", False)
    assert [do._replace(token=b"token") for do in desk.of(m.Do)[:2]] == before[1:]
    assert [(do.token, do.n) for do in desk.of(m.Do)] == [(b"token 2", 2), (b"token 2", 3), (b"token 2", 4)]


def test_a_settled_command_is_not_settled_again(desk: Desk) -> None:
    desk.submit("say", "one", False)
    desk.settle(1, "public", 1)
    desk.settled.clear()
    desk.settle(1, "public", 1)
    assert desk.settled == {}


def test_storage_failed_is_told_and_begins_a_new_numbering(desk: Desk) -> None:
    for ticket in (11, 12, 13):
        desk.submit("say", f"text {ticket}", False, ticket=ticket)
    old = desk.of(m.Do)[0].instance
    desk.forget()
    desk.hear(*[m.Refusal(old, n, Code.STORAGE_FAILED, "disk", None) for n in (1, 2, 3)])
    assert list(desk.settled) == [11]
    sent = desk.of(m.Do)
    assert [(do.n, do.args[0]) for do in sent] == [(1, "text 12"), (2, "text 13")]
    assert {do.instance for do in sent} != {old}


def test_a_broker_that_lost_the_numbering_gets_a_new_one(desk: Desk) -> None:
    desk.submit("say", "one", False)
    desk.settle(1, "public", 1)
    desk.submit("say", "two", False)
    old = desk.of(m.Do)[0].instance
    desk.forget()
    desk.hear(m.Expected(old, 1))
    (do,) = desk.of(m.Do)
    assert (do.n, do.args[0]) == (1, "two")
    assert do.instance != old


def test_expected_goes_back_to_the_missing_command(desk: Desk) -> None:
    for text in ("one", "two", "three"):
        desk.submit("say", text, False)
    instance = desk.of(m.Do)[0].instance
    desk.forget()
    desk.hear(*[m.Expected(instance, 2)] * 3)
    assert [do.n for do in desk.of(m.Do)] == [2, 3]


def test_a_rate_refusal_is_not_final(desk: Desk) -> None:
    desk.submit("say", "one", False)
    desk.hear(m.Refusal(desk.of(m.Do)[0].instance, 1, Code.RATE_LIMITED, "slowly", 1_500))
    desk.forget()
    desk.wait(1.4)
    assert desk.of(m.Do) == []
    desk.wait(desk.session.outbox.next_s(desk.now_s) - desk.now_s)
    assert [do.n for do in desk.of(m.Do)] == [1]
    assert desk.settled == {}


def test_the_broker_s_rate_paces_it() -> None:
    desk = Desk()
    desk.open()
    desk.hear(desk.registered(rate=2_000))
    desk.wait()
    desk.pong()
    desk.give_roster()
    for number in range(10):
        desk.submit("say", str(number), False)
    assert len(desk.of(m.Do)) == 3
    desk.wait(1.0)
    assert len(desk.of(m.Do)) == 5


def test_no_more_than_the_window_is_under_way(desk: Desk) -> None:
    for number in range(300):
        desk.submit("say", str(number), False)
    assert len(desk.of(m.Do)) == IN_FLIGHT_MAX


def test_an_answer_that_was_lost_is_asked_for_again(desk: Desk) -> None:
    desk.submit("say", "one", False)
    for _ in range(3):
        desk.wait(2.0)
        desk.pong()
    assert [do.n for do in desk.of(m.Do)] == [1, 1]


def test_a_probe_is_answered_with_a_ping_at_once(desk: Desk) -> None:
    desk.hear(m.Probe())
    desk.wait(0.0)
    assert [ping.topic for ping in desk.of(m.Ping)] == [OWN]


def test_an_exit_that_ended_an_earlier_session_is_given_again(desk: Desk) -> None:
    """The link broke before its answer came, and coming back opened a new session: that one must end too."""
    desk.submit("exit", ticket=11)
    (do,) = desk.of(m.Do)
    exit_at = desk.now.at
    desk.reconnect()
    desk.hear(m.Answer(do.instance, 1, exit_at, "", 0, ""))
    assert desk.settled == {}
    assert [(each.op, each.n) for each in desk.of(m.Do)][-1] == ("exit", 2)
    desk.settle(2)
    assert list(desk.settled) == [11]


# -- questions --------------------------------------------------------------------------------------------------------


def test_a_question_is_asked_after_the_commands_before_it(desk: Desk) -> None:
    desk.submit("away", "", ticket=1)
    desk.session.ask(m.AskParty, 2, desk.now)
    desk.carry()
    assert desk.of(m.AskParty) == []
    desk.settle(1)
    (question,) = desk.of(m.AskParty)
    desk.hear(m.Party(question.ask, None))
    assert desk.settled[2] == m.Party(question.ask, None)


def test_a_question_is_asked_again_in_the_next_session_and_answered_once(desk: Desk) -> None:
    desk.session.ask(m.AskParty, 2, desk.now)
    desk.carry()
    desk.reconnect()
    first, second = desk.of(m.AskParty)
    assert (first.ask, second.token) == (second.ask, b"token 2")
    desk.hear(m.Party(second.ask, None))
    desk.settled.clear()
    desk.hear(m.Party(second.ask, None))
    assert desk.settled == {}


def test_a_refused_question_settles_its_ticket(desk: Desk) -> None:
    desk.session.ask(m.AskParty, 2, desk.now)
    desk.carry()
    denied = m.Denied(desk.of(m.AskParty)[0].ask, Code.ACCESS_DENIED, "no")
    desk.hear(denied)
    assert desk.settled[2] == denied
