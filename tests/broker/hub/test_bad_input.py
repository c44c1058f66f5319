"""Whatever a peer sends is answered with a code, and harms nobody else."""

import logging
import random

import msgpack
import pytest

from tests.broker.hub.guests import INSTANCE, Broker, Guest, code_of, guest
from tests.broker.rules.witness import facts
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.limits import PROTOCOL_VERSION


def packed_do(token: bytes, *rest: object) -> bytes:
    data: bytes = msgpack.packb(["do", token, *rest])
    return data


BAD: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "malformed"),
    "noise": (b"\xc1\x00\xff", "malformed"),
    "a number": (b"\x07", "malformed"),
    "an empty array": (b"\x90", "malformed"),
    "a text": (b"\xa4ping", "malformed"),
    "a map": (b"\x80", "malformed"),
    "half a message": (wire.encode(m.Ping(b"TOKEN", 1, "public"))[:-1], "malformed"),
    "two messages": (wire.encode(m.AskRoster(b"TOKEN", 1)) * 2, "malformed"),
    "a missing field": (packed_do(b"TOKEN", 7, 1, "say"), "malformed"),
    "a wrong type": (packed_do(b"TOKEN", 7, "1", "say", ["hi", False]), "malformed"),
    "a float": (packed_do(b"TOKEN", 7, 1, "say", [1.5]), "malformed"),
    "a nested array": (packed_do(b"TOKEN", 7, 1, "say", [["hi"]]), "malformed"),
    "an endless integer": (packed_do(b"TOKEN", 7, 2**64 - 1, "say", ["hi", False]), "malformed"),
    "command 0": (wire.encode(m.Do(b"TOKEN", 7, 0, "say", ("hi", False))), "malformed"),
    "command -1": (wire.encode(m.Do(b"TOKEN", 7, -1, "say", ("hi", False))), "malformed"),
    "instance -1": (wire.encode(m.Do(b"TOKEN", -1, 1, "say", ("hi", False))), "malformed"),
    "an unknown type": (b"\x92\xa5dance\x01", "unknown_type"),
    "what brokers say": (wire.encode(m.Ended("you")), "unknown_type"),
    "what is published": (wire.encode(m.Stopping("you")), "unknown_type"),
    "an old version": (wire.encode(m.Register(0, "Eve", 1, takeover=True)), "version"),
    "a new version": (wire.encode(m.Register(PROTOCOL_VERSION + 1, "Eve", 1, takeover=True)), "version"),
    "a dead token": (wire.encode(m.Do(b"x" * 16, 7, 1, "say", ("hi", False))), "no_session"),
    "no token": (wire.encode(m.Do(b"", 7, 1, "say", ("hi", False))), "no_session"),
    "a ping of nobody's": (wire.encode(m.Ping(b"x" * 16, 1, "public")), "no_session"),
    "a question of nobody's": (wire.encode(m.AskHistory(b"", 1, "public", None, None, 20)), "no_session"),
    "keys for nobody": (wire.encode(m.AskKeys(b"x", 1)), "no_session"),
}


@pytest.mark.parametrize(("payload", "code"), BAD.values(), ids=BAD)
def test_bad_input_is_answered_with_its_code_and_changes_nothing(payload: bytes, code: str) -> None:
    broker = Broker()
    alice = guest(broker)
    # A message with the token's length in it: fit ours in.
    payload = payload.replace(b"\xc4\x05TOKEN", b"\xc4\x10" + alice.token)
    before = facts(broker.state), broker.state.numberings
    out = broker.turn(broker.arrival(alice.route, payload))
    (reply,) = alice.answers(out)
    assert isinstance(reply, m.Rejected)
    assert (reply.code, bool(reply.text)) == (code, True)
    assert (facts(broker.state), broker.state.numberings) == before
    assert (out.frames, broker.disk.commits) == ([], [])
    assert isinstance(alice.say("still here"), m.Answer)


@pytest.mark.parametrize(
    ("op", "args", "code"),
    [
        ("dance", (), "unknown_type"),
        ("", (), "unknown_type"),
        ("say", (), "malformed"),
        ("say", ("hi", False, 1), "malformed"),
        ("say", ("hi", 1), "malformed"),
        ("say", (b"hi", False), "malformed"),
        ("say", (" ", False), "empty_text"),
        ("say", ("x" * 4_001, False), "too_long"),
        ("say", ("\x1b[2J", False), "bad_text"),
        ("whisper", ("nobody", b"k" * 32, m.SEALED, b"hi"), "no_such_user"),
        ("whisper", ("alice", b"k" * 32, m.SEALED, b"hi"), "not_yourself"),
        ("whisper", ("alice", b"k" * 32, "text", b"hi"), "malformed"),
        ("received", (-1,), "malformed"),
        ("received", (None,), "malformed"),
        ("party_say", ("hi", False), "not_in_party"),
        ("party_accept", (None,), "malformed"),
        ("party_accept", ("p9",), "no_invitation"),
    ],
)
def test_a_bad_command_is_refused_with_its_code_and_uses_up_its_number(
    broker: Broker, op: str, args: tuple[m.Scalar, ...], code: str
) -> None:
    alice = guest(broker)
    before = facts(broker.state)
    out = broker.turn(*alice.arrives(alice.command(op, *args)))
    (reply,) = alice.answers(out)
    assert isinstance(reply, m.Refusal)
    assert (reply.instance, reply.n, reply.code, reply.retry_after_ms) == (INSTANCE, 1, code, None)
    assert facts(broker.state) == before
    assert out.frames == []
    assert alice.do(op, *args, n=1) == reply
    assert isinstance(alice.say("next"), m.Answer)


@pytest.mark.parametrize(
    "name", ["", "a b", "-x", "x" * 33, "x" * 30_000, "al\x00", "Аlice"], ids=lambda name: repr(name[:9])
)
def test_a_bad_name_is_refused(broker: Broker, name: str) -> None:
    before = facts(broker.state)
    assert code_of(Guest(broker, name).register()) == "bad_name"
    assert facts(broker.state) == before


def test_a_thousand_bad_payloads_harm_nobody(broker: Broker) -> None:
    alice = guest(broker)
    dice = random.Random(11)
    good = [wire.encode(m.Ping(alice.token, 1, "public")), wire.encode(alice.command("say", "hi", False, n=1))]
    for _ in range(50):
        noise = [bytearray(dice.choice(good)) for _ in range(20)]
        for payload in noise:
            payload[dice.randrange(3)] = dice.randrange(256)
        out = broker.turn(*[broker.arrival(alice.route, bytes(payload)) for payload in noise])
        assert all(list(wire.decode_downstream(payload)) for _, payload in out.replies)
    assert broker.hub.nonsense.total > 100


def test_nonsense_is_logged_once_for_each_address(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "zchat.broker")
    broker.turn(*[broker.arrival(route, b"noise\n\x1b") for route in (b"1", b"2", b"1", b"1")])
    assert [record.getMessage().split()[0] for record in caplog.records] == ["192.0.2.49", "192.0.2.50"]
    assert broker.hub.nonsense.total == 4
