"""How far the user was shown each topic is on the disk soon, and the broker hears of it only then."""

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.client.offline import run, until
from tests.people import identity_of
from zchat_client.core.session import Session
from zchat_client.events import Error, Event
from zchat_client.folder import Folder
from zchat_client.shown import Shown


class Desk:
    """Positions of Alice's, what the broker may be told, and what she is."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.folder = self.reopened()
        session = Session("alice", "", self.folder.seqs, False, identity_of("alice"), {}, lambda: 1)
        self.remembered: list[int] = []
        self.events: list[Event] = []
        self.shown = Shown(self.folder, session, self.remembered.append, self.events.append)

    def reopened(self) -> Folder:
        return Folder(self.data, "alice", "192.0.2.1", 5555)


def at(data: Path, scenario: Callable[[Desk], None]) -> Desk:
    """Runs a scenario within a loop."""
    desk = Desk(data)

    async def within() -> None:
        scenario(desk)

    run(within())
    return desk


def test_what_was_shown_is_on_the_disk_a_little_later_by_itself(tmp_path: Path) -> None:
    desk = Desk(tmp_path)

    async def scenario() -> None:
        desk.shown.note("public", 3)
        desk.shown.note("user.alice", 2)
        assert desk.reopened().seqs == {}
        await until(lambda: desk.remembered)

    run(scenario())
    assert desk.reopened().seqs == {"public": 3, "user.alice": 2}
    assert desk.remembered == [2]


def test_it_can_be_written_at_once_the_front_end_s_notes_too(tmp_path: Path) -> None:
    def scenario(desk: Desk) -> None:
        desk.folder.notes.set("draft", "hello")
        desk.shown.note("public", 3)
        desk.shown.flush()

    desk = at(tmp_path, scenario)
    assert desk.reopened().seqs == {"public": 3}
    assert desk.reopened().notes.get("draft") == "hello"
    assert desk.remembered == [], "nothing of one's own topic was shown"


def test_what_cannot_be_written_is_said_and_the_broker_is_told_nothing(tmp_path: Path) -> None:
    def scenario(desk: Desk) -> None:
        (tmp_path / "positions").write_text("in the way")
        desk.shown.note("user.alice", 2)
        desk.shown.flush()

    desk = at(tmp_path, scenario)
    (error,) = desk.events
    assert isinstance(error, Error)
    assert (error.code, desk.remembered) == ("storage_failed", [])


def test_that_nothing_can_be_written_is_said_once_until_something_could_be(tmp_path: Path) -> None:
    positions = tmp_path / "positions"

    def scenario(desk: Desk) -> None:
        for times, seqs in ((1, (2, 3, 4)), (2, (6, 7))):
            positions.write_text("in the way")
            for seq in seqs:
                desk.shown.note("user.alice", seq)
                desk.shown.flush()
            assert len(desk.events) == times
            positions.unlink()
            desk.shown.flush()
            assert len(desk.events) == times, "that it is saved again is as it should be"
            shutil.rmtree(positions)

    assert at(tmp_path, scenario).remembered == [4, 7]


def test_a_party_that_is_over_is_forgotten(tmp_path: Path) -> None:
    def scenario(desk: Desk) -> None:
        desk.shown.note("public", 3)
        desk.shown.note("party.over", 9)
        desk.shown.forget_parties()
        desk.shown.flush()

    assert at(tmp_path, scenario).reopened().seqs == {"public": 3}
