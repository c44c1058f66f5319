"""Which connections take more than their kind of link ever needs.

ZeroMQ bounds one frame, not one message: a peer may send endless frames of one, or endless subscriptions
(``docs/adr/0010-flood-guard.md``). The guard keeps an account for each connection and decides; the watch
(:mod:`zchat_broker.watch`) measures and shuts. Times are seconds of the steady clock.
"""

import ipaddress
import logging
from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from zchat_broker.rates import Rates

_log = logging.getLogger("zchat.broker")

KIB: Final = 1024
MIB: Final = 1024 * KIB
# Two connections for each client: so many people may sit behind one address (a NAT, a container's gateway).
ADDRESS_CONNECTIONS: Final = 1024
# This machine's own programs, load tests among them, can hurt it in simpler ways.
_LOOPBACK_TIMES = 10
# All of an address's connections may come at once, after an outage; in the long run they come this much slower.
_ALL_AGAIN_S = 20.0
# Who behind the same address is connected stays, who is not waits this long: long enough to make a flood useless.
HOLD_S: Final = 10.0
_ADDRESSES_REMEMBERED = 1024
# Answers that a client asked for and does not read. It asks for one page of 256 KiB after the other.
_UNREAD_MAX = 32 * MIB
# Subscriptions of one address: a client needs about 200 bytes, and the broker's tree takes fifty times what comes in.
_SUBSCRIPTIONS_PER_CONNECTION = 512
_SUBSCRIPTIONS_MIN = 64 * KIB
_UNFINISHED_OF_ADDRESS = 64 * MIB


class Need(NamedTuple):
    """Bytes that a connection may be ahead of what it is good for: at once, and per second."""

    at_once: int
    per_s: float


class Kind(Enum):
    """The two links. What a commands link brings in whole messages is paid for by the rates of :mod:`rates`."""

    # All commands in flight at their largest are 4 MiB, and come twice when the broker is slow. Then heartbeats.
    COMMANDS = Need(8 * MIB, KIB)
    # Handshake and subscriptions to begin with, then two of about 30 bytes for each party: thousands a day.
    TOPICS = Need(8 * KIB, 2)


@dataclass(slots=True, eq=False)
class Account:
    """One connection: ``taken`` and ``answered`` are written by the server, everything else by the watch."""

    kind: Kind
    descriptor: int
    address: str
    port: int
    at_s: float
    # Bytes that were handed over in whole messages, and bytes that were sent to it in answers.
    taken: int = 0
    answered: int = 0
    received: int = 0
    credited: int = 0
    level: float = 0.0
    is_over: bool = False


class AddressRates:
    """So many at once from one address, and as many again over some time; ten times that from this machine itself."""

    def __init__(self, at_once: int, all_again_s: float = _ALL_AGAIN_S) -> None:
        """``at_once`` 0 lifts the limit."""
        self._near = Rates(at_once * _LOOPBACK_TIMES / all_again_s, at_once * _LOOPBACK_TIMES)
        self._far = Rates(at_once / all_again_s, at_once)
        self._tidy_s = 0.0

    def take(self, address: str, now_s: float) -> float:
        """Takes one: 0.0, or the seconds until there is one to take."""
        if now_s - self._tidy_s >= 1.0:
            self._tidy_s = now_s
            self._near.tidy(now_s)
            self._far.tidy(now_s)
        return (self._near if is_loopback(address) else self._far).take(neighbourhood(address), now_s)


