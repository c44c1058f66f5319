"""Ten thousand messages that nearly are ones of the protocol, at both ports, at each decoder, and at a client.

Nobody is disturbed by them. `make fuzz` goes on from here, led by what the decoders do.
"""

import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import pytest

from tests.client.core.scripted import OWN, Desk
from tests.people import whisperer
from tests.security.decoders import DECODERS as DECODERS_TO_FUZZ
from tests.security.decoders import seeds
from tests.security.flooders import Raw, new_address
from tests.security.grammar import Grammar, zmtp
from tests.security.weakened import program
from tests.system.peer import Peer, Registered, introduction
from tests.system.processes import Broker, Client, House, level, unique
from zchat_client.jsonl import json_line
from zchat_client.plain import PlainRenderer
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.introduction import Introduction, IntroductionError, decode_introduction, encode_introduction
from zchat_common.sealing import SealError, SealingKey, take_apart
from zchat_common.text import clean_text
from zchat_common.topics import PUBLIC
from zchat_common.whispers import CannotOpen, Party

AT_THE_BROKER: Final = 5_000
AT_THE_PORTS: Final = 1_000
AT_EACH_DECODER: Final = 400
AT_A_CLIENT: Final = 1_600


def send_what_is_spoiled(broker: Broker, count: int) -> bool:
    """Sends up the commands link, with the token of a session; returns whether the broker serves on."""
    with Peer(broker) as a, Peer(broker) as b:
        mallory, other = Registered(a, unique("mallory")), Registered(b, unique("other"))
        grammar = Grammar(1, (mallory.token, other.token, b"t" * 16))
        heard = 0
        for number in range(count):
            a.send(grammar.spoiled(m.Upstream))
            if number % 50 == 49:  # not faster than he is answered
                b.say(m.AskRoster(b"not a token", 1))
                while broker.is_running and not b.socket.poll(50):
                    pass
                while b.socket.poll(0):
                    b.socket.recv()
                while a.socket.poll(0):
                    heard += len(list(wire.decode_downstream(a.socket.recv())))
            if not broker.is_running:
                return False
    # All but pings, large ones, and what was lost with a connection that was closed for them.
    assert heard > count / 2
    return True


def test_five_thousand_spoiled_messages_disturb_nobody(three: list[Client], broker: Broker) -> None:
    assert send_what_is_spoiled(broker, AT_THE_BROKER)
    level(*three)
    for each in three:
        assert not each.seen("disconnected")
        assert not each.seen("error")


def test_without_checked_types_they_end_the_broker(tmp_path: Path) -> None:
    with House(tmp_path) as house:
        broker = house.broker("--rate", "0", program=program("checked types", "broker"))
        assert not send_what_is_spoiled(broker, AT_THE_BROKER)


def test_a_thousand_spoiled_frames_at_the_ports_disturb_nobody(three: list[Client], broker: Broker) -> None:
    grammar = Grammar(2)
    names = (
        b"",
        b"\1",
        b"\0",
        b"\1user.alice\0",
        b"\x09SUBSCRIBEuser.a\0",
        b"\x04PING\0\0",
        b"\x05ERROR\x01x",
        b"\x06CANCELx",
    )
    for connection in range(AT_THE_PORTS // 20):
        with contextlib.suppress(OSError), Raw(broker, connection % 2, new_address()) as raw:
            if connection % 2:
                raw.speak_zmtp(grammar.random.choice((b"SUB", b"XSUB")))
            for _ in range(20):
                kind = grammar.random.choice(names)
                frame = zmtp(kind, grammar.random.randbytes(20), flags=grammar.random.choice((0, 0, 1, 4)))
                raw.connection.sendall(grammar.spoiled_bytes(frame) if grammar.random.random() < 0.2 else frame)
    assert introduction(broker).commands_port == broker.port
    level(*three)
    for each in three:
        assert not each.seen("disconnected")


# -- decoders ---------------------------------------------------------------------------------------------------------

INTRODUCED: Final = encode_introduction(Introduction(1, 5555, 5556, b"k" * 32))
WHISPER: Final = whisperer("alice").seal("psst", "alice", Party("bob", whisperer("bob").key), 5, 1)
FRAME: Final = SealingKey(m.TopicKey("public", 7, b"k" * 32)).seal(b"plain")


def _all(decode: Callable[[bytes], Iterable[object]]) -> Callable[[bytes], object]:
    return lambda frame: list(decode(frame))


DECODERS: Final[dict[str, tuple[Callable[[bytes], object], type[Exception], Any]]] = {
    "upstream": (wire.decode_upstream, wire.WireError, m.Upstream),
    "downstream": (_all(wire.decode_downstream), wire.WireError, m.Downstream),
    "frame": (_all(wire.decode_frame), wire.WireError, m.Published),
    "kept": (wire.decode_kept, wire.WireError, m.Kept),
    "sealed frame": (take_apart, SealError, FRAME),
    "whisper": (lambda body: whisperer("bob").open(body, "alice", "bob", own=False), CannotOpen, WHISPER),
    "introduction": (decode_introduction, IntroductionError, INTRODUCED),
}


@pytest.mark.parametrize("decoder", DECODERS)
def test_a_decoder_takes_what_is_spoiled_or_refuses_it(decoder: str) -> None:
    decode, refusal, valid = DECODERS[decoder]
    grammar = Grammar(3)
    refused = 0
    for _ in range(AT_EACH_DECODER):
        spoiled = grammar.spoiled_bytes(valid) if isinstance(valid, bytes) else grammar.spoiled(valid)
        try:
            decode(spoiled)
        except refusal:
            refused += 1
    # Much of what is spoiled is harmless: what stands behind the last field, a longer text.
    assert refused > AT_EACH_DECODER / 20


# -- a client ---------------------------------------------------------------------------------------------------------


def test_a_client_shows_or_ignores_what_is_spoiled() -> None:
    grammar = Grammar(4)
    plain = PlainRenderer(colours=False)
    shown = 0
    for round_number in range(AT_A_CLIENT // 40):
        desk = Desk()
        desk.connect()
        for n in range(20):
            desk.session.command_link(grammar.spoiled(m.Downstream), desk.now)
            desk.carry()
            # The first is shown: it is in its place, whatever its fields say.
            begin = wire.encode(grammar.kept(1 + n // 2))
            bodies = b"".join(grammar.spoiled(m.Published) for _ in range(1 + n % 3))
            desk.session.topic_link(desk._sealing((PUBLIC, OWN)[n % 2]).seal(begin + bodies), desk.now)
            desk.carry()
        for event in desk.shown:
            line, words = json_line(event), plain(event)
            assert clean_text(line[:3000]) == line[:3000]
            assert words is None or clean_text(words[:3000]) == words[:3000], words
            shown += 1
        assert all(name.split() == [name] for name in desk.pins), round_number
    assert shown > AT_A_CLIENT / 10


@pytest.mark.parametrize("decoder", DECODERS_TO_FUZZ)
def test_what_is_fuzzed_takes_what_it_is_made_for_and_noise(decoder: str) -> None:
    grammar = Grammar(6)
    for seed in seeds(decoder):
        DECODERS_TO_FUZZ[decoder](seed)
        for _ in range(5):
            DECODERS_TO_FUZZ[decoder](grammar.spoiled_bytes(seed))
