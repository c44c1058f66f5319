"""What a user of the demo prints: his own screen for people, or JSON lines for the program that shows all users."""

import json
import os
import sys
from dataclasses import asdict

from demo.checks import Verdict
from demo.play import Seen
from zchat_client import events as e
from zchat_client.plain import PlainRenderer, wants_colours

ALL_RIGHT = "nothing missing, nothing doubled, nothing foreign, all in order"


class OwnScreen:
    """What a person at his terminal would see: his typed lines, and what ``--plain`` shows."""

    def __init__(self) -> None:
        colours = wants_colours(sys.stdout.isatty(), os.environ)
        self._render = PlainRenderer(colours)
        self._bold = "\x1b[1m{}\x1b[0m" if colours else "{}"

    def scene(self, title: str) -> None:
        """A title above what begins here."""
        print(self._bold.format(f"=== {title}"), flush=True)

    def typed(self, name: str, line: str) -> None:
        """The line behind a prompt."""
        print(f"{name}> {line}", flush=True)

    def shown(self, event: e.Event, seen: Seen | None) -> None:
        """The line or lines of an event."""
        del seen
        line = self._render(event)
        if line is not None:
            print(line, flush=True)

    def verdict(self, name: str, verdict: Verdict) -> None:
        """What he got of each kind, and whatever is wrong."""
        counts = ", ".join(f"{verdict.right[topic]} of {count} {topic}" for topic, count in verdict.expected.items())
        print(self._bold.format(f"=== {name} got {counts}"))
        for line in verdict.complaints or (ALL_RIGHT,):
            print(f"    {line}", flush=True)

    def failed(self, text: str) -> None:
        """The play was not played to its end."""
        print(f"demo: {text}", file=sys.stderr, flush=True)


class JsonLines:
    """One JSON object per line, each with one field."""

    def scene(self, title: str) -> None:
        """``{"scene": TITLE}``"""
        _put(scene=title)

    def typed(self, name: str, line: str) -> None:
        """``{"typed": LINE}``"""
        del name
        _put(typed=line)

    def shown(self, event: e.Event, seen: Seen | None) -> None:
        """``{"seen": [TOPIC, WHAT, WHO, TEXT]}``"""
        del event
        if seen is not None:
            _put(seen=seen)

    def verdict(self, name: str, verdict: Verdict) -> None:
        """``{"verdict": {...}}``"""
        del name
        _put(verdict=asdict(verdict))

    def failed(self, text: str) -> None:
        """``{"failed": TEXT}``"""
        _put(failed=text)


def _put(**fields: object) -> None:
    print(json.dumps(fields), flush=True)
