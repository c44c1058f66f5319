"""The library without a broker: what it refuses by itself, and what it keeps in order.

What it does with a broker is told in the system tests.
"""

import asyncio
import contextlib
from pathlib import Path

import pytest

from tests.client.offline import offline, run, submitted, the_end, tick
from zchat_client import Client, Code, ZchatError, keys
from zchat_client.events import Error
from zchat_common.identity import DamagedKey, Identity
from zchat_common.private_files import write_private


@pytest.mark.parametrize("name", ["", "a b", "-alice", "x" * 33, "al\x00ice", "\ud800"])
def test_a_bad_name_is_refused_at_once(tmp_path: Path, name: str) -> None:
    with pytest.raises(ZchatError) as refused:
        Client(name, data=tmp_path)
    assert refused.value.code is Code.BAD_NAME
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_key_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "alice.key").write_text("nonsense")
    with pytest.raises(DamagedKey):
        Client("Alice", data=tmp_path)


def test_a_name_has_one_key_in_any_case(tmp_path: Path) -> None:
    offline(tmp_path, "Alice")
    offline(tmp_path, "ALICE")
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["alice.key"]


def test_before_the_first_connection_little_is_known(tmp_path: Path) -> None:
    client = offline(tmp_path)
    assert (client.name, client.end, client.roster(), client.party(), client.waiting()) == ("Alice", None, (), None, 0)
    assert not client.link.connected
    assert client.link.latency_s is None


def test_people_who_are_met_at_once_cost_one_wait_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Path] = []

    def write(path: Path, data: bytes) -> None:
        written.append(path)
        write_private(path, data)

    monkeypatch.setattr(keys, "write_private", write)

    async def scenario() -> None:
        client = offline(tmp_path)
        people = {f"user{n}": Identity.create().public for n in range(1_000)}
        for name, key in people.items():
            client._session.contacts.knows(name, key)
        client._driver.carry_out()
        assert [keys.KnownContacts(path).read() for path in written] == [people]
        assert all(client._session.contacts.is_kept(name, key) for name, key in people.items())
        client._driver.carry_out()
        assert len(written) == 1

    run(scenario())


def test_calls_side_by_side_keep_their_order_and_wait(tmp_path: Path) -> None:
    async def scenario() -> None:
        client = offline(tmp_path)
        calls = [asyncio.ensure_future(client.say(str(number))) for number in range(100)]
        await tick()
        assert submitted(client) == [("say", (str(number), False)) for number in range(100)]
        assert client.waiting() == 100
        assert not any(call.done() for call in calls)
        await the_end(client)
        codes = {
            error.code
            for error in await asyncio.gather(*calls, return_exceptions=True)
            if isinstance(error, ZchatError)
        }
        assert codes == {Code.NO_SESSION}

    run(scenario())


def test_every_command_goes_up_with_its_arguments(tmp_path: Path) -> None:
    async def scenario() -> None:
        client = offline(tmp_path)
        calls = [
            client.say(" hi "),
            client.say("waves", action=True),
            client.whisper("Bob", "psst ż"),
            client.trust("Bob"),
            client.verify("bob"),
            client.party_invite("Bob"),
            client.party_say("hi", action=True),
            client.party_kick("Bob"),
            client.party_lead("Bob"),
            client.party_leave(),
            client.away(" lunch "),
            client.away("  "),
            client.back(),
        ]
        tasks = [asyncio.ensure_future(call) for call in calls]
        await tick()
        assert submitted(client) == [
            ("say", ("hi", False)),
            ("say", ("waves", True)),
            ("whisper", ("Bob", "psst ż")),
            ("trust", ("Bob",)),
            ("verify", ("bob",)),
            ("party_invite", ("Bob",)),
            ("party_say", ("hi", True)),
            ("party_kick", ("Bob",)),
            ("party_lead", ("Bob",)),
            ("party_leave", ()),
            ("away", ("lunch",)),
            ("away", ("",)),
            ("back", ()),
        ]
        await client.close()
        await asyncio.gather(*tasks, return_exceptions=True)

    run(scenario())


