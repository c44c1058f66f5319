"""zchat with one named defence taken out, to show what each of them is for: not a program for users.

``python weakened.py DEFENCE broker|client OPTIONS``
"""

import itertools
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, NamedTuple

import zmq
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

import zchat_client.cli
import zchat_client.link
from zchat_broker import cli, hub, publisher, questions, server, zap
from zchat_broker.links import Link, Links
from zchat_broker.rules import commands, machine, registration
from zchat_broker.rules.entries import Command, Registering
from zchat_broker.rules.state import State, User
from zchat_broker.rules.step import Step
from zchat_broker.rules.views import Readable, readable_parts
from zchat_broker.sockets import commands_socket
from zchat_client.core.contacts import Contacts
from zchat_client.core.keyring import Keyring
from zchat_common import wire
from zchat_common.messages import Denied, Ended, Message, Refusal, Rejected, RosterEntry, TopicKey
from zchat_common.names import check_name
from zchat_common.sealing import OpeningKey, SealedFrame, SealingKey
from zchat_common.whispers import Whisperer

# What no terminal may ever be sent, and what would change how the rest of a line is read.
NASTY: Final = "\x1b]0;owned\a\x1b[2J\x9b31m\u202egnp\u2066\x00\x7f"


class Without(NamedTuple):
    """One function that is replaced: ``getattr(owner, name)``."""

    owner: Any
    name: str
    by: Any


# -- sealed frames ----------------------------------------------------------------------------------------------------


def _not_sealed(self: SealingKey, plain: bytes) -> bytes:
    self._counter += 1
    return self._prefix + self._counter.to_bytes(8) + plain + bytes(16)


def _one_key(self: publisher.Publisher, topic: str) -> SealingKey:
    return SealingKey(TopicKey(topic, int.from_bytes(self._random_bytes(7)), b"k" * 32))


def _same_key(self: publisher.Publisher, topic: str) -> TopicKey:
    return self.key_of(topic)


def _frames_go_on(self: publisher.Publisher, topic: str) -> TopicKey:
    self._keys[topic] = self._draw(topic)
    return self._keys[topic].public_part


_open: Final = OpeningKey.open
_add: Final = Keyring.add


def _any_counter(self: OpeningKey, frame: SealedFrame) -> tuple[bytes, int]:
    self._counter = 0
    return _open(self, frame)


def _any_tag(self: OpeningKey, frame: SealedFrame) -> tuple[bytes, int]:
    """RFC 8439 without its last step: the first block of the stream makes the key of the tag."""
    nonce = (1).to_bytes(4, "little") + bytes(4) + frame.counter.to_bytes(8)
    stream = Cipher(algorithms.ChaCha20(self._secret, nonce), None).decryptor()  # type: ignore[attr-defined]
    return stream.update(frame.sealed[:-16]), 0


def _with_secret(self: OpeningKey, key: TopicKey) -> None:
    _init(self, key)
    self._secret = key.key  # type: ignore[attr-defined]


_init: Final = OpeningKey.__init__


def _any_number(self: Keyring, key: TopicKey) -> None:
    self._keys.pop(key.number, None)
    _add(self, key)


# -- the commands link ------------------------------------------------------------------------------------------------


def _open_door(*given: Any) -> Any:
    socket = _commands_socket(*given)
    socket.setsockopt(zmq.CURVE_SERVER, 0)
    return socket


def _handed_over(*given: Any) -> Any:
    socket = _commands_socket(*given)
    socket.setsockopt(zmq.ROUTER_HANDOVER, 1)
    return socket


_commands_socket: Final = commands_socket
_counted: Final = itertools.count(1)
_known_tokens: Final[dict[bytes, str]] = {}


def _any_token(self: Links, token: bytes) -> Link | None:
    found = self._by_token.get(token)
    if found is not None:
        _known_tokens[token] = found.user
    return found or self._by_user.get(_known_tokens.get(token, ""))


_apply_command: Final = machine._apply_command


def _any_n(step: Step, command: Command) -> None:
    session = step.state.session(command.session)
    numbering = None if session is None else step.state.numberings.get(session.user, {}).get(command.instance)
    _apply_command(step, command._replace(n=1 if numbering is None else numbering.last_n + 1))


def _any_session(self: hub.Hub, message: Any, link: Link, now: Any, out: Any) -> None:
    """A command that names somebody else's numbering counts as his."""
    users = [user for user, known in self._rules.state.numberings.items() if message.instance in known]
    owner = self._links.of_user(users[0]) if users else None
    _command(self, message, owner or link, now, out)


_command: Final = hub.Hub._command

# -- names, history, texts --------------------------------------------------------------------------------------------


def _anybody_s(step: Step, entry: Registering) -> User:
    known = step.state.users.get(check_name(entry.name))
    return known or User(entry.name, entry.name, entry.key, step.at)


def _any_look(step: Step, entry: Registering, folded: str) -> User:
    return User(folded, entry.name, entry.key, step.at)


def _all_of_it(_state: State, _user: str, _topic: str) -> list[Readable]:
    return [Readable(1, None)]


def _from_the_first_on(state: State, user: str, topic: str) -> list[Readable]:
    return [Readable(1, None) for _ in readable_parts(state, user, topic)]


def _past_the_leave(state: State, user: str, topic: str) -> list[Readable]:
    return [part._replace(end=None) for part in readable_parts(state, user, topic)]


