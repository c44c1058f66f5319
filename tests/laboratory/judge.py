"""The judge: from what every sender wrote and every reader was shown, what was lost, doubled, out of order or leaked.

Pure: records go in, a verdict comes out. A *label* (``alice#17``: the sender and his own count) names one message
wherever it turns up. A reader's record is a list of *runs*, one for each start of his client: only what the last
moments before a crash had shown may come once more in the next run, marked replayed.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

PUBLIC, PARTY = "public", "party"
LOST, DOUBLED, ORDER, LEAKED, GHOST = "lost", "doubled", "out of order", "leaked", "kept though refused"
KINDS = (LOST, DOUBLED, ORDER, LEAKED, GHOST)


def label_of(sender: str, number: int) -> str:
    """The label of a sender's message."""
    return f"{sender}#{number}"


def sender_of(label: str) -> str:
    """Who wrote it."""
    return label.rpartition("#")[0]


def number_of(label: str) -> int:
    """Its place among all that its sender wrote."""
    return int(label.rpartition("#")[2])


# A client writes its positions down every half second, and reads at most some hundred messages a second here.
LAST_FEW = 500


class Shown(NamedTuple):
    """A reader was shown a message. ``topic`` is ``public``, ``party``, or ``user`` for whispers."""

    topic: str
    seq: int
    label: str
    replayed: bool = False


class Change(NamedTuple):
    """A reader was shown that somebody ``joined``, ``left`` or was ``kicked`` from his party."""

    change: str
    name: str


@dataclass(slots=True)
class Run:
    """What one start of a client showed, in order, and whether it crashed."""

    shown: list[Shown | Change] = field(default_factory=list)
    crashed: bool = False


@dataclass(slots=True)
class Reader:
    """A user's client through all its runs. Who ``left`` for good is not owed what came after."""

    name: str
    runs: list[Run] = field(default_factory=lambda: [Run()])
    public_from: int = 1
    left: bool = False

    def show(self, what: Shown | Change) -> None:
        """The current run shows this."""
        self.runs[-1].shown.append(what)

    def restart(self, *, crashed: bool) -> None:
        """The client ended, and another one began where it was."""
        self.runs[-1].crashed = crashed
        self.runs.append(Run())

    def messages(self) -> Iterator[tuple[int, Shown]]:
        """Everything shown, each with the number of its run."""
        for number, run in enumerate(self.runs):
            for each in run.shown:
                if isinstance(each, Shown):
                    yield number, each


class Violation(NamedTuple):
    """A broken promise."""

    kind: str
    text: str


@dataclass(slots=True)
class Verdict:
    """What a record came to."""

    violations: list[Violation] = field(default_factory=list)
    acknowledged: int = 0
    shown: int = 0
    # Shown once more after a crash of the reader's own client, marked as replayed: allowed, and counted.
    repeated: int = 0

    def count(self, kind: str) -> int:
        """How many violations of a kind."""
        return sum(violation.kind == kind for violation in self.violations)


