"""One turn of the broker after another: bad input changes nothing, nothing leaves before it is kept, time is fair."""

import logging
import random
from itertools import count
from pathlib import Path

import msgpack
import pytest

from tests.broker.rules.witness import facts
from zchat_broker.door import Door, Issued, codes_folder, digest_of, leave_code
from zchat_broker.hub import Arrival, Hub, Outgoing
from zchat_broker.presence import pause_between
from zchat_broker.profile import Profile
from zchat_broker.registrations import Peer
from zchat_broker.rules import Settings, State
from zchat_broker.rules.invariants import check_invariants
from zchat_broker.store import Changes, Loaded, StoreFailed, StoreUnusable
from zchat_broker.store.memory import MemoryStore
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.clock import Now
from zchat_common.errors import Code
from zchat_common.limits import PROTOCOL_VERSION, SESSION_SILENCE_S
from zchat_common.sealing import OpeningKey, take_apart

START = 1_700_000_000_000
INSTANCE = 7
UNLIMITED = Profile("Lab", 5555, 5556, Settings(grace_s=120.0), rate=0.0)
PACED = UNLIMITED._replace(rate=10.0, burst=10)
DAY_S = 24 * 3600.0


class Disk(MemoryStore):
    """A store that fails when it is told to, and counts."""

    def __init__(self) -> None:
        super().__init__()
        self.is_full = False
        # Room for a tiny write, but not for a turn.
        self.is_nearly_full = False
        self.is_unreadable = False
        self.loads = 0
        self.commits: list[Changes] = []
        self.prunes: list[int] = []

    def load(self) -> Loaded:
        self.loads += 1
        if self.is_unreadable:
            raise StoreUnusable("input/output error")
        return super().load()

    def probe(self) -> None:
        if self.is_full:
            raise StoreFailed("no space left on device")

    def commit(self, changes: Changes) -> None:
        if self.is_full or self.is_nearly_full:
            raise StoreFailed("no space left on device")
        self.commits.append(changes)
        super().commit(changes)

    def prune(self, before_at: int, limit: int) -> bool:
        self.prunes.append(before_at)
        if self.is_full:
            raise StoreFailed("no space left on device")
        return super().prune(before_at, limit)


class Broker:
    """A hub, a disk, and a network where the test says who is reachable."""

    def __init__(
        self, profile: Profile = UNLIMITED, disk: Disk | None = None, *, start: bool = True, door: Door | None = None
    ) -> None:
        self.profile = profile
        self.door = door
        self.disk = Disk() if disk is None else disk
        self.now_s = 1_000.0
        self.unreachable: set[bytes] = set()
        self.probed: list[bytes] = []
        self.peers_asked = 0
        self.hub = self._new_hub()
        if start:
            self.turn()
            self.disk.commits.clear()

    def _new_hub(self) -> Hub:
        return Hub(self.profile, self.disk, random.Random(self.now_s).randbytes, self._reachable, self.now, self.door)

    def _reachable(self, route: bytes) -> bool:
        self.probed.append(route)
        return route not in self.unreachable

    @property
    def now(self) -> Now:
        return Now(START + int(self.now_s * 1000), self.now_s)

    @property
    def state(self) -> State:
        return self.hub.rules.state

    def restart(self) -> None:
        """Another broker over the same disk."""
        self.hub = self._new_hub()

    def arrival(self, route: bytes, payload: bytes, key: bytes = b"k" * 32) -> Arrival:
        def peer() -> Peer:
            self.peers_asked += 1
            return Peer(key, f"192.0.2.{route[0]}")

        return Arrival(route, payload, peer)

    def turn(self, *arrivals: Arrival) -> Outgoing:
        out = self.hub.turn(arrivals, self.now)
        check_invariants(self.state)
        return out

    def wait(self, seconds: float, *, step_s: float = 0.5) -> list[bytes]:
        """Quiet turns for so long, as the shell has them; the frames that they publish."""
        frames: list[bytes] = []
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self.now_s = min(end_s, self.now_s + step_s)
            frames += self.turn().frames
        return frames


class Guest:
    """Somebody with a key, a route and, once registered, a token."""

    _routes = count(1)

    def __init__(self, broker: Broker, name: str, *, run: int = 1, key: bytes = b"") -> None:
        self.broker = broker
        self.name = name
        self.run = run
        self.key = key or name.lower().encode().ljust(32, b"\0")
        self.route = b"%d" % next(self._routes)
        self.token = b""
        self.n = 0
        self.keys: dict[int, OpeningKey] = {}

    def arrives(self, *messages: m.Upstream) -> list[Arrival]:
        return [self.broker.arrival(self.route, wire.encode(message), self.key) for message in messages]

    def send(self, *messages: m.Upstream) -> list[m.Downstream]:
        """What comes back to this route in one turn."""
        return self.answers(self.broker.turn(*self.arrives(*messages)))

    def answers(self, out: Outgoing) -> list[m.Downstream]:
        return [next(wire.decode_downstream(payload)) for route, payload in out.replies if route == self.route]

    def registers(self) -> list[m.Upstream]:
        return [m.Register(PROTOCOL_VERSION, self.name, self.run, takeover=False)]

    def register(self, *, takeover: bool = False, version: int = PROTOCOL_VERSION) -> m.Downstream:
        (reply,) = self.send(m.Register(version, self.name, self.run, takeover))
        if isinstance(reply, m.Registered):
            self.token = reply.token
            self.keys = {key.number: OpeningKey(key) for key in reply.keys}
        return reply

    def command(self, op: str, *args: m.Scalar, n: int | None = None, instance: int = INSTANCE) -> m.Do:
        if n is None:
            self.n += 1
        return m.Do(self.token, instance, self.n if n is None else n, op, args)

    def do(self, op: str, *args: m.Scalar, n: int | None = None, instance: int = INSTANCE) -> m.Downstream:
        (reply,) = self.send(self.command(op, *args, n=n, instance=instance))
        return reply

    def say(self, text: str, n: int | None = None) -> m.Downstream:
        return self.do("say", text, False, n=n)

    def reads(self, frames: list[bytes]) -> list[m.Published]:
        """What this guest's keys open."""
        found: list[m.Published] = []
        for frame in frames:
            parts = take_apart(frame)
            if parts.number in self.keys:
                plain, _ = self.keys[parts.number].open(parts)
                found += [message for message, _ in wire.decode_frame(plain)]
        return found


