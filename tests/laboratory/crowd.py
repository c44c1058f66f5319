"""The runner's end of a process with many clients in it."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.laboratory.judge import Change, Judge, Shown
from tests.system.processes import DEADLINE_S, Process

Line = list[Any]
PUBLICLY: list[list[str]] = [["public"]]


class Crowd(Process):
    """Clients in one process of their own. ``lines`` is everything they told, ``[steady time, name, what, ...]``."""

    def __init__(self, label: str, env: Mapping[str, str], data: Path, at: tuple[str, int]) -> None:
        """``at`` is the host (a proxy's or the broker's) and the commands port."""
        self.lines: list[Line] = []
        self._counts: Counter[str] = Counter()
        self.names: list[str] = []
        # The lines before this one are of no interest to the judge.
        self.judged_from = 0
        self._data = data
        self._at = at
        super().__init__(label, ["python", "-m", "tests.laboratory.crowd_program"], env)

    def take_line(self, line: bytes) -> None:
        """Takes in a line of stdout."""
        told: Line = json.loads(line)
        self.lines.append(told)
        self._counts[told[2]] += 1

    # -- orders -------------------------------------------------------------------------------------------------------

    def order(self, do: str, names: Sequence[str], **how: object) -> None:
        """Tells some of the clients to do something."""
        assert self.popen.stdin is not None
        self.popen.stdin.write(json.dumps({"do": do, "names": list(names), **how}).encode() + b"\n")
        self.popen.stdin.flush()

    def join(self, *names: str, deadline_s: float = DEADLINE_S) -> None:
        """Starts clients; returns when all are connected."""
        host, port = self._at
        self.names += names
        self.order("join", names, host=host, port=port, data=str(self._data))
        for name in names:
            self.wait(name, "connected", deadline_s=deadline_s)

    def talk(
        self,
        names: Sequence[str],
        seed: str,
        to: Sequence[Sequence[str]] = PUBLICLY,
        *,
        window: int = 8,
        pause_s: float = 0.01,
        filler: int = 0,
    ) -> None:
        """Lets clients write, each ``to`` what the dice say, until they are hushed."""
        for name in names:
            theirs = [each for each in to if name not in each]
            self.order("talk", [name], seed=seed, to=theirs, window=window, pause_s=pause_s, filler=filler)

    def hush(self, names: Sequence[str] | None = None, deadline_s: float = 90.0) -> None:
        """Stops the talk; returns when everything written has its answer."""
        names = self.names if names is None else names
        start = len(self.lines)
        self.order("hush", names)
        for name in names:
            self.wait(name, "hushed", start=start, deadline_s=deadline_s)

    # -- looking ------------------------------------------------------------------------------------------------------

    def wait(self, name: str, what: str, *more: object, start: int = 0, deadline_s: float = DEADLINE_S) -> Line:
        """The first line of this kind from ``start`` on, as soon as it is there."""
        wanted = [name, what, *more]
        size = len(wanted) + 1
        place = start

        def find() -> Line | None:
            nonlocal place
            while place < len(self.lines):
                line = self.lines[place]
                place += 1
                if line[1:size] == wanted:
                    return line
            return None

        return self.wait_for(find, " ".join(map(str, wanted)), deadline_s)

    def told(self, what: str, start: int = 0) -> list[Line]:
        """All lines of a kind from ``start`` on."""
        with self.changed:
            return [line for line in self.lines[start:] if line[2] == what]

    def count(self, what: str) -> int:
        """How many lines of a kind there are."""
        return self._counts[what]

    def report(self) -> str:
        """What happened to the links; the messages are too many."""
        odd = [line for line in self.lines if line[2] not in ("shown", "wrote", "sent", "presence", "change")]
        return "\n".join([super().report(), *[json.dumps(line) for line in odd[-200:]]])

    def faults(self) -> list[str]:
        """Also what no client may ever drop."""
        return super().faults() + [f"{self.label}: {line}" for line in self.told("lagged")]

    def begin_end(self) -> None:
        """The end of its input ends it."""
        if self.popen.stdin is not None and self.is_running:
            self.popen.stdin.close()
        self._ending = True

    # -- judging ------------------------------------------------------------------------------------------------------

    def testify(self, judge: Judge) -> None:
        """Gives the judge everything that was written and shown here."""
        with self.changed:
            lines = self.lines[self.judged_from :]
        takers: dict[str, Callable[[str, Line], None]] = {
            "wrote": lambda name, more: judge.wrote(more[0], more[1], more[2] if len(more) > 2 else ""),
            "sent": lambda name, more: judge.acknowledged(more[0], more[1]),
            "failed": lambda name, more: judge.refused(more[0]),
            "shown": lambda name, more: judge.reader(name).show(Shown(more[0], more[1], more[2], more[3])),
            "change": lambda name, more: judge.reader(name).show(Change(more[0], more[1])),
        }
        for name in self.names:
            judge.reader(name)
        for _, name, what, *more in lines:
            take = takers.get(what)
            if take is not None:
                take(name, more)
