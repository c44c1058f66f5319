"""Whether a user got exactly what was his: nothing missing, nothing doubled, nothing foreign, all in order."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from demo.play import Seen

# Presence tells how things stand and may be summed up on its way; all else comes once and in the topic's order.
CHECKED: Final = ("public", "whisper", "party")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one user's record is worth, held against his part of the play."""

    expected: dict[str, int]
    """How many things there were to see, by topic."""
    right: dict[str, int]
    """How many of them were seen."""
    faults: dict[str, list[str]]
    """What was wrong, by kind: missing, doubled, foreign, out of order (the topics)."""

    @property
    def good(self) -> bool:
        """Whether there is nothing to complain of."""
        return not self.complaints

    @property
    def complaints(self) -> tuple[str, ...]:
        """A line for each thing that was wrong."""
        return tuple([f"{kind}: {each}" for kind, found in self.faults.items() for each in found])


def compare(part: Sequence[Seen], record: Sequence[Seen]) -> Verdict:
    """Holds what a user saw, in order, against what he was to see."""
    wanted, got = _checked(part), _checked(record)
    expected, found = Counter(wanted), Counter(got)
    too_many = found - expected
    faults = {
        "missing": _sentences(expected - found),
        "doubled": _sentences(Counter({seen: count for seen, count in too_many.items() if seen in expected})),
        "foreign": _sentences(Counter({seen: count for seen, count in too_many.items() if seen not in expected})),
        "out of order": [topic for topic in CHECKED if _order(topic, wanted, got) != _order(topic, got, wanted)],
    }
    return Verdict(_by_topic(expected), _by_topic(expected & found), faults)


def _checked(seen: Sequence[Seen]) -> list[Seen]:
    return [each for each in seen if each.topic in CHECKED]


def _by_topic(seen: "Counter[Seen]") -> dict[str, int]:
    return {topic: sum(count for each, count in seen.items() if each.topic == topic) for topic in CHECKED}


def _sentences(seen: "Counter[Seen]") -> list[str]:
    return [" ".join(filter(None, each)) for each in seen.elements()]


def _order(topic: str, these: Sequence[Seen], others: Sequence[Seen]) -> list[Seen]:
    """Those things of a topic that both have, once each: a missing or doubled one alone is no disorder."""
    common = set(others)
    return list(dict.fromkeys([each for each in these if each.topic == topic and each in common]))