class Guard:
    """Keeps the accounts. A verdict is the reason, for the log, why a connection is to be shut."""

    def __init__(self, address_connections: int = ADDRESS_CONNECTIONS, descriptors: int = 0) -> None:
        """``address_connections`` 0 lifts the limits on their number; ``descriptors``, if known, is what there is."""
        self._limit = address_connections
        # Nobody may take them all.
        self._most = descriptors * 3 // 4 if descriptors else 0
        self._arrivals = AddressRates(address_connections)
        self._open: dict[str, set[Account]] = {}
        self._levels: dict[tuple[str, Kind], float] = {}
        self._held_until_s: dict[str, float] = {}
        self._logged: OrderedDict[str, None] = OrderedDict()
        self._tidy_s = 0.0

    def holds(self, address: str, now_s: float) -> bool:
        """Whether new connections of this address are to be shut at once."""
        return now_s < self._held_until_s.get(neighbourhood(address), 0.0)

    def accepted(self, account: Account, now_s: float) -> str:
        """Takes a new connection in. Returns a verdict, or ""."""
        place = neighbourhood(account.address)
        siblings = self._open.setdefault(place, set())
        siblings.add(account)
        if self.holds(account.address, now_s):
            return "held off"
        if self._arrivals.take(account.address, now_s) > 0.0:
            return self.hold(account.address, "opens connections faster than its clients could need", now_s)
        limit = self._limit * (_LOOPBACK_TIMES if is_loopback(account.address) else 1)
        limit = min(limit or self._most, self._most or limit)
        if 0 < limit < len(siblings):
            # No reason to hold it off: those who are connected may be honest.
            self._say(
                account.address, f"has more than {limit} connections (--address-connections); further ones are shut"
            )
            return "too many"
        return ""

    def ended(self, account: Account) -> None:
        """The connection is gone."""
        account.is_over = True
        place = neighbourhood(account.address)
        self._move(account, 0.0)
        siblings = self._open.get(place, set())
        siblings.discard(account)
        if not siblings:
            self._open.pop(place, None)
            for kind in Kind:
                self._levels.pop((place, kind), None)

    def measured(self, account: Account, taken: int, received: int, acknowledged: int, now_s: float) -> list[Account]:
        """The connection has received and acknowledged so many bytes by now; returns which ones are to be shut.

        ``taken`` must have been read before the others were measured: what it counts has been received.
        """
        need = account.kind.value
        gain = (received - account.received) - (taken - account.credited) - need.per_s * (now_s - account.at_s)
        account.received, account.credited, account.at_s = received, taken, now_s
        if gain > 0.0 or account.level > 0.0:
            self._move(account, max(0.0, account.level + gain))
            if account.level > need.at_once:
                self.hold(account.address, _TOO_MUCH[account.kind], now_s)
                return [account]
            worst = self._worst_if_too_much_together(account, now_s)
            if worst:
                return worst
        if account.answered - acknowledged > _UNREAD_MAX:
            self.hold(account.address, "asks for more than it reads", now_s)
            return [account]
        return []

    def hold(self, address: str, reason: str, now_s: float) -> str:
        """Holds new connections of this address off for a while, and logs it once. Returns the reason."""
        self._held_until_s[neighbourhood(address)] = now_s + HOLD_S
        self._say(address, f"{reason}: shut, and held off for {HOLD_S:.0f} s each time")
        return reason

    def tidy(self, now_s: float) -> None:
        """Forgets what is over. Call it often; it looks once a second."""
        if now_s - self._tidy_s < 1.0:
            return
        self._tidy_s = now_s
        self._held_until_s = {place: until for place, until in self._held_until_s.items() if now_s < until}

    def _worst_if_too_much_together(self, account: Account, now_s: float) -> list[Account]:
        place = neighbourhood(account.address)
        if self._levels[place, account.kind] <= self._address_need(account):
            return []
        worst = max([each for each in self._open[place] if each.kind is account.kind], key=lambda each: each.level)
        self.hold(account.address, f"{_TOO_MUCH[account.kind]}, over many connections", now_s)
        return [worst]

    def _address_need(self, account: Account) -> float:
        if account.kind is Kind.COMMANDS:
            return _UNFINISHED_OF_ADDRESS
        connections = self._limit * (_LOOPBACK_TIMES if is_loopback(account.address) else 1)
        connections = connections or ADDRESS_CONNECTIONS * _LOOPBACK_TIMES
        return max(_SUBSCRIPTIONS_MIN, connections * _SUBSCRIPTIONS_PER_CONNECTION)

    def _move(self, account: Account, level: float) -> None:
        key = (neighbourhood(account.address), account.kind)
        self._levels[key] = self._levels.get(key, 0.0) + level - account.level
        account.level = level

    def _say(self, address: str, what: str) -> None:
        place = neighbourhood(address)
        if place not in self._logged:
            _log.warning("%s %s; further times are not logged", address, what)
        self._logged[place] = None
        self._logged.move_to_end(place)
        if len(self._logged) > _ADDRESSES_REMEMBERED:
            self._logged.popitem(last=False)


_TOO_MUCH: Final = {
    Kind.COMMANDS: "sends more than a client ever has to say",
    Kind.TOPICS: "subscribes to more than a client ever reads",
}


def plain_address(address: str) -> str:
    """The address as users know it: a socket that takes both families in calls an IPv4 peer ``::ffff:192.0.2.7``."""
    return address.removeprefix("::ffff:")


def is_loopback(address: str) -> bool:
    """Whether it is this machine itself."""
    return address == "::1" or address.startswith("127.")


def neighbourhood(address: str) -> str:
    """What counts as one address: with IPv6 the network of 64 bits, since one machine may take any address in it."""
    if ":" not in address or is_loopback(address):
        return address
    try:
        return str(ipaddress.ip_network((address.partition("%")[0], 64), strict=False))
    except ValueError:
        return address
