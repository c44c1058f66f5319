"""One client's place at a broker, told line by line: registering, coming back, and everything in between."""

import random

import pytest

from tests.client.core.scripted import OWN, START, Desk, changed, invited, say, whisper
from zchat_client.core.session import Phase
from zchat_client.events import (
    Connected,
    Disconnected,
    Error,
    Member,
    Message,
    Party,
    PartyMembers,
    Presence,
    Reconnected,
    Whisper,
)
from zchat_common import messages as m
from zchat_common.errors import Code
from zchat_common.limits import HISTORY_PAGE_MAX, IN_FLIGHT_MAX, LINK_SILENCE_S, PROTOCOL_VERSION
from zchat_common.sealing import SealingKey
from zchat_common.wire import encode

PARTY = m.PartyState("p1", "Bob", ("Bob", "Alice"))


@pytest.fixture
def desk() -> Desk:
    """Alice is connected, and nothing was missed."""
    connected = Desk()
    connected.connect()
    assert connected.names() == ["Connected"]
    connected.forget()
    return connected


def online_in_party() -> Desk:
    desk = Desk()
    desk.last["party.p1"] = 3
    desk.start["party.p1"] = 3
    desk.connect(party=PARTY)
    desk.give_page(changed(3, "joined", "Alice", "Bob", "Alice"), first=3)
    desk.forget()
    return desk


# -- registering ----------------------------------------------------------------------------------------------------


def test_it_subscribes_public_first_and_its_own_topic_last_and_registers() -> None:
    desk = Desk()
    desk.open()
    assert desk.subscriptions == ["+public", f"+{OWN}"]
    (register,) = desk.sent
    assert isinstance(register, m.Register)
    assert register._replace(run=0) == m.Register(PROTOCOL_VERSION, "Alice", 0, takeover=False)


def test_parties_and_invitations_come_between_public_and_its_own_topic() -> None:
    desk = online_in_party()
    desk.read(OWN, invited(1, "p2"))
    desk.close()
    desk.forget()
    desk.open()
    assert desk.subscriptions == ["+public", "+party.p1", "+party.p2", f"+{OWN}"]


def test_it_pings_its_own_topic_until_the_pong_comes() -> None:
    desk = Desk()
    desk.open()
    desk.wait(1.0)
    assert desk.of(m.Ping) == []
    desk.hear(desk.registered())
    for _ in range(4):
        desk.wait(0.5)
    assert {(ping.token, ping.topic) for ping in desk.of(m.Ping)} == {(b"token", OWN)}
    assert len(desk.of(m.Ping)) == 4


def test_it_is_connected_only_after_pong_and_roster() -> None:
    for roster_first in (True, False):
        desk = Desk()
        desk.open()
        desk.hear(desk.registered())
        desk.wait()
        first, second = (desk.give_roster, desk.pong) if roster_first else (desk.pong, desk.give_roster)
        first()
        assert (desk.names(), desk.session.phase) == ([], Phase.SYNCING)
        second()
        assert (desk.names(), desk.session.phase) == (["Connected"], Phase.ONLINE)


def test_connected_says_where_and_with_whom() -> None:
    desk = Desk()
    desk.session.first_contact = True
    desk.roster["carol"] = m.RosterEntry("Carol", "away", START, "lunch")
    desk.last["party.p1"] = 3
    desk.start["party.p1"] = 3
    desk.connect(party=PARTY)
    (connected,) = desk.seen(Connected)
    assert connected == Connected(
        at=desk.now.at,
        name="Alice",
        title="Lab",
        fingerprint="SHA256:abc",
        first_contact=True,
        users=(Member("Alice", "online"), Member("Bob", "offline"), Member("Carol", "away")),
        party=PartyMembers("Bob", ("Bob", "Alice")),
    )


def test_messages_that_come_before_connected_are_shown_after_it() -> None:
    desk = Desk()
    desk.open()
    desk.hear(desk.registered())
    desk.read("public", say(1))
    desk.wait()
    desk.pong()
    assert desk.shown == []
    desk.give_roster()
    assert desk.names() == ["Connected", "Message"]


