"""A registered user on the path of another one forges lines with the keys that both have: it is found out.

Not prevented: whoever may read a topic has its key. But a pong on one's own topic, whose key nobody else has, tells
what is true within a beat, and the history comes over the commands link.
"""

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.security.path import HOST, Forger, OnThePath
from tests.system.peer import Peer
from tests.system.processes import Broker, Client, House, level, wait_until
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.limits import BEAT_S
from zchat_common.sealing import take_apart

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs a second address of this machine")

# A beat, the question, and a machine that does other things as well.
SOON_S = BEAT_S + 4.0


class Scene:
    """Bob is at the broker, Alice reaches it through Mallory, who is registered too."""

    def __init__(self, house: House, broker: Broker, path: OnThePath, mallory: Peer) -> None:
        self.broker, self.path, self.mallory = broker, path, mallory
        self.session = self.mallory.register("mallory")
        (self.bob,) = house.join(self.broker, "bob")
        self.alice: Client = house.client("alice", self.broker, "--host", HOST)
        self.alice.wait("connected")
        level(self.bob, self.alice)
        # Beats of which nothing comes: nobody has forged anything.
        assert not self.alarms()

    def key(self, topic: str) -> Forger:
        """Mallory's key of a topic that is his to read."""
        self.mallory.say(m.AskKeys(self.session.token, 1))
        return Forger(next(key for key in self.mallory.hear(m.Keys).keys if key.topic == topic))

    def inject(self, forger: Forger, *messages: m.Published) -> None:
        """Slips these in as what the broker says next."""
        known = [take_apart(frame).counter for frame in list(self.path.frames) if frame.startswith(forger.prefix)]
        self.path.inject(forger.seal(max(known) + 1, *messages))

    def alarms(self) -> list[dict[str, Any]]:
        return self.alice.seen("error", code="stream_forged")

    def kept(self, topic: str) -> list[m.Kept | m.Unknown]:
        self.mallory.say(m.AskHistory(self.session.token, 2, topic, None, None, 200))
        return [wire.decode_kept(body) for body in self.mallory.hear(m.History).messages]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with House(tmp_path) as house:
        broker = house.broker("--rate", "0")
        with OnThePath(broker) as path, Peer(broker) as mallory:
            scene = Scene(house, broker, path, mallory)
            yield scene
            assert not scene.bob.seen("error")
    assert not house.faults(), house.report()


def swapped(forger: Forger, frame: bytes) -> list[bytes]:
    """Hands every frame on; whoever owes 5 in it owes 500."""
    if not frame.startswith(forger.prefix):
        return [frame]
    messages = forger.read(frame)
    lies = [
        each._replace(text=each.text.replace("5", "500")) if isinstance(each, m.Say) and "owe" in each.text else each
        for each in messages
    ]
    return [forger.seal(take_apart(frame).counter, *lies)]


def deceived(scene: Scene, topic: str, prefix: str = "") -> int:
    """Bob owes 5, and Alice is shown that he owes 500; returns the seq.

    The truth comes first when Alice happens to ask for it at the same moment: then he says it again.
    """
    for n in range(10):
        scene.bob.types(f"{prefix}I owe you 5 {'x' * n}")
        seq = scene.bob.wait("message", topic=topic, text=f"I owe you 5 {'x' * n}".strip())["seq"]
        scene.alice.wait("message", topic=topic, seq=seq)
        if scene.alice.seen("message", topic=topic, seq=seq, text=f"I owe you 500 {'x' * n}".strip()):
            return int(seq)
    raise AssertionError("Alice is never deceived")


def test_a_line_whose_words_were_changed_on_the_way_is_marked_and_the_true_one_shown(scene: Scene) -> None:
    scene.path.instead = partial(swapped, scene.key("public"))
    seq = deceived(scene, "public")
    alarm = scene.alice.wait("error", code="stream_forged", topic="public", seq=seq, deadline_s=SOON_S)
    assert "I owe you 500" in alarm["text"]
    wait_until(lambda: len(scene.alice.seen("message", seq=seq, topic="public")) == 2, "the true line")
    assert scene.alice.seen("message", seq=seq)[1]["text"] == scene.bob.seen("message", seq=seq)[0]["text"]
    level(scene.bob, scene.alice)
    assert len(scene.alarms()) == 1


def test_lines_that_nobody_said_are_marked_and_their_places_given_to_the_next_ones(scene: Scene) -> None:
    forger = scene.key("public")
    scene.bob.types("one more, for the counting")
    seq = scene.alice.wait("message", text="one more, for the counting")["seq"]
    lies = [m.Say(seq + n, 1_800_000_000_000, "bob", f"I give it all to mallory {n}", False) for n in (1, 2, 3)]
    scene.inject(forger, *lies)
    scene.alice.wait("message", text="I give it all to mallory 3")
    for n in (1, 2, 3):
        scene.alice.wait("error", code="stream_forged", topic="public", seq=seq + n, deadline_s=SOON_S)
    scene.bob.types("true again")
    assert scene.alice.wait("message", text="true again")["seq"] == seq + 1
    level(scene.bob, scene.alice)
    assert len(scene.alarms()) == 3


def test_a_member_of_the_party_who_forges_in_it_is_found_out_too(scene: Scene) -> None:
    scene.bob.types("/party invite alice")
    scene.alice.wait("invited")
    scene.alice.types("/party accept")
    scene.alice.wait("party", change="joined")
    scene.bob.types("/party invite mallory")
    wait_until(lambda: any(isinstance(each, m.Invited) for each in scene.kept("user.mallory")), "the invitation")
    party = next(each.party for each in scene.kept("user.mallory") if isinstance(each, m.Invited))
    scene.mallory.say(m.Do(scene.session.token, 1, 1, "party_accept", (party,)))
    scene.mallory.hear(m.Answer)
    scene.alice.wait("party", change="joined", name="mallory")
    scene.path.instead = partial(swapped, scene.key(f"party.{party}"))
    seq = deceived(scene, "party", "/p ")
    scene.alice.wait("error", code="stream_forged", topic="party", seq=seq, deadline_s=SOON_S)
    wait_until(lambda: len(scene.alice.seen("message", seq=seq, topic="party")) == 2, "the true line")


def test_what_has_no_place_on_public_is_not_shown_at_all(scene: Scene) -> None:
    forger = scene.key("public")
    seq = scene.session.topics[0].last + 1
    far = m.TopicState("user.alice", 10**6, 1, 0, bytes(32))
    scene.inject(
        forger,
        m.Whisper(seq, 1, "bob", "alice", "text", b"psst", "online"),
        m.PartyChanged(seq, 1, "p", "joined", "alice", "alice", ("alice",), ""),
        m.Pong("alice", 1, 1, 0, 10**6, (far,)),
        m.NewKey(m.TopicKey("user.alice", 1, bytes(32))),
    )
    level(scene.bob, scene.alice)
    level(scene.bob, scene.alice)
    assert not scene.alice.seen("whisper")
    assert not scene.alice.seen("party")
    assert not scene.alice.seen("error")
