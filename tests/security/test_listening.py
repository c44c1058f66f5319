"""Whoever listens to the topics port, with or without a session: what he can make of the frames.

Each attack is a function that returns what it got. ``tests/system/test_whispers.py`` and ``test_strangers.py`` do the
first one with real clients.
"""

from collections.abc import Callable

import pytest

from tests.security.weakened import DEFENCES
from tests.system.peer import Ears, Peer, Registered
from tests.system.processes import Broker, unique
from zchat_broker.hub import Arrival, Hub
from zchat_broker.profile import Profile
from zchat_broker.registrations import Peer as HubPeer
from zchat_broker.rules import Settings
from zchat_broker.store.memory import MemoryStore
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.clock import Now
from zchat_common.limits import PROTOCOL_VERSION
from zchat_common.sealing import OpeningKey, SealError, subscription, take_apart
from zchat_common.topics import party_topic, user_topic

Without = Callable[..., Broker]


class Hoard:
    """All frames and keys that somebody has, put together as well as they go."""

    def __init__(self, frames: list[bytes], keys: tuple[m.TopicKey, ...]) -> None:
        self._frames = frames
        self._keys = {(key.topic, key.number): key for key in keys}

    def texts(self) -> list[str]:
        """The texts of all messages that can be opened, with the keys that came in them."""
        known, opened = -1, list[m.Published]()
        while len(self._keys) > known:
            known = len(self._keys)
            opened = [message for frame in self._frames for message in self.open(frame)]
            found = [each.key for each in opened if isinstance(each, m.NewKey)]
            self._keys |= {(key.topic, key.number): key for key in found}
        return [message.text for message in opened if isinstance(message, m.Say)]

    def open(self, frame: bytes) -> list[m.Published]:
        if frame.startswith(b"pace\0"):
            return []
        parts = take_apart(frame)
        for key in self._keys.values():
            # Under the topic and the number of the frame, whatever those of the key are: he has a program of his own.
            try:
                plain, _ = OpeningKey(m.TopicKey(parts.topic, parts.number, key.key)).open(parts)
            except SealError:
                continue
            return [message for message, _ in wire.decode_frame(plain)]
        return []


def join(leader: Registered, *others: Registered) -> str:
    """Brings them into one party; returns its id."""
    party = ""
    for other in others:
        leader.done("party_invite", other.name)
        party = other.invited_to()
        other.done("party_accept", party)
    return party


# -- every topic ------------------------------------------------------------------------------------------------------


def find_what_is_secret(broker: Broker) -> set[str]:
    """Subscribes to everything; returns what of all that two people say, hold and are given stands in the bytes."""
    with Peer(broker) as a, Peer(broker) as b, Ears(broker) as ears:
        alice, bob = Registered(a, unique("alice")), Registered(b, unique("bob"))
        said = {kind: unique(f"a secret {kind}") for kind in ("public", "party", "whisper", "away")}
        alice.done("say", said["public"], False)
        join(alice, bob)
        bob.done("party_say", said["party"], False)
        alice.whispers(bob.name, said["whisper"])
        alice.peer.hear(m.Answer)
        alice.done("away", said["away"])
        # A roster is given when all of it was published.
        alice.peer.say(m.AskRoster(alice.token, 2))
        alice.peer.hear(m.Roster)
        secrets = {kind: text.encode() for kind, text in said.items()}
        for each in (alice, bob):
            each.peer.say(m.AskKeys(each.token, 1))
            keys = (*each.at_first.keys, *each.peer.hear(m.Keys).keys)
            secrets |= {f"key of {key.topic.partition('.')[0]} {key.number}": key.key for key in keys}
            secrets |= {f"identity of {each.name}": each.peer.identity.secret, f"token of {each.name}": each.token}
        everything = b"".join(ears.level())
    assert len(everything) > 1000
    return {kind.split()[0] for kind, secret in secrets.items() if secret in everything}


def test_who_subscribes_to_everything_finds_no_text_and_no_key(broker: Broker) -> None:
    assert find_what_is_secret(broker) == set()


def test_without_sealed_frames_he_finds_texts_and_keys(without: Without) -> None:
    # Whispers are sealed once more, and from end to end.
    assert find_what_is_secret(without("sealed frames")) == {"public", "party", "away", "key"}


# -- al and alice -----------------------------------------------------------------------------------------------------


def listen_as_al(broker: Broker, subscribed: Callable[[str], bytes]) -> list[bytes]:
    """Subscribes as ``al`` does, whose name Alice's begins with; returns what of hers is delivered."""
    al = unique("al")
    alice = user_topic(f"{al}ice")
    with Peer(broker) as peer, Ears(broker, subscribed(user_topic(al))) as ears:
        token = peer.register(f"{al}ice").token
        peer.say(m.Ping(token, 1, alice))
        peer.say(m.AskRoster(token, 1))
        peer.hear(m.Roster)
        return [frame for frame in ears.level() if frame.startswith(subscription(alice))]


def test_al_is_not_sent_what_is_for_alice(broker: Broker) -> None:
    assert listen_as_al(broker, subscription) == []


def test_without_the_byte_that_ends_a_topic_al_is_sent_what_is_for_alice(broker: Broker) -> None:
    assert len(listen_as_al(broker, str.encode)) == 1