def test_a_newcomer_is_shown_the_last_fifty_messages_as_replayed() -> None:
    desk = Desk()
    desk.last["public"] = 80
    desk.connect()
    (question,) = desk.of(m.AskHistory)
    assert question == m.AskHistory(b"token", question.ask, "public", 30, None, HISTORY_PAGE_MAX)
    desk.give_page(*[say(seq) for seq in range(31, 81)])
    shown = desk.seen(Message)
    assert [event.seq for event in shown] == list(range(31, 81))
    assert all(event.replayed for event in shown)
    desk.read("public", say(81))
    assert desk.seen(Message)[-1].replayed is False


def test_a_later_run_goes_on_where_the_last_one_was() -> None:
    desk = Desk(positions={"public": 78, OWN: 2})
    desk.last.update({"public": 80, OWN: 2})
    desk.connect()
    assert [(each.topic, each.after) for each in desk.of(m.AskHistory)] == [("public", 78)]


def test_the_shell_is_told_the_position_of_each_message() -> None:
    desk = Desk()
    desk.connect()
    desk.read("public", say(1), say(2))
    desk.read(OWN, whisper(1))
    assert desk.positions == {"public": 2, OWN: 1}


def test_a_broker_that_does_not_answer_is_tried_anew() -> None:
    desk = Desk()
    desk.open()
    assert desk.session.next_s(desk.now) == desk.now_s + 10.0
    desk.wait(9.9)
    assert desk.rebuilds == []
    desk.wait(0.2)
    assert desk.rebuilds == ["the broker does not answer"]


@pytest.mark.parametrize(
    "code", ["name_in_use", "name_owned", "name_lookalike", "bad_name", "access_denied", "version"]
)
def test_a_refused_registration_is_the_end(code: str) -> None:
    desk = Desk()
    desk.open()
    desk.hear(m.Rejected(code, "No \x1b[2J place."))
    assert desk.over is not None
    assert (desk.over.reason, desk.over.code, desk.over.text) == ("refused", Code(code), "No \ufffd[2J place.")


def test_a_code_of_a_later_version_is_a_refusal_too() -> None:
    desk = Desk()
    desk.open()
    desk.hear(m.Rejected("full_moon", "Not today."))
    assert desk.over is not None
    assert (desk.over.code, desk.over.text) == (Code.ACCESS_DENIED, "Not today.")


def test_a_broker_that_can_keep_nothing_right_now_is_tried_anew() -> None:
    desk = Desk()
    desk.open()
    desk.hear(m.Rejected(Code.STORAGE_FAILED, "Later."))
    assert (desk.over, desk.rebuilds) == (None, ["Later."])


def test_the_introduction_is_held_against_what_comes_over_the_encrypted_link() -> None:
    desk = Desk()
    desk.session.introduced = (PROTOCOL_VERSION, 5555, 7777)
    desk.open()
    desk.hear(desk.registered())
    assert desk.over is not None
    assert desk.over.code is Code.VERSION
    desk = Desk()
    desk.session.introduced = (PROTOCOL_VERSION, 5555, 5556)
    desk.connect()
    assert desk.names() == ["Connected"]


def test_only_the_first_registration_takes_over() -> None:
    desk = Desk(takeover=True)
    desk.open()
    desk.close()
    desk.open()
    desk.hear(desk.registered())
    desk.close()
    desk.open()
    assert [register.takeover for register in desk.of(m.Register)] == [True, True, False]
    assert len({register.run for register in desk.of(m.Register)}) == 1


def test_a_second_answer_to_a_registration_changes_nothing(desk: Desk) -> None:
    desk.hear(desk.registered(token=b"another"))
    desk.wait(3.0)
    assert desk.of(m.Ping)[-1].token == b"token"


# -- the end of a link ----------------------------------------------------------------------------------------------


def test_silence_is_the_end_of_the_links(desk: Desk) -> None:
    desk.wait(LINK_SILENCE_S)
    assert desk.rebuilds == []
    desk.wait(0.1)
    assert desk.rebuilds == ["nothing was heard from the broker"]


def test_any_frame_is_a_sign_of_life(desk: Desk) -> None:
    stranger = SealingKey(m.TopicKey("party.p9", 99, b"9" * 32))
    for _ in range(5):
        desk.wait(5.0)
        desk.deliver(stranger.seal(b""))
    assert desk.rebuilds == []


def test_a_broker_that_stops_says_so(desk: Desk) -> None:
    desk.read("public", m.Stopping("update\x07"))
    assert desk.rebuilds == ["update\ufffd"]