@pytest.fixture
def broker() -> Broker:
    return Broker()


def guest(broker: Broker, name: str = "Alice") -> Guest:
    """A registered guest."""
    found = Guest(broker, name)
    assert isinstance(found.register(), m.Registered)
    broker.disk.commits.clear()
    return found


def code_of(reply: m.Downstream) -> str:
    assert isinstance(reply, m.Rejected | m.Refusal | m.Denied)
    assert reply.text
    return reply.code


def history(broker: Broker) -> list[str]:
    """The public texts that are kept."""
    messages = [wire.decode_kept(kept.body) for kept in broker.disk.page("public", 0, None, 10_000)]
    return [message.text for message in messages if isinstance(message, m.Say)]


# -- a turn ---------------------------------------------------------------------------------------------------------


def test_a_command_is_kept_answered_and_published(broker: Broker) -> None:
    alice = guest(broker)
    bob = guest(broker, "Bob")
    out = broker.turn(*alice.arrives(alice.command("say", "hi", False)))
    at = broker.now.at
    assert alice.answers(out) == [m.Answer(INSTANCE, 1, at, "public", 1, "")]
    assert bob.reads(out.frames) == [m.Say(1, at, "Alice", "hi", False)]
    assert history(broker) == ["hi"]


def test_a_turn_is_one_commit_and_one_frame_of_each_topic(broker: Broker) -> None:
    alice, bob = guest(broker), guest(broker, "Bob")
    says = [alice.command("say", str(number), False) for number in range(50)]
    whispers = [bob.command("whisper", "alice", alice.key, m.SEALED, b"psst") for _ in range(3)]
    broker.disk.commits.clear()
    out = broker.turn(*alice.arrives(*says), *bob.arrives(*whispers))
    assert len(broker.disk.commits) == 1
    assert sorted(take_apart(frame).topic for frame in out.frames) == ["public", "user.alice", "user.bob"]
    assert len(alice.answers(out)) == 50
    assert history(broker) == [str(number) for number in range(50)]


def test_a_quiet_turn_keeps_and_says_nothing(broker: Broker) -> None:
    guest(broker)
    out = broker.turn()
    assert (out.replies, out.frames, broker.disk.commits) == ([], [], [])


def test_answers_come_in_the_order_of_the_commands(broker: Broker) -> None:
    alice = guest(broker)
    replies = alice.send(*[alice.command("say", str(number), False) for number in range(9)])
    assert [reply.n for reply in replies if isinstance(reply, m.Answer)] == list(range(1, 10))


def test_the_one_who_registers_is_told_where_and_as_whom(broker: Broker) -> None:
    reply = Guest(broker, "Alice").register()
    assert isinstance(reply, m.Registered)
    assert (reply.version, reply.commands_port, reply.topics_port) == (PROTOCOL_VERSION, 5555, 5556)
    assert (reply.name, reply.title, reply.at, reply.users) == ("Alice", "Lab", broker.now.at, 1)
    assert [key.topic for key in reply.keys] == ["public", "user.alice"]


def test_a_client_is_answered_where_it_was_heard_last(broker: Broker) -> None:
    alice = guest(broker)
    alice.route = b"99"
    assert isinstance(alice.say("hi"), m.Answer)


def test_the_peer_is_looked_up_for_registrations_and_nonsense_only(broker: Broker) -> None:
    """It is not free."""
    alice = guest(broker)
    broker.peers_asked = 0
    alice.send(m.Ping(alice.token, 1, "user.alice"), m.AskRoster(alice.token, 1), alice.command("back"))
    assert broker.peers_asked == 0


def test_tokens_are_secret_and_never_the_same(broker: Broker) -> None:
    tokens = {guest(broker, f"user{number}").token for number in range(50)}
    assert len(tokens) == 50
    assert {len(token) for token in tokens} == {16}
    assert not any(token.hex() in repr(broker.state) for token in tokens)


def test_everybody_is_told_when_the_broker_stops(broker: Broker) -> None:
    alice = guest(broker)
    assert alice.reads(broker.hub.stop("update")) == [m.Stopping("update")]


# More than anybody ever waits.
PAUSE_S = pause_between(100_000)

# -- presence -------------------------------------------------------------------------------------------------------


def test_a_hundred_who_come_in_a_moment_are_shown_in_one_message(broker: Broker) -> None:
    alice = guest(broker)
    broker.wait(1.0)
    names = [f"user{number:03}" for number in range(100)]
    found = []
    for name in names:
        registering = Guest(broker, name)
        out = broker.turn(*registering.arrives(*registering.registers()))
        assert [type(reply) for reply in registering.answers(out)] == [m.Registered]
        found += alice.reads(out.frames)
        broker.now_s += PAUSE_S / 20_000
        found += alice.reads(broker.turn().frames)
    found += alice.reads(broker.wait(PAUSE_S, step_s=0.01))
    first, *rest = [message for message in found if isinstance(message, m.Presence)]
    assert [entry.name for entry in first.changes] == names[:1], "nobody before him: he is shown at once"
    # The fewer there are the sooner they are shown: most of these messages come at the beginning.
    assert len(rest) <= 12
    assert [entry.name for message in rest for entry in message.changes] == names[1:]
    assert rest[-1].version == broker.state.roster_version


def test_whoever_leaves_and_comes_back_in_a_moment_is_shown_doing_both(broker: Broker) -> None:
    alice, bob = guest(broker), guest(broker, "Bob")
    broker.wait(1.0)
    alice.do("away", "")
    bob.do("exit")
    registered = bob.register()
    assert isinstance(registered, m.Registered)
    assert registered.roster_version == broker.state.roster_version - 2
    assert bob.send(m.AskRoster(bob.token, 1)) == []
    broker.now_s += PAUSE_S
    out = broker.turn()
    (presence,) = alice.reads(out.frames)
    assert isinstance(presence, m.Presence)
    assert [(entry.name, entry.status) for entry in presence.changes] == [("Bob", "offline"), ("Bob", "online")]
    (roster,) = bob.answers(out)
    assert isinstance(roster, m.Roster)
    assert (roster.version, [entry.name for entry in roster.entries]) == (presence.version, ["Alice", "Bob"])


