"""Many who join in a moment are shown in a few messages, and everybody ends with the same roster."""

from tests.simulation.plan import Plan
from tests.simulation.stories import Story
from tests.simulation.world import World
from zchat_broker.presence import pause_between
from zchat_broker.rules.views import roster
from zchat_client import events as e

CROWD = tuple([f"user{number:02}" for number in range(50)])


def test_a_crowd_that_joins_in_a_moment_is_shown_in_a_few_messages() -> None:
    world = World(1, Plan(names=("watcher", *CROWD)), traced=True)
    watcher = world.join("watcher")
    world.pass_time(3.0)
    shown_before = presence_frames(world)
    runs = [watcher]
    for name in CROWD:
        runs.append(world.join(name))
        world.pass_time(pause_between(len(CROWD)) / len(CROWD))
    world.pass_time(1.0)
    # Not more than time allows, and they came in one after another.
    assert presence_frames(world) - shown_before < len(CROWD) / 2
    assert world.broker.hub is not None
    state = world.broker.hub.rules.state
    for run in runs:
        known = run.session.reading.roster
        assert (known.version, known.entries()) == (state.roster_version, roster(state))
    came = [event.name for event in watcher.events if isinstance(event, e.Presence)]
    assert sorted(came) == sorted(CROWD)
    given = [rosters_given(world, run.user.folded) for run in runs]
    # Who is given one between two changes that he has yet to be shown may ask once more.
    assert all(1 <= count <= 2 for count in given)
    # Beats go by, and nobody has a reason to ask again.
    world.pass_time(10.0)
    assert [rosters_given(world, run.user.folded) for run in runs] == given
    world.settle()


def test_whoever_comes_alone_is_shown_at_once() -> None:
    story = quiet_story("alice", "bob")
    (alice, bob), world = story.runs, story.world
    bob.exit()
    world.pass_time(0.02)
    assert statuses(story) == ["offline"]
    world.pass_time(1.0)
    world.join("bob")
    pass_time_until_registered(story, "bob")
    assert statuses(story) == ["offline", "online"]
    assert alice.session.reading.roster.version == story.state.roster_version


def test_what_a_dying_broker_had_not_shown_yet_is_in_the_next_one_s_roster() -> None:
    story = quiet_story("alice", "bob", "carol")
    (_, bob, carol), world = story.runs, story.world
    carol.do("away", "")
    world.pass_time(0.02)
    bob.exit()
    world.pass_time(0.02)
    story.faults.kill_the_broker()
    world.pass_time(10.0)
    assert statuses(story, "bob") == ["offline"]
    world.settle()


def quiet_story(*names: str) -> Story:
    """That they came is shown already."""
    story = Story(*names)
    story.runs[0].events.clear()
    return story


def pass_time_until_registered(story: Story, name: str) -> None:
    """And what is published then has arrived."""
    end_s = story.world.timeline.now_s + 1.0
    while name not in story.state.sessions:
        assert story.world.timeline.now_s < end_s
        story.world.pass_time(0.001)
    story.world.pass_time(0.005)


def statuses(story: Story, name: str = "bob") -> list[str]:
    """What the first user was shown of another one since."""
    events = story.runs[0].events
    return [event.status for event in events if isinstance(event, e.Presence) and event.name == name]


def presence_frames(world: World) -> int:
    return len(lines(world, "broker publishes on public", "Presence("))


def rosters_given(world: World, user: str) -> int:
    return len(lines(world, f"broker to {user} Roster("))


def lines(world: World, *words: str) -> list[str]:
    return [line for line in world.judge.trace or [] if all(word in line for word in words)]