def _leave_all(step: Step, user: User) -> None:
    step.remove(user)


def _unchanged(text: str) -> str:
    return text


def _in_the_clear(self: Whisperer, text: str, *_who: object) -> bytes:
    return self.key + text.encode()


def _without_bound(*given: Any) -> Any:
    socket = _client_commands(*given) if len(given) > 1 else _client_topics(*given)
    socket.setsockopt(zmq.MAXMSGSIZE, -1)
    return socket


_client_commands: Final = zchat_client.link._commands_socket
_client_topics: Final = zchat_client.link._topics_socket


def _any_fields(entry: Any, values: tuple[object, ...]) -> object:
    return entry.cls(*values[: len(entry.converts)])


# -- a broker that lies -----------------------------------------------------------------------------------------------

_encode: Final = wire.encode
_pack_roster: Final = wire.pack_roster
_FOR_PEOPLE: Final = (Rejected, Refusal, Denied, Ended)


def _lying(message: Message) -> bytes:
    """Puts what no screen should be sent behind each ``poison``, and behind all texts of the broker's own."""
    poisoned = _poisoned(message)
    if isinstance(message, _FOR_PEOPLE):
        name = "reason" if isinstance(message, Ended) else "text"
        poisoned = poisoned._replace(**{name: f"{getattr(poisoned, name)} {NASTY}"})
    return _encode(poisoned)


def _lying_roster(version: int, entries: tuple[RosterEntry, ...]) -> bytes:
    return _pack_roster(version, _poisoned(entries))


def _poisoned(value: Any) -> Any:
    if isinstance(value, str):
        is_topic = value.startswith(("user.", "party."))
        return value.replace("poison", f"poison{NASTY}") if not is_topic else value
    if isinstance(value, tuple):
        found = [_poisoned(each) for each in value]
        return type(value)(*found) if hasattr(value, "_fields") else tuple(found)
    return value


def _everywhere(name: str, by: Callable[..., object]) -> list[Without]:
    """A function that modules of the client have each under its own name."""
    modules = [module for key, module in sorted(sys.modules.items()) if key.startswith("zchat_client")]
    return [Without(module, name, by) for module in modules if hasattr(module, name)]


def _guessable(size: int) -> bytes:
    return next(_counted).to_bytes(size)


DEFENCES: Final[dict[str, list[Without]]] = {
    "sealed frames": [Without(SealingKey, "seal", _not_sealed)],
    "a key for each topic": [Without(publisher.Publisher, "_draw", _one_key)],
    "a new key for each membership": [Without(publisher.Publisher, "change_key", _same_key)],
    "a frame ends with its key": [Without(publisher.Publisher, "change_key", _frames_go_on)],
    "counters": [Without(OpeningKey, "open", _any_counter)],
    "tags": [Without(OpeningKey, "open", _any_tag), Without(OpeningKey, "__init__", _with_secret)],
    "key numbers": [Without(Keyring, "add", _any_number)],
    "curve": [
        Without(server, "commands_socket", _open_door),
        Without(zap, "answer", lambda asked: [b"1.0", asked[1], b"200", b"OK", bytes(32).hex().encode(), b""]),
    ],
    "first come": [Without(server, "commands_socket", _handed_over)],
    "seeded routing ids": [Without(server, "seed_routing_ids", lambda: None)],
    "random tokens": [Without(server, "secrets", SimpleNamespace(token_bytes=_guessable))],
    "one token": [Without(Links, "of_token", _any_token)],
    "numbers of commands": [Without(machine, "_apply_command", _any_n)],
    "numberings of one's own": [Without(hub.Hub, "_command", _any_session)],
    "owners of names": [Without(registration, "_owner", _anybody_s)],
    "folded names": [
        Without(registration, "check_name", _unchanged),
        Without(registration, "_newcomer", _any_look),
    ],
    "looks of names": [Without(registration, "_newcomer", _any_look)],
    "readers of topics": [Without(questions, "readable_parts", _all_of_it)],
    "from the joining on": [Without(questions, "readable_parts", _from_the_first_on)],
    "up to the leave": [Without(questions, "readable_parts", _past_the_leave)],
    "a freed name is empty": [Without(registration, "forget_user", _leave_all)],
    "checked texts": [Without(commands, "check_text", _unchanged)],
    "clean screens": _everywhere("clean_text", _unchanged),
    "sealed whispers": [Without(Whisperer, "seal", _in_the_clear)],
    "pinned contacts": [Without(Contacts, "knows", lambda *_whose: True)],
    "bounded frames": [
        Without(zchat_client.link, "_commands_socket", _without_bound),
        Without(zchat_client.link, "_topics_socket", _without_bound),
    ],
    "checked types": [Without(wire, "_fields", _any_fields)],
    "honesty": [Without(wire, "encode", _lying), Without(wire, "pack_roster", _lying_roster)],
}


def program(defence: str, kind: str) -> tuple[str, ...]:
    """The command that starts a ``broker`` or a ``client`` without this defence."""
    assert defence in DEFENCES
    return ("python", str(Path(__file__)), defence, kind)


def main() -> None:
    """Takes the defence out, and goes on as the program would."""
    _, defence, kind, *options = sys.argv
    for owner, name, by in DEFENCES[defence]:
        setattr(owner, name, by)
    sys.argv = [f"zchat-{kind}", *options]
    (cli.main if kind == "broker" else zchat_client.cli.main)()


if __name__ == "__main__":
    main()
