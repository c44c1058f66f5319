"""Whoever floods the broker is cut off, its memory stays bounded, and honest people talk on meanwhile.

Each flood is shown to be one at a broker without its guard.
"""

import contextlib
import select
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
import zmq

from tests.security.flooders import (
    MIB,
    Peak,
    Raw,
    curve_socket,
    new_address,
    parts_without_end,
    send_one_huge_message,
    subscriptions,
)
from tests.system.peer import Peer
from tests.system.processes import Broker, Client, House, environment, free_port, unique, wait_until
from zchat_broker.watch import can_measure
from zchat_common import messages as m
from zchat_common import wire
from zchat_common.limits import PROTOCOL_VERSION

pytestmark = pytest.mark.skipif(not can_measure(), reason="this system does not tell what a connection has sent")

# What a flood may cost at most: what comes in until the guard has looked, and is on its way meanwhile.
BOUND: Final = 160 * MIB
FLOOD: Final = 480 * MIB
LIMIT: Final = 20
FROM_THIS_MACHINE: Final = 10 * LIMIT
# Half of what libzmq holds of answers for one who does not read: 512 of 256 KiB.
UNREAD_BOUND: Final = 72 * MIB


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with House(tmp_path_factory.mktemp("floods")) as house:
        yield house
    assert not house.faults(), house.report()


@pytest.fixture(scope="module")
def broker(house: House) -> Broker:
    return house.broker("--address-connections", str(LIMIT), "--burst", "200", "--rate", "100")


@pytest.fixture(scope="module")
def pair(house: House, broker: Broker) -> list[Client]:
    return house.join(broker, "alice", "bob")


@pytest.fixture
def unguarded(house: House) -> Iterator[Broker]:
    port, program = free_port(), ("python", str(Path(__file__).with_name("unguarded.py")))
    data = house.folder / f"unguarded-{port}"
    options = ["--port", str(port), "--data", str(data)]
    root = {"PYTHONPATH": str(Path(__file__).parents[2])}
    env = environment(house.folder, root)
    broker = Broker(f"unguarded {port}", options, env, port=port, data=data, program=program)
    try:
        broker.ready_line()
        yield broker
    finally:
        broker.kill()
        broker.end()


def talk_during(pair: list[Client], flood: Callable[[], None]) -> list[float]:
    """Lets both say something to each other until the flood is over; returns how long each message took."""
    alice, bob = pair
    thread = threading.Thread(target=flood, daemon=True)
    thread.start()
    took_s: list[float] = []
    while thread.is_alive() or len(took_s) < 5:
        for speaker, reader in ((alice, bob), (bob, alice)):
            word, begin_s = unique("talk"), time.monotonic()
            speaker.types(word)
            reader.wait("message", text=word)
            speaker.wait("sent", typed=word)
            took_s.append(time.monotonic() - begin_s)
            thread.join(0.01)
    thread.join()
    for each in pair:
        assert not each.seen("disconnected"), "an honest client lost its connection"
    print(f"{len(took_s)} messages, longest {max(took_s) * 1000:.0f} ms", file=sys.stderr)
    return took_s


def named(broker: Broker, address: str) -> bool:
    """Whether the log names this address."""
    return any(f" {address} " in line for line in broker.err)


def assert_logged_once(broker: Broker, address: str) -> None:
    wait_until(lambda: named(broker, address), f"{address} in the log")
    assert sum(address in line for line in broker.err) == 1


# -- memory ------------------------------------------------------------------------------------------------------------


def flood_topics(broker: Broker, address: str, kind: str, total: int) -> bool:
    """Subscriptions, or one message without end, on the topics port; returns whether that was cut off."""
    with Raw(broker, 1, address) as flooder:
        flooder.speak_zmtp(b"SUB")
        sent = flooder.pour(subscriptions() if kind == "subscriptions" else parts_without_end(), total)
        return sent < total or flooder.is_cut


def flood_commands(broker: Broker, address: str, kind: str, total: int) -> bool:
    """One message without end on the commands port, from somebody who has only a key or a session too."""
    with zmq.Context() as context:
        dealer = curve_socket(context, broker, address)
        if kind == "registered":
            dealer.send(wire.encode(m.Register(PROTOCOL_VERSION, unique("mallory"), 1, takeover=False)))
            assert isinstance(next(wire.decode_downstream(dealer.recv())), m.Registered)
        is_cut = send_one_huge_message(dealer, total)
        dealer.close(linger=0)
        return is_cut


