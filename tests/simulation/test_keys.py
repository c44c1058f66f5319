"""Who can open what: whoever left, was not there yet, or only listens, holds no key of it."""

from tests.simulation.plan import Plan
from tests.simulation.stories import Story, accept, party_news, texts
from zchat_common import messages as m


def holders(story: Story, topic: str) -> list[list[str]]:
    """For each message of a topic, who was given the key that opens it."""
    custody, record = story.world.judge.custody, story.world.judge.record
    return [custody.holders(topic, seq) for seq in range(1, record.last(topic) + 1)]


def said(story: Story, topic: str) -> list[str]:
    """For each message of a topic, what it is."""
    facts = story.world.judge.record.topics[topic]
    return [fact.message.change if isinstance(fact.message, m.PartyChanged) else "say" for fact in facts]


def test_a_leave_and_a_say_in_one_turn_never_share_a_key() -> None:
    story = Story("alice", "bob", "carol")
    (alice, bob, carol), world = story.runs, story.world
    topic = story.party()
    first = world.judge.record.last(topic)
    story.one_turn()
    alice.party_say()
    world.pass_time(0.1)
    bob.party_say()
    bob.do("party_leave")
    world.pass_time(0.1)
    alice.party_say()
    carol.party_say()
    world.pass_time(2.0)
    world.settle()
    assert said(story, topic)[first:] == ["say", "say", "left", "say", "say"]
    assert holders(story, topic)[first:] == [["alice", "bob", "carol"]] * 2 + [["alice", "carol"]] * 3
    assert len(texts(bob, "party")) == 2
    assert len(texts(alice, "party")) == len(texts(carol, "party")) == 4


def test_a_kick_a_join_and_what_is_said_between_them_in_one_turn_have_three_keys() -> None:
    story = Story("alice", "bob", "carol")
    (alice, bob, carol), world = story.runs, story.world
    alice.do("party_invite", "bob")
    world.pass_time(0.5)
    accept(bob)
    world.pass_time(0.5)
    alice.do("party_invite", "carol")
    world.pass_time(0.5)
    topic = f"party.{story.state.seats['alice']}"
    first = world.judge.record.last(topic)
    story.one_turn(1.0)
    alice.party_say()
    alice.do("party_kick", "bob")
    alice.party_say()
    world.pass_time(0.5)
    accept(carol)
    carol.party_say()
    world.pass_time(2.0)
    world.settle()
    assert said(story, topic)[first:] == ["say", "kicked", "say", "joined", "say"]
    assert holders(story, topic)[first:] == [["alice", "bob"], ["alice"], ["alice"], *[["alice", "carol"]] * 2]
    assert party_news(bob)[-1] == "kicked bob"


def test_whoever_comes_back_after_a_restart_gets_no_key_of_a_party_that_he_has_left() -> None:
    story = Story("alice", "bob", "carol")
    (alice, _, carol), world = story.runs, story.world
    topic = story.party()
    carol.do("party_leave")
    world.pass_time(0.5)
    story.faults.outage(0.5)
    world.pass_time(3.0)
    alice.party_say()
    world.settle()
    assert holders(story, topic)[-1] == ["alice", "bob"]
    assert texts(carol, "party") == []


def test_a_whisper_is_for_two_and_a_stranger_with_a_key_of_his_own_learns_nothing() -> None:
    story = Story("alice", "bob", "carol")
    (alice, _, _), world = story.runs, story.world
    for _ in range(20):
        story.faults.send_garbage()
        alice.whisper("bob")
        world.pass_time(0.2)
    world.settle()
    assert holders(story, "user.alice") == [["alice"]] * 20
    assert holders(story, "user.bob") == [["bob"]] * 20
    assert story.traced("broker to mallory", "name_owned") > 0
    assert story.traced("broker to mallory", "TopicKey") == 0


def test_forged_copied_and_garbled_frames_are_shown_to_nobody() -> None:
    story = Story("alice", "bob")
    (alice, bob), world = story.runs, story.world
    for number in range(30):
        alice.say()
        world.pass_time(0.05)
        if number % 3 == 0:
            story.faults.forge_frames()
    world.settle()
    assert texts(bob) == texts(alice) == [f"alice.1.{number}" for number in range(1, 31)]


def test_bans_that_change_the_key_of_public_under_a_bad_link_cost_nobody_a_message() -> None:
    story = Story("alice", "bob", "carol", "dave", plan=Plan(admins=("alice",)))
    (alice, bob, carol, dave), world = story.runs, story.world
    dave.exit()
    world.pass_time(0.5)
    for number in range(20):
        if number % 3 == 0:
            story.faults.drop_frames()
        alice.do("ban", "dave", False, 1, "spam")
        world.pass_time(0.1)
        bob.say()
        world.pass_time(0.2)
    # By then he may come back, as everybody does in the end, and is given the key that is in use.
    world.pass_time(2.0)
    world.settle()
    assert holders(story, "public")[:-1] == [["alice", "bob", "carol"]] * 19
    assert texts(alice) == texts(bob) == texts(carol) == [f"bob.1.{number}" for number in range(1, 21)]
    assert story.traced("broker to", " Keys(") > 0, "somebody missed a new key, and asked"