def test_a_text_that_may_not_be_sent_is_refused_here(tmp_path: Path) -> None:
    async def scenario() -> None:
        client = offline(tmp_path)
        for text, code in (("  ", Code.EMPTY_TEXT), ("x" * 4_001, Code.TOO_LONG), ("a\x1b[2J", Code.BAD_TEXT)):
            for call in (client.say(text), client.party_say(text), client.whisper("Bob", text)):
                with pytest.raises(ZchatError) as refused:
                    await call
                assert refused.value.code is code
        with pytest.raises(ZchatError):
            await client.away("a\x1b[2J")
        assert submitted(client) == []

    run(scenario())


@pytest.mark.parametrize("name", ["x" * 40_000, "\ud800", "", "a b"], ids=["endless", "no text", "empty", "a space"])
def test_a_name_that_nobody_can_have_is_refused_here(tmp_path: Path, name: str) -> None:
    """A command longer than the broker takes, or that is no UTF-8, could never be sent, nor anything behind it."""

    async def scenario() -> None:
        client = offline(tmp_path)
        for call in (
            client.whisper(name, "hi"),
            client.party_invite(name),
            client.party_kick(name),
            client.party_lead(name),
        ):
            with pytest.raises(ZchatError) as refused:
                await call
            assert refused.value.code is Code.NO_SUCH_USER
            assert len(refused.value.text) < 200
        assert submitted(client) == []

    run(scenario())


def test_without_an_invitation_there_is_nothing_to_answer(tmp_path: Path) -> None:
    async def scenario() -> None:
        client = offline(tmp_path)
        for call in (client.party_accept(), client.party_decline("Bob")):
            with pytest.raises(ZchatError) as refused:
                await call
            assert refused.value.code is Code.NO_INVITATION
        assert submitted(client) == []

    run(scenario())


def test_a_topic_is_public_party_or_user(tmp_path: Path) -> None:
    async def scenario() -> None:
        with pytest.raises(ZchatError) as refused:
            await offline(tmp_path).history("elsewhere")
        assert refused.value.code is Code.USAGE

    run(scenario())


@pytest.mark.parametrize(
    ("before", "limit"), [(2**70, 20), (2**63, 20), (0, 20), (-1, 20), (None, -1), (2**63 - 1, -(2**70))]
)
def test_numbers_that_no_history_has_are_refused(tmp_path: Path, before: int | None, limit: int) -> None:
    async def scenario() -> None:
        with pytest.raises(ZchatError) as refused:
            await offline(tmp_path).history(before=before, limit=limit)
        assert refused.value.code is Code.USAGE

    run(scenario())


@pytest.mark.parametrize(("port", "buffer"), [(0, 1), (-1, 1), (65_534, 1), (2**70, 1), (5555, 0), (5555, -1)])
def test_numbers_that_no_client_has_are_refused(tmp_path: Path, port: int, buffer: int) -> None:
    with pytest.raises(ZchatError) as refused:
        Client("Alice", port=port, data=tmp_path, buffer=buffer)
    assert refused.value.code is Code.USAGE


def test_without_a_whisper_there_is_nobody_to_reply_to(tmp_path: Path) -> None:
    async def scenario() -> None:
        client = offline(tmp_path)
        with pytest.raises(ZchatError) as refused:
            await client.reply("hi")
        assert refused.value.code is Code.NOBODY_TO_REPLY
        assert submitted(client) == []

    run(scenario())


def test_notes_are_kept_for_the_next_run(tmp_path: Path) -> None:
    async def scenario() -> None:
        client = offline(tmp_path)
        client.notes.set("draft", "hello")
        await client.close()
        assert offline(tmp_path).notes.get("draft") == "hello"
        assert offline(tmp_path, "Bob").notes.get("draft") is None

    run(scenario())


def test_a_front_end_s_own_events_keep_their_place(tmp_path: Path) -> None:
    async def scenario() -> None:
        client = offline(tmp_path)
        client.show(Error(at=1, code="usage", text="one"))
        client.show(Error(at=1, code="usage", text="two"))
        events = await the_end(client)
        assert [event.text for event in events if isinstance(event, Error)] == ["one", "two"]

    run(scenario())


def test_a_reader_who_stops_early_costs_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        client = Client("Alice", port=1, data=tmp_path, buffer=3)
        for number in range(100):
            client.show(Error(at=number, code="usage", text=str(number)))
        events = await the_end(client)
        assert len(events) == 4

    with contextlib.closing(asyncio.new_event_loop()) as loop:
        loop.run_until_complete(scenario())
