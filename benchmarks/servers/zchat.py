"""zchat: the real broker, with encryption, storage, exactly-once and acknowledgements on."""

import secrets
import sys
import time
from contextlib import AbstractContextManager
from importlib.metadata import version
from pathlib import Path
from socket import socket
from typing import Final

from benchmarks.readers import Lost, Mode, Readers
from benchmarks.running import HOST, Running, free_port, run
from benchmarks.servers import SENDERS, START_TEXT, TEXT, WINDOW, Paced
from benchmarks.users import Crowd, FullReader, kept, raw_reader
from zchat_common.limits import IN_FLIGHT_MAX
from zchat_common.messages import Published, Say

BROKER: Final = Path(sys.executable).with_name("zchat-broker")
# A reader that is 500 frames behind loses them: the senders wait long before.
_BEHIND_MAX: Final = 100
_STUCK_S: Final = 20.0


class Zchat:
    """The broker that `make setup` installed. Only the limits for one user and one address are lifted."""

    name = "zchat"
    mode: Mode = "frames"

    def version(self) -> str:
        """What is installed here."""
        return f"zchat-broker {version('zchat-broker')}"

    def run(self, folder: Path, port: int | None = None) -> AbstractContextManager[Running]:
        """Runs it on a data folder inside this one, fresh or from an earlier run."""
        port = port or free_port()
        return run(broker_command(port, folder / "data"), port, folder / "log", ready_port=port + 2)

    def reader(self, running: Running) -> socket:
        """A connection that reads the public topic."""
        return raw_reader(running.port, "public")

    def publisher(self, running: Running, senders: int = SENDERS) -> "ZchatPublisher":
        """Senders, registered, and a full reader with the key."""
        return ZchatPublisher(running.port, senders)


class ZchatPublisher:
    """Users who speak with a window of acknowledgements each."""

    def __init__(self, port: int, senders: int) -> None:
        self._crowd = Crowd(port)
        # A store that was used before knows others of that name.
        run = secrets.token_hex(4)
        self._users = self._crowd.join(f"sender{run}.{number}" for number in range(senders))
        self._full = FullReader(port, self._users[0].key("public"))
        self._window = WINDOW // senders
        self._text = TEXT.decode()

    def start(self) -> None:
        """Publishes something that makes readers begin to count."""
        self._users[0].will("say", START_TEXT.decode(), False)
        self._crowd.run(self._users, 1)
        self._full.drain()

    def publish(self, count: int, readers: Readers | None) -> None:
        """Publishes so many texts in a closed loop; returns when every reader has every one. Raises Lost."""
        self._begin()
        for number in range(count):
            self._users[number % len(self._users)].will("say", self._text, False)

        def may_send() -> bool:
            self._full.drain()
            return readers is None or self._full.counter - readers.least < _BEHIND_MAX

        self._crowd.run(self._users, min(self._window, IN_FLIGHT_MAX - 1), may_send)
        self._finish(count, readers)

    def pace(self, rate: float, count: int, readers: Readers) -> Paced:
        """Publishes so many texts at this rate, whatever the broker does. Raises Lost."""
        self._begin()
        paced = Paced()
        # One user alone: his texts come in the order in which they were sent.
        user = self._users[0]
        begin_s = time.monotonic()
        for number in range(count):
            user.will("say", self._text, False)
            self._crowd.idle_until(begin_s + number / rate)
            paced.sent_ns.append(time.monotonic_ns())
            self._crowd.send(user, IN_FLIGHT_MAX - 1)
        self._crowd.run([user], IN_FLIGHT_MAX - 1)
        paced.counts = self._finish(count, readers)
        return paced

    def close(self) -> None:
        """Leaves."""
        self._full.close()
        self._crowd.close()

    def _begin(self) -> None:
        """The full reader gets everything from here on."""
        while not self._full.counter:
            self.start()
            self._full.wait(0.1)
        self._full.open()

    def _finish(self, count: int, readers: Readers | None) -> list[int]:
        """Everything was shown once, in order, to the full reader, and every other one has the same frames.

        Returns the counter of each text's frame.
        """
        end_s = time.monotonic() + _STUCK_S
        opened = self._full.open()
        while len(counters := self._texts(opened)) < count:
            if time.monotonic() > end_s:
                raise Lost(f"the full reader was shown {len(counters)} of {count} messages")
            self._full.wait(0.1)
            opened += self._full.open()
        if len(counters) > count:
            raise Lost(f"the full reader was shown {len(counters)} messages instead of {count}")
        if readers is not None:
            readers.wait_until_all_have(counters[-1])
        return counters

    def _texts(self, opened: list[tuple[int, Published]]) -> list[int]:
        return [counter for counter, message in kept(opened) if isinstance(message, Say) and message.text == self._text]


def broker_command(port: int, data: Path, *options: str) -> list[str]:
    """How the broker is started here."""
    given = ["--host", HOST, "--port", str(port), "--data", str(data)]
    # A crowd on one machine is what these two are against.
    return [str(BROKER), *given, "--rate", "0", "--address-connections", "0", *options]
