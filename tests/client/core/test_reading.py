"""What a client reads: gaps filled, keys asked for, presence; played over a whole session core."""

from tests.client.core.scripted import OWN, START, Desk, say, whisper
from zchat_client.core.session import Phase
from zchat_client.events import Error, Message, Presence
from zchat_common import messages as m
from zchat_common.errors import Code
from zchat_common.sealing import SealingKey
from zchat_common.wire import encode

# -- a ban changes the key of public ----------------------------------------------------------------------------------


def test_a_new_key_of_public_opens_what_comes_after_it(desk: Desk) -> None:
    desk.read("public", say(1))
    desk.read(OWN, m.NewKey(desk.change_key("public")))
    desk.read("public", say(2))
    assert [event.seq for event in desk.seen(Message)] == [1, 2]
    assert desk.of(m.AskKeys) == []


def test_who_missed_the_new_key_of_public_asks_for_it_and_misses_nothing(desk: Desk) -> None:
    desk.change_key("public")
    desk.read("public", say(1))
    desk.read("public", m.Announcement(2, START, "Root", "hear me"))
    assert desk.shown == []
    (question,) = desk.of(m.AskKeys)
    desk.hear(m.Keys(question.ask, (desk.key("public"), desk.key(OWN))))
    assert [(event.seq, event.announcement) for event in desk.seen(Message)] == [(1, False), (2, True)]


# -- gaps -------------------------------------------------------------------------------------------------------------


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
    desk.frame("public", say(1), say(2), say(3))
    desk.wait(3.0)
    desk.pong()
    desk.give_page(say(1), say(2), say(3))
    desk.last["public"] = 1
    desk.reconnect()
    (error,) = desk.seen(Error)
    assert error.code == "history_changed"
    desk.read("public", say(2, "other"))
    assert desk.seen(Message)[-1].text == "other"


def test_a_changed_history_is_said_by_one_run_only() -> None:
    """Nothing that is said later may be taken for shown by a position of the time before."""
    shorter = Desk(positions={"public": 100})
    shorter.last["public"] = 50
    shorter.connect()
    assert [event.code for event in shorter.seen(Error)] == ["history_changed"]
    assert shorter.positions == {"public": 50}
    pruned = Desk(positions={"public": 5})
    pruned.last["public"] = 20
    pruned.connect()
    pruned.give_page(first=21)
    assert [event.code for event in pruned.seen(Error)] == ["history_changed"]
    assert pruned.positions == {"public": 20}
    later = Desk(positions=shorter.positions)
    later.last["public"] = 80
    later.connect()
    assert later.seen(Error) == []
    assert [question.after for question in later.of(m.AskHistory)] == [50]


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


# -- keys -------------------------------------------------------------------------------------------------------------


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


# -- presence ---------------------------------------------------------------------------------------------------------


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
