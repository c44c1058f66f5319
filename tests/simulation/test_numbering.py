"""Commands are applied once and in order, whatever is refused, lost, repeated, or forgotten by a disk."""

from tests.simulation.plan import Plan
from tests.simulation.stories import Story, codes, texts
from zchat_common import messages as m
from zchat_common import wire


def labels(first: int, last: int, run: str = "alice.1") -> list[str]:
    return [f"{run}.{number}" for number in range(first, last + 1)]


def commands_sent(story: Story) -> int:
    wires = story.runs[0].wires
    assert wires is not None
    return len([payload for payload in wires.up.sent if isinstance(wire.decode_upstream(payload), m.Do)])


def test_after_a_rate_refusal_a_client_goes_back_and_says_it_all_in_order() -> None:
    story = Story("alice", "bob", plan=Plan(rate=5.0, burst=10))
    (alice, bob), world = story.runs, story.world
    for _ in range(10):
        alice.say()
    world.pass_time(0.1)
    # The next client of the same user knows nothing of what the first one spent.
    story.faults.kill(alice, back_after_s=0.0)
    world.pass_time(0.2)
    again = world.users["alice"].run
    assert again is not None
    for _ in range(15):
        again.say()
    world.settle()
    assert story.traced("broker to alice", "rate_limited") > 0
    assert texts(bob) == labels(1, 10) + labels(1, 15, "alice.2")


def test_a_storm_of_expected_is_answered_by_going_back_once() -> None:
    story = Story("alice", "bob")
    (alice, bob), world = story.runs, story.world
    assert alice.wires is not None
    # Full: what the client sends is dropped on its own side.
    alice.wires.up.lose(world.timeline.now_s + 0.01)
    alice.say()
    world.pass_time(0.02)
    for _ in range(100):
        alice.say()
    world.settle()
    assert story.traced("broker to alice Expected") >= 100
    assert commands_sent(story) <= 1 + 100 + 101
    assert texts(bob) == labels(1, 101)


def test_what_could_not_be_kept_is_told_and_the_commands_behind_it_go_on_under_a_new_numbering() -> None:
    story = Story("alice", "bob")
    (alice, bob), world = story.runs, story.world
    alice.say()
    world.pass_time(0.1)
    story.faults.fail_commits(1)
    story.one_turn()
    for _ in range(4):
        alice.say()
    world.pass_time(1.0)
    world.settle()
    assert codes(story, alice) == {2: "storage_failed"}
    assert texts(bob) == texts(alice) == ["alice.1.1", "alice.1.3", "alice.1.4", "alice.1.5"]
    assert len(story.state.numberings["alice"]) == 2


def test_a_second_copy_of_what_was_refused_for_the_disk_is_never_applied() -> None:
    story = Story("alice", "bob")
    (alice, bob), world = story.runs, story.world
    story.faults.fail_commits(1)
    alice.say()
    assert alice.wires is not None
    copy = alice.wires.up.sent[-1]
    world.pass_time(1.0)
    assert codes(story, alice) == {1: "storage_failed"}
    alice.wires.up.send(copy)
    world.pass_time(1.0)
    world.settle()
    assert texts(bob) == []


def test_what_was_kept_is_answered_as_before_while_the_disk_is_full() -> None:
    story = Story("alice", "bob")
    (alice, bob), world = story.runs, story.world
    assert alice.wires is not None
    alice.wires.down.lose(world.timeline.now_s + 1.0)
    alice.say()
    alice.say()
    world.pass_time(2.0)
    assert alice.session.outbox.waiting
    # Without an answer it is sent again after 5 s, together with what cannot be kept.
    story.faults.fail_commits(10)
    world.pass_time(6.0)
    assert story.traced("broker to alice Answer") == 4
    assert not alice.session.outbox.waiting
    world.settle()
    assert codes(story, alice) == {}
    assert texts(bob) == labels(1, 2)


def test_a_numbering_outlives_its_session_and_two_restarts() -> None:
    story = Story("alice", "bob")
    (alice, bob), world = story.runs, story.world
    story.faults.kill_after_commit()
    alice.say()
    world.pass_time(0.01)
    story.faults.take_off_the_network(alice)
    world.pass_time(30.0)
    assert "alice" not in story.state.sessions
    story.faults.outage(1.0)
    world.pass_time(5.0)
    world.settle()
    assert texts(bob) == texts(alice) == ["alice.1.1"]
    assert not alice.session.outbox.waiting


def test_what_was_not_answered_is_sent_again_at_once_after_a_cut() -> None:
    story = Story("alice", "bob")
    (alice, bob), world = story.runs, story.world
    assert alice.wires is not None
    alice.wires.cut_commands()
    alice.say()
    world.harmless = False
    world.pass_time(0.01)
    alice.hear_cut(alice.wires)
    world.pass_time(1.0)
    assert texts(bob) == ["alice.1.1"]
    assert not alice.session.outbox.waiting
    world.settle()


def test_more_than_may_be_in_flight_gets_through_in_order_over_a_broker_that_dies_again_and_again() -> None:
    story = Story("alice", "bob")
    (alice, bob), world = story.runs, story.world
    for _ in range(400):
        alice.say()
    for _ in range(8):
        world.pass_time(0.01)
        story.faults.kill_after_commit()
        world.pass_time(3.0)
    world.settle()
    assert texts(bob) == texts(alice) == labels(1, 400)


def test_a_late_payload_of_an_old_connection_changes_nothing() -> None:
    story = Story("alice", "bob")
    (alice, bob), world = story.runs, story.world
    old = alice.wires
    assert old is not None
    for _ in range(5):
        alice.say()
    # The client closes the connection, whose payloads come to the broker long after the new registration.
    world.lateness_s = (1.0,)
    world.harmless = False
    alice.hear_cut(old)
    world.pass_time(3.0)
    assert story.traced("broker to alice Rejected", "no_session") == 5
    world.settle()
    assert texts(bob) == texts(alice) == labels(1, 5)
