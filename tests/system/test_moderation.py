"""Keeping order, with the real programs: two users, an admin, and what holds after a restart."""

import subprocess

import pytest
import zmq

from tests.system.peer import Peer, introduction
from tests.system.processes import DEADLINE_S, PROGRAMS, Broker, Client, House, environment, level
from tests.system.test_settings import needs_ipv6
from zchat_common.messages import Ended, TopicKey
from zchat_common.sealing import OpeningKey, SealedFrame, SealError, subscription, take_apart


@pytest.fixture
def people(house: House) -> tuple[Broker, Client, Client, Client]:
    """A broker, its admin, bob and eve."""
    broker = house.broker("--admin", "Root")
    root, bob, eve = house.join(broker, "Root", "bob", "eve")
    return broker, root, bob, eve


def audit(house: House, broker: Broker) -> list[list[str]]:
    """The lines of ``zchat-broker audit``, without their times."""
    command = [str(PROGRAMS / "zchat-broker"), "audit", "--data", str(broker.data)]
    env = environment(house.folder)
    shown = subprocess.run(command, env=env, capture_output=True, text=True, timeout=DEADLINE_S, check=True)
    return [line.split("\t")[1:] for line in shown.stdout.splitlines()]


def again(house: House, broker: Broker, *options: str) -> Broker:
    """The broker is stopped and started again."""
    broker.end()
    return house.broker(*options, port=broker.port, data=broker.data)


def test_who_is_kicked_ends_with_the_reason_and_may_come_back(
    house: House, people: tuple[Broker, Client, Client, Client]
) -> None:
    broker, root, bob, eve = people
    eve.types("/party invite bob")
    bob.wait("invited")
    bob.types("/party accept")
    eve.wait("party", change="joined")
    root.types("/kick EVE shouting")
    assert eve.wait("error", code="access_denied")["text"] == "You were kicked by Root: shouting"
    eve.wait("bye", reason="kicked")
    assert eve.exit_code() == 1
    assert bob.wait("party", change="left", name="eve")["reason"] == "removed by an admin"
    bob.wait("presence", name="eve", status="offline")
    root.wait("moderated", act="kick", name="eve", by="Root", reason="shouting")
    back = house.client("eve", broker, data=eve.data)
    back.wait("connected", party=None)
    assert audit(house, broker) == [["Root", "kick", "eve", "", "", "shouting"]]


def test_a_ban_holds_at_once_and_after_a_restart_until_it_is_lifted(
    house: House, people: tuple[Broker, Client, Client, Client]
) -> None:
    broker, root, bob, eve = people
    root.types("/ban eve for 1h spam")
    eve.wait("bye", reason="kicked")
    assert eve.exit_code() == 1
    bob.types("nobody missed anything")
    level(root, bob)
    bob.wait("message", text="nobody missed anything")
    root.wait("message", text="nobody missed anything")
    refused = house.client("eve", broker, data=eve.data)
    said = refused.wait("error", code="access_denied")["text"]
    assert said.startswith("You are banned here until ")
    assert said.endswith("(by Root): spam")
    refused.wait("bye", reason="refused")
    assert refused.exit_code() == 1
    broker = again(house, broker, "--admin", "Root")
    root.wait("reconnected")
    assert house.client("eve", broker, data=eve.data).exit_code() == 1
    bob.types("/w eve are you there?")
    bob.wait("sent", delivery="stored")
    root.types("/bans")
    (held,) = root.wait("bans")["bans"]
    assert (held["kind"], held["name"], held["by"], held["address"]) == ("ban", "eve", "Root", "")
    root.types("/unban Eve")
    root.wait("moderated", act="unban", name="eve")
    back = house.client("eve", broker, data=eve.data)
    back.wait("whisper", text="are you there?")
    assert [line[:3] for line in audit(house, broker)] == [["Root", "ban", "eve"], ["Root", "unban", "eve"]]


