"""What takes its time by contract: 15 s until somebody is missed, 10 s until a first contact is given up.

All of it begins before the first test, and passes side by side.
"""

import signal
import time
from dataclasses import dataclass, field

import pytest

from tests.system.parties import join
from tests.system.processes import Broker, Client, House, free_port, level

OFFLINE_S = 15
GRACE_S = 2
# A busy machine may take this much longer, and no more.
_SLACK_S = 12


@dataclass
class Scene:
    """What was going on when somebody was lost, and when that was."""

    broker: Broker | None
    lost: Client
    others: list[Client]
    since_s: float = field(default_factory=time.monotonic)

    def waited_s(self) -> float:
        return time.monotonic() - self.since_s


@pytest.fixture(scope="module", autouse=True)
def killed(shared: House) -> Scene:
    """Alice leads a party of three, and is killed."""
    broker = shared.broker("--grace", str(GRACE_S))
    alice, bob, carol = shared.join(broker, "alice", "bob", "carol")
    join(alice, bob, carol)
    level(alice, bob, carol)
    alice.kill()
    return Scene(broker, alice, [bob, carol])


@pytest.fixture(scope="module", autouse=True)
def asleep(shared: House) -> Scene:
    """Dave is in a party with Erin and Ivan, and his machine falls asleep."""
    broker = shared.broker()
    dave, erin, ivan = shared.join(broker, "dave", "erin", "ivan")
    join(erin, dave, ivan)
    level(dave, erin, ivan)
    for each in (dave, erin, ivan):
        each.forget()
    dave.signal(signal.SIGSTOP)
    return Scene(broker, dave, [erin, ivan])


@pytest.fixture(scope="module", autouse=True)
def both_killed(shared: House) -> Scene:
    """Frank and the broker are killed in one moment, and the broker is started again."""
    broker = shared.broker()
    frank, grace = shared.join(broker, "frank", "grace")
    level(frank, grace)
    frank.kill()
    broker.kill()
    broker = shared.broker(port=broker.port, data=broker.data)
    grace.wait("reconnected")
    return Scene(broker, frank, [grace])


@pytest.fixture(scope="module", autouse=True)
def lonely(shared: House) -> Scene:
    """Heidi looks for a broker where none ever was."""
    heidi = shared.client("heidi", free_port())
    heidi.types("is this on?")
    return Scene(None, heidi, [])


def test_no_broker_at_first_contact_is_given_up_after_10_s(lonely: Scene) -> None:
    heidi = lonely.lost
    assert heidi.exit_code(deadline_s=10 + _SLACK_S) == 4
    assert lonely.waited_s() >= 10
    error = heidi.wait("error")
    assert error["code"] == "broker_unreachable"
    assert "127.0.0.1" in error["text"]
    assert heidi.wait("bye")["reason"] == "refused"
    assert heidi.err == ["not sent: is this on?"]


def test_a_killed_member_is_offline_first_and_has_left_when_the_grace_is_over(killed: Scene) -> None:
    alice, (bob, carol) = killed.lost, killed.others
    offline = bob.wait("presence", name=alice.name, status="offline", deadline_s=OFFLINE_S + _SLACK_S)
    assert killed.waited_s() >= OFFLINE_S - 1
    bob.types("/who", "/party who", f"/w {alice} gone?")
    carol.types("/party who")
    # Offline, but still in her seat.
    assert {"name": alice.name, "status": "offline"} in bob.wait("who")["users"]
    for each in (bob, carol):
        assert each.wait("party_who")["leader"] == alice.name
    assert bob.wait("sent", recipient=alice.name)["delivery"] == "stored"
    for each in (bob, carol):
        left = each.wait("party", change="left", deadline_s=GRACE_S + _SLACK_S)
        assert (left["name"], left["members"]) == (alice.name, [bob.name, carol.name])
        assert left["reason"]
        leads = each.wait("party", change="leader")
        assert (leads["name"], leads["leader"]) == (bob.name, bob.name)
        assert left["at"] > offline["at"]
    bob.types("/who")
    assert alice.name not in [user["name"] for user in bob.wait("who")["users"]]
    # Carol has said nothing all the while, and is here: her client has.
    assert not carol.seen("disconnected")


def test_who_comes_back_meanwhile_is_shown_the_absent_member(asleep: Scene, shared: House) -> None:
    dave, (erin, ivan) = asleep.lost, asleep.others
    assert asleep.broker is not None
    ivan.wait("presence", name=dave.name, status="offline", deadline_s=OFFLINE_S + _SLACK_S)
    ivan.signal(signal.SIGHUP)
    ivan.exit_code()
    (again,) = shared.join(asleep.broker, ivan.name)
    (connected,) = again.seen("connected")
    assert connected["party"] == {"leader": erin.name, "members": [erin.name, dave.name, ivan.name]}
    assert connected["users"] == [
        {"name": dave.name, "status": "offline"},
        {"name": erin.name, "status": "online"},
        {"name": ivan.name, "status": "online"},
    ]


def test_who_was_asleep_is_back_in_his_place_by_himself(asleep: Scene) -> None:
    dave, (erin, _) = asleep.lost, asleep.others
    erin.wait("presence", name=dave.name, status="offline", deadline_s=OFFLINE_S + _SLACK_S)
    erin.types(f"/w {dave} wake up", "/p good morning", "to all")
    assert erin.wait("sent", recipient=dave.name)["delivery"] == "stored"
    erin.wait("sent", typed="to all")
    dave.signal(signal.SIGCONT)
    assert dave.wait("whisper", text="wake up")["replayed"] is True
    dave.wait("message", text="good morning", topic="party")
    dave.wait("message", text="to all")
    dave.wait("reconnected", replayed=3)
    assert erin.wait("presence", name=dave.name, status="online", text="")
    erin.wait("delivered", recipient=dave.name)
    level(dave, erin)
    assert erin.seen("party") == dave.seen("party") == []
    assert len(dave.seen("disconnected")) == len(dave.seen("reconnected")) == 1


def test_nobody_stays_as_a_ghost_when_the_broker_was_killed_too(both_killed: Scene) -> None:
    frank, (grace,) = both_killed.lost, both_killed.others
    grace.wait("presence", name=frank.name, status="offline", deadline_s=OFFLINE_S + _SLACK_S)
    grace.types("/who")
    assert grace.wait("who")["users"] == [{"name": grace.name, "status": "online"}]
    assert not grace.seen("presence", name=grace.name)
