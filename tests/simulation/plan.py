"""What a run is like: how many users, how long, which settings, and which faults how often. All drawn from the seed."""

import random
from dataclasses import dataclass, field

NAMES = ("alice", "Bob", "carol", "Dave", "erin")

# Each kind of fault that happens at a moment: the methods of that name in faults.py.
FAULTS = (
    "cut_a_link",
    "freeze_a_link",
    "drop_frames",
    "drop_answers",
    "forge_frames",
    "send_garbage",
    "kill_the_broker",
    "stop_the_broker",
    "stall_the_broker",
    "fill_the_disk",
    "fail_a_commit",
    "kill_a_client",
    "take_over",
    "forge_lines",
)


@dataclass(slots=True)
class Plan:
    """Delays and durations in seconds; ``faults`` are the numbers of each kind, losses and splits are probabilities."""

    names: tuple[str, ...] = NAMES[:3]
    duration_s: float = 10.0
    wishes: int = 0
    bursts: tuple[int, ...] = (1, 1, 1, 1, 3, 8)
    delays_s: tuple[float, ...] = (0.001,)
    turn_s: float = 0.002
    split_turns: float = 0.0
    rate: float = 0.0
    burst: int = 30
    grace_s: float = 120.0
    admins: tuple[str, ...] = ()
    answer_loss: float = 0.0
    frame_loss: float = 0.0
    frame_copies: float = 0.0
    faults: dict[str, int] = field(default_factory=dict)

    @property
    def harmless(self) -> bool:
        """Whether nothing is ever lost: only delays."""
        return not self.faults and not self.answer_loss and not self.frame_loss


def draw_plan(seed: int) -> Plan:
    """A plan in which each fault is absent as often as not, so that each combination has its runs."""
    dice = random.Random(f"plan {seed}")
    plan = Plan(names=NAMES[: dice.choice((2, 3, 3, 4, 5))], duration_s=dice.choice((2.0, 6.0, 12.0, 20.0)))
    plan.wishes = dice.randint(12, 40)
    plan.delays_s = dice.choice(((0.001,), (0.001, 0.02), (0.0, 0.05, 0.4), (0.001, 0.01, 1.5)))
    plan.turn_s = dice.choice((0.0005, 0.02, 0.2))
    plan.split_turns = dice.choice((0.0, 0.1, 0.5))
    plan.rate, plan.burst = dice.choice(((0.0, 30), (0.0, 30), (10.0, 30), (2.0, 4)))
    plan.grace_s = dice.choice((0.0, 5.0, 120.0))
    if dice.random() < 0.01:
        # More than may be in flight, and more than a page of history holds.
        plan.wishes, plan.bursts, plan.rate = 400, (1, 20, 150), 0.0
    if dice.random() < 0.15:
        return plan
    plan.answer_loss = dice.choice((0.0, 0.0, 0.02, 0.2))
    plan.frame_loss = dice.choice((0.0, 0.0, 0.05, 0.4))
    plan.frame_copies = dice.choice((0.0, 0.0, 0.3))
    for fault in FAULTS:
        number = dice.choice((0, 0, 0, 1, 1, 3))
        if number:
            plan.faults[fault] = number
    return plan
