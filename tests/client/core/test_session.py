"""One client's place at a broker, told line by line: registering, coming back, and everything in between."""

import random

import msgpack
import pytest

from tests.client.core.scripted import OWN, PARTY, START, Desk, changed, invited, online_in_party, say, whisper
from zchat_client.core.session import Phase
from zchat_client.events import Connected, Disconnected, Member, Message, PartyMembers, Reconnected, Whisper
from zchat_common import messages as m
from zchat_common.errors import Code
from zchat_common.limits import HISTORY_PAGE_MAX, LINK_SILENCE_S, PROTOCOL_VERSION
from zchat_common.sealing import SealingKey
from zchat_common.wire import encode

# -- registering ------------------------------------------------------------------------------------------------------


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
    assert question == m.AskHistory(b"token", question.ask, "public", 30, None, 50)
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


def test_a_gap_that_is_asked_for_too_often_is_asked_for_again_and_not_given_up() -> None:
    desk = Desk()
    desk.last["public"] = 80
    desk.connect()
    (question,) = desk.of(m.AskHistory)
    desk.forget()
    desk.hear(m.Denied(question.ask, Code.RATE_LIMITED, "Too much."))
    assert desk.of(m.AskHistory) == []
    desk.wait(1.1)
    assert desk.of(m.AskHistory) == [question]


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


# -- the end of a link ------------------------------------------------------------------------------------------------


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


def test_a_code_is_shown_to_the_broker_until_it_lets_us_in() -> None:
    desk = Desk()
    desk.session.invite = "1234"
    desk.open()
    desk.close()
    desk.connect()
    desk.reconnect()
    assert [register.invite for register in desk.of(m.Register)] == ["1234", "1234", ""]


def test_what_is_no_message_is_passed_over(desk: Desk) -> None:
    dice = random.Random(7)
    for _ in range(200):
        desk.session.command_link(dice.randbytes(dice.randrange(50)), desk.now)
        desk.session.topic_link(dice.randbytes(dice.randrange(80)), desk.now)
        desk.deliver(desk.keys["public"].seal(dice.randbytes(dice.randrange(40))))
    assert (desk.shown, desk.over, desk.rebuilds) == ([], None, [])


def settled_by_a_frame(desk: Desk, *between: bytes) -> list[int]:
    """The broker answers two commands in one frame, with something between: the tickets that are settled."""
    desk.submit("say", "one", False, ticket=1)
    desk.submit("say", "two", False, ticket=2)
    sent = [each for each in desk.sent if isinstance(each, m.Do)]
    first, second = [encode(m.Answer(each.instance, each.n, START, "public", each.n, "")) for each in sent]
    desk.session.command_link(b"".join([first, *between, second]), desk.now)
    desk.carry()
    return list(desk.settled)


def test_one_frame_may_hold_several_answers(desk: Desk) -> None:
    assert settled_by_a_frame(desk) == [1, 2]


def test_a_message_of_a_later_version_does_not_hide_those_behind_it(desk: Desk) -> None:
    assert settled_by_a_frame(desk, msgpack.packb(["of_tomorrow", 1])) == [1, 2]


def test_what_is_malformed_ends_its_frame(desk: Desk) -> None:
    assert settled_by_a_frame(desk, b"\xc1") == [1]


def test_what_ends_the_session_ends_its_frame(desk: Desk) -> None:
    assert settled_by_a_frame(desk, encode(m.Ended("taken over"))) == [1]
    assert desk.over is not None


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


# -- outages ----------------------------------------------------------------------------------------------------------


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


def test_as_many_are_counted_as_are_shown_as_replayed(desk: Desk) -> None:
    desk.last.update({"public": 3, OWN: 1})
    desk.reconnect()
    pages: dict[str, tuple[m.Kept, ...]] = {
        "public": (say(1), say(2, "just before", "Alice"), say(3)),
        OWN: (whisper(1, "online", "Alice", "Bob"),),
    }
    for question in desk.of(m.AskHistory):
        bodies = tuple([encode(each) for each in pages[question.topic]])
        desk.hear(m.History(question.ask, question.topic, 1, desk.last[question.topic], bodies))
    assert [event.replayed for event in desk.seen(Message)] == [True] * 3, "one's own that was under way among them"
    assert [event.replayed for event in desk.seen(Whisper)] == [True]
    assert [event.replayed for event in desk.seen(Reconnected)] == [4]


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


# -- its own clock ----------------------------------------------------------------------------------------------------


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
