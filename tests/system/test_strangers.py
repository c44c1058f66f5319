"""What strangers send: each gets the code that the contract has for it, or is counted; the broker goes on serving."""

import random
import socket
from collections.abc import Iterator

import msgpack
import pytest
import zmq

from tests.system.parties import join
from tests.system.peer import Peer, Registered, introduction
from tests.system.processes import Broker, Client, House, level, unique, wait_until
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.limits import COMMAND_MAX_BYTES, PROTOCOL_VERSION
from zchat_common.text import check_text


@pytest.fixture(autouse=True)
def _still_serving(three: list[Client]) -> Iterator[None]:
    """Whatever a stranger does, three people talk before it and after it, and have noticed nothing."""
    yield
    level(*three)
    for each in three:
        assert not each.seen("disconnected")
        assert not each.seen("error", code="malformed")


def _packed(*values: object) -> bytes:
    packed = msgpack.packb(values)
    assert isinstance(packed, bytes)
    return packed


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\x00",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xc1",
        _packed(),
        _packed(1),
        _packed(None, "register"),
        _packed("register"),
        _packed("register", PROTOCOL_VERSION, "alice"),
        _packed("register", "one", "alice", 1, False),
        _packed("register", PROTOCOL_VERSION, b"alice", 1, False),
        _packed("register", PROTOCOL_VERSION, "alice", 2**63, False),
        _packed("register", PROTOCOL_VERSION, "alice", 1, 0),
        _packed("do", b"t" * 16, 1, 1, "say", "no array"),
        _packed("do", b"t" * 16, 1, 1, "say", [{"a": 1}]),
        _packed("ask_history", b"t" * 16, 1, "public", "x", None, 1),
        b"\x92\xa8register" + b"\x91" * 5000,
        b"\xdd\xff\xff\xff\xff",
        b"\x95\xa8register\xa1\xff\x01\x02\x03",
    ],
)
def test_what_is_no_message_is_malformed(frame: bytes, broker: Broker) -> None:
    with Peer(broker) as peer:
        peer.send(frame)
        assert peer.hear(m.Rejected).code == "malformed"


@pytest.mark.parametrize("frame", [_packed("hack", 1), _packed("registered", 1), _packed("REGISTER", 1), _packed("")])
def test_a_message_of_an_unknown_type_is_told_so(frame: bytes, broker: Broker) -> None:
    with Peer(broker) as peer:
        peer.send(frame)
        assert peer.hear(m.Rejected).code == "unknown_type"


@pytest.mark.parametrize("version", [0, PROTOCOL_VERSION + 1, -1, 2**63 - 1])
def test_another_version_of_the_protocol_is_told_so(version: int, broker: Broker) -> None:
    with Peer(broker) as peer:
        peer.say(m.Register(version, unique("mallory"), 1, takeover=False))
        assert peer.hear(m.Rejected).code == "version"


@pytest.mark.parametrize("name", ["", "two words", "x" * 33, "x" * 30000, "\x00", "\x1b[2J", "\u0430lice", "a\nb", "-"])
def test_what_can_be_nobodys_name_is_refused(name: str, broker: Broker) -> None:
    with Peer(broker) as peer:
        peer.say(m.Register(PROTOCOL_VERSION, name, 1, takeover=True))
        assert peer.hear(m.Rejected).code == "bad_name"


@pytest.mark.parametrize("token", [b"", b"t" * 16, b"\x00" * 16, b"t" * 1000])
def test_a_dead_token_opens_nothing(token: bytes, broker: Broker) -> None:
    with Peer(broker) as peer:
        for message in (
            m.Do(token, 1, 1, "say", ("hi", False)),
            m.Ping(token, 1, "public"),
            m.AskRoster(token, 1),
            m.AskParty(token, 1),
            m.AskKeys(token, 1),
            m.AskUser(token, 1, "alice"),
            m.AskHistory(token, 1, "public", None, None, 20),
        ):
            peer.say(message)
            assert peer.hear(m.Rejected).code == "no_session"


def test_a_frame_that_is_too_large_ends_the_connection_that_it_came_on(broker: Broker) -> None:
    with Peer(broker) as peer, Peer(broker) as other:
        peer.register(unique("mallory"))
        peer.send(b"x" * (COMMAND_MAX_BYTES + 1000))
        assert peer.hears_nothing(0.3)
        other.send(b"x")
        assert other.hear(m.Rejected).code == "malformed"


def test_a_message_of_many_frames_does_no_harm(broker: Broker) -> None:
    with Peer(broker) as peer:
        session = peer.register(unique("mallory"))
        for count in (2, 3, 1000):
            peer.send(*[b"x"] * count)
        peer.say(m.AskRoster(session.token, 7))
        assert peer.hear(m.Roster).ask == 7