class Listener:
    """A SUB on public that goes on whatever the broker thinks of it, with the key that it was given once."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", broker: Broker, key: TopicKey) -> None:
        self.number = key.number
        self.key = OpeningKey(key)
        self.socket: zmq.Socket[bytes] = context.socket(zmq.SUB)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.SUBSCRIBE, subscription("public"))
        self.socket.connect(f"tcp://127.0.0.1:{introduction(broker).topics_port}")

    def next(self, wait_s: float) -> SealedFrame | None:
        return take_apart(self.socket.recv()) if self.socket.poll(int(wait_s * 1000)) else None

    def hears_first(self, speaker: Client) -> bool:
        """Whether it opens what is said, as soon as its subscription has taken effect."""
        for number in range(40):
            speaker.types(f"before {number}")
            speaker.wait("sent", typed=f"before {number}")
            frame = self.next(0.5)
            if frame is not None:
                return b"before" in self.key.open(frame)[0]
        return False


def test_whoever_listens_on_after_his_ban_opens_nothing_more(
    house: House, people: tuple[Broker, Client, Client, Client]
) -> None:
    broker, root, bob, _ = people
    with Peer(broker) as mallory:
        (key,) = [key for key in mallory.register("mallory").keys if key.topic == "public"]
        listener = Listener(mallory.context, broker, key)
        assert listener.hears_first(bob)
        root.types("/ban mallory for 1h")
        ended = mallory.hear(Ended)
        assert ended.reason == "kicked"
        assert "banned here until" in ended.text
        bob.types("after")
        root.wait("message", text="after")
        while (frame := listener.next(DEADLINE_S)) is not None and frame.number == listener.number:
            assert b"after" not in listener.key.open(frame)[0]
        assert frame is not None, "a frame came, and stays shut"
        with pytest.raises(SealError):
            listener.key.open(frame)


@needs_ipv6
def test_a_ban_by_address_keeps_others_from_there_out_too(house: House) -> None:
    broker = house.broker("--admin", "Root", host="::")
    (root,) = house.join(broker, "Root")
    eve = house.client("eve", broker, "--host", "::1")
    eve.wait("connected")
    root.types("/ban eve address for 1h spam")
    eve.wait("bye", reason="kicked")
    refused = house.client("another", broker, "--host", "::1")
    assert refused.wait("error", code="access_denied")["text"].startswith("Your address is banned here until ")
    house.client("third", broker).wait("connected")
    root.types("/bans")
    assert root.wait("bans")["bans"][0]["address"] == "::1"
    assert audit(house, broker)[0][4] == "::1"


def test_a_muted_user_is_told_and_may_not_speak_until_he_may(people: tuple[Broker, Client, Client, Client]) -> None:
    _, root, bob, eve = people
    root.types("/mute eve for 1h too loud")
    eve.wait("moderated", act="mute", name="eve", by="Root", reason="too loud")
    for typed in ("hello", "/me waves", "/w bob psst", "/away buy this"):
        eve.types(typed)
        assert eve.wait("error", typed=typed, code="muted")["text"].endswith("(by Root): too loud")
    root.types("/unmute eve")
    eve.wait("moderated", act="unmute")
    eve.types("thank you")
    bob.wait("message", text="thank you")
    assert bob.seen("moderated") == []


def test_an_announcement_is_shown_apart_and_kept(house: House, people: tuple[Broker, Client, Client, Client]) -> None:
    broker, root, bob, _ = people
    root.types("/announce the lab closes at six")
    bob.wait("message", announcement=True, sender="Root", text="the lab closes at six")
    newcomer = house.client("carol", broker)
    assert newcomer.wait("connected")["admins"] == ["Root"]
    newcomer.wait("message", announcement=True, replayed=True)
    bob.types("/who")
    assert bob.wait("who")["admins"] == ["Root"]


def test_what_admins_type_is_refused_to_others_and_listed_for_admins(
    people: tuple[Broker, Client, Client, Client],
) -> None:
    _, root, bob, _ = people
    for typed in (
        "/kick eve",
        "/ban eve",
        "/unban eve",
        "/bans",
        "/mute eve",
        "/unmute eve",
        "/announce x",
        "/release x",
    ):
        bob.types(typed)
        bob.wait("error", typed=typed, code="not_admin")
    for client, listed in ((root, True), (bob, False)):
        client.types("/help")
        usages = [each["usage"] for each in client.wait("help")["commands"]]
        assert any(usage.startswith("/kick") for usage in usages) == listed
    root.types("/kick root")
    root.wait("error", code="not_yourself")


def test_a_released_name_is_free(house: House, people: tuple[Broker, Client, Client, Client]) -> None:
    broker, root, _, eve = people
    root.types("/release eve")
    root.wait("error", code="name_in_use")
    eve.types("/exit")
    assert eve.exit_code() == 0
    root.types("/release eve")
    root.wait("moderated", act="release", name="eve")
    house.client("eve", broker, data=house.folder / "another").wait("connected")


def test_an_admin_must_not_look_like_somebody_else(house: House, people: tuple[Broker, Client, Client, Client]) -> None:
    broker, root, *_ = people
    assert "whoever takes it first is an admin" in broker.wait_for_err("nobody has the name root yet")
    imitator = house.client("R00t", broker)
    imitator.wait("error", code="name_lookalike")
    root.types("/exit")
    root.exit_code()
    broker.end()
    refused = house.start_broker("--admin", "r00t", port=broker.port, data=broker.data)
    assert refused.exit_code() == 2
    assert "looks like Root" in refused.err[-1]


def test_whom_one_ignores_one_does_not_hear_in_this_run_and_the_next(
    house: House, people: tuple[Broker, Client, Client, Client]
) -> None:
    broker, root, bob, eve = people
    bob.types("/ignore EVE")
    bob.wait("ignored", names=["EVE"])
    eve.types("hello", "/w bob psst", "/party invite bob", "/party invite root")
    root.wait("invited", inviter="eve")
    root.types("/party accept")
    eve.wait("party", change="joined")
    root.types("still there?")
    bob.wait("message", text="still there?")
    bob.types("/party accept")
    bob.wait("error", code="no_invitation")
    bob.types("/history")
    assert [each["sender"] for each in bob.wait("history")["messages"]] == ["Root"]
    assert (bob.texts(), bob.seen("whisper"), bob.seen("invited")) == (["still there?"], [], [])
    bob.types("/exit")
    assert bob.exit_code() == 0
    eve.types("hello again", "/w bob psst again")
    eve.wait("sent", delivery="stored")
    bob = house.client("bob", broker, data=bob.data)
    bob.wait("connected")
    eve.wait("delivered", recipient="bob")
    assert (bob.texts(), bob.seen("whisper")) == ([], [])
    bob.types("/unignore eve")
    bob.wait("ignored", names=[])
    eve.types("and now?")
    bob.wait("message", text="and now?")
