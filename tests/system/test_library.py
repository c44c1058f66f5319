"""The library against a real broker: calls that can be awaited side by side, and events as objects."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TypeVar

import pytest

from tests.system.processes import DEADLINE_S, Broker, House, free_port, unique
from zchat_client import Client, ZchatError
from zchat_client import events as e
from zchat_common.errors import Code
from zchat_common.limits import NEWCOMER_HISTORY

E = TypeVar("E", bound=e.Event)


def run(test: Callable[[], Coroutine[object, object, None]]) -> None:
    """Runs a test in a loop of its own; what takes too long fails."""

    async def limited() -> None:
        async with asyncio.timeout(2 * DEADLINE_S):
            await test()

    asyncio.run(limited())


@pytest.fixture
def at(broker: Broker, tmp_path: Path) -> Callable[..., Client]:
    """Makes clients of the shared broker."""

    def make(name: str, buffer: int = 10_000) -> Client:
        return Client(name, port=broker.port, data=tmp_path / name, buffer=buffer)

    return make


async def until(chat: Client, kind: type[E], **fields: object) -> E:
    """The next event of this kind with these fields."""
    async for event in chat:
        if isinstance(event, kind) and all(getattr(event, name) == value for name, value in fields.items()):
            return event
    raise AssertionError(f"no {kind.__name__} with {fields} before the end")


def test_the_example_of_the_contract_works(broker: Broker, tmp_path: Path) -> None:
    async def test() -> None:
        name = unique("bot")
        seen: list[e.Event] = []
        async with Client(name, host="127.0.0.1", port=broker.port, data=str(tmp_path)) as chat:
            receipt = await chat.say("hello")
            async for event in chat:
                seen.append(event)
                if isinstance(event, e.Message) and event.sender == name:
                    break
        assert isinstance(seen[0], e.Connected)
        assert isinstance(seen[-1], e.Message)
        assert (seen[-1].text, seen[-1].seq) == ("hello", receipt.seq)
        assert chat.end is not None
        assert chat.end.reason == "exit"

    run(test)


def test_a_hundred_says_side_by_side_keep_their_order(at: Callable[..., Client]) -> None:
    async def test() -> None:
        async with at(unique("alice")) as alice, at(unique("bob")) as bob:
            word = unique("line")
            lines = [f"{word} {number}" for number in range(100)]
            receipts = await asyncio.gather(*[alice.say(line) for line in lines])
            seqs = [receipt.seq for receipt in receipts]
            assert seqs == list(range(seqs[0], seqs[0] + 100))
            assert alice.waiting() == 0
            heard = [(await until(bob, e.Message, sender=alice.name)).text for _ in range(100)]
            assert heard == lines

    run(test)


def test_a_hundred_says_are_paced_by_the_brokers_rate(house: House) -> None:
    broker = house.broker("--rate", "100", "--burst", "10")

    async def test() -> None:
        async with Client("alice", port=broker.port, data=house.folder / "alice") as alice:
            start = asyncio.get_running_loop().time()
            receipts = await asyncio.gather(*[alice.say(f"{number}") for number in range(100)])
            took_s = asyncio.get_running_loop().time() - start
            assert [receipt.seq for receipt in receipts] == list(range(1, 101))
            # A bucket of 10, and 100 more each second; the broker's own slack is a tenth of the burst.
            assert took_s > 0.8

    run(test)


def test_a_call_for_every_command(at: Callable[..., Client]) -> None:
    async def test() -> None:
        async with at(unique("alice")) as alice, at(unique("bob")) as bob:
            await alice.say("waves", action=True)
            assert (await until(bob, e.Message, sender=alice.name)).action is True
            receipt = await alice.whisper(bob.name.upper(), "psst")
            assert (receipt.delivery, receipt.recipient) == ("online", bob.name)
            assert (await until(bob, e.Whisper)).text == "psst"
            assert (await bob.reply("psst yourself")).recipient == alice.name
            assert (await until(alice, e.Whisper, sender=bob.name)).text == "psst yourself"
            await alice.party_invite(bob.name)
            assert (await until(bob, e.Invited)).inviter == alice.name
            await bob.party_accept(alice.name)
            assert (await until(bob, e.Party, change="joined")).members == (alice.name, bob.name)
            await alice.party_say("just us")
            assert (await until(bob, e.Message, topic="party")).text == "just us"
            party = bob.party()
            assert party is not None
            assert (party.leader, party.members) == (alice.name, (alice.name, bob.name))
            await alice.party_lead(bob.name)
            assert (await bob.party_who()).leader == bob.name
            await bob.party_kick(alice.name)
            await until(alice, e.Party, change="kicked")
            assert alice.party() is None
            await bob.party_leave()
            await until(bob, e.Party, change="dissolved")
            await alice.away("gone")
            assert (await until(bob, e.Presence, name=alice.name, status="away")).text == "gone"
            await alice.back()
            users = dict((await bob.who()).users)
            assert users[alice.name] == users[bob.name] == "online"
            assert alice.name in [entry.name for entry in bob.roster()]
            await alice.party_invite(bob.name)
            await until(bob, e.Invited)
            await bob.party_decline()
            await until(alice, e.Party, change="declined")

    run(test)


def test_errors_are_exceptions_with_the_codes_of_the_contract(at: Callable[..., Client]) -> None:
    async def test() -> None:
        async with at(unique("alice")) as alice:
            calls = {
                Code.EMPTY_TEXT: [alice.say("  "), alice.whisper(alice.name, ""), alice.party_say("\n")],
                Code.TOO_LONG: [alice.say("x" * 4001)],
                Code.BAD_TEXT: [alice.say("\x1b"), alice.whisper("bob", "\u202e"), alice.away("\a")],
                Code.NO_SUCH_USER: [alice.whisper("nobody-here", "hi"), alice.party_invite("nobody-here")],
                Code.NOT_YOURSELF: [alice.whisper(alice.name, "hi"), alice.party_invite(alice.name)],
                Code.NOT_IN_PARTY: [
                    alice.party_say("hi"),
                    alice.party_leave(),
                    alice.party_kick(alice.name),
                    alice.party_lead(alice.name),
                ],
                Code.NO_INVITATION: [alice.party_accept(), alice.party_decline("nobody-here")],
            }
            for code, failing in calls.items():
                for result in await asyncio.gather(*failing, return_exceptions=True):
                    assert isinstance(result, ZchatError)
                    assert result.code == code
                    assert result.text
            for question in (alice.party_who(), alice.history("party")):
                with pytest.raises(ZchatError) as refused:
                    await question
                assert refused.value.code == Code.NOT_IN_PARTY
            with pytest.raises(ZchatError) as wrong:
                await alice.history("nonsense")
            assert wrong.value.code == Code.USAGE
            assert (await alice.say("still here")).seq > 0
        with pytest.raises(ZchatError) as gone:
            await alice.say("too late")
        assert gone.value.code == Code.NO_SESSION

    run(test)


def test_a_text_of_several_lines_is_one_line_of_json(house: House, broker: Broker, at: Callable[..., Client]) -> None:
    (reader,) = house.join(broker, unique("reader"))

    async def test() -> None:
        async with at(unique("alice")) as alice:
            await alice.say("one\ntwo\r\nthree\n")
            await alice.whisper(reader.name, "four\n\tfive\u2028six")

    run(test)
    reader.wait("message", text="one\ntwo\nthree")
    reader.wait("whisper", text="four\n\tfive\u2028six")


def test_who_is_refused_does_not_get_in(broker: Broker, tmp_path: Path) -> None:
    async def test() -> None:
        name = unique("alice")

        async def enter(data: Path, name: str) -> Code:
            with pytest.raises(ZchatError) as refused:
                async with Client(name, port=broker.port, data=data):
                    raise AssertionError("got in")
            return refused.value.code

        async with Client(name, port=broker.port, data=tmp_path / "alice"):
            assert await enter(tmp_path / "alice", name) == Code.NAME_IN_USE
            assert await enter(tmp_path / "mallory", name) == Code.NAME_OWNED
            assert await enter(tmp_path / "mallory", name.replace("l", "1")) == Code.NAME_LOOKALIKE
        with pytest.raises(ZchatError) as bad:
            Client("two words", data=tmp_path)
        assert bad.value.code == Code.BAD_NAME

    run(test)


def test_a_takeover_ends_the_other_client(broker: Broker, tmp_path: Path) -> None:
    async def test() -> None:
        name = unique("alice")
        async with Client(name, port=broker.port, data=tmp_path) as first:
            async with Client(name, port=broker.port, data=tmp_path, takeover=True) as second:
                assert (await until(first, e.Bye)).reason == "taken over"
                await second.say("mine now")
            with pytest.raises(ZchatError):
                await first.say("not mine any more")

    run(test)


def test_history_goes_back_page_by_page(at: Callable[..., Client]) -> None:
    async def test() -> None:
        async with at(unique("alice")) as alice:
            word = unique("page")
            await asyncio.gather(*[alice.say(f"{word} {number}") for number in range(250)])
            everything = await alice.history(limit=250)
            assert _texts(everything) == [f"{word} {number}" for number in range(250)]
            latest = await alice.history("public", limit=10)
            before = latest.messages[0]
            assert isinstance(before, e.Message)
            older = await alice.history("public", before.seq, 10)
            assert _texts(older) + _texts(latest) == [f"{word} {number}" for number in range(230, 250)]
            assert older.first == latest.first == 1
            assert _texts(await alice.history(limit=0)) == []
            assert _texts(await alice.history(before=2**63 - 1, limit=2**70))[-250:] == _texts(everything)
            assert _texts(await alice.history(before=1)) == []

    run(test)


def test_search_finds_what_this_client_may_read(at: Callable[..., Client]) -> None:
    async def test() -> None:
        async with at(unique("alice")) as alice, at(unique("bob")) as bob:
            needle = unique("Needle")
            await asyncio.gather(
                alice.say(f"a {needle} in the hay"),
                alice.say(f"THE HAY without {needle.upper()} is nothing"),
                alice.whisper(bob.name, f"hay and {needle}"),
                bob.say("hay only"),
            )
            await alice.party_invite(bob.name)
            await alice.party_say(f"party hay {needle}")
            found = await bob.search("public", f"{needle.lower()} hay")
            assert [event.sender for event in found if isinstance(event, e.Message)] == [alice.name] * 2
            (whisper,) = await bob.search("user", f"hay {needle}")
            assert isinstance(whisper, e.Whisper)
            assert [type(event) for event in await alice.search("party", needle)] == [e.Message]
            assert await bob.search("public", unique("nowhere")) == ()
            with pytest.raises(ZchatError):
                await bob.search("party", needle)

    run(test)


def test_whispers_are_the_history_of_user(at: Callable[..., Client]) -> None:
    async def test() -> None:
        async with at(unique("alice")) as alice, at(unique("bob")) as bob:
            await alice.whisper(bob.name, "one")
            await bob.whisper(alice.name, "two")
            for each in (alice, bob):
                assert _texts(await each.history("user")) == ["one", "two"]

    run(test)


def test_the_link_says_how_it_stands(house: House) -> None:
    broker = house.broker()

    async def test() -> None:
        async with Client("alice", port=broker.port, data=house.folder / "alice") as alice:
            connected = alice.link
            assert connected.connected
            assert connected.latency_s is not None
            assert 0 < connected.latency_s < DEADLINE_S
            await asyncio.to_thread(broker.kill)
            assert (await until(alice, e.Disconnected)).reason
            cut = alice.link
            assert not cut.connected
            assert cut.since >= connected.since
            waiting = asyncio.create_task(alice.say("while you were out"))
            again = await asyncio.to_thread(house.broker, port=broker.port, data=broker.data)
            assert (await waiting).seq == 1
            await until(alice, e.Reconnected)
            back = alice.link
            assert back.connected
            assert back.since >= cut.since
            assert again.fingerprint == broker.fingerprint

    run(test)


def test_a_client_that_nobody_waits_for_says_why_it_is_not_connected(tmp_path: Path) -> None:
    async def test() -> None:
        alice = Client("alice", port=free_port(), data=tmp_path)
        alice.start()
        while not alice.unreachable:
            await asyncio.sleep(0.01)
        assert "127.0.0.1" in alice.unreachable
        assert not alice.link.connected
        await alice.close()
        assert isinstance(await until(alice, e.Bye), e.Bye)

    run(test)


def test_notes_are_kept_for_the_same_name_at_the_same_broker(broker: Broker, tmp_path: Path) -> None:
    name = unique("alice")

    async def test() -> None:
        async with Client(name, port=broker.port, data=tmp_path) as alice:
            assert alice.notes.get("draft") is None
            alice.notes.set("draft", "half a sen")
            alice.notes.set("read", 42)
        async with Client(name, port=broker.port, data=tmp_path) as alice:
            assert (alice.notes.get("draft"), alice.notes.get("read")) == ("half a sen", 42)
            alice.notes.set("draft", None)
        async with Client(unique("bob"), port=broker.port, data=tmp_path) as bob:
            assert bob.notes.get("read") is None
        async with Client(name, port=broker.port, data=tmp_path) as alice:
            assert (alice.notes.get("draft"), alice.notes.get("read")) == (None, 42)

    run(test)


def test_events_that_nobody_reads_are_dropped_and_counted(at: Callable[..., Client]) -> None:
    async def test() -> None:
        async with at(unique("alice"), buffer=20) as alice, at(unique("bob")) as bob:
            await asyncio.gather(*[bob.say(f"{number}") for number in range(100)])
            await bob.away()
            # It is published after all that bob has said, and frames keep their order.
            while (bob.name, "away") not in [(entry.name, entry.status) for entry in alice.roster()]:
                await asyncio.sleep(0.01)
            lagged, *kept = [await anext(aiter(alice)) for _ in range(21)]
            assert isinstance(lagged, e.Lagged)
            assert [event.text for event in kept[:-1] if isinstance(event, e.Message)] == [
                f"{number}" for number in range(81, 100)
            ]
            assert isinstance(kept[-1], e.Presence)
            assert lagged.dropped >= 81

    run(test)


def _texts(history: e.History) -> list[str]:
    return [event.text for event in history.messages if isinstance(event, (e.Message, e.Whisper))]


def test_where_one_stood_in_a_party_is_kept_until_it_is_over(at: Callable[..., Client], tmp_path: Path) -> None:
    name = unique("bob")

    def kept() -> list[str]:
        (path,) = (tmp_path / name / "positions").rglob("*.json")
        return sorted(topic.partition(".")[0] for topic in json.loads(path.read_bytes()))

    async def test() -> None:
        async with at(unique("alice")) as alice:
            bob = at(name)
            bob.start()
            await bob.connected()
            await alice.party_invite(name)
            await until(bob, e.Invited)
            await bob.party_accept()
            await until(bob, e.Party, change="joined")
            for text in ("one", "two"):
                await alice.party_say(text)
                await until(bob, e.Message, topic="party", text=text)
            await bob.close()
            bob = at(name)
            async with bob:
                await until(bob, e.Connected)
                await bob.party_leave()
                await until(bob, e.Party, change="left")
            assert "party" in kept()
            # Who leaves at once tells of what he was shown when he comes the next time.
            async with asyncio.timeout(20.0):
                while "party" in kept():
                    async with at(name) as bob:
                        await until(bob, e.Connected)
            assert "user" in kept()

    run(test)


def test_whoever_came_to_an_empty_room_misses_nothing_of_what_comes_after_he_left(house: House) -> None:
    broker = house.broker("--rate", "0")

    def client(name: str) -> Client:
        return Client(name, port=broker.port, data=house.folder / name)

    async def test() -> None:
        bob = client("bob")
        async with bob, client("alice") as alice:
            await until(bob, e.Presence, name="alice")
            await bob.leave()
            texts = [f"{number}" for number in range(2 * NEWCOMER_HISTORY)]
            await asyncio.gather(*[alice.say(text) for text in texts])
        async with client("bob") as bob:
            assert [(await until(bob, e.Message)).text for _ in texts] == texts

    run(test)