def open_alice_s_frames_as_al(broker: Broker) -> bool:
    """Subscribes to Alice's topic, and tries all keys that al has been given."""
    with Peer(broker) as a, Peer(broker) as b, Ears(broker) as ears:
        al, alice = Registered(a, unique("al")), Registered(b, unique("alice"))
        al.done("party_invite", alice.name)
        hoard = Hoard(ears.level(), al.at_first.keys)
        topic = user_topic(alice.name)
        return any(hoard.open(frame) for frame in ears.frames if frame.startswith(subscription(topic)))


def test_no_key_of_one_user_opens_another_one_s_topic(broker: Broker) -> None:
    assert not open_alice_s_frames_as_al(broker)


def test_without_a_key_for_each_topic_one_opens_all(without: Without) -> None:
    assert open_alice_s_frames_as_al(without("a key for each topic"))


# -- members that were and will be ------------------------------------------------------------------------------------


def read_a_party_that_one_is_not_in(broker: Broker) -> list[str]:
    """Records everything before and after having been a member; returns what was opened of all that was said."""
    with Peer(broker) as a, Peer(broker) as b, Peer(broker) as c, Ears(broker) as ears:
        alice, bob, mallory = [Registered(peer, unique("somebody")) for peer in (a, b, c)]
        join(alice, bob)
        alice.done("party_say", "before", False)
        ears.level()
        alice.done("party_invite", mallory.name)
        mallory.done("party_accept", mallory.invited_to())
        alice.done("party_say", "meanwhile", False)
        mallory.peer.say(m.AskKeys(mallory.token, 1))
        given = mallory.peer.hear(m.Keys).keys
        mallory.done("party_leave")
        alice.done("party_say", "after", False)
        return Hoard(ears.level(), (*mallory.at_first.keys, *given)).texts()


def test_a_member_opens_nothing_from_before_his_joining_or_after_his_leaving(broker: Broker) -> None:
    assert read_a_party_that_one_is_not_in(broker) == ["meanwhile"]


def test_without_a_new_key_for_each_membership_he_opens_all(without: Without) -> None:
    broker = without("a new key for each membership")
    assert read_a_party_that_one_is_not_in(broker) == ["before", "meanwhile", "after"]


class Turns:
    """A broker's hub, driven a turn at a time."""

    def __init__(self) -> None:
        self._now = Now(1_700_000_000_000, 1000.0)
        profile = Profile("Lab", 5555, 5556, Settings(grace_s=120.0), rate=0.0)
        counted = iter(range(1, 10_000))
        self._hub = Hub(profile, MemoryStore(), lambda size: next(counted).to_bytes(size), lambda _: True, self._now)
        self.frames: list[bytes] = []
        self.keys: dict[str, list[m.TopicKey]] = {}
        self._tokens: dict[str, bytes] = {}
        self._numbers: dict[str, int] = {}

    def register(self, name: str) -> None:
        self.turn((name, m.Register(PROTOCOL_VERSION, name, 1, takeover=False)))

    def command(self, name: str, op: str, *args: m.Scalar) -> tuple[str, m.Upstream]:
        self._numbers[name] = self._numbers.get(name, 0) + 1
        return name, m.Do(self._tokens[name], 1, self._numbers[name], op, args)

    def turn(self, *sent: tuple[str, m.Upstream]) -> None:
        arrivals = [
            Arrival(name.encode(), wire.encode(message), lambda name=name: HubPeer(name.encode() * 32, "192.0.2.1"))  # type: ignore[misc]
            for name, message in sent
        ]
        out = self._hub.turn(arrivals, self._now)
        self.frames += out.frames
        for route, payload in out.replies:
            message = next(wire.decode_downstream(payload))
            if isinstance(message, m.Registered):
                self._tokens[route.decode()] = message.token
                self.keys.setdefault(route.decode(), []).extend(message.keys)


def leave_in_the_turn_of_what_is_said() -> list[str]:
    """Joins between what is said in one turn, and leaves so in another one; returns what was opened."""
    turns = Turns()
    for name in "abc":
        turns.register(name)
    turns.turn(turns.command("a", "party_invite", "b"))
    turns.turn(turns.command("a", "party_invite", "c"))
    (party,) = turns._hub.rules.state.parties
    turns.turn(turns.command("b", "party_accept", party))
    turns.turn(
        turns.command("a", "party_say", "before", False),
        turns.command("c", "party_accept", party),
        turns.command("a", "party_say", "meanwhile", False),
    )
    turns.turn(
        turns.command("a", "party_say", "just before", False),
        turns.command("c", "party_leave"),
        turns.command("b", "party_say", "after", False),
    )
    assert turns._hub.rules.state.last_seq[party_topic(party)] > 5
    return Hoard(turns.frames, tuple(turns.keys["c"])).texts()


def test_who_joins_and_leaves_in_the_turn_of_what_is_said_opens_what_was_said_to_him() -> None:
    assert leave_in_the_turn_of_what_is_said() == ["meanwhile", "just before"]


def test_without_an_end_of_each_frame_with_its_key_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for each in DEFENCES["a frame ends with its key"]:
        monkeypatch.setattr(*each)
    assert "after" in leave_in_the_turn_of_what_is_said()