def test_a_dead_session_is_opened_anew(desk: Desk) -> None:
    desk.hear(m.Rejected(Code.NO_SESSION, "This session is over."))
    assert desk.rebuilds == ["This session is over."]


def test_a_session_that_the_broker_ended_is_over(desk: Desk) -> None:
    desk.hear(m.Ended("taken over"))
    assert desk.over is not None
    assert (desk.over.reason, desk.over.code) == ("taken over", None)


def test_who_finds_his_place_taken_on_coming_back_was_taken_over(desk: Desk) -> None:
    desk.close()
    desk.open()
    desk.hear(m.Rejected(Code.NAME_IN_USE, "Alice is online from elsewhere."))
    assert desk.over is not None
    assert (desk.over.reason, desk.over.code) == ("taken over", None)


def test_a_complaint_of_the_broker_s_is_shown(desk: Desk) -> None:
    desk.hear(m.Rejected(Code.MALFORMED, "What?\x1b"))
    assert desk.seen(Error) == [Error(at=desk.now.at, code="malformed", text="What?\ufffd")]
    assert (desk.over, desk.rebuilds) == (None, [])


def test_what_is_no_message_is_passed_over(desk: Desk) -> None:
    dice = random.Random(7)
    for _ in range(200):
        desk.session.command_link(dice.randbytes(dice.randrange(50)), desk.now)
        desk.session.topic_link(dice.randbytes(dice.randrange(80)), desk.now)
        desk.deliver(desk.keys["public"].seal(dice.randbytes(dice.randrange(40))))
    assert (desk.shown, desk.over, desk.rebuilds) == ([], None, [])


def test_a_key_of_the_wrong_shape_is_passed_over(desk: Desk) -> None:
    desk.read(OWN, m.NewKey(m.TopicKey("public", 77, b"short")), m.NewKey(m.TopicKey("public", -1, b"k" * 32)))
    desk.read(OWN, whisper(1))
    assert desk.names() == ["Whisper"]


def test_between_links_nothing_is_believed(desk: Desk) -> None:
    frame = desk.frame("public", say(1))
    desk.close()
    desk.forget()
    desk.deliver(frame)
    desk.hear(m.Ended("taken over"), desk.registered())
    desk.wait(60.0)
    assert (desk.shown, desk.sent, desk.over, desk.rebuilds) == ([], [], None, [])
    assert desk.session.next_s(desk.now) == float("inf")


# -- outages --------------------------------------------------------------------------------------------------------


def test_an_outage_is_told_once_however_often_it_is_tried(desk: Desk) -> None:
    desk.close("the broker stops")
    for _ in range(3):
        desk.now_s += 1.0
        desk.open()
        desk.close("no answer")
    assert [event.reason for event in desk.seen(Disconnected)] == ["the broker stops"]
    desk.open()
    desk.hear(desk.registered())
    desk.close("again")
    assert len(desk.seen(Disconnected)) == 1


def test_the_next_outage_is_told_again(desk: Desk) -> None:
    desk.reconnect()
    desk.close("once more")
    assert desk.names() == ["Disconnected", "Reconnected", "Disconnected"]


def test_before_the_first_connection_there_is_no_outage() -> None:
    desk = Desk()
    desk.open()
    desk.close()
    desk.open()
    desk.hear(desk.registered())
    desk.close()
    assert desk.shown == []


def test_what_was_missed_is_shown_and_counted_before_reconnected(desk: Desk) -> None:
    desk.read("public", say(1))
    desk.last["public"] = 4
    desk.forget()
    desk.reconnect()
    assert desk.names() == ["Disconnected"]
    assert [(each.topic, each.after, each.before) for each in desk.of(m.AskHistory)] == [("public", 1, None)]
    desk.read("public", say(5))
    desk.give_page(say(2), say(3), say(4))
    assert desk.names() == ["Disconnected", *["Message"] * 4, "Reconnected"]
    assert [event.replayed for event in desk.seen(Message)] == [True, True, True, False]
    assert desk.seen(Reconnected) == [Reconnected(at=desk.now.at, replayed=3)]


