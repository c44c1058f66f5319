"""For tests that tell a story: a quiet world with a few users in it, and what they were shown."""

from tests.simulation.clients import Run
from tests.simulation.faults import Faults
from tests.simulation.plan import Plan
from tests.simulation.world import World
from zchat_broker.rules import State
from zchat_client import events as e
from zchat_common import messages as m


class Story:
    """``*names`` are in place; nothing goes wrong but what the test asks for."""

    def __init__(self, *names: str, plan: Plan | None = None) -> None:
        plan = plan or Plan()
        plan.names = names
        self.world = World(1, plan, traced=True)
        self.faults = Faults(self.world)
        self.runs = self.world.gather()

    @property
    def state(self) -> State:
        """What the broker's rules know."""
        assert self.world.broker.hub is not None
        return self.world.broker.hub.rules.state

    def party(self) -> str:
        """Makes a party of everybody, led by the first; returns its topic."""
        leader, *others = self.runs
        for other in others:
            leader.do("party_invite", other.user.name)
            self.world.pass_time(0.5)
            accept(other)
            self.world.pass_time(0.5)
        return f"party.{self.state.seats[leader.user.folded]}"

    def one_turn(self, seconds: float = 0.5) -> None:
        """What is done from here on for so long comes to the broker in one turn."""
        self.world.broker.stalled_until_s = self.world.timeline.now_s + seconds

    def traced(self, *words: str) -> int:
        """How many lines of the trace contain all these words."""
        lines = self.world.judge.trace or []
        return len([line for line in lines if all(word in line for word in words)])


def accept(run: Run) -> int:
    """Accepts the latest invitation."""
    party = run.session.reading.membership.invitation(None)
    assert party is not None, f"{run.label} has no invitation"
    return run.do("party_accept", party)


def texts(run: Run, topic: str = "public") -> list[str]:
    """The labels of the texts that were shown of public or the party."""
    shown = [event for event in run.events if isinstance(event, e.Message) and event.topic == topic]
    return [event.text.partition(" ")[0] for event in shown]


def whispers(run: Run) -> list[str]:
    """The labels of the whispers that were shown."""
    return [event.text.partition(" ")[0] for event in run.events if isinstance(event, e.Whisper)]


def party_news(run: Run) -> list[str]:
    """What was shown of parties: ``"joined Bob"``."""
    return [f"{event.change} {event.name}" for event in run.events if isinstance(event, e.Party)]


def codes(story: Story, run: Run) -> dict[int, str]:
    """The codes of the refusals, by ticket."""
    found: dict[int, str] = {}
    for label, wish in story.world.judge.wishes.items():
        of, _, ticket = label.rpartition(".")
        if of == run.label and isinstance(wish.result, m.Refusal):
            found[int(ticket)] = wish.result.code
    return found
