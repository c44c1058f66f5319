"""A broker's store as it is after a long time of use, made by the broker's own inside without sockets."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from zchat_broker.hub import Arrival, Hub
from zchat_broker.profile import Profile
from zchat_broker.registrations import Peer
from zchat_broker.store.sqlite import SqliteStore
from zchat_common import wire
from zchat_common.clock import now
from zchat_common.limits import PROTOCOL_VERSION
from zchat_common.messages import Do, Register, Registered

_PER_USER: Final = 1_000
_TURN: Final = 1_000
_TEXT: Final = "x" * 100


def fill(data: Path, messages: int) -> None:
    """Makes a broker's data folder with so many public messages, a thousand by each user."""
    data.mkdir(mode=0o700, parents=True)
    store = SqliteStore(data / "zchat.db")
    try:
        hub = Hub(Profile("zchat", 1, 2, rate=0.0), store, secrets.token_bytes, lambda _route: True, now())
        for user in range(-(-messages // _PER_USER)):
            _speak(hub, f"old{user}", min(_PER_USER, messages - user * _PER_USER))
    finally:
        store.close()


def _speak(hub: Hub, name: str, count: int) -> None:
    key, instance = secrets.token_bytes(32), secrets.randbits(62)
    replies = _turn(hub, key, [wire.encode(Register(PROTOCOL_VERSION, name, secrets.randbits(62), False))])
    registered = next(wire.decode_downstream(next(replies)))
    assert isinstance(registered, Registered), registered
    says = [wire.encode(Do(registered.token, instance, n, "say", (_TEXT, False))) for n in range(1, count + 1)]
    for start in range(0, count, _TURN):
        _turn(hub, key, says[start : start + _TURN])
    _turn(hub, key, [wire.encode(Do(registered.token, instance, count + 1, "exit", ()))])


def _turn(hub: Hub, key: bytes, payloads: list[bytes]) -> Iterator[bytes]:
    peer = Peer(key, "127.0.0.1")
    out = hub.turn([Arrival(b"route", payload, lambda: peer) for payload in payloads], now())
    return iter([payload for _, payload in out.replies])
