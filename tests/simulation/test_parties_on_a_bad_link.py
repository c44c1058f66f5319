"""Joining, leaving, being kicked and invited again, while frames drop, links break and brokers die."""

import pytest

from tests.simulation.plan import Plan
from tests.simulation.stories import Story, accept, party_news, texts, whispers
from tests.simulation.wishes import history_of
from zchat_client import events as e
from zchat_common import messages as m


def join_and_be_kicked(story: Story) -> None:
    """Bob joins Alice's party and is kicked, before the answer to his joining has come down to him."""
    alice, bob = story.runs
    alice.do("party_invite", "bob")
    story.world.pass_time(0.5)
    assert bob.wires is not None
    bob.wires.down.freeze(story.world.timeline.now_s + 2.0)
    accept(bob)
    story.world.pass_time(0.5)
    alice.do("party_kick", "bob")


def test_whoever_joins_while_his_frames_drop_is_shown_the_party_from_his_own_join_on() -> None:
    story = Story("alice", "bob")
    (alice, bob), world = story.runs, story.world
    alice.do("party_invite", "bob")
    alice.party_say()
    world.pass_time(0.5)
    assert bob.wires is not None
    bob.wires.frames.lose(world.timeline.now_s + 2.0)
    world.harmless = False
    accept(bob)
    world.pass_time(0.2)
    for _ in range(5):
        alice.party_say()
    world.settle()
    assert party_news(bob) == ["joined bob"]
    assert texts(bob, "party") == [f"alice.1.{number}" for number in range(3, 8)]


def test_whoever_accepts_and_leaves_at_one_go_is_out() -> None:
    story = Story("alice", "bob")
    (alice, bob), world = story.runs, story.world
    alice.do("party_invite", "bob")
    world.pass_time(0.5)
    story.one_turn()
    accept(bob)
    bob.party_say()
    bob.do("party_leave")
    world.pass_time(1.0)
    world.settle()
    assert party_news(bob) == ["joined bob", "left bob"]
    assert texts(bob, "party") == texts(alice, "party") == ["bob.1.2"]
    assert bob.session.reading.membership.party is None


def test_what_was_said_before_a_kick_in_one_turn_is_shown_to_the_kicked() -> None:
    story = Story("alice", "bob", "carol")
    (alice, bob, carol), world = story.runs, story.world
    story.party()
    story.one_turn()
    carol.whisper("bob")
    world.pass_time(0.1)
    alice.party_say()
    alice.do("party_kick", "bob")
    alice.whisper("bob")
    world.pass_time(1.0)
    world.settle()
    assert len(texts(bob, "party")) == 1
    assert party_news(bob)[-1] == "kicked bob"
    assert len(whispers(bob)) == 2


def test_a_party_that_is_made_and_left_at_one_go_is_shown_whole_and_gone() -> None:
    story = Story("alice", "bob")
    (alice, bob), world = story.runs, story.world
    story.one_turn()
    alice.do("party_invite", "bob")
    alice.party_say()
    alice.do("party_leave")
    world.pass_time(1.0)
    world.settle()
    # The subscription to a party that one makes takes effect after it was made; here it was gone by then.
    assert party_news(alice) == ["expired bob", "created alice", "invited bob", "left alice", "dissolved alice"]
    assert len(texts(alice, "party")) == 1
    assert [topic for topic in story.state.last_seq if topic.startswith("party.")] == []
    assert not story.state.tails
    assert party_news(bob) == ["expired bob"]
    assert alice.session.reading.membership.party is None


def test_the_answer_to_a_join_may_come_after_one_is_out_again() -> None:
    story = Story("alice", "bob")
    bob, world = story.runs[1], story.world
    join_and_be_kicked(story)
    world.pass_time(1.0)
    assert bob.session.reading.membership.party is None
    world.pass_time(1.0)
    assert bob.session.outbox.waiting == ()
    world.settle()
    assert bob.session.reading.membership.party is None


