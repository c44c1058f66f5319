"""Drives the session core over real links: finds the broker, carries out what the core wants, begins anew."""

import asyncio
import os
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import zmq.asyncio

from zchat_client.core.outputs import Output, Over, Pin, Rebuild, Send, Settled, Show, Subscribe, Unsubscribe
from zchat_client.core.session import Session
from zchat_client.keys import KnownBrokers
from zchat_client.link import Found, Link, find_broker
from zchat_common.clock import now
from zchat_common.errors import Code, ZchatError
from zchat_common.identity import Identity
from zchat_common.introduction import IntroductionError, fingerprint
from zchat_common.limits import PROTOCOL_VERSION

# A broker that nobody here has met yet must answer within this time.
FIRST_CONTACT_S = 10.0
# All clients of a broker that was restarted come back at once: each waits for a time of its own, longer if they are
# many, since a handshake costs the broker a millisecond.
_RETRY_S = 0.2
_RETRY_PER_USER_S = 0.002


@dataclass(frozen=True, slots=True)
class Place:
    """Where the broker is, and how its key is known."""

    host: str
    port: int
    known_brokers: Path
    accept_key: str | None = None


class Told(NamedTuple):
    """Who is called with what the core puts out: events, results, keys to keep; and at each failed attempt.

    ``keep`` returns why the keys could not be kept; nothing if they were.
    """

    show: Callable[[Show], None]
    settle: Callable[[Settled], None]
    keep: Callable[[Sequence[Pin]], str]
    unreachable: Callable[[str], None]


class Driver:
    """Runs until the session is over or the task is cancelled."""

    def __init__(self, session: Session, place: Place, identity: Identity, told: Told) -> None:
        self._session = session
        self._place = place
        self._identity = identity
        self._told = told
        self._pins = KnownBrokers(place.known_brokers)
        self._link: Link | None = None
        self._broken = asyncio.Event()
        self._reason = ""
        self._over: Over | None = None
        self._timer: asyncio.TimerHandle | None = None
        # Only spreads the clients in time; nothing secret depends on it.
        self._random = random.Random()  # noqa: S311

    async def run(self) -> Over:
        """Keeps the client in its place until the broker ends the session. Raises ZchatError for a changed key,
        and for a broker that does not answer at first contact.
        """
        self._begin_anew()
        context = zmq.asyncio.Context()
        try:
            while self._over is None:
                await self._one_link(context, await self._find())
                if self._over is None:
                    await asyncio.sleep(self._pause_s())
            return self._over
        finally:
            context.destroy(linger=0)

    def _begin_anew(self) -> None:
        self._over = None

    def carry_out(self) -> None:
        """Does what the core wants done. Call it after every call to the core from outside."""
        while outputs := self._session.outputs():
            # At once: whoever comes back to whispers of a thousand people would wait for the disk as often.
            pins = [output for output in outputs if isinstance(output, Pin)]
            if pins:
                self._session.pinned(pins, self._told.keep(pins), now())
            for output in outputs:
                self._carry_out(output)
        self._arm()

    def _carry_out(self, output: Output) -> None:
        match output:
            case Show():
                self._told.show(output)
            case Settled():
                self._told.settle(output)
            case Over():
                self._over = output
                self._broken.set()
            case Rebuild():
                self._reason = output.reason
                self._broken.set()
            case Send() | Subscribe() | Unsubscribe():
                self._use_link(output)
            case Pin():
                pass  # kept before all else

    def _use_link(self, output: Send | Subscribe | Unsubscribe) -> None:
        if self._link is None:
            return
        match output:
            case Send():
                self._link.send(output.payload)
            case Subscribe():
                self._link.subscribe(output.topic)
            case Unsubscribe():
                self._link.unsubscribe(output.topic)

    async def _find(self) -> Found:
        """The broker, whose key is the one known; waits for it as long as it takes, but at first contact."""
        place = self._place
        known = self._pins.knows(place.host, place.port)
        patience_s = now().steady_s + FIRST_CONTACT_S
        found: Found | None = None
        while found is None:
            try:
                found = await find_broker(place.host, place.port)
            # UnicodeError: a host name that DNS cannot carry.
            except (OSError, UnicodeError, IntroductionError) as error:
                text = f"No broker answers at {place.host} port {place.port} ({_words(error)})"
                self._told.unreachable(text)
                if not known and now().steady_s >= patience_s:
                    raise ZchatError(Code.BROKER_UNREACHABLE, text) from None
                await asyncio.sleep(self._pause_s())
        key = found.introduction.key
        self._session.fingerprint = fingerprint(key)
        self._session.first_contact |= self._pins.check(place.host, place.port, key, place.accept_key)
        introduction = found.introduction
        self._session.introduced = (introduction.version, introduction.commands_port, introduction.topics_port)
        if found.introduction.version != PROTOCOL_VERSION:
            raise ZchatError(
                Code.VERSION,
                f"The broker speaks version {found.introduction.version} of the protocol, this client "
                f"{PROTOCOL_VERSION}; update the older one",
            )
        return found

    async def _one_link(self, context: zmq.asyncio.Context, found: Found) -> None:
        self._broken.clear()
        self._reason = "the connection was lost"
        self._link = Link(context, found, self._identity)
        try:
            self._session.link_opened(now())
            self.carry_out()
            await self._until_broken(self._link)
        finally:
            self._link.close()
            self._link = None
        self._session.link_closed(self._reason, now())
        self.carry_out()

    async def _until_broken(self, link: Link) -> None:
        reading = asyncio.create_task(link.read(self._session.command_link, self._session.topic_link, self.carry_out))
        broken = asyncio.create_task(self._broken.wait())
        try:
            await asyncio.wait((reading, broken), return_when=asyncio.FIRST_COMPLETED)
        finally:
            broken.cancel()
            reading.cancel()
            results = await asyncio.gather(reading, broken, return_exceptions=True)
        if isinstance(results[0], Exception):
            raise results[0]

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        time = now()
        due_s = self._session.next_s(time)
        if due_s != float("inf"):
            self._timer = asyncio.get_running_loop().call_later(max(0.0, due_s - time.steady_s), self._tick)

    def _tick(self) -> None:
        self._timer = None
        self._session.tick(now())
        self.carry_out()

    def _pause_s(self) -> float:
        return self._random.uniform(0.5, 1.5) * max(_RETRY_S, _RETRY_PER_USER_S * self._session.reading.users)


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    # asyncio puts addresses in the place of what the system said: "[Errno 111] Connect call failed (...)".
    refused = re.search(r"\[Errno (\d+)\] Connect call failed", str(error))
    if refused:
        return os.strerror(int(refused[1])).lower()
    return getattr(error, "strerror", None) or str(error)
