"""Brokers that die and stand still, clients that are taken over, killed and cut off: all come back, and no ghosts."""

from tests.simulation.plan import Plan
from tests.simulation.stories import Story, texts, whispers
from zchat_client import events as e
from zchat_client.core.session import Phase


def outages(story: Story) -> list[int]:
    """How often each client was disconnected, as its user was told."""
    return [len([event for event in run.events if isinstance(event, e.Disconnected)]) for run in story.runs]


def test_what_was_committed_is_shown_once_though_the_broker_died_before_it_said_so() -> None:
    story = Story("alice", "bob")
    (alice, bob), world = story.runs, story.world
    for number in range(5):
        alice.say()
        world.pass_time(0.5)
        story.faults.kill_after_commit()
        bob.whisper("alice")
        world.pass_time(4.0)
        assert texts(alice) == texts(bob) == [f"alice.1.{known}" for known in range(1, number + 2)]
    world.settle()
    assert whispers(alice) == whispers(bob) == [f"bob.1.{known}" for known in range(1, 6)]


def test_a_broker_that_stands_still_ends_no_session_and_shows_nobody_as_offline() -> None:
    story = Story("alice", "bob", "carol")
    world = story.world
    world.harmless = False
    for stall_s in (5.0, 20.0, 60.0):
        world.broker.stalled_until_s = world.timeline.now_s + stall_s
        world.pass_time(stall_s + 20.0)
    world.settle()
    assert story.traced("broker publishes", "status='offline'") == 0
    assert all(run.session.beat.proven("user." + run.user.folded) for run in story.runs)


def test_a_broker_whose_machine_slept_ends_no_session_of_those_who_come_back() -> None:
    story = Story("alice", "bob")
    world = story.world
    world.broker.stalled_until_s = world.timeline.now_s + 60.0
    for run in story.runs:
        story.faults.take_off_the_network(run)
    world.pass_time(65.0)
    assert len(story.state.sessions) == 2
    world.settle()
    assert story.traced("broker publishes", "status='offline'") == 0


def test_whoever_is_taken_over_is_told_why_and_does_not_come_back() -> None:
    story = Story("alice", "bob")
    (alice, bob), world = story.runs, story.world
    story.party()
    bob.say()
    world.pass_time(0.5)
    world.harmless = False
    second = world.join("alice", takeover=True)
    world.pass_time(2.0)
    assert alice.over
    assert alice.end is not None
    assert alice.end.reason == "taken over"
    second.party_say()
    bob.whisper("alice")
    world.settle()
    assert world.users["alice"].runs == [alice, second]
    assert texts(bob, "party") == ["alice.2.1"]
    assert whispers(second) == ["bob.1.3"]


def test_a_user_who_is_online_is_not_pushed_aside_without_his_word() -> None:
    story = Story("alice", "bob")
    (alice, _), world = story.runs, story.world
    second = world.join("alice")
    world.pass_time(0.4)
    assert second.over
    assert second.end is not None
    assert second.end.code == "name_in_use"
    assert not alice.over
    world.settle()


def test_a_client_that_vanished_is_offline_after_15_seconds_and_leaves_no_ghost() -> None:
    story = Story("alice", "bob", plan=Plan(grace_s=5.0))
    (alice, bob), world = story.runs, story.world
    story.party()
    story.faults.take_off_the_network(alice)
    world.pass_time(14.0)
    assert "alice" in story.state.sessions
    world.pass_time(3.0)
    assert "alice" not in story.state.sessions
    bob.whisper("alice")
    world.pass_time(5.0)
    assert story.state.party_of("alice") is None
    world.settle()
    assert whispers(alice) == ["bob.1.2"]
    assert [event.recipient for event in bob.events if isinstance(event, e.Delivered)] == ["alice"]


def test_whoever_dies_between_showing_a_stored_whisper_and_saying_so_says_so_in_his_next_life() -> None:
    story = Story("alice", "bob")
    (alice, bob), world = story.runs, story.world
    story.faults.kill(alice, back_after_s=40.0)
    world.pass_time(20.0)
    bob.whisper("alice")
    world.pass_time(20.2)
    again = world.users["alice"].run
    assert again is not None
    while not whispers(again):
        world.pass_time(0.001)
    assert again.wires is not None
    again.wires.up.lose(world.timeline.now_s + 5.0)
    world.pass_time(1.0)
    story.faults.kill(again, back_after_s=1.0)
    world.settle()
    last = world.users["alice"].run
    assert last is not None
    assert whispers(last) == []
    assert [event.recipient for event in bob.events if isinstance(event, e.Delivered)] == ["alice"]


def test_everybody_is_told_of_an_outage_once_and_of_its_end_once() -> None:
    story = Story("alice", "bob", "carol")
    world = story.world
    story.faults.outage(10.0)
    world.pass_time(15.0)
    story.faults.outage(0.0)
    world.pass_time(15.0)
    world.settle()
    assert outages(story) == [2, 2, 2]


def test_a_clean_stop_is_told_at_once() -> None:
    story = Story("alice", "bob")
    world = story.world
    story.faults.stop_the_broker()
    world.pass_time(0.05)
    told = [event.reason for run in story.runs for event in run.events if isinstance(event, e.Disconnected)]
    assert told == ["the broker is being upgraded"] * 2
    world.settle()


def test_a_roster_that_is_overtaken_by_what_happened_since_shows_nobody_leaving_twice() -> None:
    story = Story("alice", "bob", "carol")
    (alice, bob, carol), world = story.runs, story.world
    assert alice.wires is not None
    world.harmless = False
    alice.hear_cut(alice.wires)
    story.one_turn(1.0)
    bob.do("away", "")
    world.pass_time(0.9)
    # Alice is let in while bob goes away: she asks for the roster, and then is told of him all the same.
    wires = alice.wires
    assert wires is not None
    wires.frames.freeze(world.timeline.now_s + 0.2)
    while alice.session.phase is not Phase.SYNCING:
        world.pass_time(0.0002)
    wires.down.freeze(world.timeline.now_s + 1.0)
    world.pass_time(0.3)
    carol.exit()
    world.pass_time(3.0)
    gone = [event for event in alice.events if isinstance(event, e.Presence) and event.status == "offline"]
    assert [event.name for event in gone] == ["carol"]
    world.settle()


def test_a_restarted_client_repeats_only_what_its_positions_had_not_recorded() -> None:
    story = Story("alice", "bob")
    (alice, bob), world = story.runs, story.world
    alice.say()
    world.pass_time(1.0)
    alice.say()
    world.pass_time(0.1)
    story.faults.kill(bob, back_after_s=0.5)
    world.pass_time(0.2)
    alice.say()
    world.settle()
    again = world.users["bob"].run
    assert again is not None
    assert texts(bob) == ["alice.1.1", "alice.1.2"]
    assert texts(again) == ["alice.1.2", "alice.1.3"]