def test_the_next_turn_is_due_when_there_is_presence_to_show(broker: Broker) -> None:
    alice = guest(broker)
    broker.wait(1.0)
    alice.do("away", "")
    quiet_s = broker.hub.pause_s(broker.now)
    alice.do("back")
    assert quiet_s > PAUSE_S
    due_s = broker.hub.pause_s(broker.now)
    assert due_s == pytest.approx(pause_between(1))
    assert alice.reads(broker.turn().frames) == []
    broker.now_s += due_s
    (presence,) = alice.reads(broker.turn().frames)
    assert isinstance(presence, m.Presence)
    assert [entry.status for entry in presence.changes] == ["online"]
    assert broker.hub.pause_s(broker.now) == quiet_s


def test_a_turn_that_cannot_be_kept_loses_nothing_of_the_presence_before_it(broker: Broker) -> None:
    alice, bob = guest(broker), guest(broker, "Bob")
    broker.disk.is_full = True
    assert code_of(bob.do("away", "lost")) == "storage_failed"
    (presence,) = alice.reads(broker.wait(PAUSE_S))
    assert presence == m.Presence(2, (m.RosterEntry("Bob", "online", broker.state.sessions["bob"].since, ""),))


def test_while_nothing_can_be_read_no_presence_is_shown_and_nobody_hurries(broker: Broker) -> None:
    alice, bob = guest(broker), guest(broker, "Bob")
    broker.disk.is_full = broker.disk.is_unreadable = True
    bob.send(bob.command("away", "lost"))
    broker.now_s += 1.0
    assert broker.turn().frames == []
    assert broker.hub.pause_s(broker.now) > PAUSE_S
    broker.disk.is_full = broker.disk.is_unreadable = False
    (presence,) = [each for each in alice.reads(broker.wait(60.0)) if isinstance(each, m.Presence)][:1]
    assert (presence.version, presence.changes[0].name) == (2, "Bob")


def test_a_stopping_broker_shows_what_it_had_gathered(broker: Broker) -> None:
    """Else all would ask the next one for its roster."""
    alice, _ = guest(broker), guest(broker, "Bob")
    presence, stopping = alice.reads(broker.hub.stop("update"))
    assert isinstance(presence, m.Presence)
    assert presence.version == broker.state.roster_version
    assert stopping == m.Stopping("update")


def test_a_new_broker_speaks_of_the_roster_that_was_kept(broker: Broker) -> None:
    guest(broker)
    bob = guest(broker, "Bob")
    broker.now_s += 0.1
    broker.restart()
    broker.turn()
    registered = bob.register()
    assert isinstance(registered, m.Registered)
    assert registered.roster_version == broker.state.roster_version == 2
    (reply,) = bob.send(m.AskRoster(bob.token, 1))
    assert isinstance(reply, m.Roster)
    assert [entry.name for entry in reply.entries] == ["Alice", "Bob"]


# -- bad input ------------------------------------------------------------------------------------------------------


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


# -- exactly once ---------------------------------------------------------------------------------------------------


def test_a_repeated_command_gets_its_answer_again_and_is_not_applied_again(broker: Broker) -> None:
    alice = guest(broker)
    first = alice.say("hi")
    assert alice.say("hi", n=1) == first
    assert history(broker) == ["hi"]


def test_a_command_before_its_turn_is_told_which_one_is_expected(broker: Broker) -> None:
    alice = guest(broker)
    alice.say("one")
    assert alice.say("three", n=3) == m.Expected(INSTANCE, 2)
    assert history(broker) == ["one"]


def test_a_command_before_its_turn_takes_nothing_from_what_its_user_may_say() -> None:
    broker = Broker(PACED)
    alice = guest(broker)
    for _ in range(100):
        assert alice.say("later", n=5) == m.Expected(INSTANCE, 1)
    assert [type(alice.say("now", n=n)) for n in range(1, 5)] == [m.Answer] * 4


def test_commands_survive_the_broker(broker: Broker) -> None:
    alice = guest(broker)
    first = alice.say("one")
    broker.restart()
    alice.register()
    assert alice.say("one", n=1) == first
    assert alice.say("three", n=3) == m.Expected(INSTANCE, 2)
    assert isinstance(alice.say("two", n=2), m.Answer)
    assert history(broker) == ["one", "two"]


# -- a disk that fails ----------------------------------------------------------------------------------------------


