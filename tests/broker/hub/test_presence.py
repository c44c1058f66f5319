"""Who comes and goes is shown soon, to all at once, and never wrongly."""

import pytest

from tests.broker.hub.guests import PAUSE_S, Broker, Guest, code_of, guest
from zchat_broker.presence import pause_between
from zchat_common import messages as m


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