def test_messages_of_every_topic_are_counted_and_other_events_are_not() -> None:
    desk = online_in_party()
    desk.last.update({"public": 1, OWN: 2, "party.p1": 5})
    desk.reconnect(party=PARTY)
    pages = {
        "public": (say(1),),
        OWN: (whisper(1), m.Delivered(2, START, "Bob", 1)),
        "party.p1": (say(4), changed(5, "leader", "Alice", "Alice", "Bob")),
    }
    for question in desk.of(m.AskHistory):
        bodies = tuple([encode(each) for each in pages[question.topic]])
        desk.hear(m.History(question.ask, question.topic, 1, desk.last[question.topic], bodies))
    assert [event.replayed for event in desk.seen(Reconnected)] == [3]


def test_each_outage_counts_for_itself(desk: Desk) -> None:
    for seq in (1, 2):
        desk.last["public"] = seq
        desk.reconnect()
        desk.give_page(say(seq))
    desk.reconnect()
    assert [event.replayed for event in desk.seen(Reconnected)] == [1, 1, 0]


def test_a_long_absence_comes_back_page_by_page(desk: Desk) -> None:
    desk.last["public"] = 1_000
    desk.reconnect()
    for first in range(1, 1_000, HISTORY_PAGE_MAX):
        assert desk.of(m.AskHistory)[-1].after == first - 1
        desk.give_page(*[say(seq) for seq in range(first, first + HISTORY_PAGE_MAX)])
    assert [event.seq for event in desk.seen(Message)] == list(range(1, 1_001))
    assert desk.seen(Reconnected)[0].replayed == 1_000


def test_a_flood_while_catching_up_keeps_nothing_out(desk: Desk) -> None:
    """More live messages than are held back, all of them before the first page comes."""
    desk.last["public"] = 300
    desk.reconnect()
    for first in range(301, 3_001, 50):
        desk.read("public", *[say(seq) for seq in range(first, first + 50)])
    asked = 0
    while len(desk.seen(Message)) < 3_000:
        after = desk.of(m.AskHistory)[-1].after or 0
        desk.give_page(*[say(seq) for seq in range(after + 1, min(after + HISTORY_PAGE_MAX, 3_000) + 1)])
        asked += 1
        assert asked < 20
    assert [event.seq for event in desk.seen(Message)] == list(range(1, 3_001))
    assert desk.seen(Reconnected)[0].replayed == 300


# -- gaps -----------------------------------------------------------------------------------------------------------


def test_a_gap_is_filled_by_a_question_and_nothing_is_shown_out_of_order(desk: Desk) -> None:
    desk.read("public", say(1))
    desk.read("public", say(4))
    assert [event.seq for event in desk.seen(Message)] == [1]
    (question,) = desk.of(m.AskHistory)
    assert (question.topic, question.after, question.before) == ("public", 1, 4)
    desk.read("public", say(5))
    assert len(desk.of(m.AskHistory)) == 1
    desk.give_page(say(2), say(3))
    assert [event.seq for event in desk.seen(Message)] == [1, 2, 3, 4, 5]
    assert not any(event.replayed for event in desk.seen(Message))


def test_a_pong_shows_that_the_last_message_was_lost(desk: Desk) -> None:
    desk.frame(OWN, whisper(1))
    desk.wait(3.0)
    desk.pong()
    assert [(each.topic, each.after, each.before) for each in desk.of(m.AskHistory)] == [(OWN, 0, None)]
    desk.give_page(whisper(1))
    assert desk.names() == ["Whisper"]


def test_a_skipped_frame_makes_it_ping_at_once(desk: Desk) -> None:
    desk.read("public", say(1))
    desk.frame("public", say(2))
    desk.read("public", m.Presence(0, ()))
    assert desk.session.next_s(desk.now) <= desk.now_s
    desk.wait()
    desk.pong()
    desk.give_page(say(2))
    assert [event.seq for event in desk.seen(Message)] == [1, 2]


def test_a_copy_of_a_frame_shows_nothing_twice(desk: Desk) -> None:
    frame = desk.frame("public", say(1))
    for _ in range(3):
        desk.deliver(frame)
    desk.read("public", say(1))
    assert [event.seq for event in desk.seen(Message)] == [1]


def test_what_the_broker_no_longer_keeps_is_said(desk: Desk) -> None:
    desk.last["public"] = 20
    desk.reconnect()
    desk.give_page(*[say(seq) for seq in range(11, 21)], first=11)
    (error,) = desk.seen(Error)
    assert error.code == "history_changed"
    assert error.text.startswith("10 messages of public")
    assert [event.seq for event in desk.seen(Message)] == list(range(11, 21))