FLOODS: Final = [
    (flood_topics, "subscriptions", 12 * MIB),
    (flood_topics, "message without end", FLOOD // 2),
    (flood_commands, "stranger", FLOOD),
    (flood_commands, "registered", FLOOD),
]
Flood = Callable[[Broker, str, str, int], bool]


@pytest.mark.parametrize(("flood", "kind", "total"), FLOODS)
def test_a_flood_is_cut_off_and_memory_stays_bounded(
    flood: Flood, kind: str, total: int, broker: Broker, pair: list[Client]
) -> None:
    address, peak = new_address(), Peak(broker)
    cut: list[bool] = []
    talk_during(pair, lambda: cut.append(flood(broker, address, kind, total)))
    print(f"{kind}: grew by {peak.growth() / MIB:.0f} MiB", file=sys.stderr)
    assert cut == [True]
    assert peak.growth() < BOUND
    assert_logged_once(broker, address)


@pytest.mark.parametrize(("flood", "kind", "total"), FLOODS)
def test_without_the_guard_the_same_flood_breaks_the_bound(
    flood: Flood, kind: str, total: int, unguarded: Broker
) -> None:
    peak = Peak(unguarded)
    thread = threading.Thread(target=flood, args=(unguarded, new_address(), kind, total), daemon=True)
    with Peer(unguarded) as honest:
        token = honest.register("honest").token
        thread.start()

        def grown() -> bool:
            # A PUB works through its subscriptions when it has something to send.
            honest.say(m.Ping(token, 1, "user.honest"))
            return peak.growth() > BOUND

        wait_until(grown, "memory to grow beyond the bound")
    unguarded.kill()
    thread.join()


# -- answers that nobody reads -----------------------------------------------------------------------------------------


def ask_and_read_nothing(broker: Broker, address: str, at_once: int, until: Callable[[], bool]) -> None:
    """Asks for the largest page again and again; who does not read does not notice that he was cut off."""
    with zmq.Context() as context:
        dealer = curve_socket(context, broker, address, reads=False)
        dealer.send(wire.encode(m.Register(PROTOCOL_VERSION, unique("mallory"), 1, takeover=False)))
        registered = next(wire.decode_downstream(dealer.recv()))
        assert isinstance(registered, m.Registered)
        for n in range(1, 100):
            dealer.send(wire.encode(m.Do(registered.token, 1, n, "say", ("\u20ac" * 3900, False))))
        (last,) = [topic.last for topic in registered.topics if topic.topic == "public"]
        question = wire.encode(m.AskHistory(registered.token, 1, "public", last, None, 200))
        end_s = time.monotonic() + 20.0
        while time.monotonic() < end_s and not until():
            for _ in range(at_once):
                dealer.send(question)
            time.sleep(0.02)  # as often as he is answered, so that it is not for the asking that he is cut off
        dealer.close(linger=0)


def test_who_asks_and_reads_nothing_is_cut_off(broker: Broker, pair: list[Client]) -> None:
    address, peak = new_address(), Peak(broker)
    talk_during(pair, lambda: ask_and_read_nothing(broker, address, 1, lambda: named(broker, address)))
    print(f"unread answers: grew by {peak.growth() / MIB:.0f} MiB", file=sys.stderr)
    assert any(address in line and "asks for more than it reads" in line for line in broker.err)
    assert peak.growth() < UNREAD_BOUND
    assert_logged_once(broker, address)


def test_without_the_guard_unread_answers_break_the_bound(unguarded: Broker) -> None:
    peak = Peak(unguarded)
    most: list[int] = [0]

    def grown() -> bool:
        most.append(peak.growth())
        return max(most) > UNREAD_BOUND

    ask_and_read_nothing(unguarded, new_address(), 20, grown)
    assert max(most) > UNREAD_BOUND


# -- connections -------------------------------------------------------------------------------------------------------


def open_and_say_nothing(broker: Broker, address: str, count: int) -> list[Raw]:
    """Half-open handshakes, on both ZeroMQ ports in turn."""
    held: list[Raw] = []
    for number in range(count):
        with contextlib.suppress(OSError):
            held.append(Raw(broker, number % 2, address))
    return held


def still_open(held: list[Raw]) -> int:
    """How many the broker has not closed."""
    ready = select.poll()
    for each in held:
        ready.register(each.connection, select.POLLRDHUP)
    return len(held) - len(ready.poll(0))


def close(held: list[Raw]) -> None:
    for each in held:
        each.close()


def test_connections_beyond_the_limit_are_shut(broker: Broker, pair: list[Client]) -> None:
    address = new_address()
    held: list[Raw] = []
    talk_during(pair, lambda: held.extend(open_and_say_nothing(broker, address, 3 * FROM_THIS_MACHINE)))
    try:
        wait_until(lambda: still_open(held) <= FROM_THIS_MACHINE, "the surplus to be shut")
        assert still_open(held) > 0, "those within the limit stay"
        assert_logged_once(broker, address)
        wait_until(lambda: still_open(held) == 0, "those who do not finish the handshake to be shut as well")
    finally:
        close(held)


def test_without_the_guard_all_connections_stay(unguarded: Broker) -> None:
    held = open_and_say_nothing(unguarded, new_address(), 3 * FROM_THIS_MACHINE)
    try:
        with Raw(unguarded, 1, new_address()) as last:
            last.speak_zmtp(b"SUB")  # answered after all of them were accepted
        assert still_open(held) > 2 * FROM_THIS_MACHINE
    finally:
        close(held)


def ask_for_introductions(broker: Broker, address: str, count: int) -> int:
    """Connects again and again to the introductions port; returns how often it was answered."""
    answered = 0
    for _ in range(count):
        with contextlib.suppress(ConnectionError), Raw(broker, 2, address) as asking:
            answered += bool(asking.connection.recv(256))
    return answered


def is_cut_off(broker: Broker, address: str) -> bool:
    """Whether nobody at that address keeps a command link; he may be cut off as he connects."""
    with contextlib.suppress(ConnectionError), Raw(broker, 0, address) as connection:
        return connection.is_cut
    return True


def test_who_asks_for_introductions_without_end_gets_none(broker: Broker, pair: list[Client]) -> None:
    address = new_address()
    answered: list[int] = []
    talk_during(pair, lambda: answered.append(ask_for_introductions(broker, address, 4 * FROM_THIS_MACHINE)))
    assert FROM_THIS_MACHINE <= answered[0] < 2 * FROM_THIS_MACHINE
    assert_logged_once(broker, address)
    # And nothing else of that address is let in for a while, while everybody else is.
    assert is_cut_off(broker, address)
    assert ask_for_introductions(broker, new_address(), 1) == 1


def test_without_the_guard_every_introduction_is_made(unguarded: Broker) -> None:
    assert ask_for_introductions(unguarded, new_address(), 4 * FROM_THIS_MACHINE) == 4 * FROM_THIS_MACHINE


# -- coming and going while nobody is here ----------------------------------------------------------------------------


def come_and_go(broker: Broker, count: int) -> None:
    """Subscribes to the topics and leaves, again and again."""
    address = new_address()
    for _ in range(count):
        with Raw(broker, 1, address) as reader:
            reader.speak_zmtp(b"SUB")


def test_readers_who_come_and_go_leave_nothing_in_a_broker_that_publishes_nothing(unguarded: Broker) -> None:
    """Each leaves 11 KiB until the socket is looked at."""
    with Peer(unguarded) as peer:

        def rounds(count: int) -> None:
            for _ in range(count):
                come_and_go(unguarded, 500)
                peer.send(b"nonsense")  # for whose answer the broker takes a turn
                assert peer.next(20.0) is not None

        rounds(4)
        peak = Peak(unguarded)
        rounds(12)
    assert peak.growth() < 24 * MIB


# -- what is only refused ----------------------------------------------------------------------------------------------


def send_what_is_refused(broker: Broker, address: str, count: int) -> bool:
    """Sends nonsense; returns whether that was cut off."""
    with zmq.Context() as context:
        dealer = curve_socket(context, broker, address)
        monitor = dealer.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        is_cut, left = False, count
        while left > 0 and not is_cut:
            for _ in range(100):
                dealer.send(b"nonsense")
            heard = 0
            while heard < 100 and not is_cut:
                is_cut = bool(monitor.poll(0))
                if dealer.poll(50):
                    heard += len(list(wire.decode_downstream(dealer.recv())))
            left -= 100
        dealer.disable_monitor()
        monitor.close(linger=0)
        dealer.close(linger=0)
        return is_cut


def test_who_goes_on_with_what_is_refused_is_cut_off(broker: Broker, pair: list[Client]) -> None:
    address = new_address()
    cut: list[bool] = []
    talk_during(pair, lambda: cut.append(send_what_is_refused(broker, address, 10_000)))
    assert cut == [True]
    wait_until(lambda: any("only refused" in line and address in line for line in broker.err), "a word in the log")


def test_without_the_guard_every_refusal_is_made(unguarded: Broker) -> None:
    assert not send_what_is_refused(unguarded, new_address(), 10_000)
