"""Players over a real broker: others who talk meanwhile, earlier performances, leaks, and users who fail."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from demo.checks import Verdict
from demo.play import CALL, CAST, Seen
from demo.player import Failed, Patience, Player
from demo.processes import Broker, running_broker
from zchat_client import Client
from zchat_client import events as e

AT = 1_700_000_000_000
LEAK = e.Whisper(at=2 * AT, seq=9, sender="alice", recipient="bob", text="psst", replayed=False)


class _Silent:
    """A report that nobody reads."""

    def scene(self, title: str) -> None: ...

    def typed(self, name: str, line: str) -> None: ...

    def shown(self, name: str, event: e.Event, seen: Seen | None) -> None: ...


class _Leaky(_Silent):
    """Shows its player a whisper of others once the play has begun."""

    def __init__(self) -> None:
        self.client: Client | None = None

    def shown(self, name: str, event: e.Event, seen: Seen | None) -> None:
        if seen is not None and seen.text == "I am. Good morning, alice.":
            assert self.client is not None
            self.client.show(LEAK)


def _client(name: str, broker: Broker, data: Path) -> Client:
    return Client(name, port=broker.port, data=data)


def _player(name: str, broker: Broker, data: Path, patience: Patience = Patience()) -> Player:  # noqa: B008 - frozen
    return Player(name, lambda: _client(name, broker, data), _Silent(), 0.0, patience)


async def _perform(broker: Broker, data: Path) -> list[Verdict]:
    players = [_player(name, broker, data, Patience(answer_s=1.0)) for name in CAST]
    return list(await asyncio.gather(*[player.perform() for player in players]))


def _with_broker(folder: Path, play: Callable[[Broker], Coroutine[object, object, None]]) -> None:
    async def run() -> None:
        async with running_broker(folder) as broker:
            await play(broker)

    asyncio.run(run())


def test_others_who_talk_meanwhile_disturb_nobody(tmp_path: Path) -> None:
    async def play(broker: Broker) -> None:
        async with _client("carol", broker, tmp_path / "carol") as carol:
            playing = asyncio.create_task(_perform(broker, tmp_path))
            while not playing.done():
                await carol.say("la la la")
                await asyncio.wait((playing,), timeout=0.1)
        assert all(verdict.good for verdict in playing.result())

    _with_broker(tmp_path, play)


def test_an_earlier_performance_that_was_broken_off_disturbs_nobody(tmp_path: Path) -> None:
    async def play(broker: Broker) -> None:
        async with _client("alice", broker, tmp_path) as alice, _client("bob", broker, tmp_path) as bob:
            await alice.say(CALL)
            await bob.party_invite("alice")
            # Killed, not left: the seats and what was said stay.
            await asyncio.gather(alice.close(), bob.close())
        assert all(verdict.good for verdict in await _perform(broker, tmp_path))

    _with_broker(tmp_path, play)


def test_a_place_on_the_roster_that_nobody_holds_any_more_is_called_in_vain(tmp_path: Path) -> None:
    async def play(broker: Broker) -> None:
        async with _client("carol", broker, tmp_path) as carol:
            async with _client("bob", broker, tmp_path) as bob:
                await bob.close()
            alice = _player("alice", broker, tmp_path, Patience(answer_s=1.0))
            others = [asyncio.create_task(player.perform()) for player in (alice, _player("dave", broker, tmp_path))]
            calls = (event async for event in carol if isinstance(event, e.Message) and event.text == CALL)
            # The first goes to the one who is not there; he comes in time for the second.
            await anext(calls)
            verdicts = await asyncio.gather(_player("bob", broker, tmp_path).perform(), *others)
            await anext(calls)
        assert all(verdict.good for verdict in verdicts)

    _with_broker(tmp_path, play)


def test_a_user_who_sees_a_whisper_between_others_says_so(tmp_path: Path) -> None:
    async def play(broker: Broker) -> None:
        leaky = _Leaky()

        def connect() -> Client:
            leaky.client = _client("dave", broker, tmp_path)
            return leaky.client

        dave = Player("dave", connect, leaky, pace_s=0.0)
        others = [_player(name, broker, tmp_path).perform() for name in ("alice", "bob")]
        verdict, *rest = await asyncio.gather(dave.perform(), *others)
        assert verdict.complaints == ("foreign: whisper whisper alice to bob psst",)
        assert all(other.good for other in rest)

    _with_broker(tmp_path, play)


def test_who_waits_in_vain_gives_up_and_says_what_for(tmp_path: Path) -> None:
    async def play(broker: Broker) -> None:
        with pytest.raises(Failed, match="alice waited 1 s in vain until everybody is here"):
            await _player("alice", broker, tmp_path, Patience(arrival_s=1.0)).perform()

    _with_broker(tmp_path, play)