def test_a_connection_without_curve_gets_no_answer(broker: Broker) -> None:
    with Peer(broker, curve=False) as peer:
        peer.say(m.Register(PROTOCOL_VERSION, unique("mallory"), 1, takeover=False))
        assert peer.hears_nothing(0.5)


def test_bytes_that_are_no_zeromq_at_all_do_no_harm(broker: Broker) -> None:
    noise = random.Random(1)
    for offset in range(3):
        for head in (b"", b"\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f", b"GET / HTTP/1.1\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", broker.port + offset), 5) as connection:
                try:
                    connection.sendall(head + noise.randbytes(5000))
                except OSError:
                    continue  # hung up on, as it deserves
    assert introduction(broker).commands_port == broker.port


def test_a_flood_of_nonsense_is_answered_and_logged_once(house: House) -> None:
    broker = house.broker()
    noise = random.Random(2)
    with Peer(broker) as peer:
        for _ in range(500):
            peer.send(noise.randbytes(noise.randrange(200)))
        answers = [peer.hear(m.Rejected).code for _ in range(500)]
    assert set(answers) <= {"malformed", "unknown_type"}
    wait_until(lambda: any("no zchat message" in line for line in broker.err), "a word about it in the log")
    assert sum("no zchat message" in line for line in broker.err) == 1
    (alice,) = house.join(broker, "alice")
    level(alice)


# -- who is registered, and still no friend ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "args", "code"),
    [
        ("hack", (), "unknown_type"),
        ("say", (), "malformed"),
        ("say", ("hi",), "malformed"),
        ("say", ("hi", False, 1), "malformed"),
        ("say", (b"hi", False), "malformed"),
        ("say", ("hi", 1), "malformed"),
        ("say", ("", False), "empty_text"),
        ("say", (" \n ", False), "empty_text"),
        ("say", ("x" * 4001, False), "too_long"),
        ("say", ("\x1b[2J", False), "bad_text"),
        ("say", ("\u202e", False), "bad_text"),
        ("away", ("\x07",), "bad_text"),
        ("whisper", ("nobody-here", b"k" * 32, "sealed", b"x"), "no_such_user"),
        ("whisper", (5, b"k" * 32, "sealed", b"x"), "malformed"),
        ("whisper", ("{alice}", b"k" * 32, "text", b"hello"), "malformed"),
        ("whisper", ("{alice}", "text", b"hello"), "malformed"),
        ("whisper", ("{alice}", b"k" * 33, "sealed", b"x"), "malformed"),
        ("whisper", ("{alice}", b"k" * 32, "sealed", "not bytes"), "malformed"),
        ("whisper", ("{alice}", b"k" * 32, "sealed", b""), "empty_text"),
        ("whisper", ("{alice}", b"k" * 32, "sealed", b"x" * (24 * 1024 + 1)), "too_long"),
        ("whisper", ("{alice}", b"k" * 32, "sealed", b"x"), "contact_key_changed"),
        ("received", (-1,), "malformed"),
        ("received", ("1",), "malformed"),
        ("party_accept", ("no-such-party",), "no_invitation"),
        ("party_accept", (None,), "malformed"),
        ("party_say", ("hi", False), "not_in_party"),
        ("party_leave", (1,), "not_in_party"),
        ("party_invite", ("\x00",), "no_such_user"),
    ],
)
def test_a_command_is_checked_by_the_broker_whoever_sends_it(
    op: str, args: tuple[m.Scalar, ...], code: str, broker: Broker, three: list[Client], mallory: Registered
) -> None:
    args = tuple([three[0].name if arg == "{alice}" else arg for arg in args])
    refusal = mallory.refused(op, args)
    assert refusal.code == code
    assert refusal.text == check_text(refusal.text)


def test_a_command_has_a_number_from_1_on(mallory: Registered) -> None:
    for instance, n in ((5, 0), (5, -1), (-5, 1)):
        mallory.peer.say(m.Do(mallory.token, instance, n, "back", ()))
        assert mallory.peer.hear(m.Rejected).code == "malformed"
    mallory.peer.say(m.Do(mallory.token, 5, 2, "back", ()))
    assert mallory.peer.hear(m.Expected) == m.Expected(5, 1)
    mallory.peer.say(m.Do(mallory.token, 5, 2**63 - 1, "back", ()))
    assert mallory.peer.hear(m.Expected) == m.Expected(5, 1)


