"""A lone change of the roster is shown at once; of many in a moment everybody reads a few messages."""

import random

import pytest

from zchat_broker.presence import Gathering, pause_between
from zchat_broker.publisher import Publisher
from zchat_common import wire
from zchat_common.limits import FRAME_MAX_BYTES
from zchat_common.messages import Presence, RosterEntry
from zchat_common.sealing import OpeningKey, take_apart

# The roster's version when the broker started.
START = 40
# A large room: everybody waits as long as anybody ever does.
USERS = 5_000
PAUSE_S = pause_between(USERS)


class Room:
    """A gathering, and somebody who reads `public`."""

    def __init__(self) -> None:
        publisher = self._publisher = Publisher(random.Random(1).randbytes)
        self._key = OpeningKey(publisher.key_of("public"))
        self.gathering = Gathering(publisher, START)
        self.version = START

    def change(self, *changes: RosterEntry) -> None:
        self.gathering.add(changes)
        self.version += len(changes)

    def shown(self, now_s: float) -> list[Presence]:
        """What everybody is shown at this time."""
        self.gathering.show_in_time(self.version, USERS, now_s)
        return self.published()

    def published(self) -> list[Presence]:
        found: list[Presence] = []
        for frame in self._publisher.flush():
            plain, _ = self._key.open(take_apart(frame))
            assert len(plain) <= FRAME_MAX_BYTES
            for message, _ in wire.decode_frame(plain):
                assert isinstance(message, Presence)
                found.append(message)
        return found


@pytest.fixture
def room() -> Room:
    return Room()


def entry(name: str, text: str = "") -> RosterEntry:
    return RosterEntry(name, "away" if text else "online", 1, text)


ALICE, BOB, CAROL, DAVE = entry("Alice"), entry("Bob"), entry("carol"), entry("dave")


def test_a_lone_change_is_shown_at_once(room: Room) -> None:
    assert room.shown(0.0) == []
    room.change(ALICE)
    assert room.shown(0.0) == [Presence(41, (ALICE,))]
    room.change(BOB)
    assert room.shown(PAUSE_S) == [Presence(42, (BOB,))]


def test_what_follows_within_a_moment_is_gathered(room: Room) -> None:
    room.change(ALICE)
    room.shown(10.0)
    room.change(BOB)
    assert room.shown(10.0) == []
    room.change(CAROL, DAVE)
    assert room.shown(10.2) == []
    assert room.gathering.shown == 41, "pongs name what was shown"
    assert room.shown(10.25) == [Presence(44, (BOB, CAROL, DAVE))]
    assert room.gathering.shown == 44
    room.change(ALICE)
    assert room.shown(10.3) == []
    assert room.shown(10.5) == [Presence(45, (ALICE,))]


def test_the_fewer_there_are_the_sooner_they_are_shown_what_follows(room: Room) -> None:
    assert PAUSE_S == pause_between(100_000) == 0.25
    room.change(ALICE)
    room.shown(10.0)
    room.change(BOB)
    assert room.gathering.pause_s(room.version, 30, 10.0) == pytest.approx(0.003)
    room.gathering.show_in_time(room.version, 30, 10.0)
    assert room.published() == []
    room.gathering.show_in_time(room.version, 30, 10.01)
    assert room.published() == [Presence(42, (BOB,))]


def test_it_is_known_when_there_will_be_something_to_show(room: Room) -> None:
    def pause_s(now_s: float) -> float:
        return room.gathering.pause_s(room.version, USERS, now_s)

    assert pause_s(8.0) == float("inf")
    room.change(ALICE)
    assert pause_s(8.0) == 0.0
    room.shown(8.0)
    assert pause_s(8.0) == float("inf")
    room.change(BOB)
    assert pause_s(8.0) == PAUSE_S
    assert pause_s(9.0) == 0.0


def test_what_is_left_can_be_shown_at_once(room: Room) -> None:
    room.change(ALICE)
    room.shown(0.0)
    room.change(BOB)
    room.gathering.show(room.version)
    assert room.published() == [Presence(42, (BOB,))]


def test_changes_that_were_kept_unseen_are_missed_by_the_version(room: Room) -> None:
    """A commit that fails may have been kept all the same: whoever is told asks for the roster."""
    room.version += 2
    assert room.shown(0.0) == []
    assert room.gathering.shown == 42
    room.version += 1
    room.change(BOB)
    assert room.shown(1.0) == [Presence(44, (BOB,))]


def test_many_with_the_longest_texts_stay_within_the_frames_bound(room: Room) -> None:
    """One after another they lead to the version, whatever number of messages it takes."""
    changes = [entry(f"user{number:04}", "🐘" * 4_000 if number % 3 else "") for number in range(200)]
    room.change(*changes)
    version, found = START, 0
    for message in room.shown(0.0):
        assert list(message.changes) == changes[found : found + len(message.changes)]
        version, found = version + len(message.changes), found + len(message.changes)
        assert message.version == version
    assert (version, found) == (START + 200, 200)