def test_a_shorter_history_is_said_and_followed(desk: Desk) -> None:
    desk.read("public", say(1), say(2), say(3))
    desk.last["public"] = 1
    desk.reconnect()
    (error,) = desk.seen(Error)
    assert error.code == "history_changed"
    desk.read("public", say(2, "other"))
    assert desk.seen(Message)[-1].text == "other"


def test_a_damaged_page_ends_the_links(desk: Desk) -> None:
    desk.read("public", say(2))
    question = desk.of(m.AskHistory)[-1]
    desk.hear(m.History(question.ask, "public", 1, 2, (b"\xc1",)))
    assert desk.rebuilds == ["the broker's history is damaged"]


def test_a_refused_page_is_not_asked_for_again_at_once(desk: Desk) -> None:
    desk.read("public", say(2))
    desk.hear(m.Denied(desk.of(m.AskHistory)[-1].ask, Code.STORAGE_FAILED, "Later."))
    assert len(desk.of(m.AskHistory)) == 1
    desk.wait(3.0)
    desk.pong()
    assert len(desk.of(m.AskHistory)) == 2
    desk.give_page(say(1))
    assert [event.seq for event in desk.seen(Message)] == [1, 2]


def test_a_message_of_a_later_version_leaves_no_gap(desk: Desk) -> None:
    desk.read("public", say(1))
    desk.read("public", say(3))
    question = desk.of(m.AskHistory)[-1]
    later = b"\x93\xa5dance\x02\x02"
    desk.hear(m.History(question.ask, "public", 1, 3, (later,)))
    assert [event.seq for event in desk.seen(Message)] == [1, 3]


# -- keys -----------------------------------------------------------------------------------------------------------


def test_a_frame_under_an_unknown_key_waits_and_the_keys_are_asked_for(desk: Desk) -> None:
    desk.change_key("public")
    desk.read("public", say(1))
    (question,) = desk.of(m.AskKeys)
    assert desk.shown == []
    desk.hear(m.Keys(question.ask, (desk.key("public"), desk.key(OWN))))
    assert [event.seq for event in desk.seen(Message)] == [1]


def test_unknown_keys_are_asked_for_once_a_second_at_most(desk: Desk) -> None:
    desk.change_key("public")
    frames = [desk.frame("public", say(seq)) for seq in range(1, 41)]
    for frame in frames:
        desk.deliver(frame)
        desk.now_s += 0.1
    assert len(desk.of(m.AskKeys)) == 4


def test_frames_of_topics_that_are_not_ours_make_it_ask_for_nothing(desk: Desk) -> None:
    for topic in ("party.p9", "user.bob", "pace"):
        desk.read(topic, m.Stopping("trick"))
    assert (desk.sent, desk.rebuilds) == ([], [])


def test_a_new_key_on_one_s_own_topic_opens_what_follows(desk: Desk) -> None:
    key = desk.change_key("public")
    desk.read(OWN, m.NewKey(key))
    desk.read("public", say(1))
    assert [event.seq for event in desk.seen(Message)] == [1]
    assert desk.of(m.AskKeys) == []


def test_a_new_key_on_a_topic_that_others_write_to_is_not_believed(desk: Desk) -> None:
    evil = SealingKey(m.TopicKey("public", 66, b"6" * 32))
    desk.read("public", m.NewKey(evil.public_part))
    desk.deliver(evil.seal(encode(say(1))))
    assert desk.seen(Message) == []


# -- commands -------------------------------------------------------------------------------------------------------


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
    assert desk.settled[11] == m.Answer(refusal.instance, 1, desk.now.at, "public", 1, "")
    assert desk.settled[12] == refusal


def test_what_is_typed_before_the_session_is_kept_and_sent() -> None:
    desk = Desk()
    desk.submit("say", "early", False)
    desk.open()
    desk.submit("say", "earlier", False)
    assert desk.of(m.Do) == []
    desk.hear(desk.registered())
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


# -- questions ------------------------------------------------------------------------------------------------------


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


# -- presence -------------------------------------------------------------------------------------------------------


def test_presence_is_shown_and_kept(desk: Desk) -> None:
    bob = m.RosterEntry("Bob", "away", START + 5, "tea\x1b")
    desk.read("public", m.Presence(2, (bob,)))
    assert desk.seen(Presence) == [Presence(at=START + 5, name="Bob", status="away", since=START + 5, text="tea\ufffd")]
    assert desk.session.reading.roster.version == 2


