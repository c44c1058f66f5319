"""A user at a real client under ``--json``, who may lose it and start it again."""

import re
from typing import Final

from tests.laboratory.judge import Change, Judge, Shown, label_of
from tests.system.contract import Event
from tests.system.processes import Client, House

_LABEL: Final = re.compile(r"\S+#\d+")
_COMMANDS: Final = {"public": "", "party": "/p ", "user": "/w {} "}


class Person:
    """One user; ``runs`` are his clients, the last one is the one that runs."""

    def __init__(self, house: House, name: str, host: str, port: int) -> None:
        self.name = name
        self.host = host
        self.runs: list[Client] = []
        self._house = house
        self._port = port
        self._crashed: list[bool] = []
        self._written: dict[str, tuple[str, str]] = {}

    @property
    def client(self) -> Client:
        """The client that was started last."""
        return self.runs[-1]

    def start(self, *options: str, host: str | None = None, wait: bool = True) -> Client:
        """Starts his client with the same data as before; returns when it is connected, if one is to ``wait``."""
        host = self.host if host is None else host
        data = self._house.folder / "persons" / self.name
        self.runs.append(self._house.client(self.name, self._port, "--host", host, *options, data=data))
        self._crashed.append(False)
        if wait:
            self.client.wait("connected")
        return self.client

    def crash(self) -> None:
        """His client is killed; it is no longer heard of."""
        self.client.kill()
        self._crashed[-1] = True

    def write(self, to: str, recipient: str = "", filler: str = "") -> str:
        """Types a numbered message to ``public``, ``party`` or ``user``; its label."""
        label = self._next(to, recipient)
        self.client.types(f"{_COMMANDS[to].format(recipient)}{label} {filler}".rstrip())
        return label

    def write_all(self, *to: str, last: str) -> None:
        """Types a numbered message to each of these topics and a line of its own after them, all in one go."""
        self.client.types(*[f"{_COMMANDS[topic]}{self._next(topic, '')}" for topic in to], last)

    def write_and_wait(self, to: str, recipient: str = "") -> str:
        """The same, and the broker has it for good."""
        label = self.write(to, recipient)
        self.await_sent(label)
        return label

    def await_sent(self, label: str) -> None:
        """Returns when the broker has it for good."""
        self.client.wait_for(lambda: True if self._is_sent(label) else None, f"sent {label}")

    def await_shown(self, label: str) -> None:
        """Returns when he was shown it."""
        self.client.wait_for(lambda: True if self._is_shown(label) else None, f"{label} on the screen")

    def testify(self, judge: Judge) -> None:
        """Gives the judge all that was written and shown."""
        for label, (topic, recipient) in self._written.items():
            judge.wrote(label, topic, recipient)
        reader = judge.reader(self.name)
        for number, client in enumerate(self.runs):
            if number:
                reader.restart(crashed=self._crashed[number - 1])
            with client.changed:
                events = list(client.events)
            for event in events:
                self._take(event, judge)

    def _next(self, to: str, recipient: str) -> str:
        label = label_of(self.name, len(self._written) + 1)
        self._written[label] = (to, recipient)
        return label

    def _take(self, event: Event, judge: Judge) -> None:
        reader = judge.reader(self.name)
        match event["event"]:
            # What the run typed by itself is its own business.
            case "message" | "whisper" if not _LABEL.search(event["text"]):
                pass
            case "message":
                reader.show(Shown(event["topic"], event["seq"], _label_in(event["text"]), event["replayed"]))
            case "whisper":
                reader.show(Shown("user", event["seq"], _label_in(event["text"]), event["replayed"]))
            case "party":
                reader.show(Change(event["change"], event["name"]))
            case "sent" if _LABEL.search(event["typed"]):
                judge.acknowledged(_label_in(event["typed"]), event["seq"])
            case "error" if "id" in event and _LABEL.search(event.get("typed", "")):
                judge.refused(_label_in(event["typed"]))
            case _:
                pass

    def _is_sent(self, label: str) -> bool:
        return any(
            event["event"] == "sent" and _label_in(event["typed"]) == label
            for client in self.runs
            for event in client.events
        )

    def _is_shown(self, label: str) -> bool:
        events = [event for event in self.client.events if event["event"] in ("message", "whisper")]
        return any(_label_in(event["text"]) == label for event in events)


def _label_in(text: str) -> str:
    found = _LABEL.search(text)
    return found[0] if found else text