class Judge:
    """Takes the records in; see :meth:`verdict`."""

    def __init__(self) -> None:
        self.readers: dict[str, Reader] = {}
        self._written: dict[str, tuple[str, str]] = {}
        self._acknowledged: dict[str, int] = {}
        self._refused: set[str] = set()
        self._seats: dict[str, list[range]] = {}
        # Who founded the party, never left it and never crashed: his screen tells who was a member when.
        self.witness = ""

    def reader(self, name: str) -> Reader:
        """The record of a reader, a new one if there is none."""
        return self.readers.setdefault(name, Reader(name))

    def wrote(self, label: str, topic: str, recipient: str = "") -> None:
        """A sender wrote this; whispers (topic ``user``) have a recipient."""
        self._written[label] = (topic, recipient)

    def acknowledged(self, label: str, seq: int) -> None:
        """The broker has it for good, under this seq of its topic (for a whisper: of its sender's)."""
        self._acknowledged[label] = seq

    def refused(self, label: str) -> None:
        """The broker said for good that it does not have it."""
        self._refused.add(label)

    @property
    def acknowledgements(self) -> int:
        """How many messages were acknowledged so far."""
        return len(self._acknowledged)

    def verdict(self) -> Verdict:
        """Everything that was broken."""
        verdict = Verdict(acknowledged=len(self._acknowledged))
        verdict.shown = sum(1 for reader in self.readers.values() for _ in reader.messages())
        self._seats = {name: self._seats_of(name) for name in self.readers}
        for reader in self.readers.values():
            verdict.repeated += _repeated(reader)
            verdict.violations += _copies(reader)
            verdict.violations += self._leaks(reader)
        places, conflicts = self._places()
        verdict.violations += conflicts
        verdict.violations += _sender_orders(places)
        for reader in self.readers.values():
            verdict.violations += self._losses(reader, places)
        return verdict

    # -- one order ----------------------------------------------------------------------------------------------------

    def _places(self) -> tuple[dict[str, dict[int, str]], list[Violation]]:
        """What stands where in each topic by all accounts, and where two accounts differ."""
        places: dict[str, dict[int, str]] = defaultdict(dict)
        homes: dict[tuple[str, str], int] = {}
        found: list[Violation] = []
        for who, topic, seq, label in self._accounts():
            other = places[topic].setdefault(seq, label)
            if other != label:
                found.append(Violation(ORDER, f"{topic} {seq} is {label} for {who}, and {other} elsewhere"))
            home = homes.setdefault((topic, label), seq)
            if home != seq:
                found.append(Violation(DOUBLED, f"{label} stands at {topic} {seq} for {who}, and at {home} as well"))
        return places, found

    def _accounts(self) -> Iterator[tuple[str, str, int, str]]:
        for label, seq in self._acknowledged.items():
            topic = self._written[label][0]
            yield f"the acknowledgement to {sender_of(label)}", _home(topic, sender_of(label)), seq, label
        for reader in self.readers.values():
            for _, shown in reader.messages():
                yield reader.name, _home(shown.topic, reader.name), shown.seq, shown.label

    # -- nobody else's ------------------------------------------------------------------------------------------------

    def _leaks(self, reader: Reader) -> list[Violation]:
        found: list[Violation] = []
        for _, shown in reader.messages():
            if shown.label not in self._written:
                found.append(Violation(LEAKED, f"{reader.name} was shown {shown}, which nobody wrote"))
                continue
            topic, recipient = self._written[shown.label]
            if topic != shown.topic or (topic == "user" and reader.name not in (sender_of(shown.label), recipient)):
                found.append(Violation(LEAKED, f"{reader.name} was shown {shown}, written to {topic} {recipient}"))
            if shown.label in self._refused:
                found.append(Violation(GHOST, f"{reader.name} was shown {shown}, which its sender was told had failed"))
            if topic == PARTY and not any(shown.seq in seat for seat in self._seats[reader.name]):
                found.append(Violation(LEAKED, f"{reader.name} was shown {shown} while he was no member"))
        return found

    # -- nothing lost -------------------------------------------------------------------------------------------------

    def _losses(self, reader: Reader, places: dict[str, dict[int, str]]) -> list[Violation]:
        """What is kept (an acknowledgement or anybody's screen says so), is his to read, and was never shown to him."""
        seen: dict[str, set[str]] = defaultdict(set)
        newest: dict[str, int] = defaultdict(int)
        for _, shown in reader.messages():
            seen[shown.topic].add(shown.label)
            newest[shown.topic] = max(newest[shown.topic], shown.seq)
        found: list[Violation] = []
        for topic in (PUBLIC, PARTY, "user"):
            for seq, label in places[_home(topic, reader.name)].items():
                owed = self._is_owed(reader, topic, seq) and not (reader.left and seq > newest[topic])
                if owed and label not in seen[topic]:
                    found.append(Violation(LOST, f"{reader.name} was never shown {label} ({topic} {seq})"))
        for label in self._acknowledged:
            topic, recipient = self._written[label]
            if topic == "user" and recipient == reader.name and not reader.left and label not in seen["user"]:
                found.append(Violation(LOST, f"{reader.name} was never shown the whisper {label}"))
        return found

    def _is_owed(self, reader: Reader, topic: str, seq: int) -> bool:
        if topic == PUBLIC:
            return seq >= reader.public_from
        return topic == "user" or any(seq in seat for seat in self._seats[reader.name])

    def _seats_of(self, name: str) -> list[range]:
        """The seqs of party messages that a member may and must be shown, by the witness's account."""
        if not self.witness:
            return []
        if name == self.witness:
            return [range(1, 2**63)]
        seats: list[range] = []
        start, last = 0, 0
        for each in (each for run in self.readers[self.witness].runs for each in run.shown):
            if isinstance(each, Shown):
                last = each.seq if each.topic == PARTY else last
            elif each.name == name and each.change == "joined":
                start = last + 1
            elif each.name == name and each.change in ("left", "kicked") and start:
                seats.append(range(start, last + 1))
                start = 0
        return [*seats, range(start, 2**63)] if start else seats


def _home(topic: str, name: str) -> str:
    return f"user.{name}" if topic == "user" else topic


def _copies(reader: Reader) -> list[Violation]:
    """Each message once, each topic upwards; but for the last ones before a crash, in the next run, replayed."""
    found: list[Violation] = []
    shown_in: dict[tuple[str, int], int] = {}
    last: dict[str, int] = {}
    run_before = 0
    for number, shown in reader.messages():
        if number != run_before:
            last = {topic: seq for topic, seq in last.items() if not reader.runs[number - 1].crashed}
            run_before = number
        earlier = shown_in.get((shown.topic, shown.seq), number)
        shown_in[shown.topic, shown.seq] = number
        if earlier != number and not (shown.replayed and _may_repeat(reader, number, earlier, shown)):
            found.append(Violation(DOUBLED, f"{reader.name} was shown {shown} again in run {number + 1}"))
        elif shown.seq == last.get(shown.topic):
            found.append(Violation(DOUBLED, f"{reader.name} was shown {shown} twice"))
        elif shown.seq < last.get(shown.topic, 0):
            found.append(Violation(ORDER, f"{reader.name} was shown {shown} after {last[shown.topic]}"))
        last[shown.topic] = max(shown.seq, last.get(shown.topic, 0))
    return found


def _may_repeat(reader: Reader, number: int, earlier: int, again: Shown) -> bool:
    """Only after crashes, and only the last few that the run had shown of the topic."""
    if not all(run.crashed for run in reader.runs[earlier:number]):
        return False
    shown = [each for each in reader.runs[earlier].shown if isinstance(each, Shown) and each.topic == again.topic]
    return any(each.seq == again.seq for each in shown[-LAST_FEW:])


def _repeated(reader: Reader) -> int:
    """How many messages came once more after a crash of the reader's own."""
    places = [(shown.topic, shown.seq) for _, shown in reader.messages()]
    return len(places) - len(set(places))


def _sender_orders(places: dict[str, dict[int, str]]) -> list[Violation]:
    found: list[Violation] = []
    for topic, labels in places.items():
        newest: Counter[str] = Counter()
        for seq in sorted(labels):
            sender, number = sender_of(labels[seq]), number_of(labels[seq])
            if number <= newest[sender]:
                found.append(Violation(ORDER, f"{topic} has {labels[seq]} after {sender}'s {newest[sender]}"))
            newest[sender] = number
    return found