def test_missing_presence_is_noticed_by_the_version_and_asked_for(desk: Desk) -> None:
    desk.roster["bob"] = m.RosterEntry("Bob", "online", START + 5, "")
    desk.roster_version = 9
    desk.read("public", m.Presence(9, (desk.roster["bob"],)))
    assert desk.shown == []
    desk.give_roster()
    assert [event.name for event in desk.seen(Presence)] == ["Bob"]


def test_a_pong_with_another_version_asks_for_the_roster_once(desk: Desk) -> None:
    desk.roster_version = 2
    for _ in range(3):
        desk.wait(3.0 if not desk.of(m.Ping) else 1.5)
        desk.pong()
    assert len(desk.of(m.AskRoster)) == 1


def test_one_s_own_absence_is_no_news(desk: Desk) -> None:
    desk.read("public", m.Presence(2, (m.RosterEntry("ALICE", "offline", START, ""),)))
    assert desk.shown == []


def test_what_changed_during_an_outage_is_shown_as_presence(desk: Desk) -> None:
    desk.roster = {"bob": m.RosterEntry("Bob", "online", START, ""), **desk.roster}
    desk.roster_version = 4
    desk.reconnect()
    assert desk.names() == ["Disconnected"]
    desk.give_roster()
    assert desk.names() == ["Disconnected", "Presence", "Reconnected"]


def test_another_s_pong_proves_nothing() -> None:
    desk = Desk()
    desk.open()
    desk.hear(desk.registered())
    desk.wait()
    desk.give_roster()
    desk.pong(name="Bob")
    assert desk.session.phase is Phase.SYNCING


# -- whispers that waited -------------------------------------------------------------------------------------------


def test_the_receipt_of_a_stored_whisper_is_given_when_all_was_shown() -> None:
    desk = Desk()
    desk.last[OWN] = 3
    desk.connect()
    assert desk.of(m.Do) == []
    desk.give_page(whisper(1, "stored"), whisper(2, "stored"), whisper(3, "stored", sender="Alice", recipient="Bob"))
    assert [(do.op, do.args) for do in desk.of(m.Do)] == [("received", (2,))]
    desk.settle(1)
    assert desk.settled == {}


def test_a_whisper_that_came_live_needs_no_receipt(desk: Desk) -> None:
    desk.read(OWN, whisper(1))
    assert desk.of(m.Do) == []


def test_a_receipt_that_was_never_given_is_given_by_the_next_run() -> None:
    """The last run showed the whisper and died."""
    desk = Desk(positions={OWN: 3})
    desk.last[OWN] = 3
    desk.open()
    desk.hear(desk.registered(waiting=2))
    desk.wait()
    desk.pong()
    desk.give_roster()
    assert [(do.op, do.args) for do in desk.of(m.Do)] == [("received", (2,))]


# -- parties --------------------------------------------------------------------------------------------------------


def test_an_invitation_is_shown_and_subscribed_to(desk: Desk) -> None:
    desk.read(OWN, invited(1))
    assert desk.names() == ["Invited"]
    assert desk.subscriptions == ["+party.p1"]
    assert desk.session.reading.membership.invitation(None) == "p1"


def test_open_invitations_are_known_from_the_registration() -> None:
    desk = Desk()
    desk.open()
    desk.hear(desk.registered(invitations=(m.OpenInvitation("p7", "Bob", ("Bob",), START),)))
    assert desk.subscriptions[-1] == "+party.p7"
    assert desk.session.reading.membership.invitation("bob") == "p7"


def test_joining_reads_the_party_from_one_s_own_join_on(desk: Desk) -> None:
    desk.read(OWN, invited(1))
    desk.submit("party_accept", "p1")
    desk.last["party.p1"] = 5
    desk.settle(1, "party.p1", 5, "joined")
    assert desk.session.reading.membership.invitation(None) is None
    (question,) = desk.of(m.AskHistory)
    assert (question.topic, question.after) == ("party.p1", 4)
    desk.give_page(changed(5, "joined", "Alice", "Bob", "Alice"), first=5)
    assert desk.session.reading.membership.party == PARTY
    desk.wait()
    assert "party.p1" in [ping.topic for ping in desk.of(m.Ping)]


