"""A registered user on the path forges what he has the keys for: it is marked within a beat, and nothing honest is."""

import pytest

from tests.simulation.stories import Story, texts, whispers
from tests.simulation.wires import Wires
from zchat_client import events as e
from zchat_common import messages as m
from zchat_common.limits import BEAT_S, LINK_SILENCE_S
from zchat_common.topics import PUBLIC

# The question and its answer, in a quiet world, with a turn of the broker between them.
ROUND_TRIP_S = 0.1


def alarms(story: Story, who: int) -> list[tuple[str | None, int | None]]:
    errors = [event for event in story.runs[who].events if isinstance(event, e.Error)]
    assert all(error.code == "stream_forged" for error in errors)
    return [(error.topic, error.seq) for error in errors]


def delays_s(story: Story, who: int) -> list[float]:
    return story.world.judge.readers[story.runs[who].label].alarms.delays_s


@pytest.mark.parametrize("lines", [1, 7])
@pytest.mark.parametrize("moment", range(6))
def test_lines_beyond_the_end_are_marked_within_a_beat(moment: int, lines: int) -> None:
    story = Story("alice", "bob")
    (alice, _), world = story.runs, story.world
    alice.say()
    world.pass_time(0.5 + moment * 0.6)
    insider = story.faults.insider
    assert insider.inject(story.runs[1], PUBLIC, *[insider.line(PUBLIC, seq) for seq in range(2, 2 + lines)])
    world.pass_time(BEAT_S + ROUND_TRIP_S)
    assert alarms(story, 1) == [("public", seq) for seq in range(2, 2 + lines)]
    assert max(delays_s(story, 1)) <= BEAT_S + ROUND_TRIP_S
    alice.say()
    world.settle()
    assert [text for text in texts(story.runs[1]) if not text.startswith("forged")] == ["alice.1.1", "alice.1.2"]
    assert alarms(story, 0) == []


@pytest.mark.parametrize("is_public", [True, False])
def test_a_line_in_the_place_of_a_true_one_is_marked_and_the_true_one_shown(is_public: bool) -> None:
    story = Story("alice", "bob", "carol")
    (alice, bob, _), world = story.runs, story.world
    topic = PUBLIC if is_public else story.party()
    seq = world.judge.record.last(topic) + 1
    assert story.faults.insider.inject(bob, topic, story.faults.insider.line(topic, seq))
    for _ in range(3):
        alice.say() if is_public else alice.party_say()
        world.pass_time(0.01)
    world.pass_time(BEAT_S + ROUND_TRIP_S)
    assert alarms(story, 1) == [("public" if is_public else "party", seq)]
    world.settle()
    shown = [text for text in texts(bob, "public" if is_public else "party") if not text.startswith("forged")]
    assert sorted(shown) == texts(alice, "public" if is_public else "party")
    assert alarms(story, 0) == alarms(story, 2) == []


def test_a_member_cannot_hide_behind_a_party_whose_pongs_never_come() -> None:
    """A counter far ahead makes the victim refuse all that follows under the key; the party is never proven again."""
    story = Story("alice", "bob", "carol")
    (_, bob, _), world = story.runs, story.world
    topic = story.party()
    assert bob.wires is not None
    world.harmless = False
    bob.hear_cut(bob.wires)
    world.pass_time(0.12)
    while bob.session.phase.name != "ONLINE":
        world.pass_time(0.002)
    insider = story.faults.insider
    insider.inject(bob, topic, ahead=2**40)
    seq = world.judge.record.last(PUBLIC) + 1
    insider.inject(bob, PUBLIC, insider.line(PUBLIC, seq))
    world.pass_time(BEAT_S + ROUND_TRIP_S)
    assert alarms(story, 1) == [("public", seq)]
    world.settle()


def test_who_picks_the_pongs_out_hides_neither_what_he_forged_nor_whispers() -> None:
    """Frames name their topics. Those of one's own never come, others do, so that the link does not look dead."""
    story = Story("alice", "bob")
    (alice, bob), world, insider = story.runs, story.world, story.faults.insider
    alice.say()
    world.pass_time(0.5)
    assert bob.wires is not None
    take = bob.wires.to_reader

    def pick_out(wires: Wires, frame: bytes) -> None:
        if not frame.startswith(b"user.bob\0"):
            take(wires, frame)

    bob.wires.to_reader = pick_out
    insider.inject(bob, PUBLIC, insider.line(PUBLIC, 2))
    alice.whisper("bob")
    for _ in range(int(LINK_SILENCE_S + BEAT_S)):
        world.pass_time(1.0)
        insider.inject(bob, PUBLIC)
    world.pass_time(ROUND_TRIP_S)
    assert not [event for event in bob.events if isinstance(event, e.Disconnected)]
    assert alarms(story, 1) == [("public", 2)]
    assert whispers(bob) == ["alice.1.2"]
    world.settle()


def test_what_belongs_on_another_topic_is_not_believed() -> None:
    story = Story("alice", "bob")
    (alice, bob), world = story.runs, story.world
    far = m.TopicState("user.bob", 10**6, 1, 0, bytes(32))
    for message in (
        m.Whisper(1, 1, "alice", "bob", "text", b"forged", "online"),
        m.PartyChanged(1, 1, "p", "joined", "bob", "bob", ("bob",), ""),
        m.Pong("bob", 10**6, 1, 0, 10**6, (far,)),
        m.NewKey(m.TopicKey("user.bob", 1, bytes(32)), 0, bytes(32)),
    ):
        assert story.faults.insider.inject(bob, PUBLIC, message)
    alice.say()
    world.pass_time(BEAT_S + ROUND_TRIP_S)
    assert [event for event in bob.events if isinstance(event, (e.Whisper, e.Party, e.Error))] == []
    assert bob.session.reading.users == 2
    world.settle()


def test_honest_talk_asks_nothing_of_the_history() -> None:
    story = Story("alice", "bob", "carol")
    (alice, bob, carol), world = story.runs, story.world
    story.party()
    before = story.traced("broker to", "History(")
    for _ in range(40):
        alice.say()
        bob.party_say()
        carol.whisper("alice")
        world.pass_time(0.2)
    alice.do("party_kick", "carol")
    bob.party_say()
    world.pass_time(4.0)
    world.settle()
    # Carol's tail apart, which is read by history only.
    assert story.traced("broker to", "History(") - before <= 1