def test_the_answer_to_an_old_join_leaves_a_new_invitation_open() -> None:
    story = Story("alice", "bob")
    (alice, bob), world = story.runs, story.world
    join_and_be_kicked(story)
    alice.do("party_invite", "bob")
    world.pass_time(2.0)
    assert bob.session.outbox.waiting == ()
    accept(bob)
    world.settle()
    assert party_news(bob) == ["joined bob", "kicked bob", "joined bob"]


def test_an_old_pong_that_somebody_kept_puts_nobody_out_of_his_party() -> None:
    story = Story("alice", "bob")
    (alice, _), world = story.runs, story.world
    assert alice.wires is not None
    world.harmless = False
    alice.wires.frames.lose(world.timeline.now_s + 10.0)
    world.pass_time(4.0)
    kept = [frame for frame in world.broker.recent_frames if frame.startswith(b"user.alice\0")]
    # She learns of her party only when she is back.
    alice.wires.down.lose(world.timeline.now_s + 10.0)
    alice.do("party_invite", "bob")
    alice.party_say()
    world.pass_time(0.5)
    alice.hear_cut(alice.wires)
    world.pass_time(3.0)
    assert texts(alice, "party") == ["alice.1.2"]
    alice.wires.inject(kept[-1])
    world.pass_time(1.0)
    world.settle()
    assert texts(alice, "party") == ["alice.1.2"]


def test_whoever_was_kicked_and_invited_again_while_he_was_away_is_in_after_accepting() -> None:
    story = Story("alice", "bob", "carol")
    (alice, bob, carol), world = story.runs, story.world
    story.party()
    story.faults.take_off_the_network(bob)
    alice.do("party_kick", "bob")
    alice.party_say()
    alice.do("party_invite", "bob")
    world.pass_time(1.0)
    world.cut_off.clear()
    world.pass_time(0.35)
    while bob.session.reading.membership.invitation(None) is None:
        world.pass_time(0.01)
    # He accepts before he is shown what he missed.
    accept(bob)
    world.pass_time(0.5)
    alice.party_say()
    world.settle()
    assert texts(bob, "party") == [f"alice.1.{number}" for number in (6,)]
    assert len(texts(carol, "party")) == 2


@pytest.mark.parametrize("failing", [0, 1, 3])
def test_a_seat_is_kept_over_a_long_outage_even_if_the_new_broker_cannot_write_at_once(failing: int) -> None:
    story = Story("alice", "bob", plan=Plan(grace_s=30.0))
    (_, bob), world = story.runs, story.world
    story.party()
    story.faults.take_off_the_network(bob)
    world.pass_time(20.0)
    assert story.state.party_of("bob") is not None
    story.faults.outage(60.0)
    story.faults.fail_commits(failing)
    world.pass_time(70.0)
    assert story.state.party_of("bob") is not None
    world.settle()
    assert story.traced("left", "connection lost") == 0


def test_many_messages_behind_a_gap_wait_for_it() -> None:
    story = Story("alice", "bob")
    (alice, bob), world = story.runs, story.world
    assert bob.wires is not None
    world.harmless = False
    bob.wires.frames.lose(world.timeline.now_s + 0.1)
    alice.say()
    world.pass_time(0.2)
    # The answer to bob's question takes its time, and meanwhile the talk goes on.
    bob.wires.down.freeze(world.timeline.now_s + 4.0)
    for _ in range(1_200):
        alice.say()
        world.pass_time(0.003)
    world.settle()
    assert texts(bob) == [f"alice.1.{number}" for number in range(1, 1_202)]


def test_a_question_is_answered_after_the_commands_before_it() -> None:
    story = Story("alice", "bob")
    (alice, _), world = story.runs, story.world
    story.faults.fail_commits(1)
    for _ in range(5):
        alice.say()
    alice.ask(history_of("public"))
    alice.ask(m.AskParty)
    world.pass_time(1.0)
    world.settle()
    assert not [event for event in alice.events if isinstance(event, e.Error)]