def test_a_turn_that_cannot_be_kept_did_not_happen_and_everybody_in_it_is_told(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    alice, bob, carol = guest(broker), guest(broker, "Bob"), Guest(broker, "Carol")
    alice.say("before")
    before, kept = facts(broker.state), broker.disk.load()
    broker.disk.is_full = True
    caplog.set_level(logging.ERROR, "zchat.broker")
    out = broker.turn(
        *alice.arrives(alice.command("say", "lost", False), alice.command("party_invite", "bob")),
        *bob.arrives(bob.command("whisper", "alice", alice.key, m.SEALED, b"lost")),
        *carol.arrives(m.Register(PROTOCOL_VERSION, "Carol", 1, takeover=False)),
    )
    replies = [next(wire.decode_downstream(payload)) for _, payload in out.replies]
    assert [code_of(reply) for reply in replies] == ["storage_failed"] * 4
    assert [type(reply) for reply in carol.answers(out)] == [m.Rejected]
    assert out.frames == []
    assert facts(broker.state) == before
    assert broker.disk.load() == kept
    assert broker.state.settings == UNLIMITED.settings
    broker.turn(*bob.arrives(bob.command("back")))
    assert len(caplog.records) == 1


def test_when_the_disk_is_well_again_everything_goes_on(broker: Broker) -> None:
    alice = guest(broker)
    alice.say("one")
    broker.disk.is_full = True
    assert code_of(alice.say("lost")) == "storage_failed"
    broker.disk.is_full = False
    assert code_of(alice.say("too late", n=2)) == "storage_failed"
    assert isinstance(alice.do("say", "two", False, n=1, instance=8), m.Answer)
    assert history(broker) == ["one", "two"]


def test_what_was_kept_before_is_not_called_lost(broker: Broker) -> None:
    """An answer was lost, the command comes again, and now the disk is full: it is kept all the same."""
    alice = guest(broker)
    first = alice.say("one")
    broker.disk.is_full = True
    replies = alice.send(alice.command("say", "one", False, n=1), alice.command("say", "two", False, n=2))
    assert replies[0] == first
    assert code_of(replies[1]) == "storage_failed"
    broker.disk.is_full = False
    assert alice.say("one", n=1) == first
    assert history(broker) == ["one"]


def test_questions_are_answered_while_nothing_can_be_kept(broker: Broker) -> None:
    alice = guest(broker)
    broker.disk.is_full = True
    lost, roster = alice.send(alice.command("away", "lunch"), m.AskRoster(alice.token, 1))
    assert code_of(lost) == "storage_failed"
    assert isinstance(roster, m.Roster)
    assert [entry.status for entry in roster.entries] == ["online"]


def test_whoever_falls_silent_while_nothing_can_be_kept_is_gone_when_it_can(broker: Broker) -> None:
    guest(broker)
    broker.disk.is_full = True
    broker.wait(SESSION_SILENCE_S + 2.0)
    assert "alice" in broker.state.sessions
    broker.disk.is_full = False
    broker.wait(2.0)
    assert broker.state.sessions == {}


def test_while_the_disk_is_full_commands_are_refused_without_reading_everything_again(broker: Broker) -> None:
    alice = guest(broker)
    alice.say("one")
    broker.disk.is_full = True
    before = broker.disk.loads
    for number in range(100):
        assert code_of(alice.do("say", "lost", False, n=1, instance=100 + number)) == "storage_failed"
        assert code_of(Guest(broker, "Bob").register()) == "storage_failed"
        broker.wait(0.5)
    assert broker.disk.loads == before + 1
    assert history(broker) == ["one"]
    broker.disk.is_full = False
    assert isinstance(alice.do("say", "two", False, n=1, instance=8), m.Answer)


def test_a_disk_with_room_for_little_is_tried_less_and_less_often(broker: Broker) -> None:
    alice = guest(broker)
    broker.disk.is_nearly_full = True
    before = broker.disk.loads
    for number in range(240):
        assert code_of(alice.do("say", "lost", False, n=1, instance=100 + number)) == "storage_failed"
        alice.send(m.Ping(alice.token, number, "user.alice"))
        broker.wait(0.5)
    # At 0, 0, 1, 3, 7, 15, 31, 61, 91 s: each failure after a first one doubles the pause, up to 30 s.
    assert broker.disk.loads - before <= 10
    broker.disk.is_nearly_full = False
    for _ in range(60):
        alice.send(m.Ping(alice.token, 1, "user.alice"))
        broker.wait(0.5)
    assert isinstance(alice.do("say", "at last", False, n=1, instance=8), m.Answer)
    assert history(broker) == ["at last"]


def test_when_what_is_kept_cannot_be_read_nothing_is_said_of_it_until_it_can(broker: Broker) -> None:
    alice = guest(broker)
    first = alice.say("one")
    broker.disk.is_full = broker.disk.is_unreadable = True
    assert alice.send(alice.command("say", "lost", False), m.AskRoster(alice.token, 1)) == []
    assert alice.send(alice.command("say", "one", False, n=1)) == []
    assert broker.turn(*alice.arrives(m.Ping(alice.token, 1, "user.alice"))).frames == []
    assert code_of(Guest(broker, "Bob").register()) == "storage_failed"
    broker.disk.is_full = broker.disk.is_unreadable = False
    broker.wait(2.0)
    assert alice.say("one", n=1) == first
    assert isinstance(alice.say("two", n=2), m.Answer)
    assert history(broker) == ["one", "two"]


def test_what_is_kept_after_an_outage_is_not_from_the_beginning_of_time(broker: Broker) -> None:
    alice = guest(broker)
    alice.say("one")
    at = broker.state.at
    broker.disk.is_full = broker.disk.is_unreadable = True
    alice.send(alice.command("say", "lost", False))
    broker.disk.is_full = broker.disk.is_unreadable = False
    broker.now_s += 1.0
    broker.turn()
    kept = broker.disk.load()
    assert (kept.state.at, kept.position) == (at, broker.disk.commits[-1].position)


def test_that_everything_can_be_kept_again_is_said_once(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    alice = guest(broker)
    caplog.set_level(logging.WARNING, "zchat.broker")
    broker.disk.is_full = True
    alice.say("lost")
    alice.do("say", "lost", False, n=1, instance=8)
    broker.disk.is_full = False
    for number in (1, 2):
        alice.do("say", "kept", False, n=number, instance=9)
    refused, kept = [record.getMessage() for record in caplog.records]
    assert ("nothing can be kept" in refused, kept) == (True, "everything can be kept again")


def test_a_failed_deletion_is_said_and_tried_again_in_an_hour(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "zchat.broker")
    broker = Broker()
    broker.disk.is_full = True
    broker.wait(3.0)
    assert len(broker.disk.prunes) == 1
    assert "deleted" in caplog.records[0].getMessage()
    broker.disk.is_full = False
    broker.wait(3_600.0, step_s=1.0)
    assert len(broker.disk.prunes) == 2


# -- who has the name -----------------------------------------------------------------------------------------------


def again(alice: Guest, run: int = 2) -> Guest:
    """The same user with another client."""
    return Guest(alice.broker, alice.name, run=run, key=alice.key)


def test_a_client_that_answers_the_probe_keeps_its_name(broker: Broker) -> None:
    alice = guest(broker)
    other = again(alice)
    assert other.send(*other.registers()) == []
    assert broker.probed == [alice.route]
    broker.now_s += 0.01
    out = broker.turn(*alice.arrives(m.Ping(alice.token, 1, "user.alice")))
    assert [code_of(reply) for reply in other.answers(out)] == ["name_in_use"]
    assert isinstance(alice.say("still here"), m.Answer)


def test_a_client_that_is_not_heard_of_loses_its_place_after_four_seconds(broker: Broker) -> None:
    alice = guest(broker)
    other = again(alice)
    other.send(*other.registers())
    broker.wait(3.5)
    assert broker.state.sessions["alice"].run == alice.run
    broker.now_s += 0.5
    (reply,) = other.answers(broker.turn())
    assert isinstance(reply, m.Registered)
    assert code_of(alice.say("too late")) == "no_session"


def test_a_stall_of_the_broker_is_no_silence_of_the_client_in_doubt(broker: Broker) -> None:
    alice = guest(broker)
    other = again(alice)
    other.send(*other.registers())
    broker.now_s += 600.0
    assert other.answers(broker.turn()) == []
    broker.now_s += 1.0
    out = broker.turn(*alice.arrives(m.Ping(alice.token, 1, "user.alice")))
    assert [code_of(reply) for reply in other.answers(out)] == ["name_in_use"]


def test_a_client_that_leaves_while_it_is_in_doubt_makes_room(broker: Broker) -> None:
    alice = guest(broker)
    other = again(alice)
    other.send(*other.registers())
    broker.now_s += 0.01
    out = broker.turn(*alice.arrives(alice.command("exit")))
    broker.now_s += 0.01
    (reply,) = other.answers(out) or other.answers(broker.turn())
    assert isinstance(reply, m.Registered)


def test_of_two_who_want_a_place_in_doubt_the_first_is_refused_at_once(broker: Broker) -> None:
    alice = guest(broker)
    second, third = again(alice), again(alice, run=3)
    second.send(*second.registers())
    out = broker.turn(*third.arrives(*third.registers()))
    assert [code_of(reply) for reply in second.answers(out)] == ["name_in_use"]
    broker.wait(3.5)
    broker.now_s += 0.5
    assert [type(reply) for reply in third.answers(broker.turn())] == [m.Registered]


def test_an_unreachable_client_s_session_ends_at_once(broker: Broker) -> None:
    alice = guest(broker)
    broker.unreachable.add(alice.route)
    other = again(alice)
    assert isinstance(other.register(), m.Registered)
    assert code_of(alice.say("too late")) == "no_session"
    assert isinstance(other.say("hi"), m.Answer)


def test_a_takeover_ends_the_other_session_and_says_so(broker: Broker) -> None:
    alice = guest(broker)
    other = again(alice)
    out = broker.turn(*other.arrives(m.Register(PROTOCOL_VERSION, "alice", 2, takeover=True)))
    assert alice.answers(out) == [m.Ended("taken over")]
    assert [type(reply) for reply in other.answers(out)] == [m.Registered]
    assert code_of(alice.say("too late")) == "no_session"


def test_the_same_client_comes_back_under_another_token_unasked(broker: Broker) -> None:
    alice = guest(broker)
    old_token, roster_version = alice.token, broker.state.roster_version
    alice.route = b"77"
    assert isinstance(alice.register(), m.Registered)
    assert broker.probed == []
    assert broker.state.roster_version == roster_version
    assert alice.token != old_token
    assert code_of(alice.send(m.AskRoster(old_token, 1))[0]) == "no_session"
    assert isinstance(alice.say("back"), m.Answer)


def test_another_key_gets_nothing_however_unreachable_the_owner_is(broker: Broker) -> None:
    alice = guest(broker)
    broker.unreachable.add(alice.route)
    eve = Guest(broker, "ALICE", key=b"e" * 32)
    assert code_of(eve.register(takeover=True)) == "name_owned"
    assert broker.probed == []
    assert "alice" in broker.state.sessions


def test_two_who_want_a_name_in_one_turn_get_one_answer_each(broker: Broker) -> None:
    first, second = Guest(broker, "Alice"), Guest(broker, "alice", key=b"s" * 32)
    register = m.Register(PROTOCOL_VERSION, "Alice", 1, takeover=False)
    out = broker.turn(*first.arrives(register), *second.arrives(register))
    assert [type(reply) for reply in first.answers(out)] == [m.Registered]
    assert [code_of(reply) for reply in second.answers(out)] == ["name_owned"]


def test_after_an_exit_the_token_is_dead(broker: Broker) -> None:
    alice = guest(broker)
    assert isinstance(alice.do("exit"), m.Answer)
    assert code_of(alice.say("ghost")) == "no_session"


# -- silence and stalls ---------------------------------------------------------------------------------------------


def test_fifteen_seconds_of_silence_end_a_session(broker: Broker) -> None:
    alice, bob = guest(broker), guest(broker, "Bob")
    broker.wait(PAUSE_S)
    for _ in range(7):
        bob.send(m.Ping(bob.token, 1, "user.bob"))
        assert broker.wait(2.0) == []
    bob.send(m.Ping(bob.token, 1, "user.bob"))
    (presence,) = bob.reads(broker.wait(3.0))
    assert isinstance(presence, m.Presence)
    assert [(entry.name, entry.status) for entry in presence.changes] == [("Alice", "offline")]
    assert list(broker.state.sessions) == ["bob"]
    assert code_of(alice.say("late")) == "no_session"


@pytest.mark.parametrize("kind", ["ping", "question", "command", "repeated command", "refused command"])
def test_anything_that_is_heard_keeps_a_session_alive(broker: Broker, kind: str) -> None:
    alice = guest(broker)
    alice.say("hi")
    for number in range(4):
        broker.wait(SESSION_SILENCE_S - 1.0)
        sent: dict[str, m.Upstream] = {
            "ping": m.Ping(alice.token, number, "user.alice"),
            "question": m.AskRoster(alice.token, number),
            "command": alice.command("back", n=number + 2),
            "repeated command": alice.command("say", "hi", False, n=1),
            "refused command": alice.command("say", "", False, n=number + 2),
        }
        alice.send(sent[kind])
    assert "alice" in broker.state.sessions


def test_a_stall_of_the_broker_is_nobody_s_silence(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "zchat.broker")
    guest(broker)
    broker.wait(10.0)
    broker.now_s += 600.0
    broker.turn()
    assert "600" in caplog.records[0].getMessage()
    broker.wait(4.0)
    assert "alice" in broker.state.sessions
    broker.wait(3.0)
    assert broker.state.sessions == {}


def test_a_stall_extends_the_deadlines_of_the_rules_too(broker: Broker) -> None:
    alice = guest(broker)
    bob = guest(broker, "Bob")
    assert isinstance(alice.do("party_invite", "bob"), m.Answer)
    party = broker.state.seats["alice"]
    broker.unreachable.add(alice.route)
    broker.wait(SESSION_SILENCE_S + 1.5)
    assert broker.state.sessions == {}
    broker.wait(60.0)
    broker.now_s += 300.0
    broker.turn()
    broker.wait(100.0)
    assert broker.state.seats == {"alice": party}
    broker.wait(250.0)
    assert broker.state.seats == {}
    assert isinstance(bob.register(), m.Registered)


def test_what_waits_at_the_door_is_heard_before_silence_is_judged(broker: Broker) -> None:
    alice = guest(broker)
    broker.wait(SESSION_SILENCE_S - 0.5)
    broker.now_s += 1.5
    assert len(alice.send(m.AskRoster(alice.token, 1))) == 1
    assert "alice" in broker.state.sessions


def test_a_seat_is_kept_for_the_grace_and_no_longer(broker: Broker) -> None:
    alice = guest(broker)
    guest(broker, "Bob")
    alice.do("party_invite", "bob")
    broker.wait(SESSION_SILENCE_S + 1.0)
    assert broker.state.sessions == {}
    broker.wait(118.0)
    assert list(broker.state.seats) == ["alice"]
    broker.wait(4.0)
    assert broker.state.seats == {}


# -- after a restart ------------------------------------------------------------------------------------------------


def test_after_a_restart_everybody_is_still_there_and_must_resume(broker: Broker) -> None:
    alice = guest(broker)
    since = broker.state.sessions["alice"].since
    broker.now_s += 3_600.0
    broker.restart()
    assert code_of(alice.say("hi", n=1)) == "no_session"
    assert isinstance(alice.register(), m.Registered)
    assert broker.state.sessions["alice"].since == since
    assert isinstance(alice.say("hi"), m.Answer)


def test_who_does_not_come_back_after_a_restart_is_missed_in_time(broker: Broker) -> None:
    guest(broker)
    broker.now_s += 3_600.0
    broker.restart()
    broker.wait(SESSION_SILENCE_S - 1.0)
    assert "alice" in broker.state.sessions
    broker.wait(3.0)
    assert broker.state.sessions == {}


def test_after_a_restart_many_have_the_time_to_come_back_one_after_another(broker: Broker) -> None:
    crowd = [Guest(broker, f"user{number}") for number in range(500)]
    arrivals = [guest.arrives(m.Register(PROTOCOL_VERSION, guest.name, guest.run, False)) for guest in crowd]
    broker.turn(*[arrival for each in arrivals for arrival in each])
    broker.restart()
    broker.wait(SESSION_SILENCE_S + 2.0)
    assert len(broker.state.sessions) == 500
    broker.wait(4.0)
    assert broker.state.sessions == {}


def test_after_a_restart_another_client_of_the_owner_s_need_not_wait(broker: Broker) -> None:
    alice = guest(broker)
    broker.restart()
    assert isinstance(again(alice).register(), m.Registered)


def test_after_a_restart_every_seat_has_the_grace_anew(broker: Broker) -> None:
    alice = guest(broker)
    guest(broker, "Bob")
    alice.do("party_invite", "bob")
    broker.wait(SESSION_SILENCE_S + 1.0)
    broker.now_s += 600.0
    broker.restart()
    broker.wait(110.0)
    assert list(broker.state.seats) == ["alice"]
    broker.wait(15.0)
    assert broker.state.seats == {}


def test_after_a_restart_every_seat_has_the_grace_anew_even_if_the_first_turn_cannot_be_kept(broker: Broker) -> None:
    alice = guest(broker)
    guest(broker, "Bob")
    alice.do("party_invite", "bob")
    broker.wait(SESSION_SILENCE_S + 1.0)
    broker.now_s += 600.0
    broker.disk.is_full = True
    broker.restart()
    broker.wait(300.0)
    broker.disk.is_full = False
    broker.wait(110.0)
    assert list(broker.state.seats) == ["alice"]
    broker.wait(15.0)
    assert broker.state.seats == {}


def test_keys_are_others_after_a_restart(broker: Broker) -> None:
    alice = guest(broker)
    old = set(alice.keys)
    broker.now_s += 1.0
    broker.restart()
    alice.register()
    assert not old & set(alice.keys)


# -- rate -----------------------------------------------------------------------------------------------------------


def paced() -> tuple[Broker, Guest]:
    broker = Broker(PACED)
    return broker, guest(broker)


def test_the_client_learns_the_rate_at_registration() -> None:
    reply = Guest(Broker(PACED), "Alice").register()
    assert isinstance(reply, m.Registered)
    assert (reply.rate, reply.burst) == (10_000, 10)


def test_a_rate_refusal_says_how_long_to_wait_and_does_not_use_up_the_number() -> None:
    broker, alice = paced()
    replies = alice.send(*[alice.command("say", str(number), False) for number in range(12)])
    (refusal,) = [reply for reply in replies if isinstance(reply, m.Refusal)]
    assert (refusal.n, refusal.code) == (12, "rate_limited")
    assert refusal.retry_after_ms is not None
    assert 0 < refusal.retry_after_ms <= 101
    broker.now_s += refusal.retry_after_ms / 1000
    assert isinstance(alice.say("11", n=12), m.Answer)
    assert history(broker) == [str(number) for number in range(12)]


def test_commands_behind_a_refused_one_wait_for_it() -> None:
    broker, alice = paced()
    replies = alice.send(*[alice.command("say", str(number), False) for number in range(20)])
    assert len([reply for reply in replies if isinstance(reply, m.Answer)]) == 11
    broker.now_s += 2.0
    alice.send(*[alice.command("say", str(n - 1), False, n=n) for n in range(12, 21)])
    assert history(broker) == [str(number) for number in range(20)]


def test_a_repeated_command_costs_nothing() -> None:
    _, alice = paced()
    alice.say("hi")
    for _ in range(100):
        assert isinstance(alice.say("hi", n=1), m.Answer)
    assert isinstance(alice.say("next"), m.Answer)


def test_a_command_far_ahead_of_its_turn_pays_for_nobody() -> None:
    """Else one with the number 10**12 would lift the limit for all before it."""
    broker, alice = paced()
    assert alice.say("far", n=10**12) == m.Expected(INSTANCE, 1)
    replies = alice.send(*[alice.command("say", str(number), False) for number in range(100)])
    assert len([reply for reply in replies if isinstance(reply, m.Answer)]) <= 11
    assert len(history(broker)) <= 11


def test_another_numbering_is_no_way_around_the_rate() -> None:
    broker, alice = paced()
    commands = [alice.command("say", str(number), False, n=1, instance=number) for number in range(100)]
    alice.send(*commands, *commands)
    assert len(history(broker)) <= 11


def test_coming_back_is_no_way_around_the_rate() -> None:
    broker, alice = paced()
    for _ in range(10):
        alice.register()
        alice.send(*[alice.command("say", "x", False) for _ in range(20)])
        alice.n = broker.state.numberings["alice"][INSTANCE].last_n
    assert len(history(broker)) <= 11


def test_everybody_has_a_rate_of_his_own() -> None:
    broker, alice = paced()
    bob = guest(broker, "Bob")
    alice.send(*[alice.command("say", "x", False) for _ in range(30)])
    assert isinstance(bob.say("hi"), m.Answer)


def test_questions_and_pings_are_not_paced() -> None:
    _, alice = paced()
    assert len(alice.send(*[m.AskParty(alice.token, ask) for ask in range(200)])) == 200


# -- what is forgotten ----------------------------------------------------------------------------------------------


def test_old_messages_are_deleted_at_the_start_and_every_hour(broker: Broker) -> None:
    alice = guest(broker)
    alice.say("old")
    broker.now_s += 31 * DAY_S
    broker.restart()
    broker.wait(3.0)
    assert history(broker) == []
    assert broker.disk.prunes[-1] == pytest.approx(broker.now.at - 30 * DAY_S * 1000, abs=5_000)
    count_then = len(broker.disk.prunes)
    broker.wait(3_610.0, step_s=1.0)
    assert len(broker.disk.prunes) == count_then + 1


def test_a_party_that_is_over_leaves_the_disk_within_seconds(broker: Broker) -> None:
    alice = guest(broker)
    guest(broker, "Bob")
    alice.do("party_invite", "bob")
    broker.wait(3.0)
    count_then = len(broker.disk.prunes)
    alice.do("party_leave")
    broker.wait(2.0)
    assert len(broker.disk.prunes) == count_then, "who left may not have seen the end of it yet"
    alice.do("received", 2)
    broker.wait(2.0)
    assert len(broker.disk.prunes) > count_then


def test_a_name_that_nobody_used_is_free_again(broker: Broker) -> None:
    guest(broker).do("exit")
    broker.now_s += 31 * DAY_S
    broker.wait(2.0)
    eve = Guest(broker, "alice", key=b"e" * 32)
    assert isinstance(eve.register(), m.Registered)


# -- what is too much --------------------------------------------------------------------------------------------------


def test_pings_beyond_their_measure_get_no_pong_and_still_are_signs_of_life() -> None:
    broker = Broker(PACED)
    mallory = Guest(broker, "mallory")
    mallory.register()
    pings = [m.Ping(mallory.token, number, "user.mallory") for number in range(1, 501)]
    out = broker.turn(*mallory.arrives(*pings))
    pongs = [message for message in mallory.reads(out.frames) if isinstance(message, m.Pong)]
    assert 50 < len(pongs) < 200
    for _ in range(10):
        broker.wait(SESSION_SILENCE_S / 3)
        mallory.send(m.Ping(mallory.token, 1000, "user.mallory"))
    assert "mallory" in broker.state.sessions


def test_questions_beyond_their_measure_are_put_off_and_not_refused_for_good() -> None:
    broker = Broker(PACED)
    mallory, alice = Guest(broker, "mallory"), Guest(broker, "alice")
    mallory.register()
    alice.register()
    broker.wait(PAUSE_S)
    answers = mallory.send(*[m.AskRoster(mallory.token, number) for number in range(200)])
    codes = {answer.code for answer in answers if isinstance(answer, m.Denied)}
    assert codes == {Code.RATE_LIMITED}
    assert sum(isinstance(answer, m.Roster) for answer in answers) > 20
    assert isinstance(alice.send(m.AskRoster(alice.token, 1))[0], m.Roster)
    broker.wait(1.0)
    assert isinstance(mallory.send(m.AskRoster(mallory.token, 1))[0], m.Roster)


def test_large_answers_are_made_over_several_turns_and_all_of_them() -> None:
    broker = Broker()
    alice = Guest(broker, "alice")
    alice.register()
    for _ in range(30):
        alice.say("\u20ac" * 4000)
    questions = [m.AskHistory(alice.token, number, "public", None, None, 200) for number in range(40)]
    turns = [alice.send(*questions)]
    while broker.hub.pause_s(broker.now) == 0.0:
        turns.append(alice.send())
    assert [len(answers) for answers in turns] == [17, 17, 6]
    assert [answer.ask for answers in turns for answer in answers if isinstance(answer, m.History)] == list(range(40))


def test_whoever_speaks_while_others_read_the_history_waits_for_a_few_pages_only(broker: Broker) -> None:
    alice, bob = guest(broker), guest(broker, "Bob")
    for _ in range(200):
        bob.say("so much to read")
    broker.wait(1.0)
    questions = [m.AskHistory(alice.token, number, "public", None, None, 200) for number in range(200)]
    pages = len(alice.send(*questions))
    out = broker.turn(*bob.arrives(bob.command("say", "hi", False)))
    assert [type(answer) for answer in bob.answers(out)] == [m.Answer]
    assert [message.text for message in alice.reads(out.frames) if isinstance(message, m.Say)] == ["hi"]
    assert 1 <= len(alice.answers(out)) <= 4
    assert pages <= 4


def test_the_small_pages_of_many_who_come_back_do_not_wait_for_each_other(broker: Broker) -> None:
    """At saturation a turn takes long, and then everybody asks: for two messages first."""
    speaker = guest(broker)
    speaker.say("one")
    speaker.say("two")
    readers = [guest(broker, f"Reader{number}") for number in range(300)]
    asked = [reader.arrives(m.AskHistory(reader.token, 1, "public", 0, None, 2)) for reader in readers]
    turns = [broker.turn(*[arrival for each in asked for arrival in each])]
    while broker.hub.pause_s(broker.now) == 0.0:
        turns.append(broker.turn())
    assert all(any(reader.answers(out) for out in turns) for reader in readers)
    assert len(turns) <= 4


def test_registrations_beyond_their_measure_are_put_off() -> None:
    broker = Broker(PACED)
    mallory = Guest(broker, "mallory")
    replies = [mallory.register() for _ in range(100)]
    refused = [reply for reply in replies if isinstance(reply, m.Rejected)]
    assert {reply.code for reply in refused} == {Code.RATE_LIMITED}
    assert 30 < len(refused) < 50
    broker.wait(2.0)
    assert isinstance(mallory.register(), m.Registered)


@pytest.mark.parametrize(
    "kind",
    ["nonsense", "commands", "pings", "questions", "registrations", "tokens", "repeats", "numbers", "versions"],
)
def test_who_goes_on_with_what_is_refused_is_to_be_shut(kind: str) -> None:
    broker = Broker(PACED)
    mallory, alice = Guest(broker, "mallory"), Guest(broker, "alice")
    mallory.register()
    alice.register()
    shut: list[bytes] = []
    for number in range(1, 8001):
        flood: dict[str, m.Upstream] = {
            "commands": mallory.command("back", n=number),
            "pings": m.Ping(mallory.token, number, "user.mallory"),
            "questions": m.AskRoster(mallory.token, number),
            "tokens": m.AskRoster(b"a guess", number),
            "repeats": mallory.command("back", n=1),
            "numbers": mallory.command("back", n=0),
            "versions": m.Register(PROTOCOL_VERSION + 1, "mallory", 1, takeover=False),
            "registrations": m.Register(PROTOCOL_VERSION, "mallory", 1, takeover=False),
        }
        payload = wire.encode(flood[kind]) if kind in flood else b"nonsense"
        shut += broker.turn(broker.arrival(mallory.route, payload, mallory.key)).shut
    assert set(shut) == {mallory.route}
    unlimited = Broker(UNLIMITED)
    assert unlimited.turn(*[unlimited.arrival(b"1", b"nonsense") for _ in range(3000)]).shut == []


# -- access ---------------------------------------------------------------------------------------------------------

INVITED = UNLIMITED._replace(settings=Settings(invited_only=True))


def test_a_code_that_was_just_made_lets_its_user_in_and_its_file_goes_when_it_is_kept(tmp_path: Path) -> None:
    broker = Broker(INVITED, door=Door(None, codes_folder(tmp_path)))
    path = leave_code(codes_folder(tmp_path), Issued(digest_of("1234"), broker.now.at + 1_000_000, "for alice"))
    alice = Guest(broker, "Alice")
    assert code_of(alice.register()) == "access_denied"
    broker.disk.is_full = True
    (reply,) = alice.send(m.Register(PROTOCOL_VERSION, "Alice", 1, False, "12-34"))
    assert code_of(reply) == "storage_failed"
    broker.disk.is_full = False
    assert path.exists()
    (reply,) = alice.send(m.Register(PROTOCOL_VERSION, "Alice", 1, False, "12-34"))
    assert isinstance(reply, m.Registered)
    broker.wait(1.0)
    assert not path.exists()
    assert [entry.act for entry in broker.disk.audit()] == ["invite", "admit"]


def test_a_code_is_taken_in_without_anybody_using_it(tmp_path: Path) -> None:
    broker = Broker(INVITED, door=Door(None, codes_folder(tmp_path)))
    path = leave_code(codes_folder(tmp_path), Issued(digest_of("1234"), broker.now.at + 1_000_000, ""))
    late = leave_code(codes_folder(tmp_path), Issued(digest_of("5678"), broker.now.at, ""))
    broker.wait(1.5)
    assert (path.exists(), late.exists()) == (False, False)
    assert list(broker.state.codes) == [digest_of("1234")]


def test_a_listed_key_is_let_in(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(b"alice".ljust(32, b"\0").hex())
    broker = Broker(INVITED, door=Door(tmp_path / "keys"))
    assert isinstance(Guest(broker, "Alice").register(), m.Registered)
    assert code_of(Guest(broker, "Eve").register()) == "access_denied"


# -- bans -----------------------------------------------------------------------------------------------------------


def test_after_a_ban_the_old_key_opens_nothing_more_and_everybody_else_reads_on() -> None:
    broker = Broker(UNLIMITED._replace(settings=Settings(admins=("root",))))
    root, bob, eve = (guest(broker, name) for name in ("Root", "Bob", "Eve"))
    out = broker.turn(
        *bob.arrives(bob.command("say", "before", False)), *root.arrives(root.command("ban", "eve", False, 0, "spam"))
    )
    frames = out.frames
    frames += broker.turn(*bob.arrives(bob.command("say", "after", False))).frames
    assert [message.text for message in eve.reads(frames) if isinstance(message, m.Say)] == ["before"]
    (new,) = [message for message in bob.reads(out.frames) if isinstance(message, m.NewKey)]
    bob.keys = {new.key.number: OpeningKey(new.key)}
    assert [message.text for message in bob.reads(frames) if isinstance(message, m.Say)] == ["after"]
    assert code_of(eve.say("still here?")) == "no_session"
    assert code_of(eve.register()) == "access_denied"
    broker.restart()
    broker.turn()
    assert code_of(eve.register()) == "access_denied"