def test_a_command_that_comes_twice_is_applied_once(mallory: Registered, three: list[Client]) -> None:
    text = unique("once")
    for _ in range(3):
        mallory.peer.say(m.Do(mallory.token, 77, 1, "say", (text, False)))
    answers = [mallory.peer.hear(m.Answer) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    level(*three)
    assert three[0].texts().count(text) == 1


def test_control_characters_in_a_whisper_never_reach_its_reader(mallory: Registered, three: list[Client]) -> None:
    alice = three[0]
    mallory.whispers(alice.name, "\x1b]0;owned\a\x9b2J\u202egnp")
    text = alice.wait("whisper", sender=mallory.name)["text"]
    assert text == check_text(text)
    assert text.isprintable()


def test_a_whisper_that_is_rubbish_is_told_as_an_error(mallory: Registered, three: list[Client]) -> None:
    alice, bob, _ = three
    for body in (b"\x1b[2J", bytes(81), mallory.seal("for bob", bob.name)):
        mallory.command("whisper", alice.name, mallory.key_of(alice.name), m.SEALED, body)
    errors = alice.wait_for(
        lambda: found if len(found := alice.seen("error", code="cannot_open")) == 3 else None, "three errors"
    )
    assert all(mallory.name in error["text"] for error in errors)
    assert not alice.seen("whisper", sender=mallory.name)


def test_topics_of_others_are_not_to_be_read(mallory: Registered, three: list[Client]) -> None:
    alice, bob, _ = three
    join(alice, bob)
    party = next(iter(_party_ids(mallory, alice)), "party.none")
    for topic in (f"user.{alice.name}", party, "party.", "user.", "", "public\0", "nonsense"):
        mallory.peer.say(m.AskHistory(mallory.token, 9, topic, None, None, 20))
        assert mallory.peer.hear(m.Denied).code == "access_denied"
    for limit in (0, -1, 201, 2**40):
        mallory.peer.say(m.AskHistory(mallory.token, 9, "public", None, None, limit))
        assert mallory.peer.hear(m.Denied).code == "malformed"
    for after, before in ((-5, None), (None, -5), (2**62, None), (None, 2**62), (2**62, 0)):
        mallory.peer.say(m.AskHistory(mallory.token, 9, "public", after, before, 200))
        assert len(mallory.peer.hear(m.History).messages) <= 200
    mallory.peer.say(m.AskKeys(mallory.token, 9))
    assert {key.topic for key in mallory.peer.hear(m.Keys).keys} == {"public", f"user.{mallory.name}"}


def test_who_listens_to_every_topic_reads_nothing(mallory: Registered, three: list[Client], broker: Broker) -> None:
    alice, bob, carol = three
    with zmq.Context() as context, context.socket(zmq.SUB) as everything:
        everything.setsockopt(zmq.SUBSCRIBE, b"")
        everything.connect(f"tcp://127.0.0.1:{broker.port + 1}")
        wait_until(lambda: _hears_of(everything, alice), "the first frame")
        join(alice, bob)
        secrets = [unique(word).encode() for word in ("public", "whisper", "party")]
        alice.types(secrets[0].decode(), f"/w {bob} {secrets[1].decode()}", f"/p {secrets[2].decode()}")
        bob.wait("message", topic="party")
        level(alice, bob, carol)
        frames = b"".join(iter(lambda: everything.recv() if everything.poll(200) else b"", b""))
    assert frames
    for secret in secrets:
        assert secret not in frames


def test_too_much_at_once_is_refused_for_the_moment_only(house: House) -> None:
    broker = house.broker("--rate", "20", "--burst", "5")
    with Peer(broker) as peer:
        token = peer.register("mallory").token
        for n in range(1, 12):
            peer.say(m.Do(token, 1, n, "say", (f"{n}", False)))
        refusal = peer.hear(m.Refusal)
        assert refusal.code == "rate_limited"
        assert refusal.retry_after_ms is not None
        assert 0 < refusal.retry_after_ms <= 1000
        n = refusal.n
        answer = None
        while answer is None:
            peer.socket.poll(refusal.retry_after_ms)
            peer.say(m.Do(token, 1, n, "say", (f"{n}", False)))
            while answer is None and (heard := peer.next(0.05)) is not None:
                answer = heard if isinstance(heard, m.Answer) and heard.n == n else None
        assert answer.seq == n


# -- helpers -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def mallory(broker: Broker) -> Iterator[Registered]:
    with Peer(broker) as peer:
        yield Registered(peer, unique("mallory"))


def _hears_of(everything: "zmq.Socket[bytes]", alice: Client) -> bool:
    alice.types(unique("anybody"))
    return bool(everything.poll(100))


def _party_ids(mallory: Registered, alice: Client) -> list[str]:
    """The topic of Alice's party, as one who is invited to it learns its id, and declines."""
    alice.types(f"/party invite {mallory.name}")
    alice.wait("party", change="invited", name=mallory.name)
    topic = f"user.{mallory.name}"
    mallory.peer.say(m.AskHistory(mallory.token, 3, topic, None, None, 20))
    kept = [wire.decode_kept(body) for body in mallory.peer.hear(m.History).messages]
    return [f"party.{message.party}" for message in kept if isinstance(message, m.Invited)]