def test_a_join_that_comes_down_the_topics_link_first_is_enough(desk: Desk) -> None:
    desk.read(OWN, invited(1))
    desk.submit("party_accept", "p1")
    desk.read(OWN, m.NewKey(desk.key("party.p1")))
    desk.read("party.p1", changed(5, "joined", "Alice", "Bob", "Alice"))
    desk.read("party.p1", say(6))
    assert desk.names() == ["Invited", "Party", "Message"]
    desk.settle(1, "party.p1", 5, "joined")
    assert desk.of(m.AskHistory) == []


def test_another_s_join_does_not_open_a_party(desk: Desk) -> None:
    desk.read(OWN, invited(1), m.NewKey(desk.key("party.p1")))
    desk.read("party.p1", changed(5, "joined", "Carol", "Bob", "Carol"))
    assert desk.seen(Party) == []


def test_creating_a_party_reads_it_from_its_beginning(desk: Desk) -> None:
    desk.submit("party_invite", "Bob")
    desk.last["party.p3"] = 2
    desk.settle(1, "party.p3", 1, "created")
    assert "+party.p3" in desk.subscriptions
    (question,) = desk.of(m.AskHistory)
    assert (question.topic, question.after) == ("party.p3", 0)


@pytest.mark.parametrize("change", ["left", "kicked"])
def test_who_left_or_was_kicked_reads_no_more_of_the_party(change: str) -> None:
    desk = online_in_party()
    desk.read(OWN, changed(1, change, "Alice", "Bob"))
    assert [event.change for event in desk.seen(Party)] == [change]
    assert desk.subscriptions == ["-party.p1"]
    assert desk.session.reading.membership.party is None
    desk.read("party.p1", say(4))
    assert desk.seen(Message) == []


def test_another_s_leaving_is_read_on_the_party_s_topic() -> None:
    desk = online_in_party()
    desk.read("party.p1", changed(4, "left", "Bob", "Alice"))
    assert desk.session.reading.membership.party == m.PartyState("p1", "Alice", ("Alice",))
    assert desk.subscriptions == []


def test_a_party_that_is_gone_after_an_outage_is_left() -> None:
    desk = online_in_party()
    del desk.last["party.p1"]
    desk.reconnect()
    assert "-party.p1" in desk.subscriptions
    assert desk.session.reading.membership.party is None


def test_an_invitation_that_ended_is_unsubscribed_from(desk: Desk) -> None:
    desk.read(OWN, invited(1))
    desk.read(OWN, changed(2, "expired", "Alice", "Bob"))
    assert desk.subscriptions == ["+party.p1", "-party.p1"]
    assert desk.session.reading.membership.invitation(None) is None


def test_what_was_said_in_the_party_before_a_kick_is_shown_and_does_not_bring_it_back() -> None:
    """Both came before ``connected``, and are shown together."""
    desk = Desk()
    desk.last["party.p1"] = 4
    desk.start["party.p1"] = 3
    desk.open()
    desk.hear(desk.registered(party=PARTY))
    desk.wait()
    desk.give_page(changed(3, "joined", "Alice", "Bob", "Alice"), say(4), first=3)
    desk.read(OWN, changed(1, "kicked", "Alice", "Bob"))
    desk.pong()
    desk.give_roster()
    assert desk.session.reading.membership.party is None


# -- its own clock --------------------------------------------------------------------------------------------------


def test_it_never_asks_to_be_called_again_at_once(desk: Desk) -> None:
    """A shell that does as it is told would spin."""
    desk.submit("say", "one", False)
    desk.session.ask(m.AskParty, 2, desk.now)
    desk.read("public", say(9))
    desk.change_key(OWN)
    desk.read(OWN, whisper(1))
    for _ in range(40):
        desk.wait(max(0.0, desk.session.next_s(desk.now) - desk.now_s))
        if desk.rebuilds:
            break
        assert desk.session.next_s(desk.now) > desk.now_s
    assert desk.rebuilds


def test_the_latency_is_known_from_the_beat(desk: Desk) -> None:
    desk.wait(3.0)
    desk.now_s += 0.25
    desk.pong()
    assert desk.session.beat.latency_s == pytest.approx(0.25)


def test_whispers_are_shown_with_both_names(desk: Desk) -> None:
    desk.read(OWN, whisper(1))
    (event,) = desk.seen(Whisper)
    assert (event.sender, event.recipient, event.text) == ("Bob", "Alice", "psst 1")
